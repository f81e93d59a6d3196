"""Reads one crontab file into jobs, Problems and its account: what its daemon would run, and why not where it would not."""

import re
from typing import NamedTuple

import msgspec

from migrator.errors import ScheduleError, SourceError
from migrator.model.job import Accounting, Grammar, Host, Job, Schedule, Schedules, Secret, Setting
from migrator.model.source import HostFile, HostFiles, Location, Problem, ProblemKind
from migrator.redact import escape_bytes, redact, redact_fed, redact_setting
from migrator.schedule.zones import zone
from migrator.schedulers import crontab_line as line_of
from migrator.schedulers import given_variables, probed
from migrator.schedulers.commented_out import commented_out
from migrator.schedulers.daemon_options import Options
from migrator.schedulers.identity import job_id, main_program, name_from
from migrator.schedulers.owner import owners

MOST_PROBLEMS = 50  # of one file, each with its line; the rest is one more Problem with their number
MOST_COMMENT_LINES = 12
MOST_SETTINGS = 1_000  # variables of one file: each job carries those above it, so that thousands would fill the memory
MOST_COUNTED_MIB = 256  # of a file that is too large to be read: a sparse file has no end worth waiting for
DEBIAN_EMPTY_VALUE_UNTIL = {"debian": 12, "ubuntu": 24, "raspbian": 12}
RHEL_EMPTY_VALUE_UNTIL = 7
UNKNOWN_GRAMMAR: Grammar = "debian"
HONOURS_CRON_TZ = {"cronie", "systemd-cron", "supercronic", "kubernetes"}
NO_TEXT = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]")


class Kind(NamedTuple):
    """What sort of crontab a file is."""

    scheduler: str
    grammar: Grammar
    has_user: bool
    user: str | None  # whose tab it is, where lines name no user
    needs_newline: bool = True
    options: Options = Options()
    package: str | None = None  # that installed the file


class Counter:
    """Ordinals among equal commands of one user, over all files of one scheduler."""

    def __init__(self, scheduler: str) -> None:
        self._scheduler = scheduler
        self._seen: dict[tuple[str | None, str], int] = {}

    def next(self, user: str | None, command: str) -> str:
        """The ordinal of the next job with this user and command."""
        count = self._seen.get((user, command), 0)
        self._seen[user, command] = count + 1
        return f"{self._scheduler}#{count}"


class Draft:
    """What is found in one file, line by line."""

    def __init__(self, host: Host, path: str) -> None:
        self.host, self.path = host, path
        self.jobs: list[Job] = []
        self.problems: list[Problem] = []
        self.counts = dict.fromkeys(("job", "setting", "comment", "blank", "problem"), 0)
        self.whole_file_dead: str | None = None
        self.passwd = {user.name: user for user in host.users or ()}

    def at(self, line: int | None = None) -> Location:
        """A place in this file."""
        return Location(host=self.host.name, path=self.path, line=line)

    def wrong(self, line: int, message: str, kind: ProblemKind = "not-understood") -> None:
        """Say what is wrong with a line, for the first `MOST_PROBLEMS`; the caller counts it."""
        if self.counts["problem"] < MOST_PROBLEMS:
            self.problems.append(Problem(location=self.at(line), message=message, kind=kind))

    def done(self) -> Schedules:
        """Jobs, Problems and the account."""
        if (more := self.counts["problem"] - MOST_PROBLEMS) > 0:
            self.problems.append(
                Problem(location=self.at(), message=f"{more:,} more lines are not understood; is this a crontab?")
            )
        account = Accounting(host=self.host.name, path=self.path, lines=sum(self.counts.values()), **self.counts)
        return Schedules(jobs=tuple(self.jobs), problems=tuple(self.problems), accounting=(account,))


def merged(parts: list[Schedules]) -> Schedules:
    """Several readings as one."""
    return Schedules(
        jobs=tuple(job for part in parts for job in part.jobs),
        problems=tuple(problem for part in parts for problem in part.problems),
        accounting=tuple(account for part in parts for account in part.accounting),
    )


def read(files: HostFiles, host: Host, file: HostFile, kind: Kind, counter: Counter, ignored: str | None = None) -> Schedules:
    """The file's jobs. `ignored`: why the daemon does not read the file at all; its jobs are then kept, switched off."""
    draft = Draft(host, file.path)
    raw = files.content(file.path)
    if raw is None:
        return _unread(files, draft)
    if NO_TEXT.search(raw[:8192]) and len(NO_TEXT.findall(raw[:8192])) > len(raw[:8192]) // 50:
        draft.counts["problem"] = _line_count(raw)
        draft.problems.append(
            Problem(location=draft.at(), message="is binary, not a crontab; cron would find no job in it", kind="unreadable")
        )
        account = Accounting(host=host.name, path=file.path, lines=draft.counts["problem"], **draft.counts)
        return Schedules(problems=tuple(draft.problems), accounting=(account,))
    _lines(draft, raw, kind, counter)
    draft.jobs, remarks = probed.without_probe(files, draft.jobs)
    draft.problems += remarks
    if ignored and (draft.jobs or draft.counts["problem"]):
        draft.problems.append(Problem(location=draft.at(), message=ignored, kind="ignored-by-daemon"))
    elif not ignored and draft.whole_file_dead:
        message = f"{draft.whole_file_dead}, so Debian's cron ignores this whole file; correct it or none of its jobs runs"
        draft.problems.append(Problem(location=draft.at(), message=message, kind="ignored-by-daemon"))
    why = ignored or draft.whole_file_dead
    if why:
        # a commented-out job is off by a person's hand, not by the daemon
        draft.jobs = [
            msgspec.structs.replace(job, enabled=False, ignored_reason=job.ignored_reason or why)
            if job.enabled or job.ignored_reason
            else job
            for job in draft.jobs
        ]
    return draft.done()


def _line_count(raw: bytes) -> int:
    return raw.count(b"\n") + (0 if raw.endswith(b"\n") or not raw else 1)


def _unread(files: HostFiles, draft: Draft) -> Schedules:
    """A file that is too large or may not be read: all its lines are one Problem."""
    lines = 0
    last, more = b"", ""
    try:
        with files.open(draft.path) as stream:
            for _ in range(MOST_COUNTED_MIB):
                if not (block := stream.read(1 << 20)):
                    break
                lines += block.count(b"\n")
                last = block[-1:]
            else:
                more = "more than "
    except (SourceError, OSError):
        lines = 0
    lines += 0 if last in {b"", b"\n"} else 1
    message = f"cannot be read as a crontab ({more}{lines:,} lines; see the size limit or permission of this file)"
    problem = Problem(location=draft.at(), message=message, kind="unreadable")
    draft.counts["problem"] = lines
    account = Accounting(host=draft.host.name, path=draft.path, lines=lines, **draft.counts)
    return Schedules(problems=(problem,), accounting=(account,))


def _empty_value_is_wrong(host: Host, grammar: Grammar) -> bool:
    """`MAILTO=` without a value: an error in Debian's cron before 3.0pl1-187 and in cronie 1.4 (RHEL 7)."""
    major = (host.os_version or "").split(".")[0]
    if not major.isdigit():
        return False
    if grammar == "debian":
        return int(major) <= DEBIAN_EMPTY_VALUE_UNTIL.get(host.os_id or "", 0)
    return grammar == "cronie" and host.os_id in {"rhel", "centos", "ol"} and int(major) <= RHEL_EMPTY_VALUE_UNTIL


class Scope(NamedTuple):
    """What holds for the next line: settings above it, the comment block directly above it."""

    settings: dict[str, tuple[Setting, tuple[Secret, ...]]]
    comments: list[str]


def _lines(draft: Draft, raw: bytes, kind: Kind, counter: Counter) -> None:
    scope, tools = Scope({}, []), owners(raw)
    package = f"the package {kind.package}" if kind.package else None
    for line in _physical(raw, kind.grammar):
        kind_of_line, comments = _line(draft, line, kind, counter, scope, tools.get(line.number, package))
        scope.comments[:] = comments[-MOST_COMMENT_LINES:]
        draft.counts[kind_of_line] += 1 + line.joined  # a line that `\` joins to another is what that one is


def _line(
    draft: Draft, line: "Physical", kind: Kind, counter: Counter, scope: Scope, managed_by: str | None
) -> tuple[str, list[str]]:
    """What the line counts as, and the comment block that it leaves for the next line."""
    number, text = line.number, line.text
    strict = _empty_value_is_wrong(draft.host, kind.grammar)
    found = line_of.read(text, kind.grammar, has_user=kind.has_user, empty_value_is_wrong=strict)
    is_read = not isinstance(found, line_of.Blank | line_of.Comment)  # those no daemon misses: asked of Debian's cron 3.0pl1-162
    if not line.ended and kind.needs_newline and kind.grammar in {"debian", "cronie"} and is_read:
        draft.wrong(
            number, "the last line has no line feed at its end; the daemon does not read it; add one", "ignored-by-daemon"
        )
        if kind.grammar == "debian":
            draft.whole_file_dead = f"line {number} has no line feed at its end"
        return "problem", []
    if isinstance(found, line_of.Blank):
        return "blank", []
    if isinstance(found, line_of.Comment):
        switched_off = commented_out(text, kind.grammar, has_user=kind.has_user)
        if switched_off is None:
            return "comment", [*scope.comments, found.text]
        job = _job(draft, line, switched_off, kind, counter, scope, managed_by)
        draft.jobs.append(msgspec.structs.replace(job, enabled=False, ignored_reason=None))
        return "comment", []
    if isinstance(found, line_of.Assignment):
        if len(scope.settings) == MOST_SETTINGS and found.name not in scope.settings:
            draft.wrong(number, f"sets one more variable; at most {MOST_SETTINGS:,} of a file are followed; is this a crontab?")
            return "problem", []
        redacted = redact_setting(found.name, found.value, draft.at(number))
        scope.settings.pop(found.name, None)
        setting = Setting(name=found.name, value=redacted.text, location=draft.at(number))
        scope.settings[found.name] = (setting, redacted.secrets)
        if found.name == "CRON_TZ" and kind.grammar in HONOURS_CRON_TZ and found.value and not _is_zone(found.value):
            message = (
                f"CRON_TZ {found.value[:40]!r} is no time zone; the daemon then reads the lines below as UTC; correct the name"
            )
            draft.problems.append(Problem(location=draft.at(number), message=_escaped(message)))
        return "setting", []
    if isinstance(found, line_of.Wrong):
        draft.wrong(number, _escaped(redact(found.why).text))
        if kind.grammar == "debian":
            draft.whole_file_dead = draft.whole_file_dead or f"line {number} is wrong"
        return "problem", []
    job = _job(draft, line, found, kind, counter, scope, managed_by)
    draft.jobs.append(job)
    for remark in found.remarks:  # `0 1 * * 7` is every day for busybox: who wrote it meant another thing
        if MISREAD.search(remark) and len(draft.problems) < MOST_PROBLEMS:
            draft.problems.append(Problem(location=draft.at(number), message=_escaped(f"{remark}; write what is meant")))
    if job.ignored_reason:
        message = f"{job.ignored_reason}; the daemon runs nothing for it; add the user or remove the line"
        if kind.has_user:
            draft.problems.append(Problem(location=draft.at(number), message=_escaped(message), kind="ignored-by-daemon"))
        if kind.grammar == "debian":
            draft.whole_file_dead = draft.whole_file_dead or f"line {number} names an unknown user"
    return "job", []


class Physical(NamedTuple):
    """A logical line with the number of its first physical one."""

    number: int
    text: str
    non_utf8: bool
    ended: bool
    joined: int


def _physical(raw: bytes, grammar: Grammar) -> list[Physical]:
    """Every logical line, in order."""
    pieces = raw.split(b"\n")
    ended = pieces[-1] == b""
    if ended:
        pieces.pop()
    found = []
    at = 0
    while at < len(pieces):
        start = at
        while grammar == "busybox" and pieces[at].endswith(b"\\") and at + 1 < len(pieces):  # busybox alone joins lines
            at += 1
        text, non_utf8 = escape_bytes(b"".join([*(piece[:-1] for piece in pieces[start:at]), pieces[at]]))
        found.append(Physical(start + 1, text, non_utf8, ended or at + 1 < len(pieces), at - start))
        at += 1
    return found


NOT_TEXT = re.compile(r"\\x([89a-f][0-9a-f])")
MISREAD = re.compile(r"parse error|without a word")


def _escaped(text: str) -> str:
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in text)


def _job(
    draft: Draft, line: Physical, entry: line_of.Entry, kind: Kind, counter: Counter, scope: Scope, managed_by: str | None
) -> Job:
    host = draft.host
    location = draft.at(line.number)
    split = line_of.at_percent(entry.rest, kind.grammar)
    leading, command_text, option = split.command, split.command.lstrip(" \t"), ""
    leading = leading[: len(leading) - len(command_text)]
    if kind.grammar == "cronie" and (match := re.match(r"-n[ \t]+", command_text)):
        option, command_text = match[0], command_text[match.end() :]
    command, stdin, secrets = redact_fed(command_text, split.stdin or "", location)
    logged_as = _logged(leading + option + command, kind.grammar, line.non_utf8)
    if secrets and logged_as != leading + option + command:
        # as who reads the log sees it: a tab that ends a password is `^I` there, and stands in it
        seen = redact(_logged(leading + option + command_text, kind.grammar, line.non_utf8)).text
        logged_as = seen if seen.count("@secret:") == command.count("@secret:") else logged_as
    user = entry.user if kind.has_user else kind.user
    values = {name: setting.value for name, (setting, _) in scope.settings.items()}
    comment = redact("\n".join(comment.strip() for comment in scope.comments)).text.strip() or None if scope.comments else None
    passwd = draft.passwd
    unknown = user is not None and host.lacks_user(user)
    ignored = f"user {user[:40]!r} is not in /etc/passwd" if unknown and user else None
    jitter = values.get("RANDOM_DELAY", kind.options.random_delay) if kind.grammar == "cronie" else ""
    given = tuple(one for one in given_variables.of_user(kind.options.given, host, user) if one.name not in values)
    return Job(
        id=job_id(host.name, user, command, counter.next(user, command)),
        host=host.name,
        name=name_from(comment) or main_program(command).rstrip("/").rpartition("/")[2].strip("\"'`()")[:80] or "job",
        location=location,
        scheduler=kind.scheduler,
        schedule=_schedule(host, entry.schedule, kind, values, jitter),
        user=user,
        command=command,
        logged_as=logged_as,
        stdin=stdin if split.stdin is not None else None,
        environment=(*given, *(setting for setting, _ in scope.settings.values())),
        shell=values.get("SHELL") or "/bin/sh",
        working_directory=values.get("HOME") or (passwd[user].home if user in passwd else None),
        mail_to=values.get("MAILTO") if kind.options.mails else "",
        mails_failures_only=bool(option),
        enabled=ignored is None,
        ignored_reason=ignored,
        comment=comment,
        secrets=tuple(dict.fromkeys([*secrets, *(secret for _, found in scope.settings.values() for secret in found)])),
        non_utf8=line.non_utf8,
        managed_by=managed_by,
    )


def _schedule(host: Host, expression: str, kind: Kind, values: dict[str, str], jitter: str) -> Schedule:
    """The schedule on the clock that the daemon compares it with; cronie honours CRON_TZ, Debian's cron does not."""
    name = values.get("CRON_TZ") if kind.grammar in HONOURS_CRON_TZ else None
    if name:
        timezone, stated = name if _is_zone(name) else "UTC", True
    else:
        timezone, stated = host.timezone or "UTC", host.timezone is not None
    return Schedule(
        grammar=kind.grammar,
        expressions=(expression,),
        timezone=timezone,
        timezone_stated=stated,
        # even where it is the same zone: CRON_TZ takes the line off the clock whose changes cronie makes up for
        server_timezone=(host.timezone or "UTC") if kind.grammar == "cronie" and name else None,
        trigger="boot" if expression in {"@reboot", "@boot"} else "calendar",
        jitter_s=int(jitter[:6]) * 60.0 if jitter.isascii() and jitter.isdigit() and int(jitter[:6]) else None,
    )


def _is_zone(name: str) -> bool:
    try:
        zone(name)
    except ScheduleError:
        return False
    return True


def _logged(command: str, grammar: Grammar, non_utf8: bool) -> str:
    """The command as the daemon writes it: Debian and cronie make control characters visible (mkprint), and bytes from 128 on, of
    which our own form (`escape_bytes`) is another one."""
    if grammar == "busybox":
        return command
    if non_utf8:
        command = NOT_TEXT.sub(lambda found: f"\\{int(found[1], 16):03o}", command)
    if command.isascii() and command.isprintable():
        return command
    found = []
    for letter in command:
        code = ord(letter)
        if code < 32:
            found.append("^" + chr(code + 64))
        elif code == 127:
            found.append("^?")
        elif code > 127:
            found.append("".join(f"\\{byte:03o}" for byte in letter.encode("utf-8", "backslashreplace")))
        else:
            found.append(letter)
    return "".join(found)
