"""Small pictures straight from numbers, cheap enough for thousands: a server's week, a job's runs, the chain of jobs."""

import math
from collections.abc import Mapping
from html import escape
from typing import NamedTuple

from migrator.model.plan import HostPlan, JobPlan
from migrator.model.usage import RunSample
from migrator.reports.drawing import Picture, fitting, opening
from migrator.reports.words import day, idle, instant, percent, place, span

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MINUTES_OF_DAY = 1440
ROW, LEFT, WIDE = 17, 48, 936
SHADES = (0.25, 0.5, 0.75, 1.0)
STRIP_WIDE, STRIP_HIGH = 600, 46
MOST_NODES = 40
BOX, APART = 220, 360  # a job's width, and from one column to the next
LABEL_WIDE = 132  # between two columns
MOST_LABELS = 4  # of one job: they stand beside it, and the next job is 74 below


def week(host: HostPlan, jobs: tuple[JobPlan, ...]) -> Picture | None:
    """The server's week, minute by minute: how often one of its jobs ran in each of the 10,080 minutes."""
    busy = host.busy_minutes_of_week
    if busy is None or len(busy) != 7 * MINUTES_OF_DAY:
        return None
    days = max((entry.usage.observed_days or 0 for entry in jobs if entry.usage), default=0)
    weeks = max(1.0, days / 7)
    shades = [min(len(SHADES), math.ceil(len(SHADES) * count / weeks)) for count in busy]
    scale = (WIDE - LEFT) / MINUTES_OF_DAY
    parts = [opening(WIDE, f"0 0 {WIDE + 14} {7 * ROW + 24}")]
    for shade, opacity in enumerate(SHADES, 1):
        runs = "".join(f"M{start} {row * ROW + 8}h{length}" for row, start, length in _stretches(shades, shade))
        if runs:
            parts.append(
                f'<path d="{runs}" transform="translate({LEFT},0) scale({scale:.5f},1)" stroke="var(--blue)" '
                f'stroke-width="{ROW - 3}" stroke-opacity="{opacity}"/>'
            )
    for row, name in enumerate(DAYS):
        parts.append(
            f'<text x="{LEFT - 8}" y="{row * ROW + 13}" text-anchor="end" font-size="13" fill="currentColor">{name}</text>'
        )
    for hour in range(0, 25, 3):
        x = round(LEFT + hour * 60 * scale, 1)
        parts.append(f'<path d="M{x} 0v{7 * ROW}" stroke="var(--line)" stroke-width="1"/>')
        parts.append(
            f'<text x="{x}" y="{7 * ROW + 15}" text-anchor="middle" font-size="13" fill="currentColor">{hour:02}:00</text>'
        )
    quiet = idle(jobs)
    never = sum(1 for count in busy if count == 0) / len(busy)
    says = (
        f"{percent(never)} of the minutes of a week never saw a run."
        if never
        else "Each minute of a week saw a run at some time."
    )
    if quiet is not None:
        says = f"{percent(quiet)} idle: so much of the time none of its measured jobs runs. " + says
    rows = tuple(
        (
            DAYS[number],
            percent(sum(1 for minute in part if minute == 0) / MINUTES_OF_DAY),
            f"{number_of:.1f}",
        )
        for number in range(7)
        for part in [busy[number * MINUTES_OF_DAY : (number + 1) * MINUTES_OF_DAY]]
        for number_of in [sum(part) / weeks]
    )
    columns = ("day", "minutes that never saw a run", "minutes with a run, added over all jobs")
    legend = "one mark a minute, local time; the stronger, the more weeks had a run in it"
    return Picture("The server's week", says, "".join([*parts, "</svg>"]), columns, rows, legend)


def _stretches(shades: list[int], wanted: int) -> list[tuple[int, int, int]]:
    """(day, first minute, minutes) of each stretch of one shade."""
    found = []
    for row in range(7):
        start = None
        for minute in range(MINUTES_OF_DAY + 1):
            inside = minute < MINUTES_OF_DAY and shades[row * MINUTES_OF_DAY + minute] == wanted
            if inside and start is None:
                start = minute
            elif not inside and start is not None:
                found.append((row, start, minute - start))
                start = None
    return found


class Strip(NamedTuple):
    """A job's runs as a drawing, what it says, and the drawn runs as rows of text: started, took, exit status."""

    svg: str
    says: str
    rows: tuple[tuple[str, str, str], ...]


def strip(runs: tuple[RunSample, ...], most: int, timezone: str | None = None) -> Strip | None:
    """The history of a job's runs as a strip plot, at most `most` of them, evenly taken. None: too few to draw."""
    timed = [(run.started_at.timestamp(), run.duration_s, run.exit_status, run) for run in runs if run.duration_s is not None]
    if len(timed) < 3:
        return None
    step = max(1, math.ceil(len(timed) / most))
    drawn = [run for number, run in enumerate(timed) if number % step == 0 or run[2]]
    first, last = timed[0][0], timed[-1][0]
    heights = [math.log10(max(run[1], 0.001)) for run in timed]
    middle, reach = (max(heights) + min(heights)) / 2, max(max(heights) - min(heights), 0.6)
    fine: list[str] = []
    failed: list[str] = []
    for at, seconds, status, _ in drawn:
        x = round(5 + (STRIP_WIDE - 10) * ((at - first) / (last - first) if last > first else 0.5))
        height = (math.log10(max(seconds, 0.001)) - middle) / reach + 0.5
        y = round(STRIP_HIGH - 5 - (STRIP_HIGH - 10) * height)
        (failed if status else fine).append(f"M{x} {y}h0" if not status else f"M{x - 3} {y - 3}l6 6m-6 0l6-6")
    paths = f'<path class="r" d="{"".join(fine)}"/>' + (f'<path class="f" d="{"".join(failed)}"/>' if failed else "")
    svg = f'<svg class="strip" viewBox="0 0 {STRIP_WIDE} {STRIP_HIGH}" aria-hidden="true">{paths}</svg>'
    ends = f"{span(min(run[1] for run in timed))} to {span(max(run[1] for run in timed))}"
    lost = sum(1 for run in timed if run[2])
    said = f"Each dot a run, {day(runs[0].started_at)} to {day(runs[-1].started_at)}; {ends}, log scale"
    rows = tuple(
        (instant(run.started_at, timezone), span(run.duration_s), "" if status is None else str(status))
        for _, _, status, run in drawn
    )
    return Strip(svg, said + (f"; {lost} drawn as a cross failed." if lost else "."), rows)


def chain(jobs: tuple[JobPlan, ...]) -> Picture | None:
    """Which job feeds which, from left to right."""
    by_id = {entry.job.id: entry for entry in jobs}
    edges = sorted(
        {
            (link.from_job, link.to_job, link.via or "")
            for entry in jobs
            for link in entry.links
            if link.kind == "feeds" and link.from_job in by_id and link.to_job in by_id and link.from_job != link.to_job
        }
    )
    if not edges:
        return None
    column = _columns(edges)
    shown = sorted(column, key=lambda job_id: (column[job_id], job_id))[:MOST_NODES]
    rows_in: dict[int, int] = {}
    at: dict[str, tuple[int, int]] = {}
    for job_id in shown:
        row = rows_in.get(column[job_id], 0)
        rows_in[column[job_id]] = row + 1
        at[job_id] = (column[job_id] * APART + 2, row * 74 + 4)
    drawn = [edge for edge in edges if edge[0] in at and edge[1] in at]
    if any(column[sink] == 0 for _, sink, _ in drawn):  # a ring leads back into the first column, from its left
        at = {job_id: (x + 26, y) for job_id, (x, y) in at.items()}
    wide, high = max(x for x, _ in at.values()) + BOX + 2, max(y for _, y in at.values()) + 72
    wide = max(wide, *(at[source][0] + BOX + LABEL_WIDE for source, _, _ in drawn), 0)  # also of a ring, which leads back
    arrows, labels = _arrows(drawn, at)
    parts = [opening(wide, f"0 0 {wide} {high}"), *arrows]
    for job_id, (x, y) in at.items():
        entry = by_id[job_id]
        parts.append(
            f'<rect x="{x}" y="{y}" width="{BOX}" height="50" rx="8" fill="var(--card)" stroke="var(--blue)" stroke-width="1.5"/>'
            f'<text x="{x + 12}" y="{y + 21}" font-size="13" font-weight="600" fill="currentColor">'
            f"{escape(fitting(entry.job.name, 23))}</text>"
            f'<text x="{x + 12}" y="{y + 39}" font-size="12" fill="currentColor">'
            f"{escape(fitting(place(entry.placement), 26))}</text>"
        )
    parts += labels
    names = [by_id[job_id].job.name for job_id in column]
    says = f"{len(names)} jobs hand files to each other; a chain moves together or not at all."
    table = tuple((by_id[source].job.name, by_id[sink].job.name, via) for source, sink, via in edges)
    return Picture("Jobs that feed each other", says, "".join([*parts, "</svg>"]), ("from", "to", "through"), table)


def _arrows(edges: list[tuple[str, str, str]], at: Mapping[str, tuple[int, int]]) -> tuple[list[str], list[str]]:
    """A line for each pair, and what goes over it, beside the job that gives it: one below the other, none on another."""
    arrows, labels = [], []
    for source in dict.fromkeys(source for source, _, _ in edges):
        out = sorted(((at[sink][1], at[sink][0], via) for one, sink, via in edges if one == source))
        x1, y1 = at[source][0] + BOX, at[source][1] + 25
        for y, x2 in dict.fromkeys((y, x) for y, x, _ in out):
            y2 = y + 25
            if x2 - x1 == APART - BOX:
                course = f"M{x1} {y1}C{x1 + 50} {y1} {x2 - 58} {y2} {x2 - 8} {y2}"
            elif x2 > x1:  # over a column or more: below the boxes between them
                course = f"M{x1} {y1}h5V{y1 + 33}H{x2 - 20}V{y2}h12"
            else:  # back, in a ring: below its own box and those before it
                course = f"M{x1 - BOX // 2} {y1 + 25}v17H{x2 - 20}V{y2}h12"
            arrows.append(f'<path d="{course}" class="edge"/><path d="M{x2} {y2}l-10 -5v10z" fill="var(--grey)"/>')
        given = list(dict.fromkeys(fitting(via.rsplit("/", 1)[-1], 17) for _, _, via in out))
        if len(given) > MOST_LABELS:
            given[MOST_LABELS - 1 :] = [f"and {len(given) - MOST_LABELS + 1} more"]
        top = y1 + 4 - 14 * (len(given) - 1) / 2 - (7 if len(given) % 2 else 0)  # a single one stands on its line
        labels += [
            f'<text x="{x1 + 8}" y="{top + 14 * number}" font-size="11" fill="currentColor" stroke="var(--bg)" stroke-width="3" '
            f'paint-order="stroke">{escape(text)}</text>'
            for number, text in enumerate(given)
        ]
    return arrows, labels


def _columns(edges: list[tuple[str, str, str]]) -> dict[str, int]:
    """How far from a start each job stands; a ring of jobs stops after as many steps as there are jobs."""
    column = {job_id: 0 for source, sink, _ in edges for job_id in (source, sink)}
    for _ in range(len(column)):
        moved = False
        for source, sink, _via in edges:
            if column[sink] < column[source] + 1 < len(column):
                column[sink], moved = column[source] + 1, True
        if not moved:
            break
    near = {far: number for number, far in enumerate(sorted(set(column.values())))}  # a ring drives its jobs far away
    return {job_id: near[far] for job_id, far in column.items()}
