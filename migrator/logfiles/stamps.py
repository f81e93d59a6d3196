"""Time stamps of log lines: RFC 3164's without year and zone, and ISO 8601's.

Source: RFC 3164 section 4.1.2; rsyslog's RSYSLOG_FileFormat; logrotate(8) for the date in a rotated file's name.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo

MONTHS = {name: number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}
ROTATED = re.compile(r"(?P<base>.*?)(?:[-.](?P<date>20\d{6})(?:[-.]?\d{1,10})?|\.(?P<number>\d{1,4}))?(?:\.(?:gz|zst|xz|bz2))?")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SLACK = timedelta(days=2)  # a clock may be ahead of the file server's
SECOND_US = 1_000_000


def rotation(path: str) -> tuple[str, tuple[int, int]]:
    """The log that a file belongs to, and its place in the order of writing.

    >>> sorted(["syslog", "syslog.1", "syslog.10.gz", "syslog.2.gz"], key=rotation)
    ['syslog.10.gz', 'syslog.2.gz', 'syslog.1', 'syslog']
    """
    found = ROTATED.fullmatch(path)
    if found is None:
        return path, (2, 0)
    if found["date"]:
        return found["base"], (0, int(found["date"]))
    if found["number"]:
        return found["base"], (1, -int(found["number"]))
    return found["base"], (2, 0)


def anchor_of(path: str, modified_at: datetime | None, as_of: datetime | None) -> datetime | None:
    """The newest instant that a file without years can hold: the date in its name, else when it was last written."""
    found = ROTATED.fullmatch(path)
    if found is not None and found["date"]:
        try:
            return datetime.strptime(found["date"], "%Y%m%d").replace(tzinfo=UTC) + timedelta(days=1)
        except ValueError:
            pass
    known = [instant for instant in (modified_at, as_of) if instant is not None]
    return min(known) if known else None


class YearlessClock:
    """Reads `Nov 23 04:31:39` of one file, line by line: finds the year, New Year, and the repeated hour in autumn by order."""

    def __init__(self, zone: tzinfo, anchor: datetime) -> None:
        self._zone = zone
        self._anchor = anchor.astimezone(zone).replace(tzinfo=None)
        self._year: int | None = None
        self._month = 0
        self._previous = datetime.min
        self._fold = 0
        self._memo: dict[bytes, int] = {}
        self._stamp, self._at = b"", 0

    def read(self, stamp: bytes) -> int | None:
        """Microseconds since the epoch, or None if this is no such stamp (15 bytes)."""
        if stamp == self._stamp:
            return self._at
        month = MONTHS.get(stamp[:3])
        if month is None or stamp[3:4] != b" " or stamp[9:10] != b":" or stamp[12:13] != b":":
            return None
        try:
            day, hour, minute, second = int(stamp[4:6]), int(stamp[7:9]), int(stamp[10:12]), min(int(stamp[13:15]), 59)
            local = datetime(self._year_of(month, day), month, day, hour, minute, second)
        except ValueError:
            return None
        self._month = month
        self._stamp, self._at = stamp, self._utc(local)
        return self._at

    def _year_of(self, month: int, day: int) -> int:
        if self._year is None:
            self._year = self._anchor.year
            limit = self._anchor + SLACK
            if (month, day) > (limit.month, limit.day) and limit.year == self._year:
                self._year -= 1
            if month == 2 and day == 29:
                while self._year % 4 or (self._year % 100 == 0 and self._year % 400):
                    self._year -= 1
        elif self._month - month >= 6:
            self._year += 1
        elif month - self._month >= 6 and self._month <= 3 and month >= 10:
            self._year -= 1  # the clock was set back over New Year
        return self._year

    def _utc(self, local: datetime) -> int:
        aware = local.replace(tzinfo=self._zone)
        first, second = aware.utcoffset(), aware.replace(fold=1).utcoffset()
        if first == second:
            self._fold = 0
        elif first is not None and second is not None and first > second and local < self._previous - timedelta(minutes=1):
            self._fold = 1
        self._previous = local
        return (aware.replace(fold=self._fold) - EPOCH) // timedelta(microseconds=1)


def iso_us(stamp: str, zone: tzinfo) -> tuple[int, int] | None:
    """Microseconds since the epoch and what the stamp can tell apart; a stamp without offset is local.

    >>> iso_us("2026-11-23T04:31:39.832472+01:00", UTC)
    (1795404699832472, 1)
    """
    try:
        at = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=zone)
    try:
        return (at - EPOCH) // timedelta(microseconds=1), (1 if "." in stamp or "," in stamp else SECOND_US)
    except OverflowError:
        return None
