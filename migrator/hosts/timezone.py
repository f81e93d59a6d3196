"""The server's time zone.

Source: localtime(5), Debian's /etc/timezone, RHEL's /etc/sysconfig/clock; TZif files are compared with the pinned tzdata.
"""

import re
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from migrator.digest import sha256
from migrator.hosts.text import first_line, lines
from migrator.model.job import HostPart
from migrator.model.source import Evidence, HostFiles, Location, Problem

READS: tuple[str, ...] = ("/etc/timezone", "/etc/localtime", "/etc/sysconfig/clock", "/etc/TZ")
IN_LINK = re.compile(r"zoneinfo/(?:posix/|right/)?([A-Za-z0-9_+./-]+)$")


def read(files: HostFiles) -> HostPart:
    """The zone that /etc/localtime names (the C library reads that one), else the one in /etc/timezone; a Problem for a zone
    that does not exist and where the two differ."""
    problems = []
    stated: list[tuple[str, str]] = []
    target = files.link("/etc/localtime")
    if target and (match := IN_LINK.search(target)):
        stated.append((match[1], "/etc/localtime"))
    elif files.exists("/etc/localtime") and (name := _by_content(files)):
        stated.append((name, "/etc/localtime"))
    if word := first_line(files, "/etc/timezone"):
        stated.append((word, "/etc/timezone"))
    clock = [
        re.fullmatch(r"\s*(?:ZONE|TIMEZONE)=[\"']?([^\"']+)[\"']?\s*", line) for line in lines(files, "/etc/sysconfig/clock")
    ]
    stated.extend((match[1].replace(" ", "_"), "/etc/sysconfig/clock") for match in clock if match)
    if word := first_line(files, "/etc/TZ"):
        stated.append((word, "/etc/TZ"))
    known = []
    for name, path in stated:
        if is_zone(name):
            known.append((name, path))
        else:
            message = (
                f"time zone {name[:60]!r} is unknown; an IANA name such as Europe/Berlin is needed; schedules are read without it"
            )
            problems.append(Problem(location=Location(host="", path=path, line=1), message=message))
    if not known:
        return HostPart(problems=tuple(problems))
    (name, path), *others = known
    for other, other_path in others:
        if other != name and not same_zone(other, name):
            message = f"says {other}, but {path} says {name}, which is what the cron daemon reads; {name} is used"
            problems.append(Problem(location=Location(host="", path=other_path, line=1), message=message))
    return HostPart(
        timezone=name, evidence=(Evidence(snippet=name, location=Location(host="", path=path)),), problems=tuple(problems)
    )


def is_zone(name: str) -> bool:
    """True for an IANA zone of the pinned tzdata."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,3}", name):
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def same_zone(one: str, other: str) -> bool:
    """True for two names of one zone (UTC and Etc/UTC; links of the database)."""
    return _digest_of(one) is not None and _digest_of(one) == _digest_of(other)


@cache
def _digest_of(name: str) -> str | None:
    at = resources.files("tzdata").joinpath("zoneinfo", *name.split("/"))
    return sha256(at.read_bytes()) if at.is_file() else None


def _by_content(files: HostFiles) -> str | None:
    """The zone whose transitions are those of a copied /etc/localtime: by its POSIX footer and its bytes."""
    raw = files.content("/etc/localtime")
    if raw is None or not raw.startswith(b"TZif"):
        return None
    digest = sha256(raw)
    names = resources.files("tzdata").joinpath("zones").read_text().split()
    for name in names:
        if _digest_of(name) == digest:
            return name
    # another release of the database: zones with the same rule from now on; the well-known name of each rule
    footer = raw.rstrip(b"\n").rpartition(b"\n")[2]
    same = [name for name in names if _footer_of(name) == footer]
    preferred = (
        "UTC",
        "Europe/Berlin",
        "Europe/London",
        "America/New_York",
        "America/Chicago",
        "America/Denver",
        "America/Los_Angeles",
    )
    return next((name for name in preferred if name in same), same[0] if len(same) == 1 else None)


@cache
def _footer_of(name: str) -> bytes | None:
    at = resources.files("tzdata").joinpath("zoneinfo", *name.split("/"))
    return at.read_bytes().rstrip(b"\n").rpartition(b"\n")[2] if at.is_file() else None
