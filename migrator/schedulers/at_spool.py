"""Jobs of at(1) and batch(1): each runs once, at the minute that its file's name says.

Line: `a0000201c9d3f1` in /var/spool/cron/atjobs: queue a, job number 2, minute 0x1c9d3f1 since 1970, in hexadecimal
Source: at(1), atd(8); at-3.2.5's at.c and atd.c
"""

import re
from datetime import UTC, datetime

from migrator.model.job import Host, Job, Schedule, Schedules
from migrator.model.source import HostFile, HostFiles
from migrator.redact import escape_bytes, redact
from migrator.schedulers.crontab_file import Counter, Draft, merged
from migrator.schedulers.identity import job_id, main_program

READS: tuple[str, ...] = ("/var/spool/cron/atjobs/*", "/var/spool/at/*", "/var/spool/atjobs/*")
NAME = "at_spool"
FILE = re.compile(r"([a-zA-Z=])([0-9a-f]{5})([0-9a-f]{8})")
OWNER = re.compile(r"# atrun uid=(\d{1,10}) gid=\d+")
SHELL = re.compile(r"\$\{SHELL:-/bin/sh\} << '([^']+)'")
SETTING = re.compile(r"umask [0-7]+|[A-Za-z_]\w*=.*; export \w+")
NOT_JOBS = {".SEQ", "spool"}


def read(files: HostFiles, host: Host) -> Schedules:
    """A job for each waiting file; it has no calendar, for it runs once. Files with other names are Problems."""
    counter = Counter(NAME)
    return merged(
        [_file(files, host, file, counter) for file in files.glob(READS) if file.path.rpartition("/")[2] not in NOT_JOBS]
    )


def _file(files: HostFiles, host: Host, file: HostFile, counter: Counter) -> Schedules:
    draft = Draft(host, file.path)
    raw = files.content(file.path)
    if raw is None:
        return draft.done()
    text, non_utf8 = escape_bytes(raw)
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    named = FILE.fullmatch(file.path.rpartition("/")[2])
    command: list[str] = []
    first, ends = None, ""
    for number, line in enumerate(lines, 1):
        if first is not None:
            draft.counts["job"] += 1
            if line != ends:
                command.append(line)
        elif match := SHELL.fullmatch(line):
            first, ends = min(number + 1, len(lines)), match[1]  # a file may end with this line: a job of no command
            draft.counts["job"] += 1
        elif not line.strip():
            draft.counts["blank"] += 1
        elif line.startswith("#"):
            draft.counts["comment"] += 1
        elif SETTING.fullmatch(line) or named:  # `cd /home/alice || {` and what follows stand before the command
            draft.counts["setting"] += 1
        else:
            draft.wrong(number, "is no line that at(1) writes before a command; atd does not run this file; remove it")
            draft.counts["problem"] += 1
    if named is None or first is None:
        if not draft.problems:
            draft.wrong(1, "is no job of at(1): its name or its shell line is missing; atd does not run it", "ignored-by-daemon")
        return draft.done()
    draft.jobs.append(_job(draft, text, named, first, "\n".join(command).strip("\n"), counter, non_utf8))
    return draft.done()


def _job(draft: Draft, text: str, named: re.Match[str], first: int, command: str, counter: Counter, non_utf8: bool) -> Job:
    host, location = draft.host, draft.at(first)
    owner = OWNER.search(text)
    names = {user.uid: user.name for user in host.users or ()}
    user = names.get(int(owner[1]), f"uid {owner[1]}") if owner else None
    redacted = redact(command, location)
    at = datetime.fromtimestamp(int(named[3], 16) * 60, UTC)
    running = named[1] == "="  # atd renames a job that it has started
    folder = re.search(r"(?m)^cd (/\S*) \|\| \{", text)
    return Job(
        id=job_id(host.name, user, redacted.text, counter.next(user, redacted.text)),
        host=host.name,
        name=main_program(redacted.text) or "at",
        location=location,
        scheduler=NAME,
        schedule=Schedule(grammar="none", expressions=(f"once, {at:%Y-%m-%d %H:%M} UTC",), timezone="UTC", trigger="unknown"),
        user=user,
        command=redacted.text,
        logged_as=redacted.text,
        working_directory=folder[1].replace("\\", "") if folder else None,
        enabled=not running,
        ignored_reason="atd has started it already; it does not run again" if running else None,
        secrets=redacted.secrets,
        non_utf8=non_utf8,
    )
