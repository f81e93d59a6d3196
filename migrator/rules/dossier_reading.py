"""What rules share: facts of a kind, answers, and findings in the one grammar of messages."""

import re
from typing import Literal

from migrator.model.finding import Dossier, Fact, FactKind, Finding, Level, Need, Question
from migrator.model.source import Evidence
from migrator.model.usage import Usage
from migrator.upkeep import upkeep

MOST_UNSURE = 0.05  # of the timed runs


def of(dossier: Dossier, *kinds: FactKind) -> tuple[Fact, ...]:
    """The facts of these kinds, in their order."""
    return tuple(fact for fact in dossier.facts if fact.kind in kinds)


def first_of_each(facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """One fact per value, the first; in their order."""
    kept: dict[str, Fact] = {}
    for fact in facts:
        kept.setdefault(fact.value, fact)
    return tuple(kept.values())


def listed(values: tuple[str, ...] | list[str], most: int = 3) -> str:
    """Values as people list them: `a, b, c and 4 more`.

    >>> listed(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    unique = list(dict.fromkeys(_short(value) for value in values))
    if len(unique) <= most:
        return " and ".join([", ".join(unique[:-1]), unique[-1]]) if len(unique) > 1 else "".join(unique)
    return f"{', '.join(unique[:most])} and {len(unique) - most} more"


def _short(value: str) -> str:
    """A value on one line, at most 120 characters of it."""
    line = " ".join(value.split())
    return line if len(line) <= 120 else f"{line[:119]}…"


def answer(dossier: Dossier, topic: str) -> str | None:
    """What the user said about a topic of this job; None: nothing yet."""
    return dossier.answers.get(f"{dossier.job.id}/{topic}")


def ask(dossier: Dossier, topic: str, text: str, hint: str, default: str, choices: tuple[str, ...] = ()) -> Question:
    """A question about this job with a stable id."""
    return Question(id=f"{dossier.job.id}/{topic}", text=text, hint=hint, default=default, choices=choices, job_id=dossier.job.id)


def told(
    dossier: Dossier,
    rule: str,
    level: Level,
    body: str,
    *,
    facts: tuple[Fact, ...] = (),
    evidence: tuple[Evidence, ...] = (),
    needs: tuple[Need, ...] = (),
    effort: Literal["none", "minutes", "hours", "days"] = "none",
    question: Question | None = None,
    verdict: Literal["drop", "delete", "stay", "insufficient-data"] | None = None,
) -> tuple[Finding, ...]:
    """One finding; `body` says what was found; the limit or law; what to do. It stands at the first fact, else at the job."""
    places = [fact.evidence.location for fact in facts if fact.evidence.location is not None]
    place = places[0] if places else dossier.job.location
    shown = evidence or tuple(fact.evidence for fact in facts[:10]) or (line(dossier),)
    return (
        Finding(
            rule=rule,
            level=level,
            message=f"{place}: {' '.join(body.split())} [{rule}]",
            job_id=dossier.job.id,
            evidence=shown,
            needs=needs,
            effort=effort,
            question=question,
            verdict=verdict,
        ),
    )


def ends(dossier: Dossier) -> bool:
    """True for a job that nobody has to move: it never runs, or it is upkeep of its server; rules about moving keep silent."""
    if dossier.answers.get(f"{dossier.job.id}/keep") == "yes":
        return False
    return not dossier.job.enabled or dossier.job.ignored_reason is not None or bool(upkeep(dossier.facts))


def line(dossier: Dossier) -> Evidence:
    """The job's own line."""
    return Evidence(snippet=dossier.job.command[:200], location=dossier.job.location)


def runs(dossier: Dossier) -> tuple[Evidence, ...]:
    """What the measured runs say, as evidence; empty without runs."""
    usage = dossier.usage
    if usage is None or usage.observed_runs == 0:
        return ()
    days = f" in {usage.observed_days:,.0f} days" if usage.observed_days is not None else ""
    if usage.newer_than_its_logs:
        days += f" of logs, the first on {usage.first_run_at:%Y-%m-%d}"
    spread = usage.duration_s
    times = f"; p50 {seconds(spread.p50)}, p95 {seconds(spread.p95)}, max {seconds(spread.max)}" if spread.count else ""
    return (Evidence(snippet=f"{usage.observed_runs:,} runs{days}{times}", source=", ".join(usage.sources) or "logs"),)


def unsure_ends(usage: Usage) -> int:
    """Of how many runs it is inferred which end is theirs, where these are more than a few of the timed ones: then single
    lengths, and the longest above all, may be another job's of the same second; 0 else."""
    found = usage.log_shares
    return found.ambiguous if found.ambiguous > MOST_UNSURE * (found.exact + found.bounded) else 0


def took(usage: Usage) -> str:
    """`took`, or `may have taken` where the log does not tell whose the longest length is."""
    return "took" if usage.longest_s == usage.duration_s.max else "may have taken"


def seconds(amount: float | None) -> str:
    """A run time with its unit, short: seconds below two minutes, minutes below two hours, hours above.

    >>> seconds(12.3), seconds(740), seconds(10800), seconds(None)
    ('12.3 s', '12.3 min', '3.0 h', 'unknown')
    """
    if amount is None:
        return "unknown"
    if amount < 0.95:
        return f"{amount:.2g} s"
    if amount < 120:
        return f"{amount:.1f} s" if amount % 1 else f"{amount:.0f} s"
    return f"{amount / 60:.1f} min" if amount < 7200 else f"{amount / 3600:.1f} h"


def number(text: str | None) -> float | None:
    """A number as a person types it into decisions.yaml (`512`, `1 024`, `10GiB` is not one); None if it is none.

    >>> number("1024"), number("plenty"), number("-3")
    (1024.0, None, None)
    """
    if text is None:
        return None
    try:
        amount = float(text.replace(" ", "").replace("_", ""))
    except ValueError:
        return None
    return amount if 0 < amount < 1e12 else None


def size_mib(fact: Fact) -> float:
    """The MiB of a `data-size` fact, whose detail says `123 KiB`; 0 where it says something else."""
    match = re.fullmatch(r"(\d{1,15}) KiB", fact.detail or "", re.ASCII)
    return int(match[1]) / 1024 if match else 0.0
