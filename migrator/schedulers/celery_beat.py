"""What Celery's beat starts: the schedules in the dictionaries of a Python application, read without running it.

Line: `beat_schedule = {"nightly": {"task": "shop.tasks.report", "schedule": crontab(hour=2, minute=30), "args": (1,)}}`
Source: docs.celeryq.dev, "Periodic Tasks" (beat_schedule, CELERYBEAT_SCHEDULE, crontab, timezone). A job's command hands the task
to the broker as beat does. Schedules that code computes, or that a database holds, are not seen.
"""

import ast
import json
import re
import shlex
from typing import NamedTuple

from migrator.errors import ScheduleError
from migrator.model.job import Host, Job, Schedule, Schedules
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.redact import escape_bytes, redact
from migrator.schedule.reading import calendar_of
from migrator.schedule.zones import zone
from migrator.schedulers.crontab_file import Counter, merged
from migrator.schedulers.identity import job_id

NAMES = frozenset({"beat_schedule", "CELERYBEAT_SCHEDULE", "CELERY_BEAT_SCHEDULE"})
FILES = ("celeryconfig.py", "celery.py", "celery_app.py", "settings.py", "tasks.py", "config.py", "worker.py")
READS: tuple[str, ...] = tuple(
    f"{folder}/{deep}{name}"
    for folder in ("/srv/*", "/opt/*", "/var/www/*", "/home/*", "/usr/local/*", "/app")
    for deep in ("", "*/", "*/*/")
    for name in FILES
)
NAME = "celery_beat"
ZONES = frozenset({"timezone", "CELERY_TIMEZONE"})
FIELDS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
SPANS_S = {"days": 86400, "hours": 3600, "minutes": 60, "seconds": 1, "weeks": 604800}


class Entry(NamedTuple):
    """One entry of the dictionary."""

    name: str
    task: str
    expression: str | None  # crontab(5); None for an interval
    every_s: float | None
    extra: tuple[str, ...]  # what the task is called with, as options of `celery call`
    line: int


def read(files: HostFiles, host: Host) -> Schedules:
    """A job for each entry whose task and schedule are literals; each other entry is a Problem."""
    counter = Counter(NAME)
    return merged([found for file in files.glob(READS) if (found := _file(files, host, file, counter)) is not None])


def _file(files: HostFiles, host: Host, file: HostFile, counter: Counter) -> Schedules | None:
    raw = files.content(file.path)
    if raw is None or not any(name.encode() in raw for name in NAMES):
        return None
    text, _ = escape_bytes(raw)
    location = Location(host=host.name, path=file.path)
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        message = "holds a schedule of Celery, but is no Python 3 program; its entries are not read; list them by hand"
        return Schedules(problems=(Problem(location=location, message=message),))
    entries: list[Entry] = []
    problems: list[Problem] = []
    timezone = None
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = {target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "") for target in targets}
        if names & ZONES and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            timezone = node.value.value
        if names & NAMES:
            _entries(node.value, location, entries, problems)
    jobs = [_job(files, host, file.path, entry, timezone, counter, problems) for entry in entries]
    return Schedules(jobs=tuple(job for job in jobs if job is not None), problems=tuple(problems))


def _entries(value: ast.expr, location: Location, entries: list[Entry], problems: list[Problem]) -> None:
    if not isinstance(value, ast.Dict):
        message = "Celery's schedule is computed, not written as a dictionary; its entries are not seen; list them by hand"
        problems.append(Problem(location=_at(location, value.lineno), message=message))
        return
    for key, item in zip(value.keys, value.values, strict=True):
        fields = (
            {str(part.value): of for part, of in zip(item.keys, item.values, strict=True) if isinstance(part, ast.Constant)}
            if isinstance(item, ast.Dict)
            else {}
        )
        task, schedule = fields.get("task"), fields.get("schedule")
        expression, every_s = _when(schedule)
        if not (isinstance(task, ast.Constant) and isinstance(task.value, str)) or (expression is None and every_s is None):
            message = "an entry of Celery's schedule whose task or time is computed, or names two kinds of days; list it by hand"
            problems.append(Problem(location=_at(location, item.lineno), message=message))
            continue
        name = str(key.value) if isinstance(key, ast.Constant) else task.value
        line = key.lineno if key is not None else item.lineno
        entries.append(Entry(name, task.value, expression, every_s, _extra(fields), line))


def _extra(fields: dict[str, ast.expr]) -> tuple[str, ...]:
    found: list[str] = []
    for name in ("args", "kwargs"):
        if name in fields:
            try:
                found.append(f"--{name}={json.dumps(ast.literal_eval(fields[name]))}")
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                found.append(f"--{name}=$COMPUTED")
    return tuple(found)


def _when(node: ast.expr | None) -> tuple[str | None, float | None]:
    """A crontab expression or seconds; neither where it is computed.

    >>> _when(ast.parse("crontab(minute=0, hour='*/3')", mode="eval").body)
    ('0 */3 * * *', None)
    >>> _when(ast.parse("timedelta(minutes=5)", mode="eval").body)
    (None, 300.0)
    """
    number = _number(node)
    if number is not None:
        return None, number if number > 0 else None
    if not isinstance(node, ast.Call):
        return None, None
    called = ast.unparse(node.func).rpartition(".")[2]
    if called == "crontab":
        if len(node.args) > 2:  # from the third on, the order of arguments changed between Celery's releases
            return None, None
        fields = dict.fromkeys(FIELDS, "*")
        for name, value in (*zip(FIELDS, node.args, strict=False), *((word.arg or "", word.value) for word in node.keywords)):
            if not isinstance(value, ast.Constant) or name not in fields:
                return None, None
            fields[name] = str(value.value).replace(" ", "")
        if fields["day_of_month"] != "*" and fields["day_of_week"] != "*":  # Celery wants both, crontab(5) takes either
            return None, None
        return " ".join(fields[name] for name in FIELDS), None
    if called == "timedelta":
        total = 0.0
        for name, value in (*zip(("days", "seconds"), node.args, strict=False), *((w.arg or "", w.value) for w in node.keywords)):
            amount = _number(value)
            if amount is None or name not in SPANS_S:
                return None, None
            total += amount * SPANS_S[name]
        return None, total if total > 0 else None
    if called == "schedule" and (node.args or node.keywords):
        return _when(node.args[0] if node.args else node.keywords[0].value)
    return None, None


def _number(node: ast.expr | None) -> float | None:
    """A number, also as a product of numbers (`60 * 60`)."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        left, right = _number(node.left), _number(node.right)
        return left * right if left is not None and right is not None and abs(left * right) < 1e12 else None
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return float(node.value) if abs(node.value) < 1e12 else None
    return None


def _at(location: Location, line: int) -> Location:
    return Location(host=location.host, path=location.path, line=line)


def _job(
    files: HostFiles, host: Host, path: str, entry: Entry, timezone: str | None, counter: Counter, problems: list[Problem]
) -> Job | None:
    location = Location(host=host.name, path=path, line=entry.line)
    zone_name = timezone or "UTC"  # Celery's own default, whatever the server's zone is
    try:
        zone(zone_name)
    except ScheduleError as error:
        problems.append(Problem(location=location, message=f"Celery's timezone: {error}"))
        zone_name = "UTC"
    if entry.expression is not None:
        schedule = Schedule(grammar="supercronic", expressions=(entry.expression,), timezone=zone_name)
        try:
            calendar_of(schedule)
        except ScheduleError as error:
            problems.append(Problem(location=location, message=redact(f"an entry of Celery's schedule: {error}").text))
            return None
    else:
        schedule = Schedule(grammar="none", expressions=(f"every {entry.every_s:g} s",), timezone=zone_name, trigger="interval")
    app = entry.task.split(".")[0]
    service = _service(files)
    command = redact(shlex.join(["celery", "-A", app, "call", entry.task, *entry.extra]), location)
    return Job(
        id=job_id(host.name, service.user, command.text, counter.next(service.user, command.text)),
        host=host.name,
        name=redact(entry.name).text[:80] or entry.task,
        location=location,
        scheduler=NAME,
        schedule=schedule,
        user=service.user,
        command=command.text,
        logged_as=entry.name,
        working_directory=service.folder or path.rpartition("/")[0],
        mail_to="",
        comment=None if service.unit else "no unit that starts celery beat is in this tree; whether it runs is not known",
        secrets=command.secrets,
    )


class Service(NamedTuple):
    """The unit that starts beat."""

    unit: str | None
    user: str | None
    folder: str | None


def _service(files: HostFiles) -> Service:
    """The first unit whose ExecStart runs celery's beat."""
    for file in files.glob(("/etc/systemd/system/*.service", "/lib/systemd/system/*celery*.service")):
        text = (files.content(file.path) or b"").decode("utf-8", "replace")
        if re.search(r"(?m)^ExecStart=.*celery\b.*(?:\bbeat\b|\s-B\b|--beat\b)", text):
            user = re.search(r"(?m)^User=(\S+)", text)
            folder = re.search(r"(?m)^WorkingDirectory=(/\S+)", text)
            return Service(file.path, user[1] if user else "root", folder[1] if folder else None)
    return Service(None, None, None)
