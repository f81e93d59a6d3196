"""anacron's table: what runs every N days, whenever the machine is up.

Line: `1	5	cron.daily	nice run-parts /etc/cron.daily`
Source: anacrontab(5); Debian anacron 2.3, cronie's anacron
"""

import re

from migrator.model.job import Host, Job, Schedule, Schedules, Setting
from migrator.model.source import HostFile, HostFiles
from migrator.redact import escape_bytes, redact, redact_setting
from migrator.schedulers import given_variables
from migrator.schedulers.crontab_file import Counter, Draft, merged
from migrator.schedulers.identity import job_id, main_program, name_from
from migrator.schedulers.owner import owners

READS: tuple[str, ...] = ("/etc/anacrontab", *given_variables.LOCALES)
NAME = "anacrontab"
SETTING = re.compile(r"\s*([^ \t=]+)\s*=(.*)")
ENTRY = re.compile(r"\s*(\d{1,6}|@\w+)\s+(\d{1,6})\s+([^\s/]+)\s+(\S.*)")
PERIODS = {"@daily": "1", "@weekly": "7", "@monthly": "@monthly", "@yearly": "@yearly", "@annually": "@yearly"}


def read(files: HostFiles, host: Host) -> Schedules:
    """Jobs of /etc/anacrontab; they have no calendar: each runs when its period has passed since the last run."""
    counter = Counter(NAME)
    return merged([_file(files, host, file, counter) for file in files.glob(READS[:1])])


def _file(files: HostFiles, host: Host, file: HostFile, counter: Counter) -> Schedules:
    draft = Draft(host, file.path)
    raw = files.content(file.path)
    if raw is None:
        return draft.done()
    tools = owners(raw)
    # cron and systemd start anacron, and both give it the locale, which it hands on
    settings: dict[str, Setting] = {one.name: one for one in given_variables.locale(files, host)}
    comment: list[str] = []
    pieces = raw.split(b"\n")
    if pieces[-1] == b"":
        pieces.pop()
    at = 0
    while at < len(pieces):
        start = at
        while pieces[at].endswith(b"\\") and at + 1 < len(pieces):
            at += 1
        text, non_utf8 = escape_bytes(b"".join([*(piece[:-1] for piece in pieces[start:at]), pieces[at]]))
        at += 1
        number, what = start + 1, "problem"
        if not text.strip():
            what, comment = "blank", []
        elif text.lstrip().startswith("#"):
            what, comment = "comment", [*comment, text.lstrip()[1:]][-12:]
        elif match := ENTRY.fullmatch(text):
            what = "job"
            draft.jobs.append(_job(draft, number, match, settings, comment, counter, non_utf8, tools.get(number)))
            comment = []
        elif match := SETTING.fullmatch(text):
            what, comment = "setting", []
            redacted = redact_setting(match[1], match[2], draft.at(number))
            settings[match[1]] = Setting(name=match[1], value=redacted.text, location=draft.at(number))
        else:
            draft.wrong(number, "is neither a setting nor `period delay name command`; anacron skips it; correct it")
        draft.counts[what] += at - start
    return draft.done()


def _job(
    draft: Draft,
    number: int,
    match: re.Match[str],
    settings: dict[str, Setting],
    comment: list[str],
    counter: Counter,
    non_utf8: bool,
    managed_by: str | None,
) -> Job:
    host, location = draft.host, draft.at(number)
    redacted = redact(match[4], location)
    values = {name: setting.value for name, setting in settings.items()}
    note = redact("\n".join(line.strip() for line in comment)).text.strip() or None
    spread = values.get("RANDOM_DELAY", "").strip()
    period = PERIODS.get(match[1], match[1])
    return Job(
        id=job_id(host.name, "root", redacted.text, counter.next("root", redacted.text)),
        host=host.name,
        name=name_from(note) or match[3] or main_program(redacted.text),
        location=location,
        scheduler=NAME,
        schedule=Schedule(
            grammar="none",
            expressions=(f"{period} {match[2]}",),
            timezone=host.timezone or "UTC",
            timezone_stated=host.timezone is not None,
            trigger="after-last-run",
            jitter_s=int(spread[:6]) * 60.0 if spread.isascii() and spread.isdigit() and int(spread[:6]) else None,
        ),
        user="root",
        command=redacted.text,
        logged_as=f"anacron:{match[3]}",  # as runlogs/anacron.py tells it: "Job `cron.daily' started" has no command
        environment=tuple(settings.values()),
        # no `shell`: whatever SHELL= says, Debian's anacron 2.3 (asked) hands the variable on and runs /bin/sh
        working_directory="/",
        mail_to=values.get("MAILTO", "").strip() if "MAILTO" in values else None,
        comment=note,
        secrets=redacted.secrets,
        non_utf8=non_utf8,
        managed_by=managed_by,
    )
