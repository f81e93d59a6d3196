"""Tells upkeep of the server from work: what ends with the server because nobody else has a use for it."""

import re

from migrator.model.finding import Fact

# What makes a job more than upkeep: it does something for somebody.
WORK = frozenset("url queue-or-mail database container cloud-cli mail writes-path network-host missing-script".split())
WORK_BESIDE_A_CHORE = frozenset("url queue-or-mail database container cloud-cli mail".split())
# Programs that clean, and what stands around them.
CLEANERS = frozenset(
    "find rm rmdir xargs gzip bzip2 xz zstd test [ echo printf logger cd true nice ionice tmpreaper tmpwatch truncate sh bash "
    "dash systemd-tmpfiles sort head tail date sleep flock run-parts chronic".split()
)
THROWN_AWAY = re.compile(
    r"^(/tmp|/var/tmp|/var/log|/var/cache|/run|/var/crash)(/|$)|/(caches?|tmp|temp|te?mp[-_]files|sessions?)(/|$)"
)


RUN_PARTS = re.compile(r"\brun-parts\b(?:\s+-\S+(?:\s+\d+(?=\s))?)*\s+([\"']?)(?P<folder>/[^\s\"';|&)}]+)\1")


def started_folder(command: str) -> str | None:
    """The folder whose files a line starts one after the other; None if it starts none.

    >>> started_folder("cd / && run-parts --report /etc/cron.daily"), started_folder("/opt/x")
    ('/etc/cron.daily', None)
    """
    found = RUN_PARTS.search(command)
    return found["folder"].rstrip("/") if found is not None else None


def upkeep(facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """The facts that make a job upkeep of its server: a package's chore, or deleting logs, caches and temporary files and nothing
    else; empty if the job does work for somebody."""
    kinds = {fact.kind for fact in facts}
    chores = tuple(fact for fact in facts if fact.kind == "package-chore")
    if chores:
        return () if kinds & WORK_BESIDE_A_CHORE else chores
    deleted = tuple(fact for fact in facts if fact.kind == "deletes-path")
    programs = {fact.value.rsplit("/", 1)[-1] for fact in facts if fact.kind in {"command", "interpreter"}}
    if not deleted or kinds & WORK or programs - CLEANERS:
        return ()
    return deleted if all(THROWN_AWAY.search(fact.value) for fact in deleted) else ()
