"""What one line of a crontab is, as the Vixie family and busybox read it: blank, comment, setting, or a job's parts.

Line: `MAILTO="ops@example.org"`, `30 2 * * 1-5 www-data /srv/report.sh%text`, `@daily /srv/tidy.sh`
Source: crontab(5); env.c and entry.c of Debian cron 3.0pl1 and cronie 1.7; busybox crond.c
"""

import re
from typing import NamedTuple

from migrator.errors import ScheduleError
from migrator.model.job import Grammar
from migrator.schedule import crontab

LONGEST_COMMAND = {"debian": 998, "cronie": 131_071}
SETTING = re.compile(
    r"""[ \t]*(?:"(?P<double>[^"=]*)"|'(?P<single>[^'=]*)'|(?P<plain>[^\s="'][^\s=]*|(?==)))[ \t]*=[ \t]*(?P<value>.*)""",
    re.DOTALL,
)
BUSYBOX_SETTING = re.compile(r"(MAILTO|SHELL|PATH)=([^ \t#]*)")
BLANKS = re.compile(r"[ \t]+")
RANDOM = re.compile(r"(\d*)~(\d*)")


class Blank(NamedTuple):
    """Nothing."""


class Comment(NamedTuple):
    """A comment, without its `#`."""

    text: str


class Assignment(NamedTuple):
    """A variable for the lines below."""

    name: str
    value: str


class Entry(NamedTuple):
    """A job's parts. `rest` is everything after the user (system tabs) or the schedule, as the daemon keeps it."""

    schedule: str
    user: str | None
    rest: str
    remarks: tuple[str, ...]


class Wrong(NamedTuple):
    """A line that the daemon rejects, and why."""

    why: str


def read(
    text: str, grammar: Grammar, *, has_user: bool, empty_value_is_wrong: bool
) -> Blank | Comment | Assignment | Entry | Wrong:
    """What the line is to a daemon of this grammar.

    >>> read("*/5 * * * * /bin/true", "debian", has_user=False, empty_value_is_wrong=True).schedule
    '*/5 * * * *'
    >>> read("FOO = 'a b' ", "debian", has_user=False, empty_value_is_wrong=True)
    Assignment(name='FOO', value='a b')
    """
    stripped = text.lstrip(" \t")
    if not stripped:
        return Blank()
    if stripped.startswith("#"):
        return Comment(stripped[1:])
    if grammar == "busybox":
        return _busybox(stripped)
    if grammar == "systemd-cron" and not stripped.strip():
        return Blank()
    found = _assignment(text, grammar, empty_value_is_wrong)
    return _entry(stripped, grammar, has_user) if found is None else found


def _assignment(text: str, grammar: Grammar, empty_value_is_wrong: bool) -> Assignment | Wrong | None:
    match = SETTING.fullmatch(text)
    if match is None:
        return None
    name = next(part for part in (match["double"], match["single"], match["plain"]) if part is not None)
    value = match["value"]
    if value[:1] in {'"', "'"}:
        end = value.find(value[0], 1)
        if end < 0 or value[end + 1 :].strip(" \t\r"):
            return Wrong(
                f"setting {name[:40]}: the value starts with a quote and does not end with the same one; "
                "the daemon reads such a line as a job and rejects it; quote the whole value or nothing"
            )
        inner = value[1:end]
        if grammar == "debian" and empty_value_is_wrong and len(inner) > 1 and inner[0] == inner[-1] and inner[0] in "'\"":
            inner = inner[1:-1]  # the same releases of Debian's cron take a second pair of quotes off, too
        return Assignment(name, inner)
    value = value.rstrip()
    if not value and empty_value_is_wrong:
        return Wrong(f'setting {name[:40]} has no value; this release of cron rejects that; write {name[:40]}=""')
    return Assignment(name, value)


def _busybox(stripped: str) -> Blank | Assignment | Entry | Wrong:
    line = stripped.split("#", 1)[0].rstrip(" \t\r")  # busybox: # ends a line anywhere
    if not line:
        return Blank()
    if match := BUSYBOX_SETTING.match(line):
        return Assignment(match[1], match[2])
    if line.startswith("@"):
        schedule, _, rest = _split(line, 1)
    else:
        schedule, _, rest = _split(line, 5)
    if schedule is None or not rest:
        if re.match(r"[A-Za-z_]\w*\s*=", line):
            return Wrong("busybox crond honours only MAILTO=, SHELL= and PATH= at the start of a line; this setting is ignored")
        return Wrong(f"{len(line.split())} words; a line of busybox crond has five time fields and a command; it is ignored")
    return _checked(schedule, None, rest, "busybox")


def _split(text: str, fields: int) -> tuple[str | None, str, str]:
    """(the first `fields` words joined by one blank, the blanks after them, the rest); None if there are fewer words."""
    at, words = 0, []
    for _ in range(fields):
        match = re.compile(r"[^ \t]+").match(text, at)
        if match is None:
            return None, "", ""
        words.append(match[0])
        gap = BLANKS.match(text, match.end())
        at = gap.end() if gap else match.end()
    return " ".join(words), text[at - len(gap[0]) : at] if gap else "", text[at:]


def _entry(stripped: str, grammar: Grammar, has_user: bool) -> Entry | Wrong:
    if grammar == "cronie" and stripped.startswith("-"):
        stripped = stripped[1:]  # SUSE, cronie: this job is not logged
    nickname = stripped.startswith("@")
    schedule, _, rest = _split(stripped, 1 if nickname else _fields(stripped, grammar, has_user))
    if schedule is None:
        words = len(stripped.split())
        return Wrong(f"{words} words; a job has five time fields (or a nickname){', a user' if has_user else ''} and a command")
    user = None
    if has_user:
        match = re.compile(r"[^ \t]+").match(rest)
        if match is None:
            return Wrong("ends after the time fields; a line of a system crontab has a user and a command there")
        user, rest = match[0], rest[match.end() :]
        # Debian eats one blank after the user and hands the others to the shell (and to its log); cronie eats all
        rest = rest[1:] if grammar == "debian" else rest.lstrip(" \t")
        if grammar == "debian" and not rest.strip():
            return Wrong(f"ends after the user {user[:40]}; Debian's cron takes a system tab's line without a command for wrong")
    elif rest.startswith("*") and not nickname and grammar in {"debian", "cronie"}:
        return Wrong("a * where the command begins: one field too many; cron catches this common typo and rejects the line")
    if "\0" in rest:
        return Wrong("a NUL byte in the command; cron ends the line there; remove it")
    limit = LONGEST_COMMAND.get(grammar)
    if limit is not None and len(rest.encode("utf-8", "backslashreplace")) > limit:
        return Wrong(f"a command of {len(rest):,} characters; {grammar} allows {limit:,}; put it into a script")
    if not rest.strip() and grammar != "debian":
        return Wrong("no command after the time fields")
    if grammar == "cronie" and (option := re.match(r"(?:-n[ \t]+)*-(\S*)", rest)) and option[1] != "n":
        return Wrong(f"{option[0][:20]} before the command is no option; cronie knows -n only and rejects the line; remove it")
    return _checked(schedule, user, rest, grammar)


def _fields(stripped: str, grammar: Grammar, has_user: bool) -> int:
    """Supercronic takes a sixth and a seventh field (year, seconds) where they look like fields."""
    if grammar != "supercronic" or has_user:
        return 5
    words = stripped.split()
    count = 5
    while count < 7 and len(words) > count + 1 and re.fullmatch(r"[\d*/,?-]+", words[count]):
        count += 1
    return count


def _checked(schedule: str, user: str | None, rest: str, grammar: Grammar) -> Entry | Wrong:
    if schedule == "@reboot" or (schedule == "@boot" and grammar == "systemd-cron"):
        return Entry(schedule, user, rest, ())
    probe = schedule
    if grammar == "cronie" and "~" in schedule:  # a random value, drawn at each load: any value of the range stands for it
        probe = " ".join(RANDOM.sub(lambda m: m[1] or m[2] or "1", field) for field in schedule.split(" "))
    flavour: crontab.Flavour = "debian" if grammar in {"on-calendar", "none"} else grammar  # type: ignore[assignment]  # the two are excluded
    try:
        reading = crontab.explain(probe, flavour, "UTC")
    except ScheduleError as error:
        return Wrong(str(error))
    return Entry(schedule, user, rest, reading.remarks)


class Split(NamedTuple):
    """A command and what follows its first unescaped `%`."""

    command: str
    stdin: str | None


def at_percent(rest: str, grammar: Grammar) -> Split:
    r"""The command as the shell gets it, and its standard input; None if there is no `%`.

    >>> at_percent(r"mail -s $(date +\%F) ops%one%two", "debian")
    Split(command='mail -s $(date +%F) ops', stdin='one\ntwo\n')
    """
    if grammar not in {"debian", "cronie", "systemd-cron"}:
        return Split(rest, None)
    command: list[str] = []
    at = 0
    while at < len(rest):
        letter = rest[at]
        if letter == "%":
            return Split("".join(command), _input(rest[at + 1 :]))
        if letter == "\\" and at + 1 < len(rest):
            following = rest[at + 1]
            escaped = following == "%" or (following == "\\" and grammar == "debian")  # Debian alone halves backslashes
            command.append(following if escaped else letter + following)
            at += 2
            continue
        command.append(letter)
        at += 1
    return Split("".join(command), None)


def _input(text: str) -> str | None:
    """`%` is a line feed, `\\%` a percent sign; a last line feed is added."""
    if not text:
        return None
    lines = re.sub(r"(\\)?%", lambda match: "%" if match[1] else "\n", text)
    return lines if lines.endswith("\n") else lines + "\n"
