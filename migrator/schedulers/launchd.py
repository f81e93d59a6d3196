"""Jobs of launchd on macOS: property lists that name a calendar or an interval.

Line: `<key>StartCalendarInterval</key><dict><key>Hour</key><integer>2</integer><key>Minute</key><integer>30</integer></dict>`
Source: launchd.plist(5). A key that is left out is any; Day and Weekday together are either, as in crontab(5); several times are
an array. What launchd does where clocks change is not written anywhere: the times are read as systemd.time(7) reads them.
Apple's own jobs (/System/Library) belong to the system and are not read.
"""

import plistlib
import re
import shlex
from collections.abc import Mapping
from xml.parsers.expat import ExpatError

from migrator.errors import ScheduleError
from migrator.model.job import Host, Job, Schedule, Schedules, Secret, Setting
from migrator.model.source import HostFile, HostFiles
from migrator.redact import redact, redact_setting
from migrator.schedule.reading import calendar_of
from migrator.schedulers.crontab_file import Counter, Draft, merged
from migrator.schedulers.identity import job_id, main_program

READS: tuple[str, ...] = (
    "/Library/LaunchDaemons/*.plist",
    "/Library/LaunchAgents/*.plist",
    "/Users/*/Library/LaunchAgents/*.plist",
)
NAME = "launchd"
RANGES = {"Minute": (0, 59), "Hour": (0, 23), "Day": (1, 31), "Weekday": (0, 7), "Month": (1, 12)}
WEEKDAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MOST_TIMES = 500
# plistlib's own errors on damaged files: it promises InvalidFileException only for unknown formats
DAMAGED = (plistlib.InvalidFileException, ExpatError, ValueError, KeyError, IndexError, TypeError, OverflowError, AttributeError,
           RecursionError, AssertionError, MemoryError)  # fmt: skip


def read(files: HostFiles, host: Host) -> Schedules:
    """A job for each list with a calendar, an interval or a start at boot; other lists are services, not jobs."""
    counter = Counter(NAME)
    return merged([_file(files, host, file, counter) for file in files.glob(READS)])


def _file(files: HostFiles, host: Host, file: HostFile, counter: Counter) -> Schedules:
    draft = Draft(host, file.path)
    raw = files.content(file.path)
    if raw is None:
        return draft.done()
    lines = raw.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    try:
        found = plistlib.loads(raw)
        if not isinstance(found, dict):
            raise ValueError("its top is no dictionary")
    except DAMAGED as error:
        why = redact(re.sub(r"\s+", " ", str(error))[:120]).text
        draft.wrong(1, f"is no property list ({why}); launchd does not load it; check it with plutil -lint")
        draft.counts["problem"] = len(lines)
        return draft.done()
    draft.counts["blank"] = sum(1 for line in lines if not line.strip())
    draft.counts["setting"] = len(lines) - draft.counts["blank"]
    at = next((n for n, line in enumerate(lines, 1) if re.search(rb"Start(?:CalendarInterval|Interval)|RunAtLoad", line)), 1)
    schedule = _schedule(draft, host, found, at)
    if schedule is not None and draft.counts["setting"]:
        draft.counts["setting"] -= 1
        draft.counts["job"] = 1
        draft.jobs.append(_job(draft, found, schedule, at, counter))
    return draft.done()


def _schedule(draft: Draft, host: Host, found: Mapping[str, object], at: int) -> Schedule | None:
    """The calendar, else the interval, else the boot; None for a service that launchd keeps alive or starts on demand."""
    zone, stated = host.timezone or "UTC", host.timezone is not None
    times = found.get("StartCalendarInterval")
    entries = times if isinstance(times, list) else [] if times is None else [times]
    expressions: list[str] = []
    for entry in entries[:MOST_TIMES]:
        try:
            expressions += _expressions(entry)
        except ScheduleError as error:
            draft.wrong(at, f"StartCalendarInterval: {error}; launchd does not load it")
    if len(entries) > MOST_TIMES:
        draft.wrong(at, f"StartCalendarInterval has {len(entries):,} times; the first {MOST_TIMES} are read")
    if expressions:
        schedule = Schedule(grammar="on-calendar", expressions=tuple(expressions), timezone=zone, timezone_stated=stated)
        calendar_of(schedule)
        return schedule
    seconds = found.get("StartInterval")
    if isinstance(seconds, int) and not isinstance(seconds, bool) and 0 < seconds < 1e9:
        return Schedule(
            grammar="none",
            expressions=(f"StartInterval={seconds}",),
            timezone=zone,
            timezone_stated=stated,
            trigger="interval",
        )
    if found.get("RunAtLoad") is True and not found.get("KeepAlive") and "Sockets" not in found and not entries:
        return Schedule(grammar="none", expressions=("RunAtLoad",), timezone=zone, timezone_stated=stated, trigger="boot")
    return None


def _expressions(entry: object) -> list[str]:
    """The times of one dictionary as systemd.time(7) writes them.

    >>> _expressions({"Hour": 2, "Minute": 30, "Weekday": 1})
    ['Mon *-*-* 02:30:00']
    >>> _expressions({"Day": 1, "Weekday": 7})
    ['*-*-01 *:*:00', 'Sun *-*-* *:*:00']
    """
    if not isinstance(entry, Mapping):
        raise ScheduleError(f"{type(entry).__name__} where a dictionary of Minute, Hour, Day, Weekday, Month is needed")
    values: dict[str, int] = {}
    for key, value in entry.items():
        low, high = RANGES.get(str(key), (1, 0))
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            allowed = f"{low} to {high}" if low <= high else "not among Minute, Hour, Day, Weekday, Month"
            raise ScheduleError(f"{str(key)[:40]} {str(value)[:40]!r}; {allowed}")
        values[str(key)] = value
    month = f"{values['Month']:02d}" if "Month" in values else "*"
    hour = f"{values['Hour']:02d}" if "Hour" in values else "*"
    minute = f"{values['Minute']:02d}" if "Minute" in values else "*"
    found = []
    if "Day" in values or "Weekday" not in values:
        found.append(
            f"*-{month}-{values['Day']:02d} {hour}:{minute}:00" if "Day" in values else f"*-{month}-* {hour}:{minute}:00"
        )
    if "Weekday" in values:
        found.append(f"{WEEKDAYS[values['Weekday']]} *-{month}-* {hour}:{minute}:00")
    return found


def _job(draft: Draft, found: Mapping[str, object], schedule: Schedule, at: int, counter: Counter) -> Job:
    host, location = draft.host, draft.at(at)
    arguments = found.get("ProgramArguments")
    words = [str(word) for word in arguments] if isinstance(arguments, list) else []
    program = found.get("Program")
    if isinstance(program, str):
        words = [program, *words[1:]]
    redacted = redact(shlex.join(words) + _redirects(found), location)
    settings, secrets = _environment(draft, found, at)
    user = _user(draft.path, found)
    home = next((known.home for known in host.users or () if known.name == user), None)
    folder = found.get("WorkingDirectory")
    limit, mask = found.get("TimeOut"), found.get("Umask")
    label = redact(str(found.get("Label", ""))[:200]).text
    return Job(
        id=job_id(host.name, user, redacted.text or label, counter.next(user, redacted.text or label)),
        host=host.name,
        name=label[:80] or main_program(redacted.text) or "job",
        location=location,
        scheduler=NAME,
        schedule=schedule,
        user=user,
        command=redacted.text,
        logged_as=label,
        environment=settings,
        working_directory=folder if isinstance(folder, str) else home or "/",
        mail_to="",  # launchd mails nobody
        umask=mask if isinstance(mask, int) and 0 <= mask <= 0o7777 else None,
        timeout_s=float(limit) if isinstance(limit, int) and limit > 0 else None,
        enabled=found.get("Disabled") is not True,
        secrets=tuple(dict.fromkeys([*redacted.secrets, *secrets])),
    )


def _redirects(found: Mapping[str, object]) -> str:
    """Where launchd sends what the program prints: it appends."""
    parts = []
    for key, sign in (("StandardInPath", "<"), ("StandardOutPath", ">>"), ("StandardErrorPath", "2>>")):
        path = found.get(key)
        if isinstance(path, str) and path:
            parts.append(f" {sign} {shlex.quote(path)}")
    return "".join(parts)


def _environment(draft: Draft, found: Mapping[str, object], at: int) -> tuple[tuple[Setting, ...], list[Secret]]:
    values = found.get("EnvironmentVariables")
    settings: list[Setting] = []
    secrets: list[Secret] = []
    for name, value in values.items() if isinstance(values, Mapping) else ():
        redacted = redact_setting(str(name), str(value), draft.at(at))
        settings.append(Setting(name=str(name), value=redacted.text, location=draft.at(at)))
        secrets += redacted.secrets
    return tuple(settings), secrets


def _user(path: str, found: Mapping[str, object]) -> str | None:
    """Who runs it; None for /Library/LaunchAgents, which run for whoever is logged in."""
    if match := re.match(r"/Users/([^/]+)/", path):
        return match[1]
    named = found.get("UserName")
    return None if "/LaunchAgents/" in path else named if isinstance(named, str) else "root"
