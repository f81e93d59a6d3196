"""Time stamps of log lines: RFC 3164's without year and zone, and ISO 8601's.

Source: RFC 3164 section 4.1.2; rsyslog's RSYSLOG_FileFormat; logrotate(8) for the date in a rotated file's name.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo

MONTHS = {name: number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}
ROTATED = re.compile(
    r"(?P<base>.*?)(?:[-.](?P<date>20\d\d-?\d\d-?\d\d)(?:[-.]?[\d:]{1,10})?|\.(?P<number>\d{1,4}))?(?:\.(?:gz|zst|xz|bz2))?"
)
METALOG = "/log"  # it calls the file that it writes `current`, and those before `log-2026-11-23-04:31:39`
PACKED = re.compile(r"\.(?:gz|zst|xz|bz2)$")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SLACK = timedelta(days=2)  # a clock may be ahead of the file server's
SECOND_US = 1_000_000


def rotation(path: str) -> tuple[str, tuple[int, int]]:
    """The log that a file belongs to, and its place in the order of writing.

    >>> sorted(["syslog", "syslog.1", "syslog.10.gz", "syslog.2.gz"], key=rotation)
    ['syslog.10.gz', 'syslog.2.gz', 'syslog.1', 'syslog']
    >>> rotation("/var/log/cron/log-2026-11-23-04:31:39.gz"), rotation("syslog-2026-11-23.gz")
    (('/var/log/cron/current', (0, 20261123)), ('syslog', (0, 20261123)))
    """
    found = ROTATED.fullmatch(path)
    if found is None:
        return path, (2, 0)
    if found["date"]:
        base = found["base"]
        written = base.removesuffix(METALOG) + "/current" if base.endswith(METALOG) and "-" in found["date"] else base
        return written, (0, int(found["date"].replace("-", "")))
    if found["number"]:
        return found["base"], (1, -int(found["number"]))
    return found["base"], (2, 0)


def family_by_path(paths: Iterable[str]) -> dict[str, str]:
    """The log that each file belongs to. What lies there packed, too, as a rotation that was broken off leaves it, is a copy, so
    a log of its own: else it would be what was written after the other.

    >>> sorted(family_by_path(["syslog.1.gz", "syslog", "syslog.1"]).items())
    [('syslog', 'syslog'), ('syslog.1', 'syslog'), ('syslog.1.gz', "syslog'")]
    """
    found, taken = dict[str, str](), set[tuple[str, str]]()
    for path in sorted(paths):
        family, bare = rotation(path)[0], PACKED.sub("", path)
        while (family, bare) in taken:
            family += "'"
        taken.add((family, bare))
        found[path] = family
    return found


class YearlessClock:
    """Reads `Nov 23 04:31:39` of one file, line by line: New Year, and the repeated hour in autumn, by order.

    `year` and `month` are those of the file's first line.
    """

    def __init__(self, zone: tzinfo, year: int, month: int) -> None:
        self._zone = zone
        self._year = year
        self._month = month
        self._previous = datetime.min + timedelta(days=1)  # a minute before it is a date, too
        self._fold = 0
        self._hour, self._hour_us = b"", 0
        self._stamp, self._at = b"", 0

    def read(self, stamp: bytes) -> int | None:
        """Microseconds since the epoch, or None if this is no such stamp (15 bytes)."""
        if stamp == self._stamp:
            return self._at
        month = MONTHS.get(stamp[:3])
        if month is None or stamp[3:4] != b" " or stamp[9:10] != b":" or stamp[12:13] != b":":
            return None
        if stamp[:9] == self._hour and stamp[10:12].isdigit() and stamp[13:15].isdigit():
            # the same hour, which is in no transition: arithmetic
            self._stamp = stamp
            self._at = self._hour_us + (int(stamp[10:12]) * 60 + min(int(stamp[13:15]), 59)) * SECOND_US
            return self._at
        try:
            day, hour, minute, second = int(stamp[4:6]), int(stamp[7:9]), int(stamp[10:12]), min(int(stamp[13:15]), 59)
            local = datetime(self._year_of(month), month, day, hour, minute, second)
        except ValueError:
            return None
        self._month = month
        self._stamp, self._at = stamp, self._utc(local)
        opening = local.replace(minute=0, second=0, tzinfo=self._zone)
        calm = opening.utcoffset() == opening.replace(fold=1).utcoffset() == (opening + timedelta(minutes=59)).utcoffset()
        calm = calm and (opening + timedelta(minutes=59)).replace(fold=1).utcoffset() == opening.utcoffset()
        self._hour = stamp[:9] if calm else b""
        self._hour_us = self._at - (minute * 60 + second) * SECOND_US
        return self._at

    def hour(self, stamp: bytes) -> int | None:
        """When the hour of a stamp began; None if this is no stamp, or if clocks change in that hour: then read each one."""
        return self._hour_us if self.read(stamp) is not None and stamp[:9] == self._hour else None

    def _year_of(self, month: int) -> int:
        if self._month - month >= 6:
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
