"""What Sidekiq enqueues by the clock: sidekiq-cron's schedule.yml, and the schedule of sidekiq-scheduler in sidekiq.yml.

Line: `nightly_report: {cron: "30 2 * * *", class: "ReportWorker", queue: low, args: [1]}`
Source: github.com/sidekiq-cron/sidekiq-cron (config/schedule.yml, active_job, status),
github.com/sidekiq-scheduler/sidekiq-scheduler (`:scheduler: :schedule:`, every, enabled).
fugit reads the time, which may name its zone at the end. A job's command hands the class to Redis as Sidekiq does. Schedules that
code loads, or that Redis alone holds, are not seen.
"""

import importlib
import json
import re
import shlex
from typing import Any

from migrator.errors import ScheduleError
from migrator.model.job import Host, Job, Schedule, Schedules
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.redact import escape_bytes, redact
from migrator.schedule.reading import calendar_of
from migrator.schedulers.crontab_file import Counter, merged
from migrator.schedulers.identity import job_id

FILES = ("config/schedule.yml", "config/sidekiq_cron.yml", "config/sidekiq.yml", "config/sidekiq_schedule.yml")
READS: tuple[str, ...] = tuple(
    f"{folder}/{deep}{name}"
    for folder in ("/srv/*", "/opt/*", "/var/www/*", "/home/*")
    for deep in ("", "current/", "*/current/")
    for name in FILES
) + tuple(f"/app/{name}" for name in FILES)
NAME = "sidekiq_cron"
FIELDS = re.compile(r"((?:[\d*][\d*,/-]*[ \t]+){3}[\w*][\w*,/-]*[ \t]+[\w*][\w*,/-]*)(?:[ \t]+(\w+(?:/\w+)+|UTC|Z))?")
MARK = re.compile(rb"(?m)^[ \t]*[\"':]{0,2}(?:cron|every)[\"']?[ \t]*:|[{,][ \t]*[\"':]{0,2}(?:cron|every)[\"']?[ \t]*:")
ERB = re.compile(rb"<%")
MOST_BYTES = 1 << 20


def read(files: HostFiles, host: Host) -> Schedules:
    """A job for each entry with a class and a time that is written in five fields; each other entry is a Problem."""
    counter = Counter(NAME)
    return merged([found for file in files.glob(READS) if (found := _file(files, host, file, counter)) is not None])


def _file(files: HostFiles, host: Host, file: HostFile, counter: Counter) -> Schedules | None:
    raw = files.content(file.path) if file.size <= MOST_BYTES else None
    if raw is None or not MARK.search(raw):
        return None
    text, _ = escape_bytes(raw)
    where = Location(host=host.name, path=file.path)
    if ERB.search(raw):
        message = "holds Ruby code (ERB) that says what Sidekiq's schedule is; it is not run; list its entries by hand"
        return Schedules(problems=(Problem(location=where, message=message),))
    try:
        entries = _entries(_yaml().only(text))
    except _yaml().WRONG as error:
        said = re.sub(r"\s+", " ", redact(str(error)).text)[:160]
        message = f"is no YAML that can be read ({said}); Sidekiq would not load its schedule; correct it"
        return Schedules(problems=(Problem(location=where, message=message),))
    jobs: list[Job] = []
    problems: list[Problem] = []
    lines = text.split("\n")
    for name, entry in entries:
        place = Location(host=host.name, path=file.path, line=_line(lines, name))
        job = _job(host, place, name, entry, counter)
        if isinstance(job, Job):
            jobs.append(job)
        else:
            problems.append(Problem(location=place, message=redact(job).text))
    return Schedules(jobs=tuple(jobs), problems=tuple(problems))


def _entries(document: Any) -> list[tuple[str, dict[str, Any]]]:
    """(name, entry): of sidekiq-cron's map or list, or of sidekiq-scheduler's `:schedule:`."""
    if isinstance(document, list):
        return [(str(entry.get("name", "")), entry) for entry in document if isinstance(entry, dict)]
    if not isinstance(document, dict):
        return []
    plain = {str(key).lstrip(":"): value for key, value in document.items()}
    inner = plain.get("scheduler")
    if isinstance(inner, dict):
        plain = {str(key).lstrip(":"): value for key, value in inner.items()}
    schedule = plain.get("schedule")
    found = schedule if isinstance(schedule, dict) else document
    return [
        (str(name), entry)
        for name, entry in found.items()
        if isinstance(entry, dict) and {str(k).lstrip(":") for k in entry} & {"cron", "every"}
    ]


def _line(lines: list[str], name: str) -> int:
    written = re.compile(rf"""^\s*(?:-\s*)?(?:name:\s*)?:?["']?{re.escape(name)}["']?\s*(?::|$)""")
    return next((number for number, line in enumerate(lines, 1) if written.match(line)), 1)


def _job(host: Host, location: Location, name: str, raw: dict[str, Any], counter: Counter) -> Job | str:
    """The job, or why there is none."""
    entry = {str(key).lstrip(":"): value for key, value in raw.items()}
    worker, said = (
        entry.get("class") or entry.get("klass") or (name if "cron" in entry and "::" in name else None),
        entry.get("cron"),
    )
    if isinstance(said, list) and said:
        said = said[0]
    if not isinstance(worker, str) or not re.fullmatch(r"[A-Z]\w*(?:::[A-Z]\w*)*", worker):
        return f"entry {name[:40]!r} of Sidekiq's schedule names no class; list it by hand"
    fields = FIELDS.fullmatch(said.strip()) if isinstance(said, str) else None
    if fields is None:
        written = str(said or entry.get("every"))[:40]
        return f"entry {name[:40]!r} of Sidekiq's schedule: {written!r} is not five fields of a crontab; list it by hand"
    expression = " ".join(fields[1].split())
    if expression.split()[2] != "*" and expression.split()[4] != "*":
        return f"entry {name[:40]!r} of Sidekiq's schedule names two kinds of days ({expression}); list it by hand"
    zone = {None: host.timezone or "UTC", "Z": "UTC"}.get(fields[2], fields[2]) or "UTC"
    stated = fields[2] is not None or host.timezone is not None
    schedule = Schedule(grammar="supercronic", expressions=(expression,), timezone=zone, timezone_stated=stated)
    try:
        calendar_of(schedule)
    except ScheduleError as error:
        return f"entry {name[:40]!r} of Sidekiq's schedule: {error}"
    values = entry.get("args", entry.get("arguments", []))
    arguments = ", ".join(
        json.dumps(value, ensure_ascii=False, default=str) for value in (values if isinstance(values, list) else [values])
    )
    call = "perform_later" if entry.get("active_job") else "perform_async"
    command = redact(shlex.join(["bundle", "exec", "rails", "runner", f"{worker}.{call}({arguments})"]), location)
    return Job(
        id=job_id(host.name, None, command.text, counter.next(None, command.text)),
        host=host.name,
        name=redact(name).text[:80] or worker,
        location=location,
        scheduler=NAME,
        schedule=schedule,
        user=None,
        command=command.text,
        logged_as=name,
        working_directory=location.path.partition("/config/")[0],
        mail_to="",
        enabled=entry.get("status", "enabled") != "disabled" and entry.get("enabled", True) is not False,
        comment="Sidekiq itself enqueues it; it runs only while a Sidekiq process does",
        secrets=command.secrets,
    )


def _yaml() -> Any:
    # only here: most servers have no such file
    return importlib.import_module("migrator.yaml_documents")
