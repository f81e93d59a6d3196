"""How a report says numbers: money, spans of time, instants, counts; unknown is said, never shown as 0."""

import functools
import re
from datetime import datetime
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from migrator import render
from migrator.log_quality import in_words, meaning, told_by
from migrator.model.finding import Question
from migrator.model.option import Option, Placement
from migrator.model.plan import Dating, JobPlan, Plan
from migrator.model.usage import Usage

LEAVING = ("move", "insufficient-data")  # verdicts whose option says where the job would run
MONTH_S = 30.436875 * 86400
RESOLUTION_S, MUCH_MORE = 2.0, 1.1  # what a length is said to be instead: more than stamps blur, and than a tenth
LEAD = re.compile(r"^(no place fits: )?(/\S+?(:\d+)?: )?")
RULE = re.compile(r" \[[a-z-]+\]$")

log_quality = in_words  # templates speak with these words only
log_meaning, log_tellers = meaning, told_by


def money(amount: Decimal | float | None) -> str:
    """US dollars a month; small amounts keep two digits that say something.

    >>> money(Decimal("31.4")), money(Decimal("0.00042")), money(Decimal(0)), money(None)
    ('$31.40', '$0.00042', '$0.00', 'unknown')
    """
    if amount is None:
        return "unknown"
    value = float(amount)
    if value and abs(value) < 0.01:
        return f"${value:.2g}" if abs(value) >= 1e-4 else f"${value:.1e}"
    return f"-${-value:,.2f}" if value < 0 else f"${value:,.2f}"


def length(usage: Usage | None, name: Literal["p50", "p95", "p99", "max"]) -> str:
    """A quantile of a job's runs, and how much it may be where the log does not tell whose each end is."""
    if usage is None:
        return span(None)
    value, most = getattr(usage.duration_s, name), None if usage.high_s is None else getattr(usage.high_s, name)
    far = value is not None and most is not None and most > max(value + RESOLUTION_S, value * MUCH_MORE)
    return f"{span(value)}, at most {span(most)}" if far else span(value)


def span(seconds: float | None) -> str:
    """A duration in the unit that people would use.

    >>> span(0.0213), span(48.2), span(715), span(10800), span(None)
    ('21 ms', '48.2 s', '11.9 min', '3.0 h', 'not measured')
    """
    if seconds is None:
        return "not measured"
    if seconds == 0:
        return "0 s"
    if seconds >= 7200:
        return f"{seconds / 3600:.1f} h"
    if seconds >= 120:
        return f"{seconds / 60:.1f} min"
    return f"{seconds:.1f} s" if seconds >= 0.1 else f"{seconds * 1000:.0f} ms"


def instant(at: datetime, timezone: str | None = None) -> str:
    """An instant in a zone, with its offset: `Tue 2026-11-24 02:15 +01:00`."""
    local = at.astimezone(ZoneInfo(timezone)) if timezone else at
    offset = local.strftime("%z")
    return f"{local:%a %Y-%m-%d %H:%M}{f':{local:%S}' if local.second else ''} {offset[:3]}:{offset[3:]}"


def quantity(value: Decimal | float | None) -> str:
    """A quantity with at most four significant digits behind the point."""
    if value is None:
        return "unknown"
    number = float(value)
    return f"{number:,.0f}" if abs(number) >= 1000 or number == int(number) else f"{number:.4g}"


def place(placement: Placement) -> str:
    """Where a job goes, in a word: its target, or what happens to it."""
    if placement.verdict in LEAVING:
        return placement.option.target + (" (provisional)" if placement.provisional else "")
    return {"stay": "stays", "drop": "goes with the server", "delete": "delete"}[placement.verdict]


def unproved(placement: Placement) -> str:
    """What of the place where a job goes nobody has seen at work; empty where everything was, or the job goes nowhere."""
    if placement.verdict not in LEAVING:
        return ""
    return "; ".join(dict.fromkeys(str(said) for one in placement.option.resources if (said := one.values.get("unproved"))))


def monthly(placement: Placement) -> str:
    """What the job costs where it goes; empty where it goes nowhere."""
    return money(placement.option.monthly_cost) if placement.verdict in LEAVING else ""


def size(option: Option) -> str:
    """The size in words, and whether its memory was measured."""
    if option.size is None:
        return ""
    if not option.size.memory_mib:
        return option.size.name
    vcpu = f", {option.size.vcpu:g} vCPU" if option.size.vcpu else ""
    guess = "" if option.size_measured else " (memory not measured: assumed)"
    return f"{option.size.memory_mib:,} MiB{vcpu}, {option.size.architecture}{guess}"


def when(entry: JobPlan) -> str:
    """The schedule as written."""
    return " | ".join(entry.job.schedule.expressions) or entry.job.schedule.trigger


def sentence(text: str) -> str:
    """The text with a capital first letter; names of days keep theirs.

    >>> sentence("at 02:30 on Monday")
    'At 02:30 on Monday'
    """
    return text[:1].upper() + text[1:]


def percent(share: float) -> str:
    """A share with one digit that says something; only the whole is 100 %.

    >>> percent(0.958), percent(0.99996), percent(1.0)
    ('95.8 %', '99.9 %', '100.0 %')
    """
    return f"{100 * share if share in {0.0, 1.0} else min(99.9, max(0.1, 100 * share)):.1f} %"


def day(at: datetime) -> str:
    """A date as people say it: `24 Nov 2026`."""
    return f"{at.day} {at:%b %Y}"


DATED_BY: dict[Dating, str] = {
    "clock": "the server's clock",
    "collected": "when the bundle was made",
    "log": "the newest line of its logs",
    "file": "its newest schedule file: no log says more",
}


def dating(plan: Plan) -> str:
    """Who says of which day a plan is, as a remark behind it; nothing where the user did, or nobody knows."""
    said = DATED_BY.get(plan.dated_by) if plan.dated_by is not None else None
    return f" ({said})" if said is not None else ""


@functools.lru_cache(maxsize=20_000)  # asked of each job by the page, the terminal and the sentence
def brief(reason: str) -> str:
    """The core of a reason: without place, rule and advice; the whole stands beside it, folded.

    >>> brief("/etc/cron.d/shop:10: takes 2.9 h; above 60.0 min work wants a machine; keep it [long-run]")
    'takes 2.9 h'
    >>> brief("no place fits: the machine itself: not offered; there is no machine to look at")
    'the machine itself'
    """
    return LEAD.sub("", RULE.sub("", reason)).split("; ")[0].removesuffix(": not offered")


def counted(number: int, one: str, many: str) -> str:
    """`1 job has`, `2 jobs have`."""
    return f"{number:,} {one if number == 1 else many}"


def idle(jobs: tuple[JobPlan, ...]) -> float | None:
    """The least share of time in which no measured job runs: overlapping runs are counted twice. None: nothing was measured."""
    busy_s, measured = 0.0, False
    for entry in jobs:
        usage = entry.usage
        if usage is not None and usage.mean_s is not None and usage.monthly_runs is not None:
            busy_s += usage.monthly_runs * usage.mean_s  # of all runs: samples hold the longest first
            measured = True
    return max(0.0, 1 - busy_s / MONTH_S) if measured else None


def answer_line(question: Question) -> str:
    """The line of decisions.yaml that takes a question's default, whatever its text is."""
    key = question.id if re.fullmatch(r"[A-Za-z][A-Za-z0-9_./-]*", question.id) else render.literal("yaml", question.id)
    return f"  {key}: {render.literal('yaml', question.default)}"
