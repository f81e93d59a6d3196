"""Pictures of what happens over time: the bill while jobs move, and run times that grow towards a limit."""

import math
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from migrator.model.plan import HostPlan, JobPlan
from migrator.pricebook import once, total
from migrator.reports.drawing import BLUE, FINE_TICKS, GREY, ORANGE, Picture, draw, seconds_axis, shortened
from migrator.reports.words import LEAVING, money, span

LIMITS_S = (900.0, 3600.0, 86400.0)
HORIZON_MONTHS = 24.0
MOST_TRENDS = 3
MONTH_DAYS = 30.436875


def saving(host: HostPlan, jobs: tuple[JobPlan, ...]) -> Picture | None:
    """The whole bill after each move, in the order of moving: it falls only when the last thing has gone."""
    now, order = host.savings.now_monthly_cost, host.savings.order
    if now is None or not order:
        return None
    by_id = {entry.job.id: entry for entry in jobs}
    leaving = [job_id for job_id in order if job_id in by_id and by_id[job_id].placement.verdict in LEAVING]
    shared = dict(zip(leaving, once(by_id[job_id].placement.option.items for job_id in leaving), strict=True))
    bill, steps = now, [(0, "the server as it is", now)]
    for number, job_id in enumerate(order, 1):
        entry = by_id.get(job_id)
        cost = entry.placement.option.monthly_cost if entry and entry.placement.verdict in LEAVING else Decimal(0)
        if entry is None or cost is None:
            return None  # an unknown cost makes every later bill unknown
        if entry.placement.option.items and job_id in shared:  # what others before it have paid for is not paid for again
            cost -= total(entry.placement.option.items) or Decimal(0)
            cost += total(shared[job_id]) or Decimal(0)
        bill += cost
        steps.append((number, entry.job.name, bill))
    last = len(order) + 1
    end = bill - now
    points = [{"step": number, "usd": float(usd)} for number, _, usd in steps]
    drop = [{"step": last - 1, "usd": float(bill)}, {"step": last, "usd": float(end)}]
    said = [{"step": 0, "usd": float(now), "said": money(now)}, {"step": last, "usd": float(end), "said": money(end)}]
    x = {
        "field": "step",
        "type": "quantitative",
        "title": "jobs moved or ended, in order; then the server is switched off",
        "scale": {"domain": [0, last]},
        "axis": {"tickMinStep": 1, "format": "d", "grid": False},
    }
    y = {"field": "usd", "type": "quantitative", "title": "USD a month", "scale": {"domainMin": 0}}
    dash = [1, 0] if host.savings.can_go else [5, 4]
    spec = {
        "width": 440,
        "height": 190,
        "encoding": {"x": x, "y": y},
        "layer": [
            {
                "data": {"values": points},
                "mark": {"type": "line", "interpolate": "step-after", "color": BLUE, "strokeWidth": 3},
            },
            {
                "data": {"values": drop},
                "mark": {"type": "line", "interpolate": "step-after", "color": BLUE, "strokeWidth": 3, "strokeDash": dash},
            },
            {"data": {"values": drop[1:]}, "mark": {"type": "point", "filled": True, "size": 90, "color": BLUE, "opacity": 1}},
            {
                "data": {"values": said[:1]},
                "mark": {"type": "text", "align": "left", "dy": -10, "dx": 4},
                "encoding": {"text": {"field": "said"}},
            },
            {
                "data": {"values": said[1:]},
                "mark": {"type": "text", "align": "right", "dy": -10, "dx": -8},
                "encoding": {"text": {"field": "said"}},
            },
        ],
    }
    when = "when the server is switched off" if host.savings.can_go else "once what keeps the server has gone, too (dashed)"
    says = f"The bill rises from {money(now)} to {money(bill)} while both run, and falls to {money(end)} {when}."
    rows = tuple((str(number), name, money(usd)) for number, name, usd in steps)
    rows += ((str(last), "the server is switched off", money(end)),)
    return Picture("The bill while you move", says, draw(spec), ("step", "what moves", "bill a month"), rows)


class _Trend(NamedTuple):
    entry: JobPlan
    p95: float
    growth: float
    limit: float
    months: float


def growth(jobs: tuple[JobPlan, ...]) -> Picture | None:
    """The run times that grow, drawn on to the limit that they reach first within two years."""
    trends = sorted((trend for entry in jobs if (trend := _trend(entry)) is not None), key=lambda t: (t.months, t.entry.job.id))
    if not trends:
        return None
    parts = [_drawn(trend) for trend in trends[:MOST_TRENDS]]
    first = trends[0]
    says = (
        f"{first.entry.job.name} takes {first.growth:.1%} longer each month: its p95 of {span(first.p95)} reaches "
        f"{span(first.limit)} in {first.months:.0f} months if that goes on."
    )
    if len(trends) > 1:
        says += f" {len(trends) - 1} more {'grows' if len(trends) == 2 else 'grow'} towards a limit."
    rows = tuple((t.entry.job.name, span(t.p95), f"{t.growth:+.1%}", span(t.limit), f"{t.months:.0f} months") for t in trends)
    columns = ("job", "p95 now", "a month", "limit", "reached in")
    legend = "● a run · — where it goes if it keeps growing · ┄ the limit"
    return Picture("Run times that grow", says, draw({"vconcat": parts}), columns, rows, legend)


def _trend(entry: JobPlan) -> _Trend | None:
    usage = entry.usage
    if usage is None or not usage.growth_per_month or usage.growth_per_month <= 0 or not usage.duration_s.p95:
        return None
    if entry.placement.verdict not in {"move", "stay", "insufficient-data"}:
        return None
    p95 = usage.duration_s.p95
    limits = [limit for limit in (*LIMITS_S, entry.smallest_gap_s or math.inf) if limit > p95]
    limit = min(limits, default=math.inf)
    months = math.log(limit / p95) / math.log1p(usage.growth_per_month)
    return _Trend(entry, p95, usage.growth_per_month, limit, months) if months <= HORIZON_MONTHS else None


def _drawn(trend: _Trend) -> dict[str, Any]:
    sampled = trend.entry.usage.sampled_runs if trend.entry.usage else ()
    runs = [(run.started_at, run.duration_s) for run in sampled if run.duration_s]
    last = max(at for at, _ in runs) if runs else None
    dots = [{"month": (at - last) / timedelta(days=MONTH_DAYS), "s": seconds} for at, seconds in runs] if last else []
    line = [{"month": month, "s": trend.p95 * (1 + trend.growth) ** month} for month in (0.0, trend.months)]
    start = min([-0.5, *(dot["month"] for dot in dots)])
    x: dict[str, Any] = {
        "field": "month",
        "type": "quantitative",
        "title": "months from now",
        "scale": {"domain": [start, trend.months * 1.05]},
    }
    x["axis"] = {"tickMinStep": 1, "format": "d", "grid": False}
    lowest = min([trend.p95, *(seconds for _, seconds in runs)])
    scale = {"type": "log", "domain": [lowest / 1.5, trend.limit * 1.5]}
    y = {"field": "s", "type": "quantitative", "title": None, "scale": scale, "axis": seconds_axis(FINE_TICKS)}
    return {
        "title": shortened(trend.entry.job.name, 60),
        "width": 560,
        "height": 110,
        "encoding": {"x": x, "y": y},
        "layer": [
            {"data": {"values": dots}, "mark": {"type": "point", "filled": True, "size": 16, "color": GREY, "opacity": 0.8}},
            {"data": {"values": line}, "mark": {"type": "line", "color": BLUE, "strokeWidth": 2.5}},
            {
                "data": {"values": [{"s": trend.limit, "said": span(trend.limit), "month": start}]},
                "layer": [
                    {
                        "mark": {"type": "rule", "color": ORANGE, "strokeDash": [4, 3]},
                        "encoding": {"x": None, "y": {**y, "field": "s"}},
                    },
                    {"mark": {"type": "text", "align": "left", "dy": -7, "dx": 3}, "encoding": {"text": {"field": "said"}}},
                ],
            },
        ],
    }
