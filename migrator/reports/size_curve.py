"""The curve from a size to its bill, for one job: a small picture, the sentence beside it, and the table behind it."""

import math
from decimal import Decimal

from migrator.model.option import SizePoint
from migrator.reports.drawing import Picture, opening
from migrator.reports.words import money, span

WIDE, HIGH, MARGIN = 460, 120, 24
MOST_TIMES = 12  # sizes that cost more than so many times the cheapest are in the table, not in the picture


def size_curve(points: tuple[SizePoint, ...]) -> Picture | None:
    """None where there are fewer than two sizes to compare."""
    if len(points) < 2 or any(point.monthly_cost is None for point in points):
        return None
    measured = all(point.monthly_cost_if_computing is None for point in points)
    columns: tuple[str, ...] = ("size", "processors", "mean run", "USD a month")
    if not measured:
        columns += ("mean run if it computes", "USD if it computes")
    columns += ("would it do",)
    rows = tuple(_row(point, measured) for point in points)
    legend = "● chosen · ○ would do · ✕ would not" + ("" if measured else " · line: if it waits, dashes: if it computes")
    return Picture("What each size would cost", _says(points, measured), _svg(points), columns, rows, legend)


def _row(point: SizePoint, measured: bool) -> tuple[str, ...]:
    told: tuple[str, ...] = (point.size, f"{point.vcpu:g}", span(point.run_s), money(point.monthly_cost))
    if not measured:
        told += (span(point.run_s_if_computing), money(point.monthly_cost_if_computing))
    return (*told, "chosen" if point.chosen else f"no: {point.why_not}" if point.why_not else "yes")


def _says(points: tuple[SizePoint, ...], measured: bool) -> str:
    fitting = [point for point in points if point.why_not is None] or list(points)
    cheapest = min(fitting, key=lambda point: point.monthly_cost or Decimal(0))
    dearest = max(fitting, key=lambda point: point.monthly_cost or Decimal(0))
    says = f"Of {len(fitting)} sizes that fit, {cheapest.size} costs least ({money(cheapest.monthly_cost)} a month), "
    says += f"{dearest.size} most ({money(dearest.monthly_cost)})."
    if measured:
        return f"{says} By its measured processor time."
    computing = min(fitting, key=lambda point: point.monthly_cost_if_computing or Decimal(0))
    if computing.size != cheapest.size:
        says += f" If it computed all the time, {computing.size} would ({money(computing.monthly_cost_if_computing)})."
    return f"{says} Its processor time was not measured: the truth lies between the two lines."


def _svg(points: tuple[SizePoint, ...]) -> str:
    costs = [float(point.monthly_cost or 0) for point in points]
    least = min(costs)
    shown = [point for point in points if float(point.monthly_cost or 0) <= max(least * MOST_TIMES, 0.01) or point.chosen]
    memory = [math.log2(point.memory_mib) for point in shown]
    low, high = min(memory), max(memory)
    top = max(float(amount or 0) for point in shown for amount in (point.monthly_cost, point.monthly_cost_if_computing))

    def at(point: SizePoint, amount: Decimal | None) -> tuple[float, float]:
        across = (math.log2(point.memory_mib) - low) / (high - low) if high > low else 0.5
        up = float(amount or 0) / top if top else 0.0
        return round(MARGIN + (WIDE - 2 * MARGIN) * across, 1), round(HIGH - MARGIN - (HIGH - 2 * MARGIN) * up, 1)

    ordered = sorted(shown, key=lambda point: (point.memory_mib, point.vcpu))
    parts = [opening(WIDE, f"0 0 {WIDE} {HIGH}"), f'<path d="M{MARGIN} {HIGH - MARGIN}H{WIDE - MARGIN}" stroke="var(--line)"/>']
    parts.append(_line([at(point, point.monthly_cost) for point in ordered], "var(--blue)", ""))
    if any(point.monthly_cost_if_computing is not None for point in ordered):
        parts.append(_line([at(point, point.monthly_cost_if_computing) for point in ordered], "var(--orange)", "5 4"))
    for point in ordered:
        x, y = at(point, point.monthly_cost)
        if point.why_not is not None:
            parts.append(f'<path d="M{x - 4} {y - 4}l8 8m-8 0l8-8" stroke="currentColor" stroke-width="1.5"/>')
        else:
            fill = "var(--blue)" if point.chosen else "var(--card)"
            parts.append(f'<circle cx="{x}" cy="{y}" r="5" fill="{fill}" stroke="var(--blue)" stroke-width="2"/>')
    for point in (ordered[0], ordered[-1]):
        x, _ = at(point, None)
        side = "start" if point is ordered[0] else "end"
        parts.append(
            f'<text x="{x}" y="{HIGH - 6}" text-anchor="{side}" font-size="13" fill="currentColor">'
            f"{point.memory_mib:,} MiB</text>"
        )
    parts.append(f'<text x="{MARGIN}" y="15" font-size="13" fill="currentColor">{money(top)}</text>')
    return "".join(parts) + "</svg>"


def _line(at: list[tuple[float, float]], colour: str, dashes: str) -> str:
    path = "L".join(f"{x} {y}" for x, y in at)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"{dashed}/>'
