"""fcron's tables, as users wrote them: the plain five-field lines are jobs, fcron's own forms are Problems by line.

Line: `30 2 * * 1-5 /srv/shop/bin/report.sh` (a job), `@ 2h command`, `%nightly * 21-23 command`, `&bootrun 0 3 * * * command`
Source: fcrontab(5): fcron 3.3; /var/spool/fcron/<user>.orig is the text, <user> its binary form
"""

import re

from migrator.errors import ScheduleError
from migrator.model.job import Host, Job, Schedule, Schedules, Setting
from migrator.model.source import HostFile, HostFiles
from migrator.redact import escape_bytes, redact, redact_setting
from migrator.schedule.reading import calendar_of
from migrator.schedulers.crontab_file import Counter, Draft, merged
from migrator.schedulers.identity import job_id, main_program

READS: tuple[str, ...] = ("/var/spool/fcron/*.orig", "/etc/fcrontab", "/usr/local/var/spool/fcron/*.orig")
NAME = "fcron"
SETTING = re.compile(r"\s*([A-Za-z_]\w*)\s*=\s*(.*)")
CLASSIC = re.compile(r"\s*((?:[\d*][\d*,/~-]*\s+){2}(?:[\d*][\d*,/-]*\s+)(?:[\da-zA-Z*][\w*,/-]*\s+){2})([^\s].*)")
OWN_FORMS = {  # in the words of fcrontab(5)
    "@": "based on elapsed system up time",
    "&": "based on absolute time, run when the fields match that many times",
    "%": "run once per interval",
    "!": "options of all lines below it",
}
OWN = re.compile(r"\s*[@%&!]")


def read(files: HostFiles, host: Host) -> Schedules:
    """Jobs of plain lines. In fcron, too, a day has to match both day fields unless `dayor` is set: such lines are Problems."""
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
    for number, line in enumerate(lines, 1):
        what = "problem"
        if not line.strip():
            what = "blank"
        elif line.lstrip().startswith("#"):
            what = "comment"
        elif OWN.match(line):
            draft.wrong(
                number,
                f"is a line in fcron's own form ({line.split()[0][:40]}): {OWN_FORMS[line.lstrip()[0]]}; not translated; write "
                "it as a crontab line",
            )
        elif match := SETTING.fullmatch(line):
            what = "setting"
            values[match[1]] = Setting(
                name=match[1], value=redact_setting(match[1], match[2], draft.at(number)).text, location=draft.at(number)
            )
        elif (match := CLASSIC.fullmatch(line)) and (job := _job(draft, number, match, user, values, counter, non_utf8)):
            what = "job"
            draft.jobs.append(job)
        else:
            draft.wrong(number, "is no line of fcrontab(5) that can be read for sure; write it as a crontab line")
        draft.counts[what] += 1
    return draft.done()


def _job(
    draft: Draft, number: int, match: re.Match[str], user: str, values: dict[str, Setting], counter: Counter, non_utf8: bool
) -> Job | None:
    host, location = draft.host, draft.at(number)
    fields = match[1].split()
    if fields[2] != "*" and fields[4] != "*":
        return None  # crontab(5) would take either day, fcron takes both
    schedule = Schedule(
        grammar="debian",
        expressions=(" ".join(fields),),
        timezone=host.timezone or "UTC",
        timezone_stated=host.timezone is not None,
    )
    try:
        calendar_of(schedule)
    except ScheduleError:
        return None
    redacted = redact(match[2].replace("\\%", "%"), location)
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
        secrets=redacted.secrets,
        non_utf8=non_utf8,
    )
