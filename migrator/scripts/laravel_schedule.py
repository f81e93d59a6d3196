"""The jobs in Laravel's scheduler, read from the application's program without running it.

Line: `$schedule->command('reports:send')->dailyAt('02:30')->timezone('Europe/Berlin');`
Source: laravel.com/docs/scheduling; Illuminate\\Console\\Scheduling\\ManagesFrequencies, whose methods each set fields of a
crontab expression and leave the others as they are. What a method's arguments compute is not guessed: it is listed as written.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tree_sitter import Node

from migrator import redact
from migrator.model.finding import Fact
from migrator.model.job import Job
from migrator.model.source import Evidence, HostFiles, Location
from migrator.scripts import php
from migrator.scripts.grammars import nodes, parse
from migrator.scripts.reading import snippet
from migrator.scripts.syntax_nodes import short
from migrator.scripts.words import text_of

PROGRAMS = ("app/Console/Kernel.php", "routes/console.php", "bootstrap/app.php", "app/Providers/AppServiceProvider.php")
MOST = 100
LONGEST_CHAIN = 60
DEEPEST = 40
MOST_LINES = 2_000  # of a method that are looked through for a way out of it
STARTS = frozenset({"command", "exec", "call", "job"})
CALLS = frozenset({"member_call_expression", "scoped_call_expression", "nullsafe_member_call_expression"})
EVERY_MINUTES = {
    "everyMinute": "*", "everyTwoMinutes": "*/2", "everyThreeMinutes": "*/3", "everyFourMinutes": "*/4",
    "everyFiveMinutes": "*/5", "everyTenMinutes": "*/10", "everyFifteenMinutes": "*/15", "everyThirtyMinutes": "*/30",
}  # fmt: skip
EVERY_HOURS = {
    "everyOddHour": "1-23/2", "everyTwoHours": "*/2", "everyThreeHours": "*/3", "everyFourHours": "*/4", "everySixHours": "*/6",
}  # fmt: skip
SECONDS = {
    "everySecond": 1, "everyTwoSeconds": 2, "everyFiveSeconds": 5, "everyTenSeconds": 10, "everyFifteenSeconds": 15,
    "everyTwentySeconds": 20, "everyThirtySeconds": 30,
}  # fmt: skip
WHOLE = {  # what the methods without arguments set: place of the field -> value
    "hourly": {0: "0"}, "daily": {0: "0", 1: "0"}, "weekly": {0: "0", 1: "0", 4: "0"}, "monthly": {0: "0", 1: "0", 2: "1"},
    "quarterly": {0: "0", 1: "0", 2: "1", 3: "1-12/3"}, "yearly": {0: "0", 1: "0", 2: "1", 3: "1"}, "weekdays": {4: "1-5"},
    "weekends": {4: "0,6"}, "sundays": {4: "0"}, "mondays": {4: "1"}, "tuesdays": {4: "2"}, "wednesdays": {4: "3"},
    "thursdays": {4: "4"}, "fridays": {4: "5"}, "saturdays": {4: "6"},
}  # fmt: skip
# of the methods that end in a time of day: the other fields that they set, each argument's default
AT = {
    "at": (), "dailyAt": (), "weeklyOn": ((4, None),), "monthlyOn": ((2, "1"),), "lastDayOfMonth": (),
    "twiceMonthly": ((2, "1"), (2, "16")),
    "quarterlyOn": ((2, "1"),), "yearlyOn": ((3, "1"), (2, "1")),
}  # fmt: skip
OTHER = frozenset({"cron", "hourlyAt", "twiceDaily", "twiceDailyAt", "days", "daysOfMonth"})
FREQUENCIES = frozenset({*EVERY_MINUTES, *EVERY_HOURS, *SECONDS, *WHOLE, *AT, *OTHER})
LIMITS = frozenset({"when", "skip", "between", "unlessBetween", "environments", "onOneServer"})
HARMLESS = frozenset(
    "withoutOverlapping runInBackground appendOutputTo sendOutputTo emailOutputTo emailOutputOnFailure emailWrittenOutputTo "
    "before after then "
    "thenWithOutput onSuccess onFailure onSuccessWithOutput onFailureWithOutput pingBefore pingBeforeIf "
    "thenPing thenPingIf "
    "pingOnSuccess pingOnSuccessIf pingOnFailure pingOnFailureIf name description describe purpose user storeOutput "
    "evenInMaintenanceMode monitorName graceTimeInMinutes doNotMonitor storeOutputInDb sentryMonitor createMutexNameUsing "
    "thenEnvoyer timezone onConnection onQueue withoutEvents evenWhenPaused group".split()
)
DAYS = {f"{name}DAY": str(at) for at, name in enumerate(("SUN", "MON", "TUES", "WEDNES", "THURS", "FRI", "SATUR"))}
CLOCK = re.compile(r"([01]?\d|2[0-3])(?::([0-5]?\d))?(?::00?)?")
NUMBERS = re.compile(r"\d{1,2}(?:[,-]\d{1,2}){0,40}")
CONDITIONS = frozenset(
    {"if_statement", "else_clause", "else_if_clause", "switch_statement", "match_expression", "conditional_expression"}
)
LOOPS = frozenset({"foreach_statement", "for_statement", "while_statement", "do_statement"})
APP_ZONE = (
    r"(?m)^\s*['\"]{}['\"]\s*=>\s*"
    r"(?:env\(\s*['\"](\w{{1,60}})['\"]\s*(?:,\s*['\"]([\w/+-]{{1,60}})['\"])?\s*\)|['\"]([\w/+-]{{1,60}})['\"])"
)
KERNELS_ZONE = re.compile(
    r"function\s+scheduleTimezone\s*\([^)]{0,80}\)[^{]{0,80}\{(?:\s*return\s+['\"]([\w/+-]{1,60})['\"]\s*;)?"
)
UNREAD_ZONE = "in the application's time zone"


class _Computed(Exception):  # noqa: N818 - what the program computes is no error
    """An argument that is no literal."""


class Link(NamedTuple):
    """One call of a chain."""

    name: str
    node: Node


def found(files: HostFiles, job: Job, root: str) -> list[Fact]:
    """A fact for each job that the application in `root` schedules: `30 2 * * * Europe/Berlin: reports:send`."""
    zone = _zone_of_application(files, root)
    inner: list[Fact] = []
    for name in PROGRAMS:
        path = f"{root}/{name}"
        text = _text(files, path)
        if text is None or ("chedule" not in text and name != "routes/console.php"):
            continue
        own = KERNELS_ZONE.search(text)
        for fact in _jobs(job, path, text, (own[1] or "") if own else zone):
            inner.append(fact)
            if len(inner) > MOST:  # inner_schedules says that there are more
                return inner
    return inner


def _text(files: HostFiles, path: str) -> str | None:
    raw = files.content(path) if files.stat(path) is not None else None
    return None if raw is None else redact.redact(redact.escape_bytes(raw)[0]).text


def _zone_of_application(files: HostFiles, root: str) -> str:
    """The zone that config/app.php states; empty where it is computed or not there."""
    text = _text(files, f"{root}/config/app.php") or ""
    for key in ("schedule_timezone", "timezone"):
        stated = re.search(APP_ZONE.format(key), text)
        if stated is not None:
            if stated[1] is None:
                return stated[3]
            given = re.search(rf"(?m)^{stated[1]}=[\"']?([\w/+-]{{1,60}})[\"']?\s*$", _text(files, f"{root}/.env") or "")
            return given[1] if given else stated[2] or ""
        if re.search(rf"(?m)^\s*['\"]{key}['\"]\s*=>", text):
            return ""
    return ""


def _jobs(job: Job, path: str, text: str, zone: str) -> Iterator[Fact]:
    lines = text.split("\n")
    inside: set[int] = set()  # calls that are part of a chain that was looked at
    for node in (node for root in parse(text, php.GRAMMAR) for node in nodes(root)):
        if node.type not in CALLS or node.id in inside:
            continue
        chain, receiver = _chain(node)
        inside.update(link.node.id for link in chain)
        start = next((link for link in chain if link.name in STARTS), None)
        is_artisans = receiver.lstrip("\\").endswith("Artisan")
        if start is None or not (re.search("schedule", receiver, re.IGNORECASE) or is_artisans):
            continue
        if is_artisans and not any(link.name in FREQUENCIES for link in chain):
            continue  # a command that is only defined
        row = chain[0].node.start_point[0]
        evidence = Evidence(snippet=snippet(lines[row].strip()), location=Location(host=job.host, path=path, line=row + 1))
        value = _value(node, chain, start, zone, lines)
        yield Fact(kind="inner-job", value=value[:300], evidence=evidence, detail="Laravel")


def _chain(node: Node) -> tuple[list[Link], str]:
    """The calls of `$schedule->command(..)->daily()` in the order of writing, and what the first is called on."""
    links: list[Link] = []
    at: Node | None = node
    while at is not None and at.type in CALLS:
        name = at.child_by_field_name("name")
        if name is None:
            break
        links.append(Link(text_of(name), at))
        at = at.child_by_field_name("object") or at.child_by_field_name("scope")
    return links[::-1], short(at) if at is not None else ""


def _value(node: Node, chain: list[Link], start: Link, zone: str, lines: list[str]) -> str:
    around, group, is_kept = _around(node, lines)
    fields, seconds, told = ["*"] * 5, 0, []
    computed = "" if len(chain) <= LONGEST_CHAIN else "too many calls"
    for link in [*group, *chain][: 2 * LONGEST_CHAIN]:
        if link.name == "timezone":
            zone = _zone(link)
        elif link.name in LIMITS:
            told.append(_said(link) if "etween" in link.name else link.name)
        elif link.name in SECONDS:
            seconds, fields[0] = SECONDS[link.name], "*"
        elif link.name in FREQUENCIES:
            try:
                fields = _fields(fields, link)
            except _Computed:
                computed = _said(link)
        elif link.name not in HARMLESS | STARTS:
            around.append(f"{link.name} may change it")
    when = f"(computed: {computed})" if computed else " ".join(fields)
    if fields[1:] != ["*"] * 4 or computed:
        when += f" {zone}" if zone else f" ({UNREAD_ZONE})"
    when += f" every {seconds} s" if seconds else ""
    if is_kept:
        around.append("kept in a variable: what is called on it later is not read")
    limits = f"only {', '.join(dict.fromkeys(told))}" if told else ""
    notes = "; ".join(dict.fromkeys([*([limits] if limits else []), *around]))
    return f"{when}: {_what(start)}" + (f" ({notes})" if notes else "")


def _around(node: Node, lines: list[str]) -> tuple[list[str], list[Link], bool]:
    """What may keep the job from being scheduled, the calls of the group that it stands in, whether a variable holds it."""
    told: list[str] = []
    group: list[Link] = []
    is_kept, at, depth = False, node.parent, 0
    while at is not None and depth < DEEPEST and at.type not in {"method_declaration", "function_definition"}:
        if at.type in CONDITIONS:
            told.append("where an if allows it")
        elif at.type in LOOPS:
            told.append("in a loop")
        elif at.type == "assignment_expression" and depth == 0:
            is_kept = True
        elif at.type in CALLS and (name := at.child_by_field_name("name")) is not None and text_of(name) == "group":
            group = [*_chain(at)[0], *group]
        at, depth = at.parent, depth + 1
    if at is not None and re.search(r"\breturn\s*;", _between(lines, at, node)):
        told.append("where no return above ends it")
    return told, group, is_kept


def _between(lines: list[str], begin: Node, end: Node) -> str:
    """The program's text between the beginnings of two nodes; none where that is long."""
    first, last = begin.start_point[0], end.start_point[0]
    return "\n".join(lines[first:last]) if last - first < MOST_LINES else ""


def _what(start: Link) -> str:
    """The command; what a `call` or a `job` runs, as written."""
    arguments = _arguments(start.node)
    if not arguments:
        return start.name
    written = [re.sub(r"\s+", " ", short(one)) for one in arguments if start.name == "call" or "function" not in one.type]
    if start.name not in {"command", "exec"}:
        return f"{start.name} {', '.join(written)[:80]}"
    try:
        first = _literal(arguments[0])
    except _Computed:
        first = written[0]
    return " ".join([str(first), *written[1:2]])[:200]


def _said(link: Link) -> str:
    return re.sub(r"\s+", " ", f"{link.name}({', '.join(short(one) for one in _arguments(link.node))})")[:80]


def _arguments(node: Node) -> list[Node]:
    holder = node.child_by_field_name("arguments")
    return (
        [one.named_children[-1] for one in holder.named_children if one.type == "argument" and one.named_children]
        if holder
        else []
    )


def _literal(node: Node) -> str:
    """A string, a number, a day's constant, or several as `1,15`. Raises `_Computed`."""
    if node.parent is not None and node.parent.type == "argument" and len(node.parent.named_children) > 1:
        raise _Computed  # named: its place is another's
    text = text_of(node)
    if node.type == "integer":
        return text
    if node.type in {"string", "encapsed_string"} and all(
        child.type in {"string_content", "string_value"} for child in node.named_children
    ):
        return text[1:-1]
    if node.type == "class_constant_access_expression" and (day := DAYS.get(text.rpartition("::")[2])) is not None:
        return day
    if node.type == "array_creation_expression" and len(node.named_children) <= 60:
        parts = [child.named_children for child in node.named_children]
        if parts and all(len(part) == 1 for part in parts):
            return ",".join(_literal(part[0]) for part in parts)
    raise _Computed


def _zone(link: Link) -> str:
    try:
        (one,) = _arguments(link.node)
        return _literal(one)
    except (ValueError, _Computed):
        return f"({_said(link)})"


def _numbers(node: Node) -> str:
    value = _literal(node).replace(" ", "")
    if not NUMBERS.fullmatch(value):
        raise _Computed
    return ",".join("-".join(str(int(part)) for part in item.split("-")) for item in value.split(","))


def _fields(fields: list[str], link: Link) -> list[str]:
    """The five fields after one more method. Raises `_Computed` where its arguments are no literals that Laravel takes."""
    name, given = link.name, _arguments(link.node)
    new = list(fields)
    if name in EVERY_MINUTES:
        new[0] = EVERY_MINUTES[name]
    elif name in EVERY_HOURS:
        new[0], new[1] = _numbers(given[0]) if given else "0", EVERY_HOURS[name]
    elif name in WHOLE:
        for place, value in WHOLE[name].items():
            new[place] = value
    elif name in AT:
        return _at(new, name, given)
    elif not given and name in {"cron", "hourlyAt", "days", "daysOfMonth"}:
        raise _Computed
    elif name == "cron":
        new = _literal(given[0]).split()
        if len(new) != 5:
            raise _Computed
    elif name == "hourlyAt":
        if new[1] != "*":
            raise _Computed  # Laravel 10 and newer sets the hour back, older ones leave it
        new[0] = _numbers(given[0])
    elif name == "days":
        new[4] = ",".join(_numbers(one) for one in given)
    elif name == "daysOfMonth":
        new[0], new[1], new[2] = "0", "0", ",".join(_numbers(one) for one in given)
    else:  # twiceDaily, twiceDailyAt
        hours = [_numbers(one) for one in given[:2]]
        new[0] = _numbers(given[2]) if name == "twiceDailyAt" and len(given) > 2 else "0"
        new[1] = ",".join([*hours, *("1", "13")[len(hours) :]])
    return new


def _at(new: list[str], name: str, given: list[Node]) -> list[str]:
    """Methods that end in a time of day. Of three parts (`13:30:00`) older Laravels lose the minutes: 0 is the same in all."""
    places = AT[name]
    clock = _literal(given[len(places)]) if len(given) > len(places) else None if places or name == "lastDayOfMonth" else ""
    match = CLOCK.fullmatch(clock if clock is not None else "0:0")
    if match is None or (clock and clock.count(":") > 1 and int(match[2] or 0)):
        raise _Computed
    new[0], new[1] = str(int(match[2] or 0)), str(int(match[1]))
    values: dict[int, list[str]] = {}
    for at, (place, default) in enumerate(places):
        value = _numbers(given[at]) if at < len(given) else default
        if value is None:
            raise _Computed
        values.setdefault(place, []).append(value)
    for place, parts in values.items():
        new[place] = ",".join(parts)
    if name == "quarterlyOn":
        new[3] = WHOLE["quarterly"][3]
    if name == "lastDayOfMonth":
        new[2] = "L"
    return new
