"""The pings of a Healthchecks check, as its API gives them (JSON) or as CSV with the same names.

Line: `{"pings": [{"type": "success", "date": "2026-11-23T03:31:39.83+00:00", "n": 4, "rid": null, "duration": 2.896}, ...]}`
Line: `check,type,date,n,rid,duration` and below it `nightly-report,success,2026-11-23T03:31:39.83+00:00,4,,2.896`
Source: Healthchecks' management API, GET /api/v3/checks/<uuid>/pings/. Pings do not name their check: a column `check` (or
`name`, `slug`) does, else the file's name: `healthchecks-nightly-report.json`.
"""

import re
from collections.abc import Iterator
from pathlib import PurePath

import msgspec

from migrator import blocks
from migrator.logfiles import recorded
from migrator.logfiles.pings import Ping, runs
from migrator.logfiles.rows import header, rows
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.model.usage import Line, Search
from migrator.schedule.zones import zone

READS: tuple[str, ...] = ("/migrator/*.csv", "/migrator/*.json", "/var/log/*.csv", "/var/log/*.json", "/var/log/healthchecks/*")
KINDS = {"start": "begin", "success": "done", "fail": "failed"}
MOST_BYTES = 1 << 28
ADDRESS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)  # who has it can ping


class Called(msgspec.Struct):
    """A ping as the API gives it."""

    type: str = ""
    date: str = ""
    rid: str | None = None
    duration: float | None = None
    check: str | None = None
    name: str | None = None
    slug: str | None = None


class Answer(msgspec.Struct):
    """The API's answer."""

    pings: list[Called]


DECODER = msgspec.json.Decoder(Answer)


def matches(path: str, head: bytes) -> bool:  # noqa: ARG001
    """True for the API's answer, or a header with its names."""
    if re.match(rb'\s*\{\s*"pings"\s*:', head):
        return True
    return {"type", "date"} <= set(header(head)) and bool({"n", "rid", "duration"} & set(header(head)))


def read(files: HostFiles, file: HostFile, search: Search) -> Iterator[Line | Problem]:
    """A line for each run."""
    place, pings = zone(search.timezone), []
    unread = first = nameless = 0
    for number, called in _calls(files, file):
        if isinstance(called, Problem):
            yield called
            continue
        at, kind = recorded.moment(called.date, place), KINDS.get(called.type)
        if kind is None or at is None:
            if called.type not in {"log", "ign"}:  # a word on the way, and a ping that the check was told to ignore
                unread, first = unread + 1, first or number
            continue
        length = called.duration if kind != "begin" and called.duration is not None and called.duration >= 0 else None
        name = called.check or called.name or called.slug or _name(file.path)
        if ADDRESS.search(name):
            nameless += 1
            continue
        pings.append(Ping(at, name, called.rid or "", kind, length, None, "", number))  # type: ignore[arg-type]
    yield from runs(files, file, "healthchecks", pings)
    if nameless:
        yield Problem(
            location=Location(host=files.name, path=ADDRESS.sub("...", file.path)),
            message=f"{nameless} pings are of a check that only its address names, which is a secret; call the file "
            "healthchecks-<name of the job>.json",
        )
    if unread:
        yield Problem(
            location=Location(host=files.name, path=file.path, line=first),
            message=f"{unread} pings have no instant or a type that is none of start, success, fail, log",
        )


def _calls(files: HostFiles, file: HostFile) -> Iterator[tuple[int, Called | Problem]]:
    with files.open(file.path) as stream:
        head = blocks.head(stream)
    if head.lstrip()[:1] != b"{":
        for row in rows(files, file):
            if isinstance(row, Problem):
                yield 0, row
            else:
                value = row.values
                said = {name: value[name].strip() for name in ("type", "date", "rid", "check", "name", "slug") if value.get(name)}
                yield row.line, Called(**said, duration=recorded.seconds(value.get("duration", "")))
        return
    where = Location(host=files.name, path=file.path)
    taken = bytearray()
    try:
        with files.open(file.path) as stream:
            for block in blocks.read_blocks(stream):
                taken += block
                if len(taken) > MOST_BYTES:
                    yield 0, Problem(location=where, message=f"is larger than {MOST_BYTES:,} bytes; export fewer pings")
                    return
        yield from enumerate(DECODER.decode(taken).pings, 1)
    except (*blocks.DAMAGED, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        yield 0, Problem(location=where, message=f"is no answer of Healthchecks that can be read: {error}", kind="unreadable")


def _name(path: str) -> str:
    return PurePath(path).name.partition(".")[0].removeprefix("healthchecks-").removeprefix("pings-")
