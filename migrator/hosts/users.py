"""The server's users.

Line: `www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin`; of nsswitch.conf: `passwd: files sss`
Source: passwd(5), nsswitch.conf(5)
"""

import re

from migrator.hosts.text import lines
from migrator.model.job import HostPart, User
from migrator.model.source import HostFiles, Location, Problem

READS: tuple[str, ...] = ("/etc/passwd", "/etc/nsswitch.conf")
# passwd(5), and users of systemd's own making; db, altfiles and extrausers are files that nobody reads here
LOCAL = frozenset({"files", "compat", "systemd", "cache"})


def read(files: HostFiles) -> HostPart:
    """Every user of passwd(5), and who else knows users; None (not an empty list) where there is no such file.

    Lines that are no user are Problems.
    """
    found: dict[str, User] = {}
    problems = []
    nis = None
    if not files.exists("/etc/passwd"):
        return HostPart()
    for number, line in enumerate(lines(files, "/etc/passwd"), 1):
        if line.startswith("+"):
            nis = "nis"
        if not line.strip() or line.startswith(("#", "+", "-")):
            continue
        fields = line.split(":")
        if len(fields) != 7 or not fields[0] or not fields[2].isascii() or not fields[2].isdigit():
            message = f"{len(fields)} fields; a line of passwd(5) has 7 with a number in the third; the line is skipped"
            problems.append(Problem(location=Location(host="", path="/etc/passwd", line=number), message=message))
            continue
        user = User(name=fields[0], uid=int(fields[2][:10]), home=fields[5] or "/", shell=fields[6] or "/bin/sh")
        found.setdefault(user.name, user)
    return HostPart(users=tuple(found.values()) or None, users_elsewhere=nis or _services(files), problems=tuple(problems))


def _services(files: HostFiles) -> str | None:
    """The directory services that nsswitch.conf asks for users: a user whom they know stands in no file of the server."""
    if not files.exists("/etc/nsswitch.conf"):
        return None
    for line in lines(files, "/etc/nsswitch.conf"):
        name, colon, said = line.partition("#")[0].partition(":")
        if colon and name.strip() == "passwd":
            asked = re.sub(r"\[[^\]]*\]", " ", said).split()
            return " ".join(one[:20] for one in asked if one not in LOCAL)[:80] or None
    return None
