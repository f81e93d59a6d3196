"""Scripts in cron.hourly, cron.daily, cron.weekly, cron.monthly (and any folder that a job hands to run-parts): a job each.

Source: run-parts(8) of Debian, RHEL's /usr/bin/run-parts; /etc/crontab, /etc/cron.d/0hourly, anacrontab(5); SUSE's
/usr/lib/cron/run-crons, which every 15 minutes starts each folder whose period has passed since /var/spool/cron/lastrun says;
SUSE's /etc/sysconfig/cron: DAILY_TIME, "at which time cron.daily should start", at xx:00, xx:15, xx:30 or xx:45
"""

import re

import msgspec

from migrator.model.job import Host, Job, Schedule, Schedules
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.redact import redact
from migrator.schedulers import anacrontab, owner, system_crontab, user_crontab
from migrator.schedulers.crontab_file import UNKNOWN_GRAMMAR, Counter
from migrator.schedulers.file_rule import ignored_part
from migrator.schedulers.identity import job_id

PERIODS = ("hourly", "daily", "weekly", "monthly", "yearly")
SYSCONFIG = "/etc/sysconfig/cron"
READS: tuple[str, ...] = (*(f"/etc/cron.{period}/*" for period in PERIODS), "/etc/periodic/*/*", "/usr/sbin/anacron", SYSCONFIG)
NAME = "run_parts"
CALL = re.compile(r"\brun-parts\b((?:\s+-\S+(?:\s+\d+(?=\s))?)*)\s+([\"']?)(/[^\s\"';|&)}]+)\2")
ANACRON_GUARD = re.compile(r"(-x\s+\S*/anacron\b.*\|\||\[\s*!\s*-x\s+\S*/anacron|!\s*test\s+-x\s+\S*/anacron)")
RUN_CRONS = re.compile(r"/run-crons(?=[\s;&|)]|$)")
DAILY_TIME = re.compile(r"""^[ \t]*DAILY_TIME=(["']?)([^"'\n#]*)\1[ \t]*(?:#.*)?$""", re.MULTILINE)
QUIET = {".placeholder", ".gitkeep", ".keep", "README"}


def read(files: HostFiles, host: Host) -> Schedules:
    """A job for each file that run-parts runs, on the schedule of the line that runs its folder."""
    counter = Counter(NAME)
    callers = _callers(files, host)
    folders = {folder.rstrip("/") for folder in callers}
    folders |= {f"/etc/cron.{period}" for period in PERIODS} & {f"/etc/{name}" for name in files.entries("/etc")}
    if host.cron == "busybox":
        folders |= {f"/etc/periodic/{name}" for name in files.entries("/etc/periodic")}
    jobs: list[Job] = []
    problems: list[Problem] = [*_unknown_daily_time(files, host, callers.get("/etc/cron.daily"))]
    packages = owner.packages(files)
    for folder in sorted(folders):
        caller = callers.get(folder)
        for file in files.glob([f"{folder}/*"]):
            _part(files, host, file, folder, caller, counter, jobs, problems, packages.get(file.path))
    return Schedules(jobs=tuple(jobs), problems=tuple(problems))


def _callers(files: HostFiles, host: Host) -> dict[str, Job]:
    """The job that runs each folder: anacron's line where anacron is there, else the crontab's."""
    anacron = files.exists("/usr/sbin/anacron") or (files.exists("/etc/anacrontab") and not files.exists("/usr/sbin/cron"))
    found: dict[str, Job] = {}
    tables = [table.read(files, host).jobs for table in (system_crontab, user_crontab) if _speaks_of_it(files, table.READS)]
    for job in [job for jobs in tables for job in jobs]:
        if not job.enabled or (anacron and ANACRON_GUARD.search(job.command)):
            continue
        for match in CALL.finditer(job.command):
            found.setdefault(match[3].rstrip("/"), job)
        for period in PERIODS[:4] if RUN_CRONS.search(job.command) else ():
            since = msgspec.structs.replace(
                job.schedule, grammar="none", expressions=(period,), trigger="after-last-run", jitter_s=None
            )
            at = _daily_time(files) if period == "daily" else ""
            if on_a_quarter := re.fullmatch(r"([01]?\d|2[0-3]):(00|15|30|45)", at):
                calendar = (f"{int(on_a_quarter[2])} {int(on_a_quarter[1])} * * *",)
                since = msgspec.structs.replace(job.schedule, expressions=calendar, trigger="calendar", jitter_s=None)
            found.setdefault(f"/etc/cron.{period}", msgspec.structs.replace(job, schedule=since))
    for job in anacrontab.read(files, host).jobs if anacron else ():
        for match in CALL.finditer(job.command):
            found.setdefault(match[3].rstrip("/"), job)
    return found


def _daily_time(files: HostFiles) -> str:
    """When SUSE's run-crons is to start cron.daily, in the file's words; empty where it is not said."""
    text = (files.content(SYSCONFIG) or b"").decode("utf-8", "replace") if files.exists(SYSCONFIG) else ""
    said = [match[2].strip() for match in DAILY_TIME.finditer(text)]
    return said[-1] if said else ""


def _unknown_daily_time(files: HostFiles, host: Host, caller: Job | None) -> tuple[Problem, ...]:
    """A time that run-crons, which looks every 15 minutes, cannot keep, or none at all: what it does then is written nowhere."""
    at = _daily_time(files)
    if caller is None or caller.schedule.trigger != "after-last-run" or not at or not RUN_CRONS.search(caller.command):
        return ()
    message = (
        f"DAILY_TIME={at!r}: run-crons looks at xx:00, xx:15, xx:30 and xx:45 only; when cron.daily starts is not known; "
        "write one of these times"
    )
    return (Problem(location=Location(host=host.name, path=SYSCONFIG), message=message),)


def _speaks_of_it(files: HostFiles, patterns: tuple[str, ...]) -> bool:
    """True if any of the files starts folders: a large tab is not parsed a second time for nothing."""
    found = (files.content(file.path) or b"" for file in files.glob(patterns))
    return any(b"run-parts" in content or b"/run-crons" in content for content in found)


def _part(
    files: HostFiles,
    host: Host,
    file: HostFile,
    folder: str,
    caller: Job | None,
    counter: Counter,
    jobs: list[Job],
    problems: list[Problem],
    package: str | None,
) -> None:
    name = file.path.rpartition("/")[2]
    if name in QUIET or (host.cron == "cronie" and name == "0anacron"):
        return  # a folder's keeper; RHEL's 0anacron only starts anacron, whose own table is read
    grammar = host.cron or UNKNOWN_GRAMMAR
    ignored = ignored_part(file, name, grammar, lsb=caller is not None and "--lsbsysinit" in caller.command)
    location = Location(host=host.name, path=file.path)
    if ignored is None and caller is None:
        ignored = f"no line of a crontab or anacrontab runs {folder}; nothing runs this file; add the line or remove the file"
    if ignored is not None:
        problems.append(Problem(location=location, message=ignored, kind="ignored-by-daemon"))
    command = redact(file.path, location).text
    user = caller.user if caller else "root"
    schedule = (
        caller.schedule
        if caller
        else Schedule(grammar="none", expressions=(), timezone=host.timezone or "UTC", trigger="unknown")
    )
    job = Job(
        id=job_id(host.name, user, command, counter.next(user, command)),
        host=host.name,
        name=name,
        location=location,
        scheduler=NAME,
        schedule=schedule,
        user=user,
        command=command,
        logged_as=command,
        enabled=ignored is None,
        ignored_reason=ignored,
        part_of=folder,
        managed_by=f"the package {package}" if package else _package(files, name, folder),
    )
    if caller is not None:
        job = msgspec.structs.replace(
            job,
            environment=caller.environment,
            working_directory="/" if re.match(r".*\bcd\s+/\s*&&", caller.command) else caller.working_directory,
            mail_to=caller.mail_to,
        )
    jobs.append(job)


def _package(files: HostFiles, name: str, folder: str) -> str | None:
    """The Debian package that a script in the folder belongs to, where dpkg's list of that package is in the tree."""
    raw = files.content(f"/var/lib/dpkg/info/{name}.list") if files.exists(f"/var/lib/dpkg/info/{name}.list") else None
    if raw is not None and f"{folder}/{name}".encode() in raw.split(b"\n"):
        return f"the package {name}"
    return None
