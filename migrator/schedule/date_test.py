"""Reads a test of the date in front of a command as part of its schedule: what crontab's five fields cannot say.

Line: `[ "$(date +%d -d tomorrow)" = 01 ] && /opt/close-the-month`, `if [ $(date +%d) -le 7 ]; then ...; fi`
A test is read only where nothing else happens on the other days, and only if the dates that are left are exactly those of a
calendar, compared over the whole 400-year cycle. What is not surely read stays in the command and is not guessed; so does every
other week by `$(date +%s) / 604800 % 2`: 400 years are 20,871 weeks, an odd number, so that no calendar of the cycle says it, and
on which day such a week begins depends on the hour and the zone.
Source: test(1) of dash and bash, date(1) of GNU coreutils; tests/test_date_test.py runs them.
"""

import operator
import re
import shlex
from calendar import day_abbr, day_name, isleap, month_abbr, month_name
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Literal, NamedTuple

import msgspec

from migrator.schedule import days as day_sets
from migrator.schedule import shell_arithmetic
from migrator.schedule.calendar import Calendar, Clock
from migrator.schedule.days import ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS, mask
from migrator.schedule.shell_arithmetic import ShellError

LONGEST = 2000  # characters of a command in which a test is looked for
FARTHEST_DAYS = 35
MONTHS_AWAY = 10  # with those days no farther than the years before and after
BASH = frozenset({"bash", "ksh", "zsh"})

WORD = r"""(?:'[^']*'|"[^"`$\\]*"|[^\s'"`$\\;&|()<>])+"""
# `"$(date +%Y-%m-01) +1 month -1 day"`
STEP = r"\s*([+-])\s*(\d{1,2})\s*(month|day)s?"
OF_MONTH = rf'"\$\(date\s+\+%Y-%m-01\)(?:{re.sub(r"[(](?=[^?])", "(?:", STEP)}){{0,3}}\s*"'
CALL = rf"(?:LC_ALL=C\s+)?(?:(?:/usr)?/bin/)?date(?:\s+(?:{OF_MONTH}|{WORD}))+"
CALLED = rf"(?:\$\(\s*{CALL}\s*\)|`\s*{CALL}\s*`)"
SUM = rf"(?:{CALLED}|[-+*/%()#0-9\s])"
COMPUTED = rf'"?\$\(\({SUM}{{1,60}}\)\)"?'
VALUE = rf'(?:{COMPUTED}|"?\$\(\s*{CALL}\s*\)"?|"?`\s*{CALL}\s*`"?|"[0-9A-Za-z]{{1,12}}"|'
VALUE += r"'[0-9A-Za-z]{1,12}'|[0-9A-Za-z]{1,12})"
OPERATOR = r"(?:==?|!=|-eq|-ne|-lt|-le|-gt|-ge)"
COMPARISON = rf"{VALUE}\s+{OPERATOR}\s+{VALUE}"
CHAIN = rf"{COMPARISON}(?:\s+-[ao]\s+{COMPARISON})*"
NUMERIC = rf"\(\((?:{CALLED}|[-+*/%()#0-9\s<>=!]){{1,60}}\)\)"
DATE_TERM = rf"(?:!\s+)?(?:{NUMERIC}|\[\s+{CHAIN}\s+\]|\[\[\s+{COMPARISON}\s+\]\]|test\s+{CHAIN})(?=\s|;|$)"
FILE_TEST = r"""(?:\\?!\s+)?-[a-z]\s+["']?[\w./-]+["']?"""
FILE_TESTS = rf"{FILE_TEST}(?:\s+-[ao]\s+{FILE_TEST})*"
PLAIN_TERM = re.compile(rf"(?:\[\s+{FILE_TESTS}\s+\]|test\s+{FILE_TESTS})(?=\s|;|$)")
EXIT = re.compile(r"\s*\|\|\s*(exit(?:\s+\d{1,3})?)\s*;\s*")
# `test ... date`, `expr ... date`, `case $(date ...`, `date ... | grep`, `cal | awk`
ASKED = r"(?:(?:\[\[?|test|expr|case)\s|\(\()[^;&]{0,200}\b(?:date|cal)\b"
MENTIONED = rf"(?:if\s+)?(?:!\s+)?(?:{ASKED}|(?:{CALL}|(?:n?cal|date)\b[^;&|]{{0,40}})\s*\|)"
NUMBERS: dict[str, Callable[[int, int], bool]] = {
    "-eq": operator.eq, "-ne": operator.ne, "-lt": operator.lt, "-le": operator.le, "-gt": operator.gt, "-ge": operator.ge,
}  # fmt: skip


def _week(day: date, begins: int) -> int:
    """The week of the year, 0 before the first one that begins in it: on Sunday (0) or Monday (1)."""
    return (day.timetuple().tm_yday + 6 - (day.isoweekday() - begins) % 7) // 7


FORMATS: dict[str, Callable[[date], str]] = {
    "%d": lambda d: f"{d.day:02}",
    "%-d": lambda d: str(d.day),
    "%e": lambda d: f"{d.day:2}",
    "%m": lambda d: f"{d.month:02}",
    "%-m": lambda d: str(d.month),
    "%u": lambda d: str(d.isoweekday()),
    "%w": lambda d: str(d.isoweekday() % 7),
    "%V": lambda d: f"{d.isocalendar().week:02}",
    "%-V": lambda d: str(d.isocalendar().week),
    "%U": lambda d: f"{_week(d, 0):02}",
    "%-U": lambda d: str(_week(d, 0)),
    "%W": lambda d: f"{_week(d, 1):02}",
    "%-W": lambda d: str(_week(d, 1)),
    "%j": lambda d: f"{d.timetuple().tm_yday:03}",
    "%-j": lambda d: str(d.timetuple().tm_yday),
}

NAMES: dict[str, Callable[[date], str]] = {  # in LC_ALL=C only: elsewhere they are words of another language
    "%a": lambda d: day_abbr[d.weekday()],
    "%A": lambda d: day_name[d.weekday()],
    "%b": lambda d: month_abbr[d.month],
    "%B": lambda d: month_name[d.month],
}
SHIFTS = {"today": 0, "now": 0, "tomorrow": 1, "next day": 1, "yesterday": -1, "last day": -1, "next week": 7, "last week": -7}


class Term(NamedTuple):
    """One condition of the chain as written; `of_date`: whether it tests nothing but the date."""

    text: str
    of_date: bool


class DateTest(NamedTuple):
    """The conditions in front of a command, how they hold it back, and the command itself."""

    terms: tuple[Term, ...]
    form: Literal["and", "if", "exit"]
    rest: str
    leave: str = ""  # `exit 0`

    @property
    def text(self) -> str:
        """The tests of the date alone, as one text that `dates` reads."""
        return " && ".join(term.text for term in self.terms if term.of_date)

    def dropped(self) -> str:
        """The command without its tests of the date."""
        kept = " && ".join(term.text for term in self.terms if not term.of_date)
        if not kept:
            return self.rest
        if self.form == "if":
            return f"if {kept}; then {self.rest}; fi"
        return f"{kept} && {self.rest}" if self.form == "and" else f"{kept} || {self.leave}; {self.rest}"


def recognise(command: str, shell: str = "/bin/sh", *, gnu: bool = True) -> DateTest | None:
    """The test in front of `command`; None if there is none that can be read. `gnu`: whether date(1) knows `-d tomorrow`.

    >>> found = recognise('[ "$(date +%d -d tomorrow)" = 01 ] && /opt/close')
    >>> found.text, found.dropped()
    ('[ "$(date +%d -d tomorrow)" = 01 ]', '/opt/close')
    """
    text = command.strip()
    if len(text) > LONGEST or "date" not in text:
        return None
    conditional = re.match(r"if\s+", text)
    at = conditional.end() if conditional else 0
    terms: list[Term] = []
    while True:
        dated, plain = _when_needed(DATE_TERM).match(text, at), PLAIN_TERM.match(text, at)
        match = dated or plain
        if match is None:
            break
        terms.append(Term(match[0], of_date=dated is not None and "date" in match[0]))
        at = match.end()
        joined = re.compile(r"\s*&&\s*").match(text, at)
        if joined is None:
            break
        at = joined.end()
    if not any(term.of_date for term in terms) or not all(_known(term.text, shell, gnu=gnu) for term in terms if term.of_date):
        return None
    found = _rest(text, at, tuple(terms), conditional=conditional is not None)
    return found if found is not None and found.rest else None


@cache
def _when_needed(pattern: str) -> re.Pattern[str]:
    """A pattern that takes 10 ms to compile, and few servers have a line for it."""
    return re.compile(pattern)


def mentions_date(command: str) -> bool:
    """True where a test in front of the command asks for the date, whether or not it can be read."""
    text = command.strip()[:LONGEST]
    return ("date" in text or "cal" in text) and _when_needed(MENTIONED).match(text) is not None


def _rest(text: str, at: int, terms: tuple[Term, ...], *, conditional: bool) -> DateTest | None:
    if conditional:
        body = re.compile(r"\s*;\s*then\s+(.*?)\s*;\s*fi\s*;?\s*$", re.DOTALL).match(text, at)
        if body is None or re.search(r"\b(?:else|elif|fi)\b", body[1]):
            return None
        return DateTest(terms, "if", body[1])
    if (away := EXIT.match(text, at)) is not None:
        return DateTest(terms, "exit", text[away.end() :], away[1])
    if not text[:at].rstrip().endswith("&&"):
        return None
    rest = text[at:]
    return DateTest(terms, "and", rest) if _held_back(re.sub(r"\s*\|\|\s*(?:true|:)\s*$", "", rest)) else None


def _held_back(rest: str) -> bool:
    """True if the whole of `rest` runs only when what stands before `&&` holds: no `;`, `||`, `&` or newline outside brackets."""
    if "\n" in rest or "#" in rest:
        return False
    lexer = shlex.shlex(rest, posix=False, punctuation_chars=True)
    depth = 0
    try:
        for token in lexer:
            if set(token) <= set("(){}"):
                depth += sum(1 if sign in "({" else -1 for sign in token)
            elif depth == 0 and set(token) <= set(";|&<>()") and token not in {"&&", "|", "<", ">", ">>", ">&", "&>", "<<<"}:
                return False
    except ValueError:  # quotes that do not end
        return False
    return depth == 0


def _known(term: str, shell: str, *, gnu: bool) -> bool:
    bash = shell.rsplit("/", 1)[-1] in BASH
    alone = re.search(r"\s==\s", re.sub(r"\$\(\(.*?\)\)", "", term))
    if not bash and ("[[" in term or "10#" in term or term.lstrip("! \t").startswith("((") or alone):
        return False  # an error in dash; what /bin/sh is on that server is not known
    try:
        _holds(term, date(2026, 11, 24), gnu=gnu)
    except ShellError:
        return True  # on that day; on others it works
    except ValueError:
        return False
    return True


def _holds(term: str, day: date, *, gnu: bool = True) -> bool:
    """Whether one test is true on a day. Raises `ValueError` for what is not surely read."""
    negated = term.startswith("!")
    body = term.lstrip("! \t")
    if body.startswith("(("):
        try:
            return bool(shell_arithmetic.value(_called(body[2:-2], day, gnu=gnu))) != negated
        except ShellError:
            return negated  # bash says so and takes it for false
    double = body.startswith("[[")
    found = [
        _compared(match[1], match[2], match[3], day, double=double, gnu=gnu)
        for match in re.finditer(rf"({VALUE})\s+({OPERATOR})\s+({VALUE})", body)
    ]
    joints = re.findall(r"\s-([ao])\s", re.sub(COMPARISON, "_", body))
    if not found or len(joints) != len(found) - 1:
        raise ValueError(term)
    groups = [found[0]]
    for joint, value in zip(joints, found[1:], strict=True):
        if joint == "a":
            groups[-1] = groups[-1] and value
        else:
            groups.append(value)
    return any(groups) != negated


def _called(text: str, day: date, *, gnu: bool) -> str:
    """Arithmetic with its calls of date(1) replaced by what they print."""
    return re.sub(CALLED, lambda call: _text(call[0], day, gnu=gnu), text)


def _compared(left: str, how: str, right: str, day: date, *, double: bool, gnu: bool) -> bool:
    sides = [_text(side, day, gnu=gnu) for side in (left, right)]
    if how not in NUMBERS:
        return (sides[0] == sides[1]) == (how != "!=")
    if not all(side.strip().isdecimal() for side in sides):
        raise ValueError(left)
    if double and any(re.fullmatch(r"0\d*[89]\d*", side) for side in sides):
        return False  # bash takes 08 inside [[ for a wrong octal number, says so and goes on as if it were false
    if double and any(re.fullmatch(r"0\d{2,}", side) for side in sides):
        raise ValueError(left)
    return NUMBERS[how](*(int(side) for side in sides))


def _text(side: str, day: date, *, gnu: bool) -> str:
    if (bare := side.strip('"')).startswith("$(("):
        return str(shell_arithmetic.value(_called(bare[3:-2], day, gnu=gnu)))
    call = re.search(CALL, side)
    if call is None:
        return side.strip("\"'")
    shift, form = 0, None
    words = [word.strip("\"'") for word in re.findall(rf"{OF_MONTH}|{WORD}", call[0])]
    english = words[0] == "LC_ALL=C"
    words = words[2:] if english else words[1:]
    while words:
        word = words.pop(0)
        if word.startswith("+") and form is None:
            form = word[1:]
        elif word in {"-d", "--date"} and words and words[0].startswith("$(") and gnu:
            day = _of_month(words.pop(0), day)
        elif word in {"-d", "--date"} and words:
            shift = _shift(words.pop(0))
        elif word.startswith("--date="):
            shift = _shift(word[7:])
        else:
            raise ValueError(word)
        if shift and not gnu:
            raise ValueError(word)
    if form is None:
        raise ValueError(side)
    known = FORMATS | NAMES if english else FORMATS
    text = re.sub(r"%-?.", lambda sign: known[sign[0]](day + timedelta(days=shift)) if sign[0] in known else "\0", form)
    if "\0" in text or "%" in text:
        raise ValueError(form)
    return text if side.startswith('"') else text.strip()


def _of_month(text: str, day: date) -> date:
    """The first of the day's month, moved by months and then by days, as GNU date(1) does."""
    months, days = 0, 0
    for sign, count, unit in re.findall(STEP, text):
        amount = int(f"{sign}{count}")
        months, days = (months + amount, days) if unit == "month" else (months, days + amount)
    if abs(months) > MONTHS_AWAY or abs(days) > FARTHEST_DAYS:
        raise ValueError(text)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1) + timedelta(days=days)


def _shift(text: str) -> int:
    said = text.strip().strip("\"'").lower()
    if said in SHIFTS:
        return SHIFTS[said]
    match = re.fullmatch(r"([+-]?)\s*(\d{1,2})\s*(day|days|week|weeks)(\s+ago)?", said)
    if match is None:
        raise ValueError(text)
    amount = int(match[2]) * (7 if match[3].startswith("week") else 1)
    if amount > FARTHEST_DAYS:
        raise ValueError(text)
    return -amount if (match[1] == "-") != bool(match[4]) else amount


def _all_hold(terms: list[str], day: date) -> bool:
    try:
        return all(_holds(term, day) for term in terms)
    except ShellError:
        return False  # the shell ends there, and the command is not reached


@lru_cache(maxsize=64)
def dates(text: str) -> int:
    """The days of the Gregorian cycle on which every test of `text` is true, as a 146,097-bit set."""
    terms = _when_needed(DATE_TERM).findall(text)
    kinds: dict[tuple[int, int, bool, bool], str] = {}
    parts = []
    for year in range(2000, 2400):
        first, length = date(year, 1, 1), (date(year + 1, 1, 1) - date(year, 1, 1)).days
        kind = first.weekday(), length, isleap(year - 1), isleap(year + 1)  # which weeks an edge belongs to, and February
        if kind not in kinds:
            year_days = (first + timedelta(days=n) for n in range(length))
            kinds[kind] = "".join("1" if _all_hold(terms, day) else "0" for day in year_days)
        parts.append(kinds[kind])
    from_january = int("".join(parts)[::-1], 2)
    shift = day_sets.CYCLE_START - date(2000, 1, 1).toordinal()
    return day_sets.rolled(from_january, -shift)


def narrowed(calendar: Calendar, text: str) -> Calendar | None:
    """The calendar on the dates on which the test is true; None where no calendar says exactly that, or nothing is left."""
    true = dates(text)
    found: list[Clock] = []
    for clock in calendar.clocks:
        fitted = _fitted(clock, true)
        if fitted is None:
            return None
        found += fitted
    whole = msgspec.structs.replace(calendar, clocks=tuple(found))
    return whole if whole.ever_fires() else None


def _fitted(clock: Clock, true: int) -> list[Clock] | None:
    wanted = clock.dates() & true
    if wanted == clock.dates():
        return [clock]
    if not wanted:
        return []
    if (one := _one(clock, wanted)) is not None:
        return [one]
    if clock.day_rule == "or":
        # by the day of the month, and what this leaves to the weekdays
        by_day = wanted & day_sets.cycle(clock.days, clock.months, ALL_WEEKDAYS, "and", clock.last_days)
        first, second = _one(clock, by_day), _one(clock, wanted & ~by_day)
        if first is not None and second is not None:
            return [first, second]
    return None


def _one(clock: Clock, wanted: int) -> Clock | None:
    """The clock with other date fields that picks exactly `wanted`: what the fields hold is what stands in them."""
    if not wanted:
        return msgspec.structs.replace(clock, minutes=0)
    everyday = [n for n in range(1, 32) if wanted & day_sets.cycle(1 << n, ALL_MONTHS, ALL_WEEKDAYS, "and", 0)]
    months = mask([n for n in range(1, 13) if wanted & day_sets.cycle(ALL_DAYS, 1 << n, ALL_WEEKDAYS, "and", 0)])
    weekdays = mask([n for n in range(7) if wanted & day_sets.cycle(ALL_DAYS, ALL_MONTHS, 1 << n, "and", 0)])
    ends = [n for n in range(1, 32) if wanted & day_sets.cycle(0, ALL_MONTHS, ALL_WEEKDAYS, "and", 1 << n)]
    for picked, last in ((mask(everyday), 0), (ALL_DAYS, mask(ends))):
        if day_sets.cycle(picked, months, weekdays, "and", last) == wanted:
            return msgspec.structs.replace(clock, days=picked, months=months, weekdays=weekdays, last_days=last, day_rule="and")
    return None


__all__ = ["DateTest", "dates", "mentions_date", "narrowed", "recognise"]
