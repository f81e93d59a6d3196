"""Finds the year of logs whose stamps have none (RFC 3164), so that the same tree gives the same runs years later.

What says it, in this order: the date in a rotated file's name; the time that gzip wrote into its header, which is when the log
was last written; the neighbours in the rotated set, because one file begins where the other ends; `--as-of`; when the file was
last written, and how long that is after its last line; other logs of the same server.

Source: logrotate(8) dateext; RFC 1952 section 2.3.1 MTIME.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from migrator import blocks
from migrator.errors import SourceError
from migrator.logfiles.stamps import MONTHS, ROTATED, SLACK, family_by_path, rotation
from migrator.model.source import HostFile, HostFiles

STAMP = re.compile(rb"(?m)^(?:<\d{1,3}>)?([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) ")
NAMED_MONTH = re.compile(rb"(?m)^(?:<\d{1,3}>)?(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d ")
HALF_A_YEAR = 6  # months; a step back by more is New Year, by less a clock that was set
FRESH = timedelta(days=45)  # a file whose last line is older than that was written by a copy, not by a daemon
Moment = tuple[int, int, int, int, int]


class Stretch(NamedTuple):
    """First and last stamp of a file, and how often the year changes between them."""

    first: Moment
    last: Moment
    new_years: int

    def starts(self, year: int) -> datetime:
        """The first instant if the last is in `year`."""
        return _instant(year - self.new_years, self.first)

    def ends(self, year: int) -> datetime:
        """The last instant if it is in `year`."""
        return _instant(year, self.last)

    def last_before(self, limit: datetime) -> int:
        """The newest year of the last stamp that is not after `limit`."""
        return limit.year if self.ends(limit.year) <= limit + SLACK else limit.year - 1

    def first_after(self, limit: datetime) -> int:
        """The oldest year of the last stamp with which the first is not before `limit`."""
        year = limit.year + self.new_years
        return year if self.starts(year) >= limit - SLACK else year + 1


def first_years(files: HostFiles, paths: Iterable[HostFile], as_of: datetime | None) -> dict[str, tuple[int, int]]:
    """Year and month of the first line of each file without years; files of which nothing tells the year are left out."""
    families = defaultdict[str, list[tuple[HostFile, Stretch]]](list)
    given = tuple(paths)
    family = family_by_path(file.path for file in given)
    for file in given:
        stretch = _stretch(files, file)
        if stretch is not None:
            families[family[file.path]].append((file, stretch))
    years: dict[str, int] = {}
    later: list[tuple[HostFile, Stretch, list[tuple[HostFile, Stretch]]]] = []
    for _, members in sorted(families.items()):
        members.sort(key=lambda member: (rotation(member[0].path), member[0].path))
        for file, stretch in members:
            limit = _stated(files, file)
            if limit is not None:
                years[file.path] = stretch.last_before(limit)
        _neighbours(members, years)
        later += [(member[0], member[1], members) for member in members if member[0].path not in years]
    known = [stretch.ends(years[file.path]) for members in families.values() for file, stretch in members if file.path in years]
    newest = max(known, default=None)
    for undated, span, siblings in sorted(later, key=lambda item: (rotation(item[0].path), item[0].path), reverse=True):
        if undated.path in years:
            continue
        limit = _guessed(undated, span, as_of, newest)
        if limit is not None:
            years[undated.path] = span.last_before(limit)
            _neighbours(siblings, years)
    return {
        file.path: (years[file.path] - stretch.new_years, stretch.first[0])
        for members in families.values()
        for file, stretch in members
        if file.path in years
    }


def _neighbours(members: list[tuple[HostFile, Stretch]], years: dict[str, int]) -> None:
    for (before, ended), (after, began) in pairwise(members):
        if before.path in years and after.path not in years:
            years[after.path] = began.first_after(ended.ends(years[before.path]))
    for (before, ended), (after, began) in reversed(list(pairwise(members))):
        if after.path in years and before.path not in years:
            years[before.path] = ended.last_before(began.starts(years[after.path]))


def _guessed(file: HostFile, stretch: Stretch, as_of: datetime | None, newest: datetime | None) -> datetime | None:
    written = file.modified_at
    if as_of is not None:
        return as_of if written is None else min(as_of, written)
    if written is not None and written - stretch.ends(stretch.last_before(written)) <= FRESH:
        return written if newest is None or written - newest <= FRESH else newest + FRESH
    return newest + FRESH if newest is not None else written


def _stated(files: HostFiles, file: HostFile) -> datetime | None:
    """The instant after the last line that the file itself states."""
    found = ROTATED.fullmatch(file.path)
    if found is not None and found["date"]:
        try:
            return datetime.strptime(found["date"].replace("-", ""), "%Y%m%d").replace(tzinfo=UTC) + timedelta(days=1)
        except ValueError:
            pass
    try:
        with files.open(file.path) as stream:
            start = stream.read(8)
    except (SourceError, OSError):
        return None
    written = int.from_bytes(start[4:8], "little") if start[:3] == b"\x1f\x8b\x08" else 0
    return datetime.fromtimestamp(written, UTC) if written else None


def _stretch(files: HostFiles, file: HostFile) -> Stretch | None:
    """None for a file whose first stamps have years."""
    first = last = None
    new_years = month = 0
    try:
        with files.open(file.path) as stream:
            for block in blocks.whole_lines(stream):
                if first is None:
                    first = _moment(STAMP.search(block, 0, 65536))
                    if first is None:
                        return None
                    month = first[0]
                end = _last(block)
                if end is None:
                    continue
                for now in _months(block, month, end[0]):
                    new_years += month - now >= HALF_A_YEAR
                    new_years -= now - month >= HALF_A_YEAR and month <= 3 and now >= 10  # a clock set back over New Year
                    month = now
                last = end
    except (SourceError, *blocks.DAMAGED):
        pass
    return None if first is None or last is None else Stretch(first, last, max(new_years, 0))


def _months(block: bytes, before: int, after: int) -> list[int]:
    """The months that a block goes through; looked for only where it can be more than the one before and the one after."""
    if (after - before) % 12 <= 1:
        names = list(MONTHS)
        far = b"\n" + names[(before + 5) % 12] + b" "
        if block.find(far) < 0:
            return [after]
    return [MONTHS[found[1]] for found in NAMED_MONTH.finditer(block)]


def _last(block: bytes) -> Moment | None:
    at = len(block)
    for _ in range(50):
        start = block.rfind(b"\n", 0, max(at - 1, 0)) + 1
        moment = _moment(STAMP.match(block, start))
        if moment is not None or start == 0:
            return moment
        at = start
    return None


def _moment(found: re.Match[bytes] | None) -> Moment | None:
    month = MONTHS.get(found[1]) if found is not None else None
    if found is None or month is None:
        return None
    return month, int(found[2]), int(found[3]), int(found[4]), min(int(found[5]), 59)


def _instant(year: int, moment: Moment) -> datetime:
    """In UTC whatever the zone: a day more or less does not matter here."""
    month, day, hour, minute, second = moment
    if month == 2 and day == 29 and (year % 4 or (year % 100 == 0 and year % 400)):
        day = 28
    try:
        return datetime(max(year, 1), month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return datetime(max(year, 1), month, 1, tzinfo=UTC)
