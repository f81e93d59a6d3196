"""Keeps the runs of earlier plans: one folder per host, in it one parquet file per day and a small manifest.

Nothing is ever changed in place, and nobody waits for a lock. A writer writes new files beside the old ones, named by day,
generation and content (`2026-11-23.7.1f3a...parquet`), and then the manifest of the next generation under a name that must not
exist yet: that one step makes all of them count. If it exists, another writer was first, and this one merges again. A reader
takes the newest manifest whose files are all there and have the content of their names; the generation before the newest stays,
so that a crash or a power cut in the middle leaves it, and with it each later day whose file is whole. `*.parquet` are exactly
the files of the newest generation (after a crash between its manifest and the tidying: when the next writer has been there, even
one that has nothing new).

Whose an end is was told wrongly by what wrote versions 1 and 2 (`_without_doubted_ends`): their stores are read without such
ends, and rewritten so. Whoever mends the pairing once more makes the version one higher and says here what is no longer believed.
"""

import hashlib
import logging
import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from migrator import files, same_machine, tables
from migrator.errors import PlanError, StoreError
from migrator.model.plan import OutFile
from migrator.model.usage import EarlierText, LostLines
from migrator.model.value import Value
from migrator.planfile import host_file_name
from migrator.runs.edited import all_of
from migrator.runs.packed import coarse, packed, unpacked
from migrator.runs.same import merged
from migrator.tables import Run

LOG = logging.getLogger(__name__)
VERSION = 3
READ = (1, 2, VERSION)
DOUBTED = {"cronie", "debian_cron"}  # their ends name a command or a user, and no session
DAY_US = 86_400_000_000
DIGITS = 16
MANIFEST = re.compile(r"manifest\.(\d{1,9})\.json")
DATA = re.compile(r"\d{4,5}-\d\d-\d\d\.(\d{1,9})\.([0-9a-f]{16})\.parquet(?:\.old)?")
TRIES = 20
Stretch = tuple[int, int]


class Day(Value, frozen=True, kw_only=True):
    """The runs that started on one day in UTC."""

    day: str
    file: str
    runs: int


class Manifest(Value, frozen=True, kw_only=True):
    """What belongs to a host's store. `stretches`: the times that its logs covered, in microseconds, in order and apart.
    `earlier`: texts that these logs show to be those of lines that were edited since; `marks`: the machine (`same_machine`);
    `lost`: how many lines of these logs are lost, by day: the largest number that any reading of that day gave, because each sees
    a part of it, or all of it again."""

    host: str
    generation: int
    stretches: tuple[Stretch, ...] = ()
    earlier: tuple[EarlierText, ...] = ()
    lost: tuple[LostLines, ...] = ()
    days: tuple[Day, ...] = ()
    marks: tuple[str, ...] = ()
    version: int = VERSION


class Kept(NamedTuple):
    """What a store holds of a host: runs in order of start, the times that were observed, and what these logs proved of edits.
    `doubted`: the runs of another version's store whose ends are no longer believed; `place`: the store, to be named."""

    runs: list[Run]
    stretches: tuple[Stretch, ...]
    earlier: tuple[EarlierText, ...] = ()
    doubted: int = 0
    place: str = ""
    lost: tuple[LostLines, ...] = ()


class _State(NamedTuple):
    manifest: Manifest
    days: dict[str, list[Run]]
    highest: int  # generation that has a manifest, be it a damaged one
    doubted: frozenset[Run] = frozenset()  # as they are believed

    def kept(self, root: Path) -> Kept:
        """The same for those who ask."""
        runs = [run for day in sorted(self.days) for run in self.days[day]]
        place = f"{root.name}/{host_file_name(self.manifest.host)}"
        doubted = len(self.doubted.intersection(runs)) if self.doubted else 0  # but those whose end a log showed again
        return Kept(runs, self.manifest.stretches, self.manifest.earlier, doubted, place, self.manifest.lost)


def joined(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """The same times, in order, without overlaps.

    >>> joined([(5, 9), (0, 6), (20, 30)])
    ((0, 9), (20, 30))
    """
    found: list[Stretch] = []
    for begin, end in sorted(stretches):
        if found and begin <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((begin, end))
    return tuple(found)


def read(root: Path, host: str) -> Kept:
    """What the store under `root` holds of a host; nothing if it does not know it. Raises `StoreError` if it is damaged."""
    return _read(root / host_file_name(host), host).kept(root)


def count(root: Path, host: str) -> int:
    """How many runs the newest manifest of a host names, which is read and nothing else; 0 where there is none."""
    folder = root / host_file_name(host)
    for generation in _generations(folder):
        try:
            manifest = msgspec.json.decode((folder / f"manifest.{generation}.json").read_bytes(), type=Manifest)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            continue
        return sum(day.runs for day in manifest.days)
    return 0


def most_lost(days: Iterable[LostLines]) -> tuple[LostLines, ...]:
    """The largest number of each day.

    >>> [day.lines for day in most_lost([LostLines(day="2026-11-24", lines=9), LostLines(day="2026-11-24", lines=30)])]
    [30]
    """
    most: dict[str, LostLines] = {}
    for day in sorted(days, key=lambda day: day.lines):
        most[day.day] = day
    return tuple(most[day] for day in sorted(most))


def add(
    root: Path,
    host: str,
    runs: Iterable[Run],
    stretches: Iterable[Stretch],
    earlier: Iterable[EarlierText] = (),
    marks: Iterable[str] = (),
    lost: Iterable[LostLines] = (),
    *,
    as_kept: bool = False,
) -> Kept:
    """Put the runs that a reading of a host's logs shows into its store, those that it has already only once.

    `as_kept`: the runs are as `merged` leaves them, to the millisecond: making them so once more was a third of what it takes.
    Returns all that the store holds then. Raises `StoreError` if the store is damaged, or holds the runs of a machine that has
    other `marks`; `MigratorError` if it cannot be written.
    """
    machine = tuple(marks)
    folder, times, proved = root / host_file_name(host), tuple(stretches), tuple(earlier)
    new = _by_day(runs if as_kept else map(coarse, runs))
    missing = tuple(lost)
    for _ in range(TRIES):
        state = _read(folder, host)
        if same_machine.compared(state.manifest.marks, machine) == "different":
            raise StoreError(f"{folder}: {_another(host, same_machine.differing(state.manifest.marks, machine))}")
        days = dict(state.days)
        for day, own in new.items():
            days[day] = own if as_kept and day not in days else merged(days.get(day, []), own)
        manifest = replace(
            state.manifest,
            stretches=joined([*state.manifest.stretches, *times]),
            earlier=all_of(state.manifest.earlier, proved),
            marks=same_machine.joined(state.manifest.marks, machine),
            lost=most_lost([*state.manifest.lost, *missing]),
            version=VERSION,
        )
        together = _State(manifest, days, state.highest, state.doubted)
        if together == state:
            _tidy_after_a_crash(folder, state)
            return together.kept(root)
        if _committed(folder, state, days, manifest):
            return together.kept(root)
    raise StoreError(f"{folder}: {TRIES} times another program wrote first; run again when it is done")


def _another(host: str, differ: str) -> str:
    return (
        f"holds the runs of another machine that is called {host}, too (it differs in {differ}); keep the runs of one of them in "
        "another folder, or give it another name in its etc/hostname; if it was set up anew, move this folder away"
    )


def _by_day(runs: Iterable[Run]) -> dict[str, list[Run]]:
    """The runs of each day; they are kept to the millisecond, because what is read again tomorrow must equal them."""
    days = defaultdict[str, list[Run]](list)
    names: dict[int, str] = {}
    for run in runs:
        number = run.started_at_us // DAY_US
        if number not in names:
            names[number] = (tables.instant(0) + timedelta(days=number)).date().isoformat()
        days[names[number]].append(run)
    return days


def _committed(folder: Path, state: _State, days: dict[str, list[Run]], manifest: Manifest) -> bool:
    """Write what changed, then the manifest; False if another writer's manifest of this generation came first."""
    generation = state.highest + 1
    had = {day.day: day for day in state.manifest.days}
    listed, fresh = [], []
    for day, own in sorted(days.items()):
        if own == state.days.get(day) and state.manifest.version == VERSION:
            listed.append(had[day])
            continue
        raw = packed(own)
        name = f"{day}.{generation}.{hashlib.sha256(raw).hexdigest()[:DIGITS]}.parquet"
        fresh.append(OutFile(path=name, content=raw))
        listed.append(Day(day=day, file=name, runs=len(own)))
    manifest = replace(manifest, generation=generation, days=tuple(listed))
    files.write(folder, fresh)
    encoded = msgspec.json.format(msgspec.json.encode(manifest, order="deterministic"), indent=1) + b"\n"
    if not files.publish(folder, OutFile(path=f"manifest.{generation}.json", content=encoded)):
        return False
    if _generations(folder)[0] != generation:  # so slow that the manifest that would have stopped it is tidied away again
        return False
    _tidy(folder, manifest, state.manifest)
    return True


def _tidy(folder: Path, new: Manifest, old: Manifest) -> None:
    """Drop what neither the new nor the old generation needs. A file of a generation can only come to count by that generation's
    manifest: once this exists, what it does not name is waste, whoever wrote it."""
    needed, before = {day.file for day in new.days}, {day.file for day in old.days}
    waste = []
    for name in sorted(path.name for path in folder.iterdir()):
        if (manifest := MANIFEST.fullmatch(name)) and int(manifest[1]) < new.generation:
            if int(manifest[1]) != old.generation:
                waste.append(name)
        elif (data := DATA.fullmatch(name)) and int(data[1]) <= new.generation and name not in needed:
            if name in before:
                files.rename(folder, name, f"{name}.old")
            elif name.removesuffix(".old") not in before:
                waste.append(name)
    files.remove(folder, waste)


def _tidy_after_a_crash(folder: Path, state: _State) -> None:
    """Who reads `*.parquet` would find a day twice whose older file nobody came to rename."""
    manifest = state.manifest
    needed = {day.file for day in manifest.days}
    names = [path.name for path in folder.glob("*.parquet")] if manifest.generation == state.highest > 0 else []
    if any((data := DATA.fullmatch(name)) and int(data[1]) <= manifest.generation and name not in needed for name in names):
        before = folder / f"manifest.{manifest.generation - 1}.json"
        try:
            old = msgspec.json.decode(before.read_bytes(), type=Manifest)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            old = Manifest(host=manifest.host, generation=0)
        _tidy(folder, manifest, old)


def _generations(folder: Path) -> list[int]:
    """All generations that have a manifest, the newest first. Raises `StoreError` if the folder may not be read."""
    try:
        names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    except OSError as error:
        raise StoreError(f"{folder}: cannot be read ({error.strerror}); run as the user whose it is") from error
    return sorted((int(found[1]) for name in names if (found := MANIFEST.fullmatch(name))), reverse=True)


def _read(folder: Path, host: str) -> _State:
    """The newest generation that is whole."""
    for _ in range(TRIES):
        generations, said = _generations(folder), ""
        for generation in generations:
            try:
                state = _whole(folder, generation, generations[0])
            except PlanError as error:
                said = said or str(error)
                continue
            if state.manifest.host != host:
                raise StoreError(f"{folder}: holds the runs of {state.manifest.host!r}, not of {host!r}; name another folder")
            if said:
                state, gone = _with_later_days(folder, state, generations)
                LOG.warning("%s; the runs %sare those of the plan before", said, f"of {gone} of its days " if gone else "")
            return state
        if _generations(folder) == generations:  # else a writer has just dropped what was being read
            if said:
                raise StoreError(f"{said}; restore it, or move {folder} away to begin again")
            break
    return _State(Manifest(host=host, generation=0), {}, 0)


def _with_later_days(folder: Path, whole: _State, generations: list[int]) -> tuple[_State, int]:
    """A whole generation with the days that are whole of the newest one, which is not, and how many days of that are not: of
    them no time was observed but what the whole one knew. None (0) where nothing can be told of the newest one."""
    try:
        later = msgspec.json.decode((folder / f"manifest.{generations[0]}.json").read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return whole, 0
    if (later.version, later.host) != (VERSION, whole.manifest.host):
        return whole, 0
    days, listed, times = dict(whole.days), {day.day: day for day in whole.manifest.days}, later.stretches
    gone = 0
    for day in later.days:
        try:
            days[day.day], listed[day.day] = _runs(folder, day.file), day
        except PlanError:
            gone += 1
            times = _without_day(times, day.day)
    manifest = replace(
        whole.manifest, stretches=joined([*whole.manifest.stretches, *times]), earlier=later.earlier, marks=later.marks,
        lost=later.lost, days=tuple(listed[day] for day in sorted(listed)),
    )  # fmt: skip
    return whole._replace(manifest=manifest, days=days), gone


def _without_day(stretches: Iterable[Stretch], day: str) -> tuple[Stretch, ...]:
    """The times without a day in UTC.

    >>> _without_day([(0, 3 * DAY_US), (5 * DAY_US, 6 * DAY_US)], "1970-01-02") == ((0, DAY_US), (2 * DAY_US, 3 * DAY_US),
    ...     (5 * DAY_US, 6 * DAY_US))
    True
    """
    begin = (date.fromisoformat(day) - date(1970, 1, 1)).days * DAY_US
    parts = ((part, since, until) for since, until in stretches for part in (0, 1))
    cut = ((since, min(until, begin)) if part == 0 else (max(since, begin + DAY_US), until) for part, since, until in parts)
    return tuple((since, until) for since, until in cut if since < until)


def _whole(folder: Path, generation: int, highest: int) -> _State:
    """A generation with all its runs. Raises `PlanError` where something of it is missing or damaged."""
    path = folder / f"manifest.{generation}.json"
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PlanError(f"{path}: is no manifest of runs ({error})") from error
    if manifest.version not in READ:
        raise StoreError(f"{path}: has version {manifest.version}; this migrator reads {VERSION}; take the one that wrote it")
    days = {day.day: _runs(folder, day.file) for day in manifest.days}
    if manifest.version == VERSION:
        return _State(manifest, days, highest)
    believed = {day: _without_doubted_ends(own) for day, own in days.items()}
    doubted = {now for day, own in days.items() for now, was in zip(believed[day], own, strict=True) if now != was}
    return _State(manifest, believed, highest, frozenset(doubted))


def believed(kept: Kept, version: int) -> Kept:
    """Runs that are kept elsewhere, paired by the rules of another version: without the ends that are no longer believed."""
    if version == VERSION:
        return kept
    runs = _without_doubted_ends(kept.runs)
    return kept._replace(runs=runs, doubted=sum(now != was for now, was in zip(runs, kept.runs, strict=True)))


def _without_doubted_ends(runs: Iterable[Run]) -> list[Run]:
    """Version 1: of a log that begins while runs overlap each start had the end of the run before, and no word of doubt.
    Versions 1 and 2: where process numbers began again, an end went to a start whose number was close by chance (1 of 400)."""
    return [
        run._replace(
            ended_at_us=None, duration_low_s=None, duration_high_s=None, exit_status=None, cpu_s=None, peak_memory_mib=None,
            quality="starts-only",
        )
        if run.source in DOUBTED and run.quality in {"paired", "inferred"}
        else run
        for run in runs
    ]  # fmt: skip


def _runs(folder: Path, name: str) -> list[Run]:
    named = DATA.fullmatch(name)
    raw = None
    for path in (folder / name, folder / f"{name}.old"):
        try:
            raw = path.read_bytes() if named else None
            break
        except OSError:
            continue
    if named is None or raw is None:
        raise PlanError(f"{folder / name}: a day of runs is missing")
    if hashlib.sha256(raw).hexdigest()[:DIGITS] != named[2]:
        raise PlanError(f"{folder / name}: does not hold what its name says; it was cut off or changed")
    try:
        return unpacked(raw)
    except PlanError as error:
        raise PlanError(f"{folder / name}: {error}") from error
