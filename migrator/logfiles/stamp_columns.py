"""Reads the time stamps of many lines at once: what does not change from line to line is read once, the rest is arithmetic.

An ISO stamp's minute and an RFC 3164 stamp's hour are read by `stamps`; seconds and their parts are added as columns. A stamp of
another form, and each one in an hour in which a clock changes, is read by itself.
"""

import re
from collections.abc import Callable
from datetime import tzinfo

import numpy as np

from migrator.columns import Whole, among
from migrator.logfiles.laid_out import Words
from migrator.logfiles.spotting import BLANK, COLON, ZEROS, Block, Flags, decimals
from migrator.logfiles.stamps import MONTHS, SECOND_US, YearlessClock, iso_us

ISO = re.compile(rb"\d{4}-\d\d-\d\d[T]\d\d:\d\d:\d\d(?:\.(\d{3}|\d{6}))?(Z|[+-]\d\d:\d\d)?")
MINUTE, SECONDS, FRACTION = 16, 17, 20  # where `:`, the seconds and their parts begin
YEARLESS = 16  # bytes with the blank behind
MOST_MINUTES = 100_000
LOWER = np.uint64(0x7F7F7F7F7F7F7F7F)
OVER_NINE = np.uint64(0x7676767676767676)
SIGNS = np.uint64(0x8080808080808080)
ODD, PLAIN, DATED = 0, 1, 2
MONTH_LETTERS = np.uint64(0xFFFFFF)
MONTH_WORDS = [int.from_bytes(month, "little") for month in MONTHS]
Alone = Callable[[int], tuple[int, int, int] | None]


class Stamps:
    """The stamps of one file. `clock`: for those without a year; None where nothing tells the year."""

    def __init__(self, clock: YearlessClock | None, zone: tzinfo) -> None:
        self._clock = clock
        self._zone = zone
        self._minutes: dict[bytes, int] = {}
        self.yearless = False  # True after a stamp whose year is not known

    def read(self, block: Block, start: Whole, alone: Alone) -> tuple[Whole, Whole, Whole]:
        """Microseconds, resolution, and where the line goes on (0 for a line without a stamp), of lines in their order.

        `alone` reads the line of that index where the form is rare: microseconds, resolution, where it goes on.
        """
        at_us, resolution = np.zeros(len(start), dtype=np.int64), np.full(len(start), SECOND_US)
        rest = np.zeros(len(start), dtype=np.int64)
        kind = np.where(self._is_plain(block, start), PLAIN, ODD)
        if not len(start):
            return at_us, resolution, rest
        letter = block.bytes[start]
        dated = np.flatnonzero((letter >= ord("0")) & (letter <= ord("9")))
        if len(dated):
            self._dated(block, start, dated, (kind, at_us, resolution, rest))
        begins = np.flatnonzero(np.diff(kind, prepend=-1)).tolist()
        for begin, end in zip(begins, [*begins[1:], len(kind)], strict=True):
            if kind[begin] == PLAIN:
                self._plain(block, start[begin:end], at_us[begin:end], rest[begin:end])
            elif kind[begin] == ODD:
                for index in range(begin, end):
                    found = alone(index)
                    if found is not None:
                        at_us[index], resolution[index], rest[index] = found
        return at_us, resolution, rest

    def is_without_year(self, raw: bytes) -> bool:
        """True of a line with a stamp without a year, where nothing tells the year: that is said once, of all of them."""
        return self._clock is None and raw[:3] in MONTHS

    def without_year(self, block: Block, start: Whole) -> Flags:
        """The same of many lines."""
        if self._clock is not None:
            return np.zeros(len(start), dtype=np.bool_)
        return among((block.words[start] & MONTH_LETTERS).view(np.int64), MONTH_WORDS)

    def read_one(self, raw: bytes) -> tuple[int, int, int] | None:
        """The stamp that a line begins with: microseconds, resolution, where the line goes on; None if it has none."""
        if raw[:1].isdigit():
            stamp, _, _ = raw.partition(b" ")
            found = iso_us(stamp.decode("ascii", "replace"), self._zone)
            return None if found is None else (*found, len(stamp) + 1)
        if self._clock is None:
            self.yearless = self.yearless or raw[:3] in MONTHS
            return None
        at_us = self._clock.read(raw[:15])
        return None if at_us is None or raw[15:16] != b" " else (at_us, SECOND_US, YEARLESS)

    def _dated(self, block: Block, start: Whole, which: Whole, into: tuple[Whole, Whole, Whole, Whole]) -> None:
        """Those with a date, if they have the form of the first of them."""
        kind, at_us, resolution, rest = into
        first = int(start[which[0]])
        stamp = block.cut(first, block.text.find(b" ", first, first + 64))
        form = ISO.fullmatch(stamp)
        if form is None:
            return
        parts, zone = len(form[1] or b""), len(form[2] or b"")
        fixed = FRACTION + parts if parts else FRACTION - 1
        begin = start[which]
        seconds = block.words[begin + SECONDS]
        fine = (block.bytes[begin + MINUTE] == COLON) & (block.bytes[begin + fixed + zone] == BLANK) & _digits(seconds, 2)
        if parts:
            fractions = block.words[begin + FRACTION]
            fine &= (block.bytes[begin + FRACTION - 1] == ord(".")) & _digits(fractions, parts)
        second = decimals(seconds, 2)
        fine &= second < 60
        if zone == 0 and parts == 0:
            fine &= block.bytes[begin + fixed] == BLANK
        which, begin, second = which[fine], begin[fine], second[fine]
        if not len(which):
            return
        suffix = block.words[begin + fixed] & np.uint64((1 << 8 * zone) - 1)
        early, late = block.words[begin], block.words[begin + 8]
        changed = np.ones(len(which), dtype=np.bool_)
        changed[1:] = (early[1:] != early[:-1]) | (late[1:] != late[:-1]) | (suffix[1:] != suffix[:-1])
        places = np.flatnonzero(changed)
        minutes = [self._minute(block.cut(at, at + MINUTE), block.cut(at + fixed, at + fixed + zone))
                   for at in begin[places].tolist()]  # fmt: skip
        counts = np.diff(places, append=len(which))
        base = np.repeat(np.array(minutes, dtype=np.int64), counts) + second * SECOND_US
        if parts:
            base += decimals(fractions[fine], parts) * 10 ** (6 - parts)
        known = np.repeat(np.array([minute >= 0 for minute in minutes], dtype=np.bool_), counts)
        which = which[known]
        at_us[which], rest[which], kind[which] = base[known], begin[known] + fixed + zone + 1, DATED
        if parts:
            resolution[which] = 1

    def _minute(self, minute: bytes, zone: bytes) -> int:
        """When a minute begins; -1 if it is none (or before 1970, which no log is)."""
        key = minute + zone
        found = self._minutes.get(key)
        if found is None:
            if len(self._minutes) >= MOST_MINUTES:
                self._minutes.clear()
            read = iso_us((minute + b":00" + zone).decode("ascii", "replace"), self._zone)
            found = self._minutes[key] = -1 if read is None else read[0]
        return found

    def _is_plain(self, block: Block, start: Whole) -> Flags:
        """Stamps like `Nov 23 04:31:39`."""
        bytes_ = block.bytes
        minutes, seconds = block.words[start + 10], block.words[start + 13]
        fine: Flags = (bytes_[start] > ord("9")) & (bytes_[start + 15] == BLANK) & (bytes_[start + 9] == COLON)
        fine &= (bytes_[start + 12] == COLON) & _digits(minutes, 2) & _digits(seconds, 2)
        return fine

    def _plain(self, block: Block, start: Whole, at_us: Whole, rest: Whole) -> None:
        """Those without a year, all of this form, into the columns."""
        if self._clock is None:
            self.yearless = self.yearless or any(block.cut(begin, begin + 3) in MONTHS for begin in start.tolist())
            return
        minutes, seconds = decimals(block.words[start + 10], 2), decimals(block.words[start + 13], 2)
        passed = (minutes * 60 + np.minimum(seconds, 59)) * SECOND_US
        hour, letter = block.words[start], block.bytes[start + 8]
        changed = np.ones(len(start), dtype=np.bool_)
        changed[1:] = (hour[1:] != hour[:-1]) | (letter[1:] != letter[:-1])
        begins = np.flatnonzero(changed).tolist()
        for begin, end in zip(begins, [*begins[1:], len(start)], strict=True):
            at = int(start[begin])
            opening = self._clock.hour(block.cut(at, at + 15))
            if opening is not None:
                at_us[begin:end] = opening + passed[begin:end]
                rest[begin:end] = start[begin:end] + YEARLESS
                continue
            for index in range(begin, end):
                at = int(start[index])
                read = self._clock.read(block.cut(at, at + 15))
                if read is not None:
                    at_us[index], rest[index] = read, at + YEARLESS


def _digits(words: Words, count: int) -> Flags:
    """Where the first bytes of a word are digits."""
    values = words ^ ZEROS
    over = (((values & LOWER) + OVER_NINE) | values) & SIGNS
    none: Flags = (over & np.uint64((1 << 8 * count) - 1)) == 0
    return none
