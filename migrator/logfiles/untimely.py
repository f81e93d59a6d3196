"""Records whose time cannot be: after their file was last written, or before there was such a log. Logs of text are looked at
while they are read (`doubts`); this is the same for everything else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np

from migrator import blocks
from migrator.columns import Whole
from migrator.logfiles.doubts import AHEAD, EPOCH
from migrator.logfiles.syslog import EARLIEST_US, YEAR_US
from migrator.model.source import HostFile, HostFiles, Location, Problem

SECOND_US = 1_000_000
BEFORE = 1 << 16  # bytes of what was before a block, so that a line is whole
GIVEN_AT = 0  # column of events as `runs.order` takes them


class Untimely:
    """Of one file."""

    def __init__(self, files: HostFiles, file: HostFile) -> None:
        self._files, self._file = files, file
        written = file.modified_at
        self._latest_us = None if written is None else (written + AHEAD - EPOCH) // timedelta(microseconds=1)
        self._newest_us = self._count = self._left_out = self._first_us = 0

    def without(self, rows: Whole) -> Whole:
        """The events whose time can be, and those that are late by less than a year."""
        at_us = rows[:, GIVEN_AT]
        if self._latest_us is None or not len(rows):
            return rows
        late, early = at_us > self._latest_us, at_us < EARLIEST_US
        wrong = late | early
        if not wrong.all():
            self._newest_us = max(self._newest_us, int(at_us[~wrong].max()))
        if not wrong.any():
            return rows
        out = early | (late & (at_us > self._newest_us + YEAR_US)) if self._newest_us else early
        if not self._count:
            self._first_us = int(at_us[np.argmax(wrong)])
        self._count += int(wrong.sum())
        self._left_out += int(out.sum())
        return rows[~out]

    def problems(self) -> Iterator[Problem]:
        """One, if there are any."""
        if not self._count:
            return
        place, at = self._place(), EPOCH + timedelta(microseconds=self._first_us)
        where = "" if place is None else f" at byte {place:,}"
        yield Problem(
            location=Location(host=self._files.name, path=self._file.path),
            message=(
                f"{self._count:,} times are after the file was last written, or before 2000, the first{where}: {at.isoformat()}; "
                f"{self._left_out:,} are left out, as by a clock that was wrong"
            ),
        )

    def _place(self) -> int | None:
        """The byte at which the line of the first one begins, if its time stands there in one of the usual forms."""
        at = datetime.fromtimestamp(self._first_us // SECOND_US, UTC)
        signs = [str(self._first_us).encode(), str(self._first_us // SECOND_US).encode()]
        signs += [at.strftime(form).encode() for form in ("%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")]
        held, passed = b"", 0
        try:
            with self._files.open(self._file.path) as stream:
                for block in blocks.read_blocks(stream):
                    passed += max(0, len(held) - BEFORE)
                    held = held[-BEFORE:] + block
                    found = [place for sign in signs if (place := held.find(sign)) >= 0]
                    if found:
                        return passed + held.rfind(b"\n", 0, min(found)) + 1
        except blocks.DAMAGED:
            return None
        return None
