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
FILES = (
    "celeryconfig.py", "celery.py", "celery_app.py", "settings.py", "tasks.py", "config.py", "worker.py", "celery_config.py",
    "celeryapp.py", "beat.py", "base.py", "common.py", "production.py", "prod.py",
)  # fmt: skip
READS: tuple[str, ...] = tuple(
    f"{folder}/{deep}{name}"
    for folder in ("/srv/*", "/opt/*", "/var/www/*", "/home/*", "/usr/local/*", "/app")
    for deep in ("", "*/", "*/*/")
    for name in FILES
)
NAME = "celery_beat"
ZONES = ("CELERY_TIMEZONE", "timezone", "TIME_ZONE")  # of those that are stated the first counts: Celery's own before Django's
IN_UTC = frozenset({"enable_utc", "CELERY_ENABLE_UTC"})
BY_CALL = ("add_periodic_task(", "periodic_task(")  # schedules that are set by a call or a decorator, whose task is no text
COMPUTED = "?"  # in the place of a zone that is no literal
DJANGOS = re.compile(r"DJANGO_SETTINGS_MODULE[\"']\s*,\s*[\"']([\w.]{1,200})[\"']")
FIELDS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
MOST_BYTES = 1 << 20
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
    if raw is None or not any(name.encode() in raw for name in (*NAMES, *BY_CALL)):
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
    stated = _stated(tree)
    for name, value in stated:
        if name in NAMES:
            _entries(value, location, entries, problems)
    problems += _by_call(tree, location)
    clock = _clock(files, host, file.path, text, stated)
    if entries and not clock.stated:
        message = (
            "Celery's timezone is computed, or in a file that is not read here; "
            f"its schedules are taken as {clock.zone}; look at when they start"
        )
        problems.append(Problem(location=location, message=message))
    app = _app(files, file.path, text)
    jobs = [_job(files, host, file.path, entry, clock, app, counter, problems) for entry in entries]
    return Schedules(jobs=tuple(job for job in jobs if job is not None), problems=tuple(problems))


class Clock(NamedTuple):
    """The zone that beat goes by, and whether the tree says so."""

    zone: str
    stated: bool


def _stated(tree: ast.Module) -> list[tuple[str, ast.expr]]:
    """Names with what is assigned to them: `app.conf.x = ..`, `x = ..`, `app.conf.update(x=..)`, `{"beat_schedule": ..}`."""
    found: list[tuple[str, ast.expr]] = []
    names = {*NAMES, *ZONES, *IN_UTC}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):  # conf["beat_schedule"] = ..
                    found.append((str(target.slice.value), node.value))
                    if _name(target.value) in NAMES:  # beat_schedule["nightly"] = {..}
                        found.append(
                            (_name(target.value), ast.Dict(keys=[target.slice], values=[node.value], lineno=node.lineno))
                        )
                found.append((_name(target), node.value))
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func) if isinstance(node.func, ast.Attribute | ast.Name) else ""
            is_conf = called.endswith(("conf.update", "Celery", "config.update", "add_defaults")) or called == "dict"
            if called.endswith(".update") and _name(getattr(node.func, "value", None)) in NAMES and node.args:
                found.append((_name(getattr(node.func, "value", None)), node.args[0]))
            found += [(word.arg, word.value) for word in node.keywords if word.arg in NAMES or (word.arg in names and is_conf)]
        elif isinstance(node, ast.Dict):
            found += [
                (key.value, value)
                for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value in names
            ]
    return [(name, value) for name, value in found if name in names]


def _by_call(tree: ast.Module, location: Location) -> list[Problem]:
    """What is scheduled by a call: its time as it is written, its task's name is known to Celery alone."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in {"add_periodic_task", "periodic_task"}:
            told = redact(ast.unparse(node)[:120]).text
            message = f"schedules a task of Celery by a call ({told}); it is not read; list it by hand"
            found.append(Problem(location=_at(location, node.lineno), message=message))
    return found[:50]


def _name(node: ast.expr | None) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _zone_stated(stated: list[tuple[str, ast.expr]]) -> str | None:
    """The zone that these assignments say; `COMPUTED` where it is no literal, or several; None where they say none.

    Source: celery.app.utils.Settings.timezone: Celery's own, else Django's TIME_ZONE."""
    of: dict[str, set[str]] = {}
    for name, value in stated:
        if name in ZONES and not (isinstance(value, ast.Constant) and value.value is None):
            of.setdefault(name, set()).add(
                value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ast.unparse(value)
            )
    for name in ZONES:
        values = {
            one
            for value in of.get(name, ())
            for one in (of.get("TIME_ZONE", {value}) if value.endswith("TIME_ZONE") else {value})
        }
        if values:
            (first, *others) = values
            return COMPUTED if others or not re.fullmatch(r"[A-Za-z][\w/+-]*", first) else first
    return None


def _clock(files: HostFiles, host: Host, path: str, text: str, stated: list[tuple[str, ast.expr]]) -> Clock:
    """What the file says, else the settings that it loads, else Celery's own default: UTC, or the server's (enable_utc off)."""
    said = _zone_stated(stated)
    loads = "config_from_object" in text or "TIME_ZONE" in text
    if (said is None and "config_from_object" in text) or (said == COMPUTED and "settings" in text):
        module = DJANGOS.search(text)
        other = next((one for one in _beside(files, path, module[1] if module else "celeryconfig")), None)
        if other is not None:
            stated = [*stated, *_stated(other)] if said is None else _stated(other)
            said, loads = _zone_stated(stated), False
    if said is not None and said != COMPUTED:
        return Clock(said, True)
    in_utc = {getattr(value, "value", COMPUTED) for name, value in stated if name in IN_UTC}
    if said is None and in_utc == {False}:
        return Clock(host.timezone or "UTC", host.timezone is not None)
    return Clock("UTC", said is None and not loads and not in_utc - {True})


def _beside(files: HostFiles, path: str, module: str) -> list[ast.Module]:
    """The program of a module, as seen from a file of the same application; of a package of settings its common part, too."""
    folder = path.rpartition("/")[0]
    place = module.replace(".", "/")
    found: list[ast.Module] = []
    for root in (folder, folder.rpartition("/")[0], folder.rpartition("/")[0].rpartition("/")[0]):
        names = (
            f"{place}.py",
            f"{place}/__init__.py",
            f"{place.rpartition('/')[0]}/base.py",
            f"{place.rpartition('/')[0]}/common.py",
        )
        for name in names:
            raw = files.content(f"{root}/{name}") if files.stat(f"{root}/{name}") is not None else None
            if raw is not None and len(raw) < MOST_BYTES:
                try:
                    found.append(ast.parse(escape_bytes(raw)[0]))
                except (SyntaxError, ValueError, RecursionError, MemoryError):
                    continue
        if found:
            # what a more special file says comes first; where it says no zone, the common part may
            return sorted(found, key=lambda tree: _zone_stated(_stated(tree)) is None)
    return []


def _app(files: HostFiles, path: str, text: str) -> str | None:
    """What `celery -A` takes: the package of a celery.py, or the module that makes the application; None where neither is."""
    folder, _, name = path.rpartition("/")
    if "Celery(" in text:
        return folder.rpartition("/")[2] if name == "celery.py" else name.removesuffix(".py")
    return folder.rpartition("/")[2] if files.exists(f"{folder}/celery.py") else None


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
    files: HostFiles,
    host: Host,
    path: str,
    entry: Entry,
    clock: Clock,
    app: str | None,
    counter: Counter,
    problems: list[Problem],
) -> Job | None:
    location = Location(host=host.name, path=path, line=entry.line)
    zone_name, is_stated = clock
    try:
        zone(zone_name)
    except ScheduleError as error:
        problems.append(Problem(location=location, message=f"Celery's timezone: {error}"))
        zone_name, is_stated = "UTC", False
    if entry.expression is not None:
        schedule = Schedule(grammar="supercronic", expressions=(entry.expression,), timezone=zone_name, timezone_stated=is_stated)
        try:
            calendar_of(schedule)
        except ScheduleError as error:
            problems.append(Problem(location=location, message=redact(f"an entry of Celery's schedule: {error}").text))
            return None
    else:
        schedule = Schedule(grammar="none", expressions=(f"every {entry.every_s:g} s",), timezone=zone_name, trigger="interval")
    service = _service(files)
    app = service.app or app or entry.task.split(".")[0]
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
    app: str | None


def _service(files: HostFiles) -> Service:
    """The first unit whose ExecStart runs celery's beat."""
    for file in files.glob(("/etc/systemd/system/*.service", "/lib/systemd/system/*celery*.service")):
        text = (files.content(file.path) or b"").decode("utf-8", "replace")
        if re.search(r"(?m)^ExecStart=.*celery\b.*(?:\bbeat\b|\s-B\b|--beat\b)", text):
            user = re.search(r"(?m)^User=(\S+)", text)
            folder = re.search(r"(?m)^WorkingDirectory=(/\S+)", text)
            app = re.search(r"(?m)^ExecStart=.*\bcelery\b.*\s(?:-A|--app)[ =]?([\w.:]{1,200})", text)
            return Service(file.path, user[1] if user else "root", folder[1] if folder else None, app[1] if app else None)
    return Service(None, None, None, None)
