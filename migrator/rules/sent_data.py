"""Asks how much data a job sends out of the cloud in which it runs.

Finds: transfers that upload (scp, sftp, rsync, rclone, backup programs) to public hosts, and writes into another cloud's storage.
Why: each cloud bills data that leaves it by the GB, some five to twelve cents; a nightly dump of 40 GB costs more that way than
its compute. No log tells how much is sent.
Do: state `<job id>/egress-gib`, GiB a month; it becomes a line of the job's bill and of its server's, which sends as much today.
Not: for private hosts, and for storage of the cloud in which the server itself stands.
Source: list prices of data transfer in the price book.
"""

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
WRITES = ("put", "upload", "copy", "cp", "sync", "move", "mv", "create", "compose", "rewrite", "insert")
HERE = frozenset({"localhost", "127.0.0.1", "::1"})


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A question, until it is answered; silent where nothing is uploaded, or only within the server's own cloud."""
    if answer(dossier, TOPIC) is not None or ends(dossier):
        return ()
    programs = first_of_each(tuple(fact for fact in of(dossier, "command") if fact.value.rsplit("/", 1)[-1] in UPLOADS))
    hosts = _public(dossier) if programs else ()
    calls = _elsewhere(dossier)
    if not hosts and not calls:
        return ()
    places = [*(host_of(fact.value) for fact in hosts), *(f"{fact.value.split()[0]}'s storage" for fact in calls)]
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
    return told(dossier, NAME, "note", body, facts=(*programs[:1], *hosts, *calls), effort="minutes", question=question)


def _public(dossier: Dossier) -> tuple[Fact, ...]:
    found = (fact for fact in of(dossier, "network-host") if host_of(fact.value) not in HERE)
    return first_of_each(tuple(fact for fact in found if not is_private(host_of(fact.value))))


def _elsewhere(dossier: Dossier) -> tuple[Fact, ...]:
    """Calls that write objects into another cloud than the server's own; none where nobody knows in which it stands."""
    own = dossier.host.provider
    found = []
    for call in cloud_calls(dossier.facts):
        operation = call.operation.rpartition(":")[2]
        stores = any(name in call.parameters for name in ("bucket", "container"))
        if own is not None and call.provider != own and stores and operation.startswith(WRITES):
            found.append(call.fact)
    return tuple({fact.value.split()[0]: fact for fact in reversed(found)}.values())
