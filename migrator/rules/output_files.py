"""Finds files that a job leaves behind on the server.

Finds: writes to folders of data or logs that the job does not read itself: dumps, exports, reports, its own log file.
Why: elsewhere the disk of a run ends with it: what it wrote there is gone. On the server, nobody may ever have deleted it.
Do: data: write it to object storage (with a life-cycle rule), or mount a shared disk; a log: let it go to standard output, where
the platform keeps it.
What lies in the folder of a web or file server of this machine stays beside it.
Not: when nobody reads the file: answer `<job id>/output` with not-needed.
Source: hier(7).
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Fact, Finding, Need
from migrator.path_kind import path_kind
from migrator.rules.dossier_reading import answer, ask, first_of_each, listed, of, told
from migrator.rules.local_files import service_owns
from migrator.rules.local_state import remembered

NAME = "output-files"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A soft need for data, a hard one in the folder of a service of this server; a note without a need for logs."""
    state = {fact.value for fact in remembered(dossier)}
    written = [fact for fact in first_of_each(of(dossier, "writes-path")) if fact.value not in state]
    data = tuple(fact for fact in written if path_kind(fact.value) == "data")
    if data and answer(dossier, "output") != "not-needed":
        return _data(dossier, data)
    logs = tuple(fact for fact in written if path_kind(fact.value) == "log") + tuple(
        fact for fact in of(dossier, "output") if fact.value.startswith("file:")
    )
    if logs:
        names = listed([fact.value.removeprefix("file:") for fact in logs])
        body = (
            f"writes its log to {names}; the disk of a run ends with it; "
            "write to standard output, which the platform keeps and expires"
        )
        return told(dossier, NAME, "note", body, facts=logs, effort="minutes")
    return ()


def _data(dossier: Dossier, facts: tuple[Fact, ...]) -> tuple[Finding, ...]:
    names = listed([fact.value for fact in facts])
    readers = sorted({link.to_job for link in dossier.links if link.kind == "feeds" and link.from_job == dossier.job.id})
    who = f"job {listed(readers)} reads it" if readers else "no other job of this plan reads it"
    body = (
        f"leaves {names} on this server's disk ({who}); the disk of a run ends with it; "
        "send it to object storage or mount a shared disk"
    )
    if service_owns(dossier, facts):
        served = f"writes {names}, from where a service of this server takes it; the service is not there elsewhere; move both"
        owned = Need(kind="local_files", rule=NAME)
        return told(dossier, NAME, "warning", served, facts=facts, effort="days", needs=(owned,))
    need = Need(kind="persistent_files", choice="output", soft=True, rule=NAME)
    question = ask(
        dossier,
        "output",
        f"Where should {dossier.job.name} leave {names}?",
        "object-storage or shared-disk: the script must be changed before the job can leave; not-needed: nobody reads them",
        "object-storage",
        ("object-storage", "shared-disk", "not-needed"),
    )
    return told(dossier, NAME, "warning", body, facts=facts, effort="hours", needs=(need,), question=question)
