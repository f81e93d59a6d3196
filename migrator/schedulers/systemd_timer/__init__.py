"""systemd timers with the services they start.

Line: `OnCalendar=*-*-* 00,12:00:00`
Source: systemd.timer(5), systemd.service(5), systemd.unit(5) (drop-ins, templates, masking, enabling)
"""

import re
from typing import NamedTuple

from migrator.errors import ScheduleError
from migrator.model.job import Accounting, Host, Job, Schedule, Schedules, Setting
from migrator.model.source import HostFiles, Location, Problem
from migrator.redact import redact
from migrator.schedule import on_calendar
from migrator.schedulers import given_variables
from migrator.schedulers.identity import job_id
from migrator.schedulers.systemd_timer.service import (
    Manager,
    cpu_quota,
    environment_of,
    expanded,
    memory_max_mib,
    process_of,
    redacted_command,
    seconds,
    unknown_specifiers,
)
from migrator.schedulers.systemd_timer.unit_file import SYSTEM_FOLDERS, USER_FOLDERS, Lines, Unit, account, find, load

LINGER = "/var/lib/systemd/linger"
READS: tuple[str, ...] = (
    *(
        f"{folder}/{pattern}"
        for folder in (*SYSTEM_FOLDERS, *USER_FOLDERS, "/home/*/.config/systemd/user", "/root/.config/systemd/user")
        for pattern in (
            "*.timer",
            "*.timer.d/*.conf",
            "*.service",
            "*.service.d/*.conf",
            "*.target",
            "*.target.d/*.conf",
            "*.wants/*",
        )
    ),
    f"{LINGER}/*",
    *given_variables.LOCALES,
)
NAME = "systemd_timer"
WANTS = re.compile(rb"^[ \t]*(?:Wants|Requires|Requisite|BindsTo|Upholds)[ \t]*=(.*\.timer.*)$", re.MULTILINE)
NAMES = re.compile(r"[A-Za-z0-9:_.\\@-]{1,250}\.(?:service|socket|target|mount|automount|path|swap|device|slice|scope)")
ONCE = ("OnBootSec", "OnStartupSec", "OnActiveSec")
REPEATING = {"OnUnitActiveSec": "interval", "OnUnitInactiveSec": "after-last-run"}


class Scope(NamedTuple):
    """One manager: where its units are, whose they are by default, and which variables it gives each service."""

    folders: tuple[str, ...]
    user: str | None
    home: str
    given: tuple[Setting, ...]


def read(files: HostFiles, host: Host) -> Schedules:
    """A job for each timer (each instance of a template); switched off if it is not enabled or masked."""
    jobs: list[Job] = []
    problems: dict[Problem, None] = {}
    accounting: dict[str, Accounting] = {}
    for scope in _scopes(files, host, given_variables.locale(files, host)):
        aliases = _aliases(files, scope.folders)
        wanted = _wanted(files, scope.folders)
        if wanted is not None:
            wanted |= _pulled_in(files, scope.folders, wanted)
            wanted |= {real for alias, real in aliases.items() if alias in wanted}
        for name in _timers(files, scope.folders, wanted):
            if name in aliases:
                continue
            _timer(files, host, scope, name, wanted, jobs, problems, accounting)
        if scope.folders != SYSTEM_FOLDERS and files.exists("/var/lib/systemd") and not files.exists(f"{LINGER}/{scope.user}"):
            problems |= dict.fromkeys(_unlingering(host, scope, jobs))
    return Schedules(
        jobs=tuple(jobs), problems=tuple(problems), accounting=tuple(accounting[path] for path in sorted(accounting))
    )


def _unlingering(host: Host, scope: Scope, jobs: list[Job]) -> list[Problem]:
    """Timers of a user whose manager ends with the last session: loginctl(1), enable-linger."""
    message = (
        f"fires only while {scope.user} is logged in: {LINGER}/{scope.user} is not there; "
        f"`loginctl enable-linger {scope.user}` would keep it firing"
    )
    return [
        Problem(location=Location(host=host.name, path=job.location.path), message=message, kind="ignored-by-daemon")
        for job in jobs
        if job.enabled and job.user == scope.user and job.location.path.startswith(f"{scope.home}/.config/systemd/user/")
    ]


def _scopes(files: HostFiles, host: Host, given: tuple[Setting, ...]) -> list[Scope]:
    scopes = [Scope(SYSTEM_FOLDERS, "root", "/", given)]
    homes = {"/root": "root", **{f"/home/{name}": name for name in files.entries("/home")}}
    homes |= {user.home.rstrip("/"): user.name for user in host.users or () if len(user.home) > 1}
    for home, user in homes.items():
        own = f"{home}/.config/systemd/user"
        if files.exists(own):
            scopes.append(Scope((own, *USER_FOLDERS), user, home, given))
    return scopes


def _wanted(files: HostFiles, folders: tuple[str, ...]) -> set[str] | None:
    """Names that a .wants or .requires folder starts; None if the tree has no such folder (then nothing is known)."""
    found: set[str] = set()
    seen = False
    for folder in folders:
        for entry in files.entries(folder):
            if entry.endswith((".wants", ".requires")):
                seen = True
                found.update(files.entries(f"{folder}/{entry}"))
    return found if seen else None


def _pulled_in(files: HostFiles, folders: tuple[str, ...], wanted: set[str]) -> set[str]:
    """Timers that another unit starts by a `Wants=` or `Requires=` of its own: a target, or a service that is itself wanted."""
    found: set[str] = set()
    for folder in folders:
        for entry in files.entries(folder):
            name = entry.removesuffix(".d")
            if not name.endswith((".target", ".service")) or not (name.endswith(".target") or name in wanted):
                continue
            paths = (
                [f"{folder}/{entry}/{one}" for one in files.entries(f"{folder}/{entry}")]
                if name != entry
                else [f"{folder}/{entry}"]
            )
            for path in paths:
                for match in WANTS.finditer(files.content(path) or b""):
                    found.update(word for word in match[1].decode("utf-8", "replace").split() if word.endswith(".timer"))
    return found


def _aliases(files: HostFiles, folders: tuple[str, ...]) -> dict[str, str]:
    """Second names of timers (Alias=): links to a unit of another name, which systemd reads as that unit."""
    found: dict[str, str] = {}
    for folder in folders:
        for name in files.entries(folder):
            if name.endswith(".timer") and (target := files.link(f"{folder}/{name}")):
                real = target.rpartition("/")[2]
                if real.endswith(".timer") and real not in {name, f"{name.partition('@')[0]}@.timer"}:
                    found[name] = real
    return found


def _timers(files: HostFiles, folders: tuple[str, ...], wanted: set[str] | None) -> list[str]:
    names = {name for folder in folders for name in files.entries(folder) if name.endswith(".timer")}
    instances = {name for name in wanted or () if name.endswith(".timer") and "@" in name and not name.endswith("@.timer")}
    used = {name.split("@")[0] + "@.timer" for name in instances}
    return sorted((names - used) | instances)


def _path_of(files: HostFiles, name: str, folders: tuple[str, ...]) -> str | None:
    stem, _, rest = name.partition("@")
    path = find(files, name, folders)
    return path or (find(files, f"{stem}@.{rest.rpartition('.')[2]}", folders) if rest else None)


def _timer(
    files: HostFiles,
    host: Host,
    scope: Scope,
    name: str,
    wanted: set[str] | None,
    jobs: list[Job],
    problems: dict[Problem, None],
    accounting: dict[str, Accounting],
) -> None:
    path = _path_of(files, name, scope.folders)
    if path is None:
        return  # masked, or a link to nothing
    timer, read_files = load(files, host, name, path, scope.folders)
    schedule, at = _schedule(timer, host, problems)
    if at is None:
        problems[
            Problem(location=Location(host=host.name, path=path), message="no On... line: this timer never starts anything")
        ] = None
        _account(host, read_files, None, accounting, problems)
        return
    _account(host, read_files, at, accounting, problems)
    is_systems = scope.folders == SYSTEM_FOLDERS
    home = "/root" if is_systems else scope.home
    uid = next((user.uid for user in host.users or () if user.name == scope.user), None)
    manager = Manager(user=scope.user or "root", home=home, host=host.name, is_systems=is_systems, uid=uid)
    service_name = _started(expanded(timer, manager), problems) or name.removesuffix(".timer") + ".service"
    service_path = _path_of(files, service_name, scope.folders)
    service, service_files = (
        load(files, host, service_name, service_path, scope.folders)
        if service_path
        else (Unit(service_name, "", {}, (), False), {})
    )
    _account(host, service_files, None, accounting, problems)
    whole, service = service, expanded(service, manager)
    problems |= dict.fromkeys(unknown_specifiers(service, whole))
    ignored = None
    if not service_path:
        ignored = f"its unit {service_name} is not in this tree or is masked"
        message = f"{ignored}; the timer starts nothing that is known; add the unit or disable the timer"
        problems[Problem(location=at, message=message, kind="missing")] = None
    if name.endswith("@.timer"):
        ignored = "it is a template without an instance"
    jobs.append(_job(files, host, scope, timer, service, schedule, at, wanted, ignored, problems))


def _started(timer: Unit, problems: dict[Problem, None]) -> str | None:
    """What Unit= names; None where it is not there or no unit's name, which systemd then ignores (also a comment behind it)."""
    found = None
    for value in timer.all("Timer", "Unit"):
        if NAMES.fullmatch(value.text):
            found = value.text
        else:
            message = (
                f"{redact(value.text[:80]).text!r} is no name of a unit; systemd ignores this line, "
                "and starts the service of the timer's own name"
            )
            problems[Problem(location=value.location, message=message)] = None
    return found


def _account(
    host: Host,
    read_files: dict[str, Lines],
    job_at: Location | None,
    accounting: dict[str, Accounting],
    problems: dict[Problem, None],
) -> None:
    for path, lines in read_files.items():
        counts = dict(lines.counts)
        if job_at is not None and job_at.path == path:
            counts["setting"] -= 1
            counts["job"] += 1
        accounting.setdefault(path, account(host, path, counts))
        problems.update(dict.fromkeys(lines.problems))


def _schedule(timer: Unit, host: Host, problems: dict[Problem, None]) -> tuple[Schedule, Location | None]:
    """The schedule, and the line that it stands on; None if the timer has no valid On... line."""
    zone = host.timezone or "UTC"
    good = []
    for value in timer.all("Timer", "OnCalendar"):
        try:
            on_calendar.read((value.text,), zone)
            good.append(value)
        except ScheduleError as error:
            problems[Problem(location=value.location, message=redact(f"{error}; systemd ignores this line").text)] = None
    delay = seconds(timer.last("Timer", "RandomizedDelaySec") or "")
    stated = host.timezone is not None
    if good:
        expressions = tuple(value.text for value in good)
        schedule = Schedule(
            grammar="on-calendar", expressions=expressions, timezone=zone, timezone_stated=stated, jitter_s=delay or None
        )
        return schedule, good[0].location
    for keys, trigger in (*(((key,), trigger) for key, trigger in REPEATING.items()), (ONCE, "boot")):
        values = [(key, value) for key in keys for value in timer.all("Timer", key)]
        if values:
            every = [(key, value) for key in (*ONCE, *REPEATING) for value in timer.all("Timer", key)]
            schedule = Schedule(
                grammar="none",
                expressions=tuple(f"{key}={value.text}" for key, value in every),
                timezone=zone,
                timezone_stated=stated,
                trigger={"interval": "interval", "after-last-run": "after-last-run"}.get(trigger, "boot"),  # type: ignore[arg-type]  # one of three
                jitter_s=delay or None,
            )
            return schedule, values[0][1].location
    return Schedule(grammar="none", expressions=(), timezone=zone, trigger="unknown"), None


def _job(
    files: HostFiles,
    host: Host,
    scope: Scope,
    timer: Unit,
    service: Unit,
    schedule: Schedule,
    at: Location,
    wanted: set[str] | None,
    ignored: str | None,
    problems: dict[Problem, None],
) -> Job:
    environment = environment_of(files, service, scope.given)
    problems.update(dict.fromkeys(environment.problems))
    command, secrets = redacted_command(service, at)
    user = service.last("Service", "User") or scope.user
    folder = service.last("Service", "WorkingDirectory")
    umask, timeout_s = process_of(service)
    description = service.last("Unit", "Description") or timer.last("Unit", "Description")
    return Job(
        id=job_id(host.name, user, command or timer.name, f"{NAME}#{timer.name}"),
        host=host.name,
        name=redact(description or timer.name).text[:80],
        location=at,
        scheduler=NAME,
        schedule=schedule,
        user=user,
        command=command,
        logged_as=service.name,
        environment=environment.settings,
        working_directory=scope.home if folder == "~" else (folder or scope.home).lstrip("-"),
        mail_to="",  # systemd mails nobody
        umask=umask,
        timeout_s=timeout_s,
        memory_max_mib=memory_max_mib(service),
        cpu_quota=cpu_quota(service),
        enabled=ignored is None and (wanted is None or timer.name in wanted),
        ignored_reason=ignored,
        comment=redact(description).text if description else None,
        secrets=tuple(dict.fromkeys([*secrets, *environment.secrets])),
        non_utf8=timer.non_utf8 or service.non_utf8,
    )
