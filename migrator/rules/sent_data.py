"""Asks how much data a job sends out of the cloud in which it runs.

Finds: transfers that upload (scp, sftp, rsync, rclone, backup programs, curl and wget with a file, a pipe into ssh) to public
hosts, and writes into another cloud's storage.
Why: each cloud bills data that leaves it by the GB, some five to twelve cents; a nightly dump of 40 GB costs more that way than
its compute. No log tells how much is sent.
Do: state `<job id>/egress-gib`, GiB a month; it becomes a line of the job's bill and of its server's, which sends as much today.
Until then the report names it among what its figures do not hold, with a range by the size of what the job touches.
Not: for private hosts, for what is only fetched, and for storage of the cloud in which the server itself stands.
Source: list prices of data transfer in the price book.
"""

import re
import shlex
from collections.abc import Iterable
from typing import NamedTuple

from migrator.assumptions import Assumptions
from migrator.cloud_calls import cloud_calls
from migrator.model.finding import Dossier, Fact, Finding
from migrator.rules.dossier_reading import answer, ask, ends, first_of_each, listed, of, size_mib, told
from migrator.rules.private_network import host_of, is_private

NAME = "sent-data"
TOPIC = "egress-gib"
UPLOADS = frozenset(
    "scp sftp rsync ftp lftp ncftp ncftpput rclone restic borg duplicity duplicacy s3cmd swift b2 azcopy tarsnap".split()
)
COPIES = frozenset({"scp", "rsync"})  # their last word says in which direction
ELSEWHERE = frozenset({"b2", "tarsnap"})  # a service of their own, whatever the words say
WITH_A_FILE = re.compile(
    r"\bcurl\b[^|;&]*\s(?:-T|--upload-file|-F|--form|(?:-d|--data|--data-binary|--data-raw)[ =]?['\"]?@)"
    r"|\bwget\b[^|;&]*\s--(?:post|body)-file"
)
INTO_SSH = re.compile(r"\|\s*(?:\S*/)?ssh\b")
REMOTE = re.compile(r"\s([A-Za-z0-9_-]{2,40}):(?!//)\S*")  # of rclone
WRITES = ("put", "upload", "copy", "cp", "sync", "move", "mv", "create", "compose", "rewrite", "insert")
HERE = frozenset({"localhost", "127.0.0.1", "::1"})


class Destinations(NamedTuple):
    """Where a job sends data: what sends it, names of public places, and providers whose storage it writes into."""

    programs: tuple[Fact, ...]
    hosts: tuple[Fact, ...]
    services: tuple[str, ...]
    storage: dict[str, Fact]

    def names(self, own: str | None) -> list[str]:
        """The places outside of one provider's cloud, as a person calls them."""
        storage = [f"{provider}'s storage" for provider in self.storage if provider != own]
        return list(dict.fromkeys([*(host_of(fact.value) for fact in self.hosts), *self.services, *storage]))


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A question, until it is answered; silent where nothing is uploaded, or only within the server's own cloud."""
    if answer(dossier, TOPIC) is not None or ends(dossier):
        return ()
    found, own = destinations(dossier.facts), dossier.host.provider
    if own is None:  # nobody knows which storage is its own cloud's
        found = found._replace(storage={})
    places = found.names(own)
    if not places:
        return ()
    calls = [fact for provider, fact in found.storage.items() if provider != own]
    sizes = [fact for fact in of(dossier, "data-size") if size_mib(fact) >= 1]
    runs = dossier.usage.monthly_runs if dossier.usage is not None else None
    hint = "GiB a month; what a run sends times its runs; 0 if that is next to nothing"
    if sizes:
        largest = max(sizes, key=size_mib)
        hint += f"; of what it touches, {largest.value} has {size_mib(largest):,.0f} MiB today"
        hint += "" if runs is None else f", and it runs {runs:,.0f} times a month"
    question = ask(dossier, TOPIC, f"How much does {dossier.job.name} send to {listed(places)} a month?", hint, "unknown")
    body = (
        f"sends data to {listed(places)}; what leaves a cloud is billed by the GB, and how much that is no log tells; until you "
        "say it, it is in no bill"
    )
    facts = (*found.programs[:1], *found.hosts, *calls)
    return told(dossier, NAME, "note", body, facts=facts, effort="minutes", question=question)


def destinations(facts: Iterable[Fact]) -> Destinations:
    """Where a job sends data, from its facts."""
    known = tuple(facts)
    commands = [fact for fact in known if fact.kind == "command"]
    programs = [fact for fact in commands if _name(fact) in UPLOADS and not _fetches(fact)]
    posts = [fact for fact in commands if _name(fact) in {"curl", "wget"} and WITH_A_FILE.search(fact.evidence.snippet)]
    piped = [fact for fact in commands if _name(fact) == "ssh" and INTO_SSH.search(fact.evidence.snippet)]
    hosts = [fact for fact in known if fact.kind == "network-host"] if programs or piped else []
    hosts += [fact for fact in known if fact.kind == "url"] if posts else []
    public = {host_of(fact.value): fact for fact in reversed(hosts) if _is_public(host_of(fact.value))}
    services = [_name(fact) for fact in programs if _name(fact) in ELSEWHERE]
    for fact in programs:
        remote = REMOTE.search(fact.evidence.snippet) if _name(fact) == "rclone" else None
        services += [f"{remote[1]} of rclone"] if remote is not None else []
    storage: dict[str, Fact] = {}
    for call in cloud_calls(known):
        operation = call.operation.rpartition(":")[2]
        stores = any(name in call.parameters for name in ("bucket", "container"))
        if stores and _writes(operation):
            storage.setdefault(call.provider, call.fact)
    return Destinations(
        first_of_each((*programs, *posts, *piped)), tuple(reversed(public.values())), tuple(dict.fromkeys(services)), storage
    )


def _writes(operation: str) -> bool:
    return operation.startswith(WRITES) or operation.rpartition(".")[2].startswith(WRITES) or operation == "write"


def _name(fact: Fact) -> str:
    return fact.value.rsplit("/", 1)[-1]


def _is_public(host: str) -> bool:
    return bool(host) and host not in HERE and not is_private(host)


def _fetches(fact: Fact) -> bool:
    """True for a copy whose source is another host and whose destination is here: what comes in is not billed."""
    if _name(fact) not in COPIES:
        return False
    try:
        words = shlex.split(fact.evidence.snippet, comments=True)
    except ValueError:
        return False
    at = next((number for number, word in enumerate(words) if word.rsplit("/", 1)[-1] == _name(fact)), None)
    if at is None:
        return False
    own = []
    for word in words[at + 1 :]:
        if word in {"|", "||", "&&", ";", "&"} or word.startswith((">", "2>")):
            break
        own.append(word.rstrip(";"))
    operands = [word for word in own if not word.startswith("-")]
    return len(operands) > 1 and ":" not in operands[-1] and any(":" in word for word in operands[:-1])
