"""How a report says numbers: money, spans of time, instants, counts; unknown is said, never shown as 0."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from migrator.model.option import Option, Placement
from migrator.model.plan import JobPlan

LEAVING = ("move", "insufficient-data")  # verdicts whose option says where the job would run


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


def span(seconds: float | None) -> str:
    """A duration in the unit that people would use.

    >>> span(0.0213), span(48.2), span(715), span(10800), span(None)
    ('21 ms', '48.2 s', '11.9 min', '3.0 h', 'not measured')
    """
    if seconds is None:
        return "not measured"
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


def monthly(placement: Placement) -> str:
    """What the job costs where it goes; empty where it goes nowhere."""
    return money(placement.option.monthly_cost) if placement.verdict in LEAVING else ""


def size(option: Option) -> str:
    """The size in words, and whether its memory was measured."""
    if option.size is None:
        return ""
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
