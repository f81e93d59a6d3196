"""Steady or bursty: where a job's or a server's duty cycle stands against the break-even of each place; a sentence, a table."""

import math

from migrator.model.steadiness import BreakEven, DutyCycle, Steadiness
from migrator.reports.drawing import Picture, opening
from migrator.reports.words import money

WIDE, ROW, TOP, LEFT, RIGHT = 520, 22, 26, 150, 16
LEAST, MOST = 1e-5, 2.0  # of the time: the ends of the axis, which is logarithmic
LEAST_SAID = 0.001  # percent: five minutes of a year
TICKS = ((1e-4, "0.01 %"), (1e-3, "0.1 %"), (1e-2, "1 %"), (0.1, "10 %"), (1.0, "always"))


def steadiness(found: Steadiness | None, what: str) -> Picture | None:
    """None where nothing was measured, or no break-even is known; `what`: who works, with the verb: "It works"."""
    if found is None or found.duty.share is None:
        return None
    known = [place for place in found.places if place.share is not None]
    if not known:
        return None
    rows = tuple(_row(place) for place in found.places)
    columns = ("place", "size", "an hour of this work", "standing a month", "break-even", "against the whole server")
    legend = "● works so much (line: the range) · ◇ from here on the place costs more"
    return Picture("Steady or bursty", _says(found, known, what), _svg(found.duty, known), columns, rows, legend)


def in_words(found: Steadiness | None, what: str) -> str | None:
    """What the picture says, without drawing it."""
    known = [] if found is None or found.duty.share is None else [place for place in found.places if place.share is not None]
    return _says(found, known, what) if found is not None and known else None


def share(amount: float | None) -> str:
    """A share of the time as people say it.

    >>> share(0.0000123), share(0.0431), share(1.3), share(0.0), share(None)
    ('0.0012 %', '4.3 %', 'never: cheaper even if it always worked', 'always: what stands there costs more', 'unknown')
    """
    if amount is None:
        return "unknown"
    if amount > 1:
        return "never: cheaper even if it always worked"
    return f"{_digits(amount * 100)} %" if amount else "always: what stands there costs more"


def _digits(number: float) -> str:
    """Two digits that say something, above a hundred whole numbers; what is next to nothing is not counted in powers of ten.

    >>> _digits(0.00002), _digits(0.0012), _digits(4.31), _digits(104.2), _digits(0)
    ('under 0.001', '0.0012', '4.3', '104', '0')
    """
    if 0 < number < LEAST_SAID:
        return f"under {LEAST_SAID}"
    return f"{number:.2g}" if number < 99.5 else f"{number:,.0f}"


def duty(found: DutyCycle) -> str:
    """A duty cycle with its range, or that it is unknown and why."""
    if found.share is None:
        return f"unknown: {found.basis}"
    low, high = (None if end is None else _digits(end * 100) for end in (found.low, found.high))
    between = "" if low is None or high is None or low == high else f" ({low} to {high} %)"
    if found.share > 1:
        return f"more than all of the time: {found.share:.3g} runs of it at once, on average{between}"
    return f"{_digits(found.share * 100)} %{between}"


def _says(found: Steadiness, known: list[BreakEven], what: str) -> str:
    working = found.duty.share or 0.0
    above = [place for place in known if working > (place.share or 0.0)]
    against = f"{found.compared} ({money(found.compared_monthly)} a month)"
    says = f"{what} {duty(found.duty)}{' of the time' if (found.duty.share or 0) <= 1 else ''}, by {found.duty.basis}. "
    if not above:
        nearest = min(known, key=lambda place: place.share or 0.0)
        even = f"from {share(nearest.share)} on" if (nearest.share or 0) <= 1 else "not even if it always worked"
        return f"{says}Bursty: each place costs less than {against}; {nearest.title} would cost more {even}."
    if len(above) == len(known):
        return f"{says}Steady: each place costs more than {against}."
    dearer = ", ".join(dict.fromkeys(place.title for place in above))
    cheaper = ", ".join(dict.fromkeys(place.title for place in known if place not in above))
    return f"{says}Against {against}: {dearer} costs more, {cheaper} less."


def _row(place: BreakEven) -> tuple[str, ...]:
    hour = "unknown" if place.hour_usd is None else money(place.hour_usd)
    return (place.title, place.size, hour, money(place.standing_monthly), share(place.share), share(place.server_share))


def _x(amount: float) -> float:
    bounded = min(max(amount, LEAST), MOST)
    part = (math.log10(bounded) - math.log10(LEAST)) / (math.log10(MOST) - math.log10(LEAST))
    return round(LEFT + (WIDE - LEFT - RIGHT) * part, 1)


def _svg(working: DutyCycle, known: list[BreakEven]) -> str:
    high = TOP + ROW * len(known) + 24
    parts = [opening(WIDE, f"0 0 {WIDE} {high}")]
    for at, words in TICKS:
        parts.append(f'<path d="M{_x(at)} {TOP - 4}V{high - 20}" stroke="var(--grid)"/>')
        parts.append(f'<text x="{_x(at)}" y="{high - 5}" text-anchor="middle" font-size="13" fill="currentColor">{words}</text>')
    at = _x(working.share or 0.0)
    low, top = _x(working.low or 0.0), _x(working.high or 0.0)
    parts.append(f'<path d="M{at} {TOP - 12}V{high - 20}" stroke="var(--blue)" stroke-width="2" stroke-dasharray="3 4"/>')
    parts.append(f'<path d="M{low} {TOP - 12}H{top}" stroke="var(--blue)" stroke-width="3"/>')
    parts.append(f'<circle cx="{at}" cy="{TOP - 12}" r="5" fill="var(--blue)"/>')
    for number, place in enumerate(known):
        y = TOP + ROW * number + ROW // 2
        x = _x(place.share or 0.0)
        colour = "var(--orange)" if (working.share or 0.0) > (place.share or 0.0) else "currentColor"
        parts.append(f'<text x="0" y="{y + 4}" font-size="13" fill="currentColor">{_short(place.title)}</text>')
        parts.append(f'<path d="M{LEFT} {y}H{x}" stroke="var(--line)"/>')
        parts.append(f'<path d="M{x - 6} {y}l6 -6l6 6l-6 6z" fill="var(--card)" stroke="{colour}" stroke-width="2"/>')
    return "".join(parts) + "</svg>"


def _short(title: str) -> str:
    """A place's name in the room that there is for it.

    >>> _short("Azure Functions (Flex Consumption)"), _short("Google Cloud Run job")
    ('Azure Functions', 'Cloud Run job')
    """
    return title.split(" (", maxsplit=1)[0].removeprefix("Google ").replace("Container Apps", "Apps")
