"""The schedules inside an application's own scheduler, read from its program without running it.

Line: `$schedule->command('reports:send')->dailyAt('02:30')->timezone('Europe/Berlin');` (Laravel),
`every 1.day, at: '4:30 am' do rake "reports:send" end` (whenever)
Source: laravel.com/docs/scheduling (frequency options); github.com/javan/whenever
"""

import posixpath
import re
from collections.abc import Iterable

from tree_sitter import Node

from migrator import redact
from migrator.model.finding import Fact
from migrator.model.job import Job
from migrator.model.source import Evidence, HostFiles, Location
from migrator.scripts import framework_schedules, java_schedules, php, python_schedules, ruby
from migrator.scripts.grammars import nodes, parse
from migrator.scripts.reading import Context, Notes, snippet
from migrator.scripts.syntax import Program
from migrator.scripts.syntax_nodes import short
from migrator.scripts.words import text_of

LARAVEL = ("app/Console/Kernel.php", "routes/console.php", "bootstrap/app.php")
WHENEVER = "config/schedule.rb"
MOST = 100
EVERY = {
    "everyMinute": "* * * * *", "everyTwoMinutes": "*/2 * * * *", "everyThreeMinutes": "*/3 * * * *",
    "everyFourMinutes": "*/4 * * * *", "everyFiveMinutes": "*/5 * * * *", "everyTenMinutes": "*/10 * * * *",
    "everyFifteenMinutes": "*/15 * * * *", "everyThirtyMinutes": "0,30 * * * *", "hourly": "0 * * * *",
    "everyOddHour": "0 1-23/2 * * *", "everyTwoHours": "0 */2 * * *", "everyThreeHours": "0 */3 * * *",
    "everyFourHours": "0 */4 * * *", "everySixHours": "0 */6 * * *", "daily": "0 0 * * *", "weekly": "0 0 * * 0",
    "monthly": "0 0 1 * *", "quarterly": "0 0 1 1-12/3 *", "yearly": "0 0 1 1 *", "twiceDaily": "0 1,13 * * *",
    "lastDayOfMonth": "0 0 28-31 * *", "twiceMonthly": "0 0 1,16 * *",
}  # fmt: skip
DAYS = {
    "weekdays": "1-5", "weekends": "0,6", "sundays": "0", "mondays": "1", "tuesdays": "2", "wednesdays": "3", "thursdays": "4",
    "fridays": "5", "saturdays": "6",
}  # fmt: skip
STARTS = {"command", "exec", "call", "job"}
CONDITIONS = {"when", "skip", "between", "unlessBetween", "environments", "onOneServer"}
RUNS = {"rake", "runner", "command", "script"}


def found(files: HostFiles, job: Job, facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """A fact for each job inside: of the Laravel application that the job ticks; of the whenever file that wrote the job."""
    facts = tuple(facts)
    inner: list[Fact] = []
    if "schedule:run" in job.command or "schedule:work" in job.command:
        programs = [fact.value for fact in facts if fact.kind in {"script", "missing-script", "command"}]
        roots = dict.fromkeys(posixpath.dirname(path) for path in programs if path.endswith("/artisan"))
        for root in roots:
            for name in LARAVEL:
                inner += _laravel(files, job, f"{root}/{name}")
    if job.managed_by == "whenever":
        folders = [fact.value for fact in facts if fact.kind == "working-directory"]
        for folder in dict.fromkeys([*folders, *re.findall(r"\bcd\s+(/[^\s;&|]+)", job.command)]):
            inner += _whenever(files, job, f"{folder.rstrip('/')}/{WHENEVER}")
    inner += framework_schedules.found(files, job)
    inner += java_schedules.found(files, facts)
    inner += java_schedules.of_build(files, job.command, facts)
    inner += python_schedules.found(files, job, facts)
    return tuple(inner[:MOST])


def _text(files: HostFiles, path: str) -> str | None:
    raw = files.content(path) if files.stat(path) is not None else None
    return None if raw is None else redact.redact(redact.escape_bytes(raw)[0]).text


def _fact(job: Job, path: str, node: Node, text: str, value: str, framework: str) -> Fact:
    row = node.start_point[0]
    evidence = Evidence(snippet=snippet(text.split("\n")[row].strip()), location=Location(host=job.host, path=path, line=row + 1))
    return Fact(kind="inner-job", value=value[:300], evidence=evidence, detail=framework)


def _laravel(files: HostFiles, job: Job, path: str) -> list[Fact]:
    text = _text(files, path)
    if text is None:
        return []
    program = Program(Notes(text, Location(host=job.host, path=path, line=1)), Context(), php.GRAMMAR)
    inner = []
    for node in (node for root in parse(text, php.GRAMMAR) for node in nodes(root)):
        if node.type != "expression_statement" or not node.named_children:
            continue
        chain = _chain(node.named_children[0])
        first = next((call for call in chain if call[0] in STARTS), None)
        if first is None or not re.search(r"schedule", chain[0][2], re.IGNORECASE):
            continue
        seen = program.call(first[1])
        words = [word.text for word in seen.arguments] if seen else []
        what = words[0] if first[0] in {"command", "exec"} and words and words[0] else f"{first[0]} {_told(first[1])}"
        when, zone, limits = "* * * * *", "", []
        for name, call, _ in chain:
            called = program.call(call)
            arguments = [word.text for word in called.arguments] if called else []
            when = _when(when, name, arguments)
            zone = f" {arguments[0]}" if name == "timezone" and arguments else zone
            if name in CONDITIONS:
                limits.append(name)
        told = f" (only {', '.join(dict.fromkeys(limits))})" if limits else ""
        inner.append(_fact(job, path, node, text, f"{when}{zone}: {what}{told}", "Laravel"))
    return inner


def _chain(node: Node) -> list[tuple[str, Node, str]]:
    """(method, call, receiver) of `$schedule->command(..)->daily()`, in the order of writing."""
    found: list[tuple[str, Node, str]] = []
    while node.type in {"member_call_expression", "scoped_call_expression", "nullsafe_member_call_expression"}:
        receiver = node.child_by_field_name("object") or node.child_by_field_name("scope")
        name = node.child_by_field_name("name")
        if receiver is None or name is None:
            break
        found.append((text_of(name), node, short(receiver)))
        node = receiver
    return found[::-1] or [("", node, "")]


def _told(call: Node) -> str:
    """What a `call` or `job` runs, as written."""
    arguments = call.child_by_field_name("arguments")
    told = re.sub(r"\s+", " ", text_of(arguments)) if arguments is not None else ""
    return told.removeprefix("(").removesuffix(")")[:80]


def _when(cron: str, method: str, arguments: list[str]) -> str:
    """The crontab expression after one more method of the chain.

    >>> _when("* * * * *", "dailyAt", ["13:05"]), _when("0 0 * * *", "weekdays", [])
    ('5 13 * * *', '0 0 * * 1-5')
    """
    fields = cron.split(" ")
    if method == "cron" and arguments:
        return arguments[0]
    if method in EVERY:
        new = EVERY[method].split(" ")
        if method == "twiceDaily" and len(arguments) > 1:
            new[1] = ",".join(arguments[:2])
        if method == "everyMinute":
            return " ".join(["*", *fields[1:]])
        # each method sets its own fields and leaves the others as they are
        return " ".join(after if after != "*" else before for before, after in zip(fields, new, strict=True))
    if method in DAYS:
        return " ".join([*fields[:4], DAYS[method]])
    if method.startswith("every") and method.endswith(("Second", "Seconds")):
        return f"{method} (finer than a minute)"
    clock = next((argument for argument in reversed(arguments) if re.fullmatch(r"\d{1,2}(?::\d{1,2})?", argument)), None)
    if method == "hourlyAt" and arguments:
        return " ".join([arguments[0], *fields[1:]])
    if method in {"dailyAt", "at", "weeklyOn", "monthlyOn"}:
        hour, _, minute = (clock or "0:0").partition(":")
        time = [str(int(minute or 0)), str(int(hour))]
        if method in {"dailyAt", "at"}:
            return " ".join([*time, *fields[2:]])
        if method == "weeklyOn" and arguments:
            return " ".join([*time, *fields[2:4], arguments[0]])
        if method == "monthlyOn":
            return " ".join([*time, arguments[0] if arguments else "1", *fields[3:]])
    return cron


def _whenever(files: HostFiles, job: Job, path: str) -> list[Fact]:
    """The entry that wrote this job's line."""
    text = _text(files, path)
    if text is None:
        return []
    program = Program(Notes(text, Location(host=job.host, path=path, line=1)), Context(), ruby.GRAMMAR)
    inner = []
    for node in (node for root in parse(text, ruby.GRAMMAR) for node in nodes(root)):
        if node.type != "call" or short(node.child_by_field_name("method") or node) != "every":
            continue
        arguments, block = node.child_by_field_name("arguments"), node.child_by_field_name("block")
        every = re.sub(r"\s+", " ", short(arguments)) if arguments is not None else ""
        for inside in nodes(block) if block is not None else ():
            seen = program.call(inside) if inside.type == "call" else None
            if seen is not None and seen.name in RUNS and seen.arguments and seen.arguments[0].text in job.command:
                inner.append(_fact(job, path, inside, text, f"every {every}: {seen.name} {seen.arguments[0].text}", "whenever"))
    return inner
