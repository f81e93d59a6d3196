"""Asks for the memory that a job needs.

Finds: the measured peak with headroom; else its systemd unit's MemoryMax; else the largest heap that its JVM is allowed, with
headroom; else what its interpreter usually takes, which is an assumption, and a question.
Why: memory is what is paid for by the second, and a run that exceeds it is killed; cron logs do not tell it.
Do: measure one run (`/usr/bin/time -v`, process accounting, a systemd timer's MemoryPeak) and state `<job id>/memory` in MiB.
Not: -
Source: getrusage(2) ru_maxrss; acct(5); java(1) -Xmx.
"""

import posixpath
import re

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding, Need, Question
from migrator.rules.dossier_reading import answer, ask, ends, number, of, runs, told

NAME = "memory"
# What a small program of this interpreter asks for, MiB, where it is more than the general assumption.
PRIOR_MIB = {
    "java": 1024,
    "dotnet": 1024,
    "mysqldump": 512,
    "pg_dump": 512,
    "ffmpeg": 2048,
    "spark-submit": 4096,
    "node": 512,
    "R": 1024,
    "Rscript": 1024,
}
HEAP = re.compile(r"(?<!\S)-Xmx(\d{1,12})([kKmMgG]?)(?!\w)")
MIB = {"": 2**-20, "k": 2**-10, "m": 1.0, "g": 1024.0}


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:
    """One need for memory; silent for what does not move."""
    if ends(dossier):
        return ()
    stated = number(answer(dossier, "memory"))
    if stated is not None:
        body = f"you say that it needs {stated:,.0f} MiB; that is what it gets; nothing to do"
        return told(dossier, NAME, "note", body, needs=(_need(stated),))
    usage = dossier.usage
    peak = usage.peak_memory_mib.max if usage is not None and usage.peak_memory_mib is not None else None
    if peak is not None:
        amount = peak * assumptions.memory_headroom
        body = (
            f"its largest measured run took {peak:,.0f} MiB; with {assumptions.memory_headroom - 1:.0%} headroom "
            f"it gets {amount:,.0f} MiB; "
            "nothing to do"
        )
        return told(dossier, NAME, "note", body, evidence=runs(dossier), needs=(_need(amount),))
    limit = dossier.job.memory_max_mib
    if limit is not None:
        body = f"its unit's MemoryMax lets no run take more than {limit:,.0f} MiB; it gets that; measure one run: less may do"
        return told(dossier, NAME, "note", body, needs=(_need(limit),))
    heap = _heap(dossier)
    if heap is not None:
        amount = heap * assumptions.memory_headroom
        body = (
            f"its memory was not measured; its heap may grow to {heap:,.0f} MiB (-Xmx); with "
            f"{assumptions.memory_headroom - 1:.0%} beside it, it gets {amount:,.0f} MiB; measure one run: less may do"
        )
        return told(dossier, NAME, "note", body, effort="minutes", needs=(_need(amount),), question=_question(dossier, amount))
    names = {posixpath.basename(fact.value) for fact in of(dossier, "interpreter", "command")}
    priors = [(mib, name) for name, mib in PRIOR_MIB.items() if name in names and mib > assumptions.unmeasured_memory_mib]
    amount, why = max(priors, default=(assumptions.unmeasured_memory_mib, "a typical job"))
    body = f"its memory was not measured; {amount:,} MiB is assumed as for {why}, and its cost scales with that; measure one run"
    return told(dossier, NAME, "note", body, effort="minutes", needs=(_need(float(amount)),), question=_question(dossier, amount))


def _heap(dossier: Dossier) -> float | None:
    """The largest heap that a JVM of the job is allowed, in MiB."""
    said = [dossier.job.command, *(fact.evidence.snippet for fact in of(dossier, "interpreter") if fact.value == "java")]
    heaps = [float(found[1]) * MIB[found[2].lower()] for text in said for found in HEAP.finditer(text)]
    return max(heaps, default=None)


def _question(dossier: Dossier, amount: float) -> Question | None:
    return ask(
        dossier,
        "memory",
        f"How much memory does {dossier.job.name} need, in MiB?",
        "the line 'Maximum resident set size' of /usr/bin/time -v, divided by 1024; its bill scales with it",
        f"{amount:.0f}",
    )


def _need(amount: float) -> Need:
    return Need(kind="memory_mib", amount=amount, rule=NAME)
