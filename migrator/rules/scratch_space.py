"""Asks how much disk a run needs for itself.

Finds: programs that write large files on their way: database dumps, archives, images, downloads, sorting.
Why: a run elsewhere has a small disk, or one that is counted as memory; a dump of 40 GB does not fit into 10.
Do: state `<job id>/scratch` in MiB; better, pipe the dump straight into object storage.
Not: when the output is piped and never lies on the disk.
Source: the targets' limits on scratch space.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding, Need
from migrator.path_kind import path_kind
from migrator.rules.dossier_reading import answer, ask, first_of_each, listed, number, of, size_mib, told

NAME = "scratch-space"
MOST_SIZES = 3
BULKY = frozenset(
    "mysqldump mariadb-dump pg_dump pg_dumpall pg_basebackup mongodump xtrabackup mariabackup tar zip 7z "
    "rar dump restore borg restic "
    "duplicity rsnapshot ffmpeg convert magick wget rsync sort split dd qemu-img virsh vzdump innobackupex".split()
)


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A need once the size is stated, else a question; silent without a bulky program that writes a file."""
    stated = number(answer(dossier, "scratch"))
    if stated is not None:
        body = f"you say that a run needs {stated:,.0f} MiB of disk; that is what it asks for; nothing to do"
        return told(dossier, NAME, "note", body, needs=(Need(kind="scratch_mib", amount=stated, rule=NAME),))
    bulky = first_of_each(tuple(fact for fact in of(dossier, "command") if fact.value.rsplit("/", 1)[-1] in BULKY))
    writes = [fact for fact in of(dossier, "writes-path") if path_kind(fact.value) in {"data", "scratch", "relative"}]
    if not bulky or not writes:
        return ()
    names = listed([fact.value for fact in bulky])
    places = [fact.value.rstrip("/") for fact in writes]
    known = [
        fact for fact in of(dossier, "data-size") if fact.value.rstrip("/") in {*places, *(p.rpartition("/")[0] for p in places)}
    ]
    if known:
        told_sizes = ", ".join(f"{fact.value}: {size_mib(fact):,.0f} MiB" for fact in known[:MOST_SIZES])
        body = (
            f"writes with {names} where today lies {told_sizes}; a run needs at most that, and disks elsewhere are "
            "small; state what one run writes"
        )
        question = ask(
            dossier,
            "scratch",
            f"How much disk does a run of {dossier.job.name} need, in MiB?",
            f"today there lies {told_sizes}; of all runs that are kept there, one run writes its share",
            "unknown",
        )
        return told(dossier, NAME, "note", body, facts=(*bulky, *known[:3]), effort="minutes", question=question)
    question = ask(
        dossier,
        "scratch",
        f"How much disk does a run of {dossier.job.name} need, in MiB?",
        "its largest files together (du -m on what it leaves behind); above 10,240 a function is out, below it is no matter",
        "unknown",
    )
    body = (
        f"writes with {names} to {listed([fact.value for fact in writes])}; "
        "how much is not known, and disks elsewhere are small; state it"
    )
    return told(dossier, NAME, "note", body, facts=(*bulky, *writes[:3]), effort="minutes", question=question)
