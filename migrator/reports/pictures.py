"""The report's pictures: Vega-Lite specifications drawn to inline SVG, each with a sentence for those who cannot see it.

Colours are chosen to be told apart in black and white; text and grid take the page's own colours (dark mode) through CSS.
"""

import re
from typing import Any, NamedTuple

import vl_convert

from migrator.model.plan import HostPlan, JobPlan
from migrator.model.usage import Usage
from migrator.reports.words import LEAVING, money, span

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
TEXT, GRID = "#010203", "#040506"  # stand-ins that become the page's colours
BLUE, ORANGE, GREY = "#2563a8", "#d9730d", "#9aa1ab"
LONGEST = 60  # jobs in one picture; the table behind it has all
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Picture(NamedTuple):
    """An inline SVG with a title, a sentence that says what it shows, and the table behind it."""

    title: str
    says: str
    svg: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def _draw(spec: dict[str, Any]) -> str:
    config = {
        "background": "transparent",
        "font": "system-ui, sans-serif",
        "axis": {
            "labelFontSize": 12,
            "titleFontSize": 12,
            "labelColor": TEXT,
            "titleColor": TEXT,
            "gridColor": GRID,
            "domainColor": GRID,
            "tickColor": GRID,
            "labelLimit": 260,
        },
        "legend": {"labelColor": TEXT, "titleColor": TEXT},
        "text": {"color": TEXT},
        "view": {"stroke": None},
    }
    svg = vl_convert.vegalite_to_svg({"$schema": SCHEMA, "config": config, **spec})
    svg = svg.replace(TEXT, "currentColor").replace(GRID, "var(--grid)")
    return re.sub(r'<svg [^>]*?width="(\d+)" height="(\d+)"[^>]*?viewBox="([^"]+)"[^>]*>', _responsive, svg, count=1)


def _responsive(match: re.Match[str]) -> str:
    """The root element: scales with the page, hidden from screen readers (the figure has its sentence and its table)."""
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{match[3]}" style="max-width:{match[1]}px" aria-hidden="true">'


def run_times(jobs: tuple[JobPlan, ...]) -> Picture | None:
    """Each measured job's p50, p95 and longest run on a log axis against 15 and 60 minutes and its own interval."""
    measured: list[tuple[JobPlan, Usage]] = sorted(
        ((entry, entry.usage) for entry in jobs if entry.usage and entry.usage.duration_s.max is not None),
        key=lambda pair: (-(pair[1].duration_s.max or 0), pair[0].job.id),
    )
    if not measured:
        return None
    rows = []
    for entry, usage in measured[:LONGEST]:
        spread = usage.duration_s
        row = {
            "job": _label(entry, measured),
            "p50": spread.p50,
            "p95": spread.p95,
            "max": spread.max,
            "gap": entry.smallest_gap_s,
        }
        rows.append({key: max(value, 0.001) if isinstance(value, float) else value for key, value in row.items()})
    low = min(row["p50"] for row in rows if isinstance(row["p50"], float))
    x = {"type": "quantitative", "scale": {"type": "log", "domainMin": min(low, 1) / 2}, "title": "seconds (log scale)"}
    y = {"field": "job", "type": "nominal", "sort": None, "title": None}
    ticks = [0.001, 0.01, 0.1, 1, 10, 60, 900, 3600, 14400, 86400]
    axis = {"values": ticks, "labelExpr": _tick_labels(ticks)}
    limits = [{"at": 900, "label": "15 min"}, {"at": 3600, "label": "60 min"}]
    spec = {
        "width": 620,
        "height": {"step": 20},
        "data": {"values": rows},
        "layer": [
            {
                "data": {"values": limits},
                "mark": {"type": "rule", "strokeDash": [4, 3], "color": ORANGE},
                "encoding": {"x": {"field": "at", "type": "quantitative"}},
            },
            {
                "mark": {"type": "rule", "strokeWidth": 2, "color": GREY},
                "encoding": {"y": y, "x": {**x, "field": "p50", "axis": axis, "title": None}, "x2": {"field": "max"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 70, "color": BLUE},
                "encoding": {"y": y, "x": {**x, "field": "p50"}},
            },
            {
                "mark": {"type": "tick", "thickness": 3, "size": 12, "color": BLUE},
                "encoding": {"y": y, "x": {**x, "field": "p95"}},
            },
            {
                "mark": {"type": "tick", "thickness": 2, "size": 12, "color": TEXT},
                "encoding": {"y": y, "x": {**x, "field": "max"}},
            },
            {
                "mark": {"type": "point", "shape": "diamond", "size": 50, "color": ORANGE},
                "encoding": {"y": y, "x": {**x, "field": "gap"}},
            },
        ],
    }
    over = [entry.job.name for entry, usage in measured if (usage.duration_s.max or 0) > 900]
    says = (
        f"Run times of {len(measured)} measured jobs on a log axis: dot = p50, blue tick = p95, dark tick = longest run, "
        f"orange diamond = the job's own smallest interval; dashed lines at 15 and 60 minutes. "
        + (f"Above 15 minutes: {', '.join(over)}." if over else "No run was longer than 15 minutes.")
    )
    table = tuple(
        (
            entry.job.name,
            *(span(value) for value in (usage.duration_s.p50, usage.duration_s.p95, usage.duration_s.max, entry.smallest_gap_s)),
        )
        for entry, usage in measured
    )
    return Picture(
        "How long each job really runs", says, _draw(spec), ("job", "p50", "p95", "longest", "smallest interval"), table
    )


def _label(entry: JobPlan, all_jobs: list[tuple[JobPlan, Usage]]) -> str:
    same = sum(1 for other, _ in all_jobs if other.job.name == entry.job.name)
    name = entry.job.name if same == 1 else f"{entry.job.name} [{entry.job.id[-8:]}]"
    return name if len(name) <= 42 else name[:41] + "…"


def _tick_labels(ticks: list[float]) -> str:
    labels = {0.001: "1 ms", 0.01: "10 ms", 0.1: "0.1 s", 1: "1 s", 10: "10 s", 60: "1 min", 900: "15 min", 3600: "1 h"}
    labels |= {14400: "4 h", 86400: "1 day"}
    pairs = "".join(f"datum.value == {tick} ? '{labels[tick]}' : " for tick in ticks)
    return pairs + "''"


def week(host: HostPlan) -> Picture | None:
    """The server's week: share of each ten minutes in which one of its jobs ran."""
    busy = host.busy_minutes_of_week
    if busy is None or len(busy) != 7 * 24 * 60:
        return None
    top = max(busy) or 1
    values = []
    for day in range(7):
        for slot in range(144):
            part = busy[day * 1440 + slot * 10 : day * 1440 + slot * 10 + 10]
            if any(part):
                values.append({"day": DAYS[day], "hour": slot / 6, "end": (slot + 1) / 6, "busy": sum(part) / (10 * top)})
    spec = {
        "width": 640,
        "height": 130,
        "data": {"values": values},
        "mark": {"type": "rect", "color": BLUE},
        "encoding": {
            "x": {
                "field": "hour",
                "type": "quantitative",
                "scale": {"domain": [0, 24]},
                "axis": {
                    "labelFontSize": 12,
                    "titleFontSize": 12,
                    "values": list(range(0, 25, 3)),
                    "labelExpr": "datum.value + ':00'",
                    "title": None,
                },
            },
            "x2": {"field": "end"},
            "y": {"field": "day", "type": "nominal", "sort": list(DAYS), "scale": {"domain": list(DAYS)}, "title": None},
            "opacity": {"field": "busy", "type": "quantitative", "scale": {"domain": [0, 1], "range": [0.12, 1]}, "legend": None},
        },
    }
    idle = sum(1 for minute in busy if minute == 0) / len(busy)
    says = f"The week of {host.host.name}, minute by minute: in {idle:.1%} of its minutes no measured job ever ran."
    table = tuple(
        (DAYS[day], f"{sum(1 for minute in busy[day * 1440 : day * 1440 + 1440] if minute) / 1440:.1%}") for day in range(7)
    )
    return Picture("The server's week", says, _draw(spec), ("day", "minutes with a job running"), table)


def bills(host: HostPlan, jobs: tuple[JobPlan, ...]) -> Picture | None:
    """What the server costs now, against what its jobs would cost elsewhere."""
    if host.savings.now_monthly_cost is None:
        return None
    bars = [("now", item.name, float(item.monthly_cost)) for item in host.savings.now_items if item.monthly_cost]
    after = [
        ("then", entry.job.name, float(entry.placement.option.monthly_cost))
        for entry in jobs
        if entry.placement.verdict in LEAVING and entry.placement.option.monthly_cost
    ]
    bars += sorted(after, key=lambda bar: (-bar[2], bar[1]))
    if not bars:
        return None
    spec = {
        "width": 560,
        "height": {"step": 34},
        "data": {"values": [{"when": when, "item": item, "usd": usd} for when, item, usd in bars]},
        "mark": {"type": "bar", "stroke": "#ffffff", "strokeWidth": 1},
        "encoding": {
            "y": {"field": "when", "type": "nominal", "sort": ["now", "then"], "title": None},
            "x": {"field": "usd", "type": "quantitative", "title": "USD a month", "stack": "zero"},
            "color": {"field": "when", "scale": {"domain": ["now", "then"], "range": [GREY, BLUE]}, "legend": None},
            "order": {"field": "usd", "sort": "descending"},
        },
    }
    then = money(sum(usd for when, _, usd in bars if when == "then"))
    now = money(host.savings.now_monthly_cost)
    says = f"Now {now} a month for the server; its jobs would cost {then} a month where they would go."
    rows = tuple((when, item, money(usd)) for when, item, usd in bars)
    return Picture("The bill, now and then", says, _draw(spec), ("when", "item", "USD a month"), rows)
