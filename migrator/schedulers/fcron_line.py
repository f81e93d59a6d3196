"""Reads one line of fcron's own forms: what starts it, and which options it carries.

Line: `@mailto(root),forcemail 2d /etc/security/check.sh`, `&nice(10),bootrun 45 03 * * *~0 save`, `%nightly * 21-23,3-5 index`
Source: fcrontab(5) of fcron 3 (doc/en/fcrontab.5.sgml of github.com/yo8192/fcron). Read, not run: Debian has no fcron.
runfreq (`&3 0 2 * * *`: at every third match) is refused for good: fcron counts matches down from when the table was installed
and keeps the count in its binary table, not in what its user wrote; which matches run is in no file that is read here.
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
PARTS = ("mins", "hours", "days", "mons", "dow")
LAST_DAYS = frozenset({28, 29, 30, 31})
DAYS = dict(zip("sun mon tue wed thu fri sat".split(), range(7), strict=True))


class Line(NamedTuple):
    """What a line says: five fields, or an interval of the daemon's own running time; what else has to be said about it."""

    fields: tuple[str, ...]
    interval: str | None
    command: str
    options: dict[str, str]
    remark: str | None = None
    jitter_s: float | None = None


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
    if keyword not in FIELDS and keyword not in PARTS:
        raise Refused(f"has no keyword of fcrontab(5) behind its % ({keyword[:20]})")
    if options.get("runfreq", "1") not in {"1", "true"}:
        raise Refused(f"runs in every {options['runfreq']}. interval only, which the daemon counts and no calendar says")
    if keyword in {"midmonthly"}:
        raise Refused("runs once from the middle of a month to the next (%midmonthly); which day begins it is not written down")
    if keyword in PARTS:
        return _each_interval(keyword, body, options)
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
    jitter = (_jitter(values, keyword) if _true(options, "random") else 0) or None
    day = {"weekly": "1", "midweekly": "4"}.get(keyword, "*")
    fields = (*(str(value) for value in first), *("*" for _ in range(4 - count)), day)
    return Line(fields, None, parts[count].strip(), options, _as_read(fields, keyword, jitter), jitter)


def _as_read(fields: tuple[str, ...], keyword: str, jitter: float | None) -> str:
    how = (
        "the first minute of its interval that matches"
        if jitter is None
        else f"a random minute of the {jitter / 60:.0f} after it"
    )
    why = f"%{keyword} runs as soon as possible" if jitter is None else "random"
    then = "later in the interval" if jitter is None else "perhaps not at all"
    return f"is read as {' '.join(fields)}: {how} ({why}); where the server was down then, fcron runs it {then}"


def _jitter(values: list[list[int]], keyword: str) -> float:
    """How long after its first minute a random one may come, in seconds, where every minute between is one of them."""
    minutes, hours = values[0], values[1] if len(values) > 1 else [0]
    whole = minutes == list(range(60)) and hours == list(range(hours[0], hours[-1] + 1))
    in_one = len(hours) == 1 and minutes == list(range(minutes[0], minutes[-1] + 1))
    over_noon = keyword in {"nightly", "middaily"} and hours[0] < 12 <= hours[-1]
    if not (whole or in_one) or over_noon or len(values) > 2 or keyword in {"weekly", "midweekly", "midhourly"}:
        raise Refused("runs at a random minute of its interval (random), which is not one stretch of minutes of a day")
    return 60.0 * ((hours[-1] - hours[0]) * 60 + minutes[-1] - minutes[0])


def _each_interval(keyword: str, body: str, options: dict[str, str]) -> Line:
    """Once in each stretch of time that matches, whatever stands below the keyword: at its first matching minute.

    Source: fcrontab(5): `%mins 15 2-4 * * *` runs at 2:15, 3:15 and 4:15, `%hours 15 2-4 * * *` once, as soon as possible.
    """
    parts = body.split(None, 5)
    if len(parts) < 6:
        raise Refused(f"has fewer than five time fields and a command behind %{keyword}")
    if _true(options, "random"):
        raise Refused(f"runs at a random minute of each interval of %{keyword} (random)")
    index = PARTS.index(keyword)
    values = [_values(part, at) for at, part in enumerate(parts[:5])]
    other = {"mins": (), "hours": (), "days": (4,), "mons": (4,), "dow": (2, 3)}[keyword]
    if any(parts[at] != "*" for at in other) or (parts[2] != "*" and parts[4] != "*"):
        raise Refused(f"has a day of month and a day of week, or a month, whose intervals %{keyword} cuts; no calendar says them")
    own = sorted({value % 7 for value in values[4]}) if index == 4 else values[index]
    least, most = (0, 6) if index == 4 else RANGES[index]
    ends = bool(LAST_DAYS & set(own)) if index == 2 else most in own
    above = parts[index + 1 : 5] if index < 2 else []
    if least in own and ends and (index == 2 or any(part != "*" for part in above)):
        raise Refused(
            f"has an interval of %{keyword} that goes over an end of its fields; when it begins is not said by one line"
        )
    starts = [value for value in own if (value - 1 not in own if value > least else not ends)]
    if not starts:
        raise Refused(f"matches always, which fcrontab(5) forbids behind %{keyword}")
    fields = [str(one[0]) for one in values[:2]] + ["*", parts[3], parts[4]]
    fields[index] = ",".join(str(value) for value in starts)
    if index == 0:
        fields[1:3] = [_field(parts[1], 1), _field(parts[2], 2)]
    elif index == 1:
        fields[2] = _field(parts[2], 2)
    elif index == 3:
        fields[2] = str(values[2][0])
    return Line(tuple(fields), None, parts[5].strip(), options, _as_read(tuple(fields), keyword, None))


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
