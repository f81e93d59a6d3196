"""job.json: what the runner needs to do for one job what its cron did. Contract: `runner/job_file.py`, version 1."""

import base64
import posixpath
import re
from collections.abc import Mapping

import msgspec

from migrator import other_user, render, secret_names, unmet
from migrator.emit import programs
from migrator.errors import EmitError, ScheduleError
from migrator.model.finding import Translation
from migrator.model.job import Host, Job
from migrator.model.plan import JobPlan
from migrator.schedule import dialects
from migrator.schedule.phrasing import contract, guard_calendar, guard_of
from migrator.schedule.reading import calendar_of

# What each daemon itself puts into a job's environment: crontab(5) of Debian, of cronie; busybox crond.c; systemd.exec(5).
PATHS = {
    "debian": "/usr/bin:/bin",
    "cronie": "/usr/bin:/bin:/usr/sbin:/sbin",
    "busybox": "/sbin:/usr/sbin:/bin:/usr/bin",
    "on-calendar": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
}
NOTICES = ("output", "failure", "none")
NAMES_USER = frozenset({"cronie", "busybox", "on-calendar"})  # Debian's cron sets LOGNAME only


def home(job: Job, host: Host) -> str:
    """The user's home, from passwd(5) or as usual."""
    for user in host.users or ():
        if user.name == job.user:
            return user.home
    return "/root" if job.user in {None, "root"} else f"/home/{job.user}"


def environment(job: Job, host: Host) -> tuple[tuple[str, str], ...]:
    """The variables that this daemon gives this job: its own, and then the settings above the line, which win but for LOGNAME.
    Where the command only becomes another user, what sudo, su or runuser makes of them."""
    path = PATHS.get(job.schedule.grammar, PATHS["debian"])
    becomes = other_user.variables(job, host, path)
    job = other_user.as_run(job, host)
    user = job.user or "root"
    found = {"SHELL": job.shell, "HOME": home(job, host), "PATH": path, "LOGNAME": user}
    if becomes is not None or job.schedule.grammar in NAMES_USER:
        found["USER"] = user
    found.update(becomes or {})
    found.update((setting.name, setting.value) for setting in job.environment)
    found["LOGNAME"] = user
    return tuple(found.items())


def translation(entry: JobPlan) -> Translation | None:
    """The schedule as the chosen target's scheduler has it."""
    dialect = entry.placement.option.dialect
    return next((item for item in entry.translations if item.dialect == dialect), None) if dialect else None


def lock(entry: JobPlan) -> object:
    """The lock on all machines that the chosen target made for the job; None if it made none."""
    return _of_resources(entry, "lock")


def once(entry: JobPlan) -> object:
    """Why an instant is started once at the chosen place although nothing claims it; None if it may be started twice."""
    return _of_resources(entry, "once")


def fed_by(entry: JobPlan) -> object:
    """What a person has to do so that messages come, where no schedule starts the job; None where its place does not say."""
    return _of_resources(entry, "fed_by")


def unproved(entry: JobPlan) -> object:
    """What of the chosen place nobody has seen at work; None where everything was."""
    return _of_resources(entry, "unproved")


def widths(entry: JobPlan) -> tuple[int, ...]:
    """How many of each part of it run at once, at most; () where the place caps nothing."""
    found = (made.values.get("width") for made in entry.placement.option.resources)
    return tuple(one for one in found if isinstance(one, int))


def state(entry: JobPlan) -> dict[str, object]:
    """The files that the chosen place carries from run to run; {} if none."""
    found = _of_resources(entry, "state")
    return found if isinstance(found, dict) else {}


def ledger(entry: JobPlan) -> object:
    """What changes for a job that the scheduler does itself, by topic; None where a program runs."""
    return _of_resources(entry, "ledger")


def _of_resources(entry: JobPlan, name: str) -> object:
    """The first value of this name that a resource of the chosen place has; None if none has one."""
    return next((found for made in entry.placement.option.resources if (found := made.values.get(name))), None)


def notify(job: Job, answers: Mapping[str, str]) -> str:
    """When a notice is sent: what the user answered, else as cron mails; where MAILTO="" silenced cron, failures only.

    Raises `EmitError` for an answer that means nothing.
    """
    answer = answers.get(f"{job.id}/notify")
    if answer in NOTICES:
        return answer
    if answer is not None:
        raise EmitError(f"{job.id}/notify: {answer}: no such choice; write {', '.join(NOTICES[:-1])} or {NOTICES[-1]}")
    return "failure" if job.mail_to == "" else "output"


def server_path(path: str) -> str:
    """A script's path on the server, made whole: no `..`, no doubled slashes."""
    return posixpath.normpath("/" + path.lstrip("/"))


def marked(entry: JobPlan, scripts: Mapping[str, bytes]) -> frozenset[str]:
    """Every secret that stands in the command, its input, its settings or its scripts, by name."""
    texts = [entry.job.command, entry.job.stdin or "", *(setting.value for setting in entry.job.environment)]
    return secret_names.marked([*(text.encode() for text in texts), *(scripts[script.sha256] for script in entry.scripts)])


def content(entry: JobPlan, host: Host, answers: Mapping[str, str], head: JobPlan | None = None) -> bytes:
    """job.json of one job. `head`: whose schedule starts it, where it is no first of a chain: the instants are that one's, and
    so are calendar and guard."""
    job, timed = entry.job, head or entry
    chosen = translation(timed)
    variables, run = environment(job, host), other_user.as_run(job, host)
    value: dict[str, object] = {
        "version": 1,
        "job_id": job.id,
        "name": job.name,
        "host": job.host,
        "command": run.command,
        "command_b64": _base64(raw(run.command, escaped=job.non_utf8)),
        "shell": run.shell,
        "environment": [[name, _base64(text.encode())] for name, text in variables],
        "stdin_b64": None if job.stdin is None else _base64(raw(job.stdin, escaped=job.non_utf8)),
        "working_directory": job.working_directory or _start(job, host, variables),
        "umask": job.umask,
        "user": run.user,
        "timezone": host.timezone or job.schedule.timezone,
        "timeout_s": entry.placement.option.timeout_s,
        "notify": notify(job, answers),
        "guard": None if chosen is None or chosen.guard is None else msgspec.to_builtins(chosen.guard),
        "scheduled_by": timed.placement.option.dialect or "none",
        "calendar": _calendar(timed.job, chosen),
        "secrets": list(secret_names.needed(job, entry.facts)),
        "lock": lock(entry),
        "state": _of_resources(entry, "state"),
        "files": [
            *(server_path(script.path) for script in entry.scripts),
            *programs.scripts(entry),
            *(server_path(path) for path in unmet.to_add(entry.facts, entry.scripts) if "*" not in path),
        ],
    }
    return render.json_lines(value, 2)


def _start(job: Job, host: Host, variables: tuple[tuple[str, str], ...]) -> str:
    """Where cron starts the command: the home of the user whose line it is, also where sudo gives another HOME."""
    return dict(variables)["HOME"] if other_user.becomes(job, host) is None else home(job, host)


def raw(text: str, *, escaped: bool) -> bytes:
    r"""The bytes as they stood in the crontab: `\xNN` escapes of a line that was not UTF-8 become bytes again.

    >>> raw("gr\\xfcn", escaped=True), raw("\\xfc", escaped=False)
    (b'gr\xfcn', b'\\xfc')
    """
    if not escaped:
        return text.encode()
    return re.sub(rb"\\x([0-9a-f]{2})", lambda digits: bytes([int(digits[1], 16)]), text.encode())


def _base64(text: bytes) -> str:
    return base64.b64encode(text).decode()


def _calendar(job: Job, chosen: Translation | None) -> object:
    """When the platform starts the job, by its own expressions; by the job's schedule where there is none or it cannot be read.

    Where the platform passes no instant, the last of these firings is the one that a start is for, and the guard is asked of it.
    """
    reader = next((dialect for dialect in dialects.ALL if chosen is not None and chosen.dialect == dialect.NAME), None)
    if reader is not None and chosen is not None and chosen.expressions:
        try:
            read = reader.read(chosen.expressions, chosen.timezone)
        except ScheduleError:
            read = ()
        if read:
            clocks = [guard_calendar(clock, number) for number, part in enumerate(read) for clock in part.clocks]
            return msgspec.to_builtins(contract(read[0].timezone, read[0].dst, tuple(clocks)))
    try:
        calendar = calendar_of(job.schedule)
    except ScheduleError:
        return None
    return None if calendar is None else msgspec.to_builtins(guard_of(calendar))
