"""The report's pictures of one server: run times (the hero), and the bill now and then."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from migrator.model.plan import HostPlan, JobPlan
from migrator.model.usage import Usage
from migrator.pricebook import once
from migrator.reports.drawing import BLUE, GREY, ORANGE, TEXT, Picture, draw, seconds_axis, shortened
from migrator.reports.words import LEAVING, money, span

LONGEST = 40  # jobs in one picture; the table behind it has all
TABLE_LONGEST = 300  # rows of the table behind a picture; every job's own card has its numbers
MOST_ITEMS = 8
FUNCTION_LIMIT_S, LONG_RUN_S = 900.0, 3600.0


def run_times(jobs: tuple[JobPlan, ...]) -> Picture | None:
    """Each measured job's p50, p95 and longest run on a log axis against 15 and 60 minutes and its own interval."""
    measured: list[tuple[JobPlan, Usage]] = sorted(
        ((entry, entry.usage) for entry in jobs if entry.usage and entry.usage.duration_s.max is not None),
        key=lambda pair: (-(pair[1].duration_s.max or 0), pair[0].job.id),
    )
    if not measured:
        return None
    over = [entry.job.name for entry, usage in measured if (usage.duration_s.max or 0) > FUNCTION_LIMIT_S]
    tight = [
        entry.job.name for entry, usage in measured if entry.smallest_gap_s and (usage.duration_s.max or 0) > entry.smallest_gap_s
    ]
    says = _listed("Longer than 15 minutes, so no function: ", over) if over else "No run was longer than 15 minutes."
    if tight:
        says += " " + _listed("Longer than its own interval, so runs overlap: ", tight)
    table = tuple(
        (
            entry.job.name,
            *(span(value) for value in (usage.duration_s.p50, usage.duration_s.p95, usage.duration_s.max, entry.smallest_gap_s)),
        )
        for entry, usage in measured[:TABLE_LONGEST]
    )
    left_out = len(measured) - LONGEST
    legend = "● half of all runs · ┃ 95 of 100 · │ longest, with its time · ◇ smallest interval between two starts"
    if left_out > 0:
        legend += f" · the {LONGEST} longest of {len(measured)} measured jobs"
    names = ("job", "p50", "p95", "longest", "smallest interval")
    svg = draw(_run_times(measured[:LONGEST]), left=30)
    return Picture("How long each job really runs", says, svg, names, table, legend)


def _listed(lead: str, names: list[str]) -> str:
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return f"{lead}{', '.join(names[:6])}{more}."


def _run_times(measured: list[tuple[JobPlan, Usage]]) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []
    for entry, usage in measured:
        spread = usage.duration_s
        values = {"p50": spread.p50, "p95": spread.p95, "max": spread.max, "gap": entry.smallest_gap_s}
        row: dict[str, Any] = {key: None if value is None else max(value, 0.001) for key, value in values.items()}
        rows.append({"job": _label(entry, measured), "said": span(spread.max), **row})
    low = min([1.0, *(row["p50"] for row in rows if row["p50"])]) / 2
    high = max([LONG_RUN_S * 4, *(row[key] for row in rows for key in ("max", "gap") if row[key])]) * 2
    x = {"type": "quantitative", "scale": {"type": "log", "domain": [low, high]}, "title": None}
    y = {"field": "job", "type": "nominal", "sort": None, "title": None, "axis": {"ticks": False, "domain": False}}
    bands = [{"from": FUNCTION_LIMIT_S, "to": high}, {"from": LONG_RUN_S, "to": high}]
    limits = [{"at": FUNCTION_LIMIT_S, "label": "15 min"}, {"at": LONG_RUN_S, "label": "60 min"}]

    def mark(field: str, **style: Any) -> dict[str, Any]:
        return {"mark": style, "encoding": {"y": y, "x": {**x, "field": field}}}

    return {
        "width": 730,
        "height": {"step": 21},
        "data": {"values": rows},
        "layer": [
            {
                "data": {"values": bands},
                "mark": {"type": "rect", "color": ORANGE, "opacity": 0.07},
                "encoding": {"x": {**x, "field": "from", "axis": seconds_axis()}, "x2": {"field": "to"}},
            },
            {
                "data": {"values": limits},
                "mark": {"type": "rule", "strokeDash": [4, 3], "color": ORANGE},
                "encoding": {"x": {**x, "field": "at"}},
            },
            *(
                {
                    "data": {"values": [limit]},
                    "mark": {"type": "text", "align": side, "baseline": "bottom", "y": -3, "fontWeight": "bold", "fontSize": 12},
                    "encoding": {"x": {**x, "field": "at"}, "text": {"field": "label"}},
                }
                for limit, side in zip(limits, ("right", "left"), strict=True)
            ),
            {
                "mark": {"type": "rule", "strokeWidth": 3, "color": GREY},
                "encoding": {"y": y, "x": {**x, "field": "p50"}, "x2": {"field": "max"}},
            },
            mark("gap", type="point", shape="diamond", size=45, color=ORANGE),
            mark("p50", type="point", filled=True, size=75, color=BLUE, opacity=1),
            mark("p95", type="tick", thickness=4, size=13, color=BLUE),
            mark("max", type="tick", thickness=2, size=13, color=TEXT),
            {
                "mark": {"type": "text", "align": "left", "dx": 7, "fontSize": 11.5},
                "encoding": {"y": y, "x": {**x, "field": "max"}, "text": {"field": "said"}},
            },
        ],
    }


def _label(entry: JobPlan, all_jobs: list[tuple[JobPlan, Usage]]) -> str:
    same = sum(1 for other, _ in all_jobs if other.job.name == entry.job.name)
    name = shortened(entry.job.name, 34 if same == 1 else 22)
    return name if same == 1 else f"{name} [{entry.job.id[-8:]}]"


def bills(host: HostPlan, jobs: tuple[JobPlan, ...]) -> Picture | None:
    """What the server costs now, against what its jobs would cost elsewhere, by line item."""
    if host.savings.now_monthly_cost is None:
        return None
    now = [(item.name, item.monthly_cost) for item in host.savings.now_items if item.monthly_cost is not None]
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for lines in once(entry.placement.option.items for entry in jobs if entry.placement.verdict in LEAVING):
        for item in lines:
            sums[item.name] += item.monthly_cost or Decimal(0)
    then = sorted(((name, cost) for name, cost in sums.items() if cost), key=lambda pair: (-pair[1], pair[0]))
    if not now and not then:
        return None
    shown = then[:MOST_ITEMS]
    if len(then) > MOST_ITEMS:
        shown.append((f"{len(then) - MOST_ITEMS} smaller items", sum((cost for _, cost in then[MOST_ITEMS:]), Decimal(0))))
    bars = [
        {"item": f"{when}: {shortened(name, 30)}", "when": when, "usd": float(cost), "said": money(cost)}
        for when, part in (("now", now), ("then", shown))
        for name, cost in part
    ]
    y = {"field": "item", "type": "nominal", "sort": None, "title": None, "axis": {"ticks": False, "domain": False}}
    x = {"field": "usd", "type": "quantitative", "title": "USD a month", "scale": {"domainMin": 0}, "axis": {"tickCount": 6}}
    spec = {
        "width": 330,
        "height": {"step": 24},
        "data": {"values": bars},
        "encoding": {"y": y, "x": x},
        "layer": [
            {
                "mark": {"type": "bar"},
                "encoding": {
                    "color": {"field": "when", "scale": {"domain": ["now", "then"], "range": [GREY, BLUE]}, "legend": None}
                },
            },
            {"mark": {"type": "text", "align": "left", "dx": 5}, "encoding": {"text": {"field": "said"}}},
        ],
    }
    total = money(sum((cost for _, cost in then), Decimal(0)))
    today = money(host.savings.now_monthly_cost)
    says = f"Now {today} a month for the server; its jobs would cost {total} a month where they would go."
    rows = tuple((when, name, money(cost)) for when, part in (("now", now), ("then", then)) for name, cost in part)
    return Picture("The bill, now and then", says, draw(spec, left=30), ("when", "item", "USD a month"), rows)
