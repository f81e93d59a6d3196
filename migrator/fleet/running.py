"""The map over servers: submit, collect, retry once, keep each row as soon as it is known, go on where it stopped.

`servers.jsonl` in the output folder has a row for each source: read or failed, and why. It grows while the fleet is read, so that
a run that was interrupted goes on after its last row; at the end it is written anew in order, so that the same fleet gives the
same bytes on any number of workers.
"""

import hashlib
import logging
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, as_completed, wait
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, ParamSpec, TypeVar

import msgspec
from msgspec.structs import replace

from migrator import __version__, files
from migrator.assumptions import Assumptions
from migrator.errors import MigratorError
from migrator.fleet import one_name
from migrator.fleet.engine import Opened, Processes
from migrator.fleet.listing import Entry
from migrator.fleet.task import SURVEYS, Outcome, Part, Row, fold, is_older, observed, stems, survey_name
from migrator.model.plan import OutFile
from migrator.redact import redact
from migrator.runs import store

P = ParamSpec("P")
T = TypeVar("T")
Bar = Callable[[str, int], AbstractContextManager[Callable[[], None]]]  # title and total -> to be called for each
LOG = logging.getLogger(__name__)
ROWS = "servers.jsonl"
LEAST_FILES = 10  # of a task: starting one costs as much as reading a few small files
TASKS_PER_WORKER = 4  # at least, so that no worker waits long for the last one
AHEAD = 3  # tasks given out for each worker: their answers wait in memory


class Settings(NamedTuple):
    """How a fleet is read."""

    out: Path
    engine: Opened
    local: Opened  # for what needs the output folder
    workers: int
    as_of: datetime | None
    assumptions: Assumptions


def read(entries: Sequence[Entry], settings: Settings, bar: Bar) -> tuple[Row, ...]:
    """Observe every server that no earlier row has read as it is now; the rows of all, in order.

    `bar` shows how many sources are done, then of how many servers the runs are kept. Raises `MigratorError` if the output folder
    cannot be written.
    """
    with _Pool(settings.engine) as pool:
        with bar("reading servers", len(entries)) as advance:
            rows = _read(entries, settings, pool, advance)
        with _Pool(settings.local) as here:
            where = pool if settings.local is settings.engine else here
            wrong = _folded(settings, [rows[entry.source] for entry in entries], where, bar)
    named = {entry.source for entry in entries}
    for row in list(rows.values()):
        said = sorted(f"{server.host}: {wrong[server.host]}" for server in row.servers if server.host in wrong)
        if said and row.source in named:
            good = tuple(server for server in row.servers if server.host not in wrong)
            rows[row.source] = replace(row, status="failed", error="; ".join(said), servers=good)
    files.write(settings.out, [OutFile(path=ROWS, content=b"".join(_line(rows[source]) for source in sorted(rows)))])
    return tuple(rows[entry.source] for entry in entries)


def _read(entries: Sequence[Entry], settings: Settings, pool: "_Pool", advance: Callable[[], None]) -> dict[str, Row]:
    """The rows of all sources that were ever named, by their names."""
    reader = _reader(settings)
    rows = {row.source: row for row in _rows(settings.out)}
    marks = {entry.source: entry.fingerprint for entry in entries}

    def keep(outcome: Outcome, attempts: int) -> None:
        files.write(settings.out, _reading_files(outcome))
        row = Row(
            source=outcome.source, fingerprint=marks[outcome.source], reader=reader, status="failed" if outcome.error else "read",
            attempts=attempts, error=outcome.error, servers=tuple(reading.server for reading in outcome.readings),
        )  # fmt: skip
        files.append(settings.out, ROWS, _line(row))
        rows[row.source] = row
        advance()

    todo = []
    for entry in entries:
        row = rows.get(entry.source)
        if row is not None and row.status == "read" and (row.fingerprint, row.reader) == (entry.fingerprint, reader):
            advance()
        else:
            todo.append(entry)
    again = []
    for outcome in pool.outcomes(_batches(todo, settings.workers), settings, settings.workers * AHEAD):
        if outcome.error is None:
            keep(outcome, 1)
        else:
            again.append(outcome.source)
    # one after the other where a worker died: else the next that dies takes innocent ones with it
    width = 1 if pool.broke else settings.workers
    for outcome in pool.outcomes([(source,) for source in sorted(again)], settings, width):
        keep(outcome, 2)
    return rows


def _reader(settings: Settings) -> str:
    """What a reading depends on beside its source's files."""
    guesses = hashlib.sha256(msgspec.json.encode(settings.assumptions, order="deterministic")).hexdigest()[:8]
    return f"{__version__} runs {store.VERSION} {settings.as_of.isoformat() if settings.as_of else 'newest'} {guesses}"


def _line(row: Row) -> bytes:
    return msgspec.json.encode(row, order="deterministic") + b"\n"


def _rows(out: Path) -> Iterator[Row]:
    """The rows of earlier runs; the last line may have been cut by a crash."""
    path = out / ROWS
    for raw in path.read_bytes().splitlines() if path.is_file() else []:
        try:
            yield msgspec.json.decode(raw, type=Row)
        except (msgspec.DecodeError, UnicodeDecodeError):
            LOG.info("%s: a row is cut off; its server is read again", path)


def _reading_files(outcome: Outcome) -> Iterator[OutFile]:
    places = stems(outcome.source, [reading.server.host for reading in outcome.readings])
    for reading, stem in zip(outcome.readings, places, strict=True):
        yield OutFile(path=f"{stem}.json", content=reading.survey)
        yield OutFile(path=f"{stem}.parquet", content=reading.runs)
        yield from (OutFile(path=f"scripts/{digest}", content=text) for digest, text in sorted(reading.scripts.items()))


def _batches(entries: Iterable[Entry], workers: int) -> list[tuple[str, ...]]:
    """Tasks of at least `LEAST_FILES` files, but not so few of them that a worker has nothing to do."""
    entries = list(entries)
    most = max(1, len(entries) // (workers * TASKS_PER_WORKER))
    found: list[tuple[str, ...]] = []
    batch: list[str] = []
    count = 0
    for entry in entries:
        batch.append(entry.source)
        count += entry.files
        if count >= LEAST_FILES or len(batch) >= most:
            found.append(tuple(batch))
            batch, count = [], 0
    return [*found, tuple(batch)] if batch else found


class _Pool:
    """An executor that is made anew when one of its workers has died."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._executor: Executor | None = None
        self.broke = False

    def __enter__(self) -> "_Pool":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._executor is None:
            return
        if kind is not None and isinstance(self._executor, Processes):
            self._executor.stop()
        self._executor.shutdown(wait=True, cancel_futures=True)

    def outcomes(self, batches: Iterable[tuple[str, ...]], settings: Settings, width: int) -> Iterator[Outcome]:
        """What becomes of every source, as it becomes known; `width` tasks are under way at a time."""
        waiting = deque(batches)
        running: dict[Future[list[Outcome]], tuple[tuple[str, ...], Executor | None]] = {}
        while waiting or running:
            while waiting and len(running) < width:
                sources = waiting.popleft()
                running[self.submit(observed, sources, settings.as_of, settings.assumptions)] = sources, self._executor
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                (sources, executor), error = running.pop(future), _error(future)
                if error is None:
                    yield from future.result()
                    continue
                # of many that were lost together the last may be known when the next executor is at work already
                if isinstance(error, BrokenExecutor) and executor is self._executor:
                    self._renew()
                why = _why(error)
                yield from (Outcome(source, why, ()) for source in sources)

    def submit(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Give out a task."""
        while True:
            if self._executor is None:
                self._executor = self._opened()
            try:
                return self._executor.submit(work, *args, **kwargs)
            except BrokenExecutor:
                self._renew()

    def _renew(self) -> None:
        self.broke = True
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
        self._executor = None


class _Taken(BrokenExecutor):
    """A task that was taken back: the scheduler of its cluster ended, or its executor did."""


def _error(future: Future[T]) -> BaseException | None:
    return _Taken() if future.cancelled() else future.exception()


def _why(error: BaseException) -> str:
    if isinstance(error, MigratorError):
        return redact(str(error)).text
    if isinstance(error, _Taken):
        return "the scheduler of the cluster ended while it was read; run again"
    if isinstance(error, BrokenExecutor) or type(error).__name__ == "KilledWorker":
        return "the worker that read it died; it may need more memory than there is"
    return redact(f"{type(error).__name__}: {error}".split("\n", 1)[0][:300]).text


def _folded(settings: Settings, rows: Sequence[Row], pool: _Pool, bar: Bar) -> dict[str, str]:
    """Write one survey and one store for each host, whichever sources told of it; what went wrong, by host."""
    hosts = defaultdict[str, list[Part]](list)
    for row in rows:
        for server, stem in zip(row.servers, stems(row.source, [server.host for server in row.servers]), strict=True):
            hosts[server.host].append(Part(stem, server))
    out, wrong = settings.out, one_name.conflicts(rows)
    for host in wrong:
        del hosts[host]
    there = {path.name for path in (out / SURVEYS).glob("*.json")} if (out / SURVEYS).is_dir() else set()
    wanted = {host: survey_name(host) for host in hosts}
    files.remove(out, [f"{SURVEYS}/{name}" for name in sorted(there - set(wanted.values()))])
    todo = [
        host
        for host, parts in sorted(hosts.items())
        if wanted[host] not in there or _unfolded(out, parts) or is_older(out / SURVEYS / wanted[host], parts)
    ]
    errors: dict[str, BaseException | None] = {}
    with bar("keeping runs", len(todo)) as advance:
        futures = {pool.submit(fold, out, tuple(hosts[host]), settings.assumptions): host for host in todo}
        for future in as_completed(futures):
            errors[futures[future]] = _error(future)
            advance()
        # a worker that dies takes what waited with it: one after the other, so that only whose fault it is fails
        for host in sorted(host for host, error in errors.items() if isinstance(error, BrokenExecutor)):
            errors[host] = pool.submit(fold, out, tuple(hosts[host]), settings.assumptions).exception()
    return wrong | {host: _why(error) for host, error in errors.items() if error is not None}


def _unfolded(out: Path, parts: Iterable[Part]) -> bool:
    return any((out / f"{part.stem}.parquet").is_file() for part in parts)
