"""A run that a table or an export tells as a whole, as a line: what all readers of such files share.

Its figures are fields of the line beside its text, so that no text of a log can say them: who may write into syslog makes no run.
"""

import re
from datetime import UTC, datetime, tzinfo

from migrator.logfiles.stamps import SECOND_US, iso_us
from migrator.model.usage import Line

TAG = "recorded-run"
NAMED = "named:"  # the command is not told, but a name: `runs/match.py` finds the job that is called so
EPOCH_SECONDS = re.compile(r"\d{9,10}(\.\d{1,9})?")
EPOCH_MILLISECONDS = re.compile(r"\d{12,13}")
LATEST = datetime(2200, 1, 1, tzinfo=UTC).timestamp()
MOST_SECONDS = 10 * 366 * 86_400


def line(
    path: str,
    order: int,
    *,
    source: str,
    number: str,
    at: tuple[int, int],
    command: str,
    host: str = "",
    user: str | None = None,
    pid: int | None = None,
    ended: tuple[int, int] | None = None,
    duration_s: float | None = None,
    exit_status: int | None = None,
    cpu_s: float | None = None,
    peak_memory_mib: float | None = None,
) -> Line:
    """The run as a line. `at`: its start and what the stamp can tell apart, both in microseconds; `ended` the same of its end;
    `duration_s` only where somebody measured it; `number` tells the run from others."""
    ended_us = None if ended is None or ended[0] < at[0] else ended[0]
    if ended_us is None and duration_s is not None:
        ended_us = at[0] + round(duration_s * 1e6)
    named = (
        ("source", source), ("number", number), ("user", user), ("ended_us", ended_us), ("duration_s", duration_s),
        ("exit_status", exit_status), ("cpu_s", cpu_s), ("peak_memory_mib", peak_memory_mib),
    )  # fmt: skip
    figures = tuple((name, str(value)) for name, value in named if value is not None)
    resolution_us = at[1] if ended is None else max(at[1], ended[1])
    return Line(at[0], host, TAG, pid, command, None, resolution_us, path, order, figures)


def moment(text: str, place: tzinfo) -> tuple[int, int] | None:
    """An instant in microseconds and its resolution: ISO 8601, or seconds or milliseconds since the epoch; None if it is none.

    >>> moment("1795404699", UTC), moment("1795404699832", UTC), moment("2026-11-23 03:31:39", UTC)
    ((1795404699000000, 1000000), (1795404699832000, 1000), (1795404699000000, 1000000))
    >>> moment("yesterday", UTC) is None
    True
    """
    text = text.strip()
    if EPOCH_SECONDS.fullmatch(text):
        return int(float(text) * 1e6), (1_000 if "." in text else SECOND_US)
    if EPOCH_MILLISECONDS.fullmatch(text):
        return int(text) * 1_000, 1_000
    found = iso_us(text.removesuffix(" UTC") + "+00:00" if text.endswith(" UTC") else text, place)
    return found if found is not None and 0 <= found[0] < LATEST * 1e6 else None


def seconds(text: str) -> float | None:
    """A length: plain seconds, `mm:ss` or `h:mm:ss`; None if it is none.

    >>> seconds("12.5"), seconds("1:02:03"), seconds("-1"), seconds("nan")
    (12.5, 3723.0, None, None)
    """
    parts = text.strip().split(":")
    if not 1 <= len(parts) <= 3 or not all(re.fullmatch(r"\d{1,12}(\.\d{1,9})?", part) for part in parts):
        return None
    total = 0.0
    for part in parts:
        total = total * 60 + float(part)
    return total if total <= MOST_SECONDS else None


def whole(text: str) -> int | None:
    """An exit status or another small whole number."""
    text = text.strip()
    return int(text) if re.fullmatch(r"\d{1,10}", text) else None
