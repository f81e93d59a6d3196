"""fcron's tables, as users wrote them.

Line: `30 2 * * 1-5 /srv/shop/bin/report.sh`, `@ 2h command`, `%nightly * 21-23 command`, `&bootrun 0 3 * * * command`,
`!mailto(root)` (for all lines below it); a line that ends with `\\` goes on in the next one
Source: fcrontab(5): fcron 3.3; /var/spool/fcron/<user>.orig is the text, <user> its binary form
"""

import re

from migrator.errors import ScheduleError
from migrator.model.job import Host, Job, Schedule, Schedules, Setting
from migrator.model.source import HostFile, HostFiles
from migrator.redact import escape_bytes, redact, redact_setting
from migrator.schedule.reading import calendar_of
from migrator.schedulers import fcron_line
from migrator.schedulers.crontab_file import Counter, Draft, merged
from migrator.schedulers.identity import job_id, main_program

READS: tuple[str, ...] = ("/var/spool/fcron/*.orig", "/etc/fcrontab", "/usr/local/var/spool/fcron/*.orig")
NAME = "fcron"
SETTING = re.compile(r"\s*([A-Za-z_]\w*)\s*=\s*(.*)", re.DOTALL)


def read(files: HostFiles, host: Host) -> Schedules:
    """A job for each line whose start a calendar or an interval says; a Problem with fcron's own reason for every other."""
    counter = Counter(NAME)
    return merged([_file(files, host, file, counter) for file in files.glob(READS)])


def _file(files: HostFiles, host: Host, file: HostFile, counter: Counter) -> Schedules:
    draft = Draft(host, file.path)
    raw = files.content(file.path)
    if raw is None:
        return draft.done()
    user = "root" if file.path == "/etc/fcrontab" else file.path.rpartition("/")[2].removesuffix(".orig")
    text, non_utf8 = escape_bytes(raw)
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    values: dict[str, Setting] = {}
    standing: dict[str, str] = {}
    at = 0
    while at < len(lines):
        start = at
        while lines[at].endswith("\\") and at + 1 < len(lines):
            at += 1
        line = "".join([*(piece[:-1] for piece in lines[start:at]), lines[at]]).strip()
        at += 1
        number, what = start + 1, "problem"
        if not line:
            what = "blank"
        elif line.startswith("#"):
            what = "comment"
        elif line.startswith("!"):
            what = _standing(draft, number, line[1:].strip(), standing)
        elif match := SETTING.fullmatch(line):
            what = "setting"
            setting = redact_setting(match[1], match[2], draft.at(number)).text
            values[match[1]] = Setting(name=match[1], value=setting, location=draft.at(number))
        elif (job := _job(draft, number, line, user, values, standing, counter, non_utf8)) is not None:
            what = "job"
            draft.jobs.append(job)
        draft.counts[what] += at - start
    return draft.done()


def _standing(draft: Draft, number: int, text: str, standing: dict[str, str]) -> str:
    """Options of all lines below; `reset` forgets those above."""
    try:
        options = fcron_line.options_of(text)
    except fcron_line.Refused as refused:
        draft.wrong(number, f"{refused}; the lines below are read without it; look at when they start")
        return "problem"
    if "reset" in options:
        standing.clear()
    standing.update({name: value for name, value in options.items() if name != "reset"})
    return "setting"


def _job(
    draft: Draft,
    number: int,
    text: str,
    user: str,
    values: dict[str, Setting],
    standing: dict[str, str],
    counter: Counter,
    non_utf8: bool,
) -> Job | None:
    host, location = draft.host, draft.at(number)
    try:
        line = fcron_line.read(text, standing) if text[0] in "@&%" else fcron_line.absolute(text, standing)
        zone = fcron_line.zone_of(line.options, host.timezone or "UTC")
        schedule = Schedule(
            grammar="none" if line.interval else "debian",
            expressions=(f"every {line.interval} of fcron's running time",) if line.interval else (" ".join(line.fields),),
            timezone=zone,
            timezone_stated=host.timezone is not None or zone == line.options.get("timezone"),
            trigger="interval" if line.interval else "calendar",
            jitter_s=line.jitter_s,
        )
        if not line.interval:
            calendar_of(schedule)
    except (fcron_line.Refused, ScheduleError) as refused:
        draft.wrong(number, f"{refused}; not translated; write it as a crontab line")
        return None
    if line.remark:
        draft.wrong(number, line.remark)
    redacted = redact(line.command.replace("\\%", "%"), location)
    user = line.options.get("runas", user)
    silent = line.options.get("mail", "true").lower() in fcron_line.FALSE
    stated = values["MAILTO"].value if "MAILTO" in values else None
    return Job(
        id=job_id(host.name, user, redacted.text, counter.next(user, redacted.text)),
        host=host.name,
        name=main_program(redacted.text),
        location=location,
        scheduler=NAME,
        schedule=schedule,
        user=user,
        command=redacted.text,
        logged_as=redacted.text,
        environment=tuple(values.values()),
        shell=values["SHELL"].value if "SHELL" in values else "/bin/sh",
        mail_to="" if silent else line.options.get("mailto", stated),
        secrets=redacted.secrets,
        non_utf8=non_utf8,
    )
