"""Reads one line of fcron's own forms: what starts it, and which options it carries.

Line: `@mailto(root),forcemail 2d /etc/security/check.sh`, `&nice(10),bootrun 45 03 * * *~0 save`, `%nightly * 21-23,3-5 index`
Source: fcrontab(5) of fcron 3 (doc/en/fcrontab.5.sgml of github.com/yo8192/fcron). Read, not run: Debian has no fcron.
"""

import re
from typing import NamedTuple

from migrator.errors import ScheduleError
from migrator.schedule.zones import zone

FREQUENCY = re.compile(r"(?:\d{1,6}[mwdhs]\*?)*\d{0,6}")
OPTION = re.compile(r"([A-Za-z][A-Za-z0-9]*)(?:\(([^()]{0,200})\))?")
FALSE = frozenset({"false", "no", "0"})
SHORT = {"b": "bootrun", "f": "first", "m": "mail", "n": "nice", "r": "runfreq", "s": "serial"}
# Options that do not move when a job starts on a server that is up, or that are read below
KNOWN = frozenset(
    "bootrun dayand dayor exesev first forcemail mail mailto nice nolog noticenotrun reset runas runfreq serial serialonce "
    "stdout strict timezone lavgonce erroronlymail jitter rebootreset runatreboot volatile random".split()
)
RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
FIELDS = {
    "hourly": 1,
    "midhourly": 1,
    "daily": 2,
    "middaily": 2,
    "nightly": 2,
    "weekly": 2,
    "midweekly": 2,
    "monthly": 3,
    "midmonthly": 3,
}
ITEM = re.compile(r"(?P<from>\*|\w+)(?:-(?P<to>\w+))?(?:/(?P<step>\d{1,3}))?(?P<off>(?:~\w+)*)")
MONTHS = dict(zip("jan feb mar apr may jun jul aug sep oct nov dec".split(), range(1, 13), strict=True))
DAYS = dict(zip("sun mon tue wed thu fri sat".split(), range(7), strict=True))


class Line(NamedTuple):
    """What a line says: five fields, or an interval of the daemon's own running time; what else has to be said about it."""

    fields: tuple[str, ...]
    interval: str | None
    command: str
    options: dict[str, str]
    remark: str | None = None


class Refused(Exception):  # noqa: N818 - said to the user as it is
    """Why a line is not read, in words."""


def options_of(text: str) -> dict[str, str]:
    """The options of a declaration, by their long names; a value that is not there is `true`.

    >>> options_of("nice(10),b,mailto(jim)")
    {'nice': '10', 'bootrun': 'true', 'mailto': 'jim'}
    """
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = OPTION.match(text, at)
        if match is None:
            raise Refused(f"has an option that is not written as fcrontab(5) says ({text[at : at + 30]})")
        name = SHORT.get(match[1], match[1]).lower()
        if name not in KNOWN:
            raise Refused(f"has the option {name}, which may move its start (load average, another clock) or is not known")
        found[name] = "true" if match[2] is None else match[2].strip().strip("\"'")
        at = match.end()
        if at < len(text):
            if text[at] != ",":
                raise Refused(f"has an option that is not written as fcrontab(5) says ({text[at : at + 30]})")
            at += 1
    return found


def read(text: str, standing: dict[str, str]) -> Line:
    """One line that begins with `@`, `&` or `%`; `standing`: the options of the `!` lines above it. Raises `Refused`."""
    sign, rest = text[0], text[1:]
    head, _, body = rest.partition(" ") if not rest[:1].isspace() else ("", "", rest)
    body = body.strip()
    if sign == "%":
        keyword, _, declared = head.partition(",")
        return _periodic(keyword.lower(), body, {**standing, **options_of(declared)})
    frequency = head.isdigit() and sign == "&"
    first = sign == "@" and head and FREQUENCY.fullmatch(head)
    options = {**standing, **({"runfreq": head} if frequency else {"first": head} if first else options_of(head))}
    if sign == "@":
        every, _, command = body.partition(" ")
        if not every or not FREQUENCY.fullmatch(every) or not command.strip():
            raise Refused("has no frequency like 30, 12h02 or 3w2d5h1 behind its @")
        return Line((), every, command.strip(), options)
    return absolute(body, options)


def absolute(body: str, options: dict[str, str]) -> Line:
    """Five fields and a command, with or without `&`."""
    parts = body.split(None, 5)
    if len(parts) < 6:
        raise Refused("has fewer than five time fields and a command")
    if options.get("runfreq", "1") not in {"1", "true"}:
        raise Refused(
            f"runs at every {options['runfreq']}. match of its fields only, which the daemon counts and no calendar says"
        )
    fields = tuple(_field(part, index) for index, part in enumerate(parts[:5]))
    either = _true(options, "dayor") or options.get("dayand", "true").lower() in FALSE
    if fields[2] != "*" and fields[4] != "*" and not either:
        raise Refused("has a day of month and a day of week: fcron wants both to match, crontab(5) either")
    late = _true(options, "bootrun") or _true(options, "runatreboot")
    remark = (
        "is also run at the daemon's start where it was missed while the server was down (bootrun): "
        "nothing makes up for it elsewhere"
    )
    return Line(fields, None, parts[5].strip(), options, remark if late else None)


def _periodic(keyword: str, body: str, options: dict[str, str]) -> Line:
    """Once an interval, as soon as possible: on a server that is up, the first minute that matches in each."""
    if keyword in {"mins", "hours", "days", "mons", "dow"}:
        raise Refused(f"runs once in each interval that its fields leave (%{keyword}); which minute that is, is not written down")
    if keyword not in FIELDS:
        raise Refused(f"has no keyword of fcrontab(5) behind its % ({keyword[:20]})")
    if _true(options, "random"):
        raise Refused("runs at a random minute of its interval (random)")
    if options.get("runfreq", "1") not in {"1", "true"}:
        raise Refused(f"runs in every {options['runfreq']}. interval only, which the daemon counts and no calendar says")
    if keyword in {"midmonthly"}:
        raise Refused("runs once from the middle of a month to the next (%midmonthly); which day begins it is not written down")
    count = FIELDS[keyword]
    parts = body.split(None, count)
    if len(parts) <= count:
        raise Refused(f"has fewer than {count} time fields and a command behind %{keyword}")
    values = [_values(part, index) for index, part in enumerate(parts[:count])]
    if keyword == "midhourly":
        first = [next((value for value in values[0] if value >= 30), values[0][0])]
    elif keyword in {"middaily", "nightly"}:
        first = [values[0][0], next((value for value in values[1] if value >= 12), values[1][0])]
    else:
        first = [one[0] for one in values]
    day = {"weekly": "1", "midweekly": "4"}.get(keyword, "*")
    fields = (*(str(value) for value in first), *("*" for _ in range(4 - count)), day)
    remark = (
        f"is read as {' '.join(fields)}: the first minute of its interval that matches (%{keyword} runs as soon as possible); "
        "where the server was down then, fcron runs it later in the interval"
    )
    return Line(fields, None, parts[count].strip(), options, remark)


def _field(text: str, index: int) -> str:
    """A field as crontab(5) writes it: `~` takes values out, which it does not know."""
    if "~" not in text:
        _values(text, index)
        return text
    return ",".join(str(value) for value in _values(text, index))


def _values(text: str, index: int) -> list[int]:
    """The values of a field, sorted."""
    least, most = RANGES[index]
    names = {3: MONTHS, 4: DAYS}.get(index, {})

    def number(word: str) -> int:
        value = names.get(word.lower()[:3]) if not word.isdigit() else int(word) if len(word) < 4 else None
        if value is None or not least <= value <= most:
            raise Refused(f"has a time field that fcrontab(5) does not know ({text[:40]})")
        return value

    found: set[int] = set()
    for item in text.split(","):
        match = ITEM.fullmatch(item)
        if match is None:
            raise Refused(f"has a time field that fcrontab(5) does not know ({text[:40]})")
        start, stop = (least, 6 if index == 4 else most) if match["from"] == "*" else (number(match["from"]), -1)
        stop = number(match["to"]) if match["to"] else stop if stop >= 0 else start
        off = {number(word) for word in match["off"].split("~")[1:]}
        step = int(match["step"] or 1)
        if step < 1 or stop < start:
            raise Refused(f"has a time field that fcrontab(5) does not know ({text[:40]})")
        found |= {
            value
            for value in range(start, stop + 1, step)
            if value not in off and (index != 4 or value % 7 not in {one % 7 for one in off})
        }
    if not found:
        raise Refused(f"has a time field that never matches ({text[:40]})")
    return sorted(found)


def zone_of(options: dict[str, str], system: str) -> str:
    """The zone of a line: fcron silently goes by the server's where the one that is named does not exist."""
    stated = options.get("timezone", "")
    try:
        zone(stated)
    except ScheduleError:
        return system
    return stated


def _true(options: dict[str, str], name: str) -> bool:
    return name in options and options[name].lower() not in FALSE
