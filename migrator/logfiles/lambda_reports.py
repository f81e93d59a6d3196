r"""REPORT lines of AWS Lambda, as CloudWatch Logs gives them: how long each invocation took, and its peak memory.

Line: `2026-11-23T04:31:39.832Z REPORT RequestId: 3604209a-e9a3-11e6-939a-754dd98c7be3\tDuration: 12.53 ms\tBilled Duration: 13 ms
\tMemory Size: 128 MB\tMax Memory Used: 31 MB` (on one line; `aws logs tail` has the stream's name between, `sam logs` first)
Line: `1795404699832,"REPORT RequestId: ...` (CSV of the console), `{"timestamp": 1795404699832, "message": "REPORT Re..."}`
Line: `{"events": [{"timestamp": 1795404699832, "message": "REPORT RequestId: ..."}]}` (`aws logs filter-log-events`)
Line: `{"time": "...", "type": "platform.report", "record": {"requestId": "...", "metrics": {"durationMs": 12.53, ...}}}`, which
an answer of the API and the console's CSV hold as a text in quotes
Source: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html, .../monitoring-cloudwatchlogs-logformat.html. A report
is written at the end; it does not name its function: the file's name does (`lambda-<name>.log`, or its log group).
"""

import re
from collections.abc import Iterator
from datetime import UTC
from pathlib import PurePath

import msgspec

from migrator import blocks
from migrator.logfiles import recorded
from migrator.logfiles.doubts import long_lines
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.model.usage import Line, Search

READS: tuple[str, ...] = ("/migrator/lambda*", "/var/log/lambda/*", "/var/log/lambda*", "/migrator/cloudwatch/**")
REPORT = re.compile(
    r"REPORT RequestId: (?P<id>[0-9a-fA-F-]{8,40})\s+Duration: (?P<ms>\d{1,9}(?:\.\d{1,6})?) ms\s.*?"
    r"Max Memory Used: (?P<mib>\d{1,7}) MB(?:.*?Status: (?P<status>\w{1,20}))?",
    re.DOTALL,
)
STAMP = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?|(?<!\w)\d{13}(?!\w)"
)  # of an event, also in ms
SIGNS = (b"REPORT RequestId: ", b"platform.report")  # the second in quotes, which an answer or CSV writes in another way
MOST_BYTES = 1 << 28


class Metrics(msgspec.Struct):
    """What Lambda measured."""

    durationMs: float  # noqa: N815 - Lambda's own names
    maxMemoryUsedMB: float | None = None  # noqa: N815


class Record(msgspec.Struct):
    """One invocation."""

    requestId: str  # noqa: N815
    metrics: Metrics
    status: str | None = None


class Entry(msgspec.Struct):
    """A line of a function that logs JSON."""

    time: str
    type: str
    record: Record


class LogEvent(msgspec.Struct):
    """A line as the API gives it."""

    timestamp: int
    message: str


class Answer(msgspec.Struct):
    """The API's answer."""

    events: list[LogEvent]


def matches(path: str, head: bytes) -> bool:  # noqa: ARG001
    """True if there is a report in it."""
    return any(sign in head for sign in SIGNS)


def read(files: HostFiles, file: HostFile, search: Search) -> Iterator[Line | Problem]:  # noqa: ARG001
    """A line for each report."""
    where = Location(host=files.name, path=file.path)
    order, unread, at, long = 0, list[int](), [0], list[int]()
    try:
        for order, (stamp, text) in enumerate(_texts(files, file, at, long), 1):
            found = _reported(text)
            ended = recorded.moment(stamp, UTC)  # `sam logs` writes no offset
            if found is None or ended is None:
                unread.append(at[0])
                continue
            number, seconds, memory, status = found
            start = (ended[0] - round(seconds * 1e6), max(ended[1], 1_000))
            yield recorded.line(
                file.path, order, source="lambda_report", number=number, at=start, command=recorded.NAMED + _name(file.path),
                duration_s=seconds, exit_status=status, peak_memory_mib=memory,
            )  # fmt: skip
    except (*blocks.DAMAGED, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        yield Problem(
            location=where,
            message=f"cannot be read on from byte {at[0]:,}: {error}; the {order} reports before are used",
            kind="unreadable",
        )
    yield from long_lines(where, long)
    if unread:
        said = f"{len(unread)} reports are cut or have no time before them, the first at byte {unread[0]:,}"
        yield Problem(location=where, message=f"{said}; export with `aws logs tail GROUP --format detailed`")


def _texts(files: HostFiles, file: HostFile, at: list[int], long: list[int]) -> Iterator[tuple[str, str]]:
    """The time and the text of each line that holds a report; `at` gets the byte where it begins, or where no more can be read,
    `long` those of lines that are too long."""
    with files.open(file.path) as stream:
        head = blocks.head(stream)
    if re.match(rb'\s*\{\s*"(?:events|searchedLogStreams)"', head):
        with files.open(file.path) as stream:
            raw = bytearray()
            for block in blocks.read_blocks(stream):
                raw += block
                at[0] = len(raw)
                if len(raw) > MOST_BYTES:
                    raise EOFError(f"larger than {MOST_BYTES:,} bytes")
        at[0] = 0
        for event in msgspec.json.decode(raw, type=Answer).events:
            if any(sign.decode() in event.message for sign in SIGNS):
                yield str(event.timestamp), event.message
        return
    with files.open(file.path) as stream:
        placed = blocks.Placed(stream, SIGNS)
        placed.long = long
        lines = iter(placed)
        while True:
            try:
                raw_line = next(lines, None)
            except blocks.DAMAGED:
                at[0] = placed.read
                raise
            if raw_line is None:
                return
            at[0] = placed.at
            text = raw_line.decode("utf-8", "backslashreplace")
            if text.startswith("{") and (told := _event(text)) is not None:
                yield str(told.timestamp), told.message
                continue
            begin = text.find("{") if "platform.report" in text else text.find("REPORT RequestId: ")
            stamp, said = STAMP.search(text, 0, max(begin, 0)), text[max(begin, 0) :]
            if said.startswith('{""'):  # CSV
                said = said[: said.rfind("}") + 1].replace('""', '"')
            yield stamp[0] if stamp is not None else _own_time(text), said


def _event(text: str) -> LogEvent | None:
    try:
        return msgspec.json.decode(text, type=LogEvent)
    except (msgspec.DecodeError, RecursionError):
        return None


def _own_time(text: str) -> str:
    try:
        return msgspec.json.decode(text, type=Entry).time
    except (msgspec.DecodeError, RecursionError):
        return ""


def _reported(text: str) -> tuple[str, float, float | None, int | None] | None:
    """Request, seconds, MiB and status; a report without a word on it does not say that the invocation went well."""
    if text.startswith("{"):
        try:
            record = msgspec.json.decode(text, type=Entry).record
        except (msgspec.DecodeError, RecursionError):
            return None
        if not 0 <= record.metrics.durationMs < 1e9:
            return None
        status = None if record.status is None else 0 if record.status == "success" else 1
        return record.requestId, record.metrics.durationMs / 1e3, record.metrics.maxMemoryUsedMB, status
    found = REPORT.search(text)
    if found is None:
        return None
    return found["id"], float(found["ms"]) / 1e3, float(found["mib"]), 1 if found["status"] else None


def _name(path: str) -> str:
    """The function, from the name of its file or of its log group.

    >>> _name("/migrator/lambda-nightly-report.log.gz"), _name("/migrator/cloudwatch/aws/lambda/nightly")
    ('nightly-report', 'nightly')
    """
    return PurePath(path).name.partition(".")[0].removeprefix("lambda-")
