"""Pairs what a job told a monitoring service: `I begin`, `I am done`; exports have the newest first."""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from migrator.logfiles import recorded
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.model.usage import Line


class Ping(NamedTuple):
    """One call. `series` tells runs of a job that overlap apart, where the job says it."""

    at: tuple[int, int]
    name: str
    series: str
    kind: Literal["begin", "done", "failed"]
    duration_s: float | None
    exit_status: int | None
    host: str
    line: int


def runs(files: HostFiles, file: HostFile, source: str, pings: Iterable[Ping]) -> Iterator[Line | Problem]:
    """A line for each run that has a start; ends that have neither a start nor a length are counted in one Problem."""
    begun: dict[tuple[str, str], Ping] = {}
    lost, first = 0, 0
    for ping in sorted(pings, key=lambda ping: (ping.at[0], ping.kind != "begin", ping.line)):
        key = (ping.name, ping.series)
        if ping.kind == "begin":
            if key in begun:
                yield _run(file.path, source, begun[key], None)
            begun[key] = ping
        elif key in begun:
            yield _run(file.path, source, begun.pop(key), ping)
        elif ping.duration_s is not None:
            start = ping._replace(at=(ping.at[0] - round(ping.duration_s * 1e6), ping.at[1]), kind="begin")
            yield _run(file.path, source, start, ping)
        else:
            lost, first = lost + 1, first or ping.line
    for ping in begun.values():
        yield _run(file.path, source, ping, None)
    if lost:
        yield Problem(
            location=Location(host=files.name, path=file.path, line=first),
            message=f"{lost} calls say that a run ended, but none when it began; let the job call at its start, too",
        )


def _run(path: str, source: str, begin: Ping, end: Ping | None) -> Line:
    length = status = None
    if end is not None:
        length = end.duration_s
        status = end.exit_status if end.exit_status is not None else {"done": 0, "failed": 1}.get(end.kind)
    return recorded.line(
        path, begin.line, source=source, number=f"{begin.name}:{begin.series}:{begin.at[0]}", at=begin.at,
        command=recorded.NAMED + begin.name, host=begin.host, ended=end and end.at, duration_s=length, exit_status=status,
    )  # fmt: skip
