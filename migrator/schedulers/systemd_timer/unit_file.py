"""Unit files: their settings with drop-ins, and the account of their lines.

Line: `OnCalendar=Mon..Fri 02:30`, `ExecStart=/usr/bin/certbot -q renew`
Source: systemd.syntax(7), systemd.unit(5)
"""

import re
from typing import NamedTuple

from migrator.model.job import Accounting, Host
from migrator.model.source import HostFiles, Location, Problem
from migrator.redact import escape_bytes

SYSTEM_FOLDERS = (
    "/run/systemd/generator.early",
    "/etc/systemd/system",
    "/run/systemd/system",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/run/systemd/generator.late",
)
USER_FOLDERS = ("/etc/systemd/user", "/usr/local/lib/systemd/user", "/usr/lib/systemd/user")
HEADER = re.compile(r"\[([A-Za-z0-9 _-]+)\]")
KEY = re.compile(r"([A-Za-z0-9][A-Za-z0-9_-]*)\s*=\s*(.*)", re.DOTALL)


class Value(NamedTuple):
    """One `key=value` and where it stands."""

    text: str
    location: Location


class Unit(NamedTuple):
    """A unit's settings: (section, key) to values, in order, emptied by an empty value as systemd does."""

    name: str
    path: str
    settings: dict[tuple[str, str], list[Value]]
    paths: tuple[str, ...]
    non_utf8: bool

    def all(self, section: str, key: str) -> list[Value]:
        """Every value of a key that may stand several times."""
        return self.settings.get((section, key), [])

    def last(self, section: str, key: str) -> str | None:
        """The value that counts of a key that may stand once; None if it is not set."""
        values = self.all(section, key)
        return values[-1].text if values else None


class Lines(NamedTuple):
    """What the lines of one file are: settings in order, wrong lines, and counts."""

    settings: list[tuple[str, str, Value]]
    problems: list[Problem]
    counts: dict[str, int]
    non_utf8: bool


def read_lines(files: HostFiles, host: Host, path: str) -> Lines:
    """The settings of one file. A line that is neither section, setting, comment nor blank is a Problem."""
    settings: list[tuple[str, str, Value]] = []
    problems: list[Problem] = []
    counts = dict.fromkeys(("job", "setting", "comment", "blank", "problem"), 0)
    raw = files.content(path)
    if raw is None:
        return Lines(settings, problems, counts, False)
    text, non_utf8 = escape_bytes(raw)
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    section, at = "", 0
    while at < len(lines):
        start, line = at, lines[at].strip(" \t\r")
        at += 1
        location = Location(host=host.name, path=path, line=start + 1)
        if not line:
            counts["blank"] += 1
            continue
        if line[0] in "#;":
            counts["comment"] += 1
            continue
        parts, continued = [line], line.endswith("\\")
        while continued and at < len(lines):
            following = lines[at].strip(" \t\r")
            at += 1
            if not following.startswith(("#", ";")):
                head = parts.pop()[:-1].rstrip()
                parts += [head, following] if head or not parts else [following]
                continued = following.endswith("\\")
            elif at == len(lines):
                parts[-1] = parts[-1][:-1]
        line = " ".join(parts)
        if match := HEADER.fullmatch(line):
            section, what = match[1], "setting"
        elif (match := KEY.fullmatch(line)) and section:
            settings.append((section, match[1], Value(match[2].strip(), location)))
            what = "setting"
        else:
            what = "problem"
            message = "is no section, setting or comment; systemd ignores this line; correct it"
            if len(problems) < 50:
                problems.append(Problem(location=location, message=message))
        counts[what] += at - start
    return Lines(settings, problems, counts, non_utf8)


def account(host: Host, path: str, counts: dict[str, int]) -> Accounting:
    """The account of one file."""
    return Accounting(host=host.name, path=path, lines=sum(counts.values()), **counts)


def find(files: HostFiles, name: str, folders: tuple[str, ...]) -> str | None:
    """The path of the unit file in force; None if there is none, or if it is masked (a link to /dev/null)."""
    for folder in folders:
        path = f"{folder}/{name}"
        if files.link(path) == "/dev/null":
            return None
        if files.exists(path):
            return path
    return None


def drop_ins(files: HostFiles, name: str, folders: tuple[str, ...]) -> list[str]:
    """The drop-in files of a unit in the order in which they are read."""
    found: dict[str, str] = {}
    names = [name]
    if "@" in name:
        stem, suffix = name.split("@", 1)[0], name.rpartition(".")[2]
        names.insert(0, f"{stem}@.{suffix}")
    for folder in reversed(folders):
        for unit in names:
            for entry in files.entries(f"{folder}/{unit}.d"):
                if entry.endswith(".conf"):
                    found[entry] = f"{folder}/{unit}.d/{entry}"
    return [found[entry] for entry in sorted(found)]


def load(files: HostFiles, host: Host, name: str, path: str, folders: tuple[str, ...]) -> tuple[Unit, dict[str, Lines]]:
    """The unit with its drop-ins, and the lines of each file that was read."""
    read: dict[str, Lines] = {}
    settings: dict[tuple[str, str], list[Value]] = {}
    for here in [path, *drop_ins(files, name, folders)]:
        read[here] = read_lines(files, host, here)
        for section, key, value in read[here].settings:
            if value.text == "":
                settings[section, key] = []
                if section == "Timer" and key.startswith("On"):  # an empty On... line takes back all of them
                    for other in [other for other in settings if other[0] == "Timer" and other[1].startswith("On")]:
                        settings[other] = []
            else:
                settings.setdefault((section, key), []).append(value)
    return Unit(name, path, settings, tuple(read), any(lines.non_utf8 for lines in read.values())), read
