"""What every picture is made of: a sentence, an SVG in the page's own colours, and the table behind it.

Colours are stand-ins that become CSS variables, so that one drawing serves light, dark and print; shapes tell apart without them.
"""

import re
from typing import Any, NamedTuple
from unicodedata import east_asian_width

import vl_convert

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
TEXT, GRID, BLUE, ORANGE, GREY = "#010203", "#040506", "#070809", "#0a0b0c", "#0d0e0f"
PAGE_COLOURS = {
    TEXT: "currentColor",
    GRID: "var(--grid)",
    BLUE: "var(--blue)",
    ORANGE: "var(--orange)",
    GREY: "var(--grey)",
}
AXIS = {
    "labelFontSize": 13,
    "titleFontSize": 13,
    "titleFontWeight": "normal",
    "labelColor": TEXT,
    "titleColor": TEXT,
    "gridColor": GRID,
    "domainColor": GRID,
    "tickColor": GRID,
    "labelLimit": 300,
}
CONFIG = {
    "background": "transparent",
    "font": "system-ui, sans-serif",
    "axis": AXIS,
    "text": {"color": TEXT, "fontSize": 13},
    "title": {"color": TEXT, "fontSize": 13, "anchor": "start"},
    "view": {"stroke": None},
}
# what stands on the axis for so many seconds
TICKS: dict[float, str] = {
    0.001: "1 ms", 0.01: "10 ms", 0.1: "0.1 s", 1: "1 s", 10: "10 s", 60: "1 min", 600: "10 min", 3600: "1 h", 21600: "6 h",
    86400: "1 day", 604800: "1 week",
}  # fmt: skip
FINE_TICKS = TICKS | {
    20: "20 s",
    30: "30 s",
    120: "2 min",
    300: "5 min",
    1200: "20 min",
    1800: "30 min",
    7200: "2 h",
    43200: "12 h",
}


class Picture(NamedTuple):
    """An inline SVG with a title, a sentence that says what it shows, its marks in words, and the table behind it."""

    title: str
    says: str
    svg: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    legend: str = ""


def draw(spec: dict[str, Any], left: int = 5) -> str:
    """A Vega-Lite specification as inline SVG that scales with the page; `left`: room for labels, in pixels."""
    whole = {"$schema": SCHEMA, "config": CONFIG, "padding": {"left": left, "right": 5, "top": 5, "bottom": 5}, **spec}
    svg = vl_convert.vegalite_to_svg(whole)
    for stand_in, colour in PAGE_COLOURS.items():
        svg = svg.replace(stand_in, colour)
    return re.sub(r'<svg [^>]*?width="(\d+)" height="(\d+)"[^>]*?viewBox="([^"]+)"[^>]*>', _responsive, svg, count=1)


def _responsive(match: re.Match[str]) -> str:
    return opening(int(match[1]), match[3])


def opening(width: int, view_box: str) -> str:
    """The root element: scales with the page, hidden from screen readers (the figure has its sentence and its table)."""
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view_box}" style="max-width:{width}px" aria-hidden="true">'


def shortened(text: str, length: int) -> str:
    """The text in at most `length` characters, on one line and without control characters."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def fitting(text: str, letters: int) -> str:
    """The text, cut to the room of so many ordinary letters: capitals are wider, `m` and Chinese ones twice as wide.

    >>> fitting("nightly-report", 10), fitting("NIGHTLY-REPORT", 10)
    ('nightly-r…', 'NIGHTL…')
    """
    text = shortened(text, 300)
    widths = [2.0 if east_asian_width(c) in "WF" or c in "mMWw@%" else 1.4 if c.isupper() else 1.0 for c in text]
    if sum(widths) <= letters:
        return text
    kept, room = 0, letters - 1.0
    while kept < len(text) and widths[kept] <= room:
        room -= widths[kept]
        kept += 1
    return text[:kept].rstrip() + "…"


def seconds_axis(ticks: dict[float, str] = TICKS) -> dict[str, Any]:
    """An axis of seconds whose ticks are said as people do."""
    pairs = "".join(f"datum.value == {tick} ? '{label}' : " for tick, label in ticks.items())
    return {"values": list(ticks), "labelExpr": pairs + "''"}
