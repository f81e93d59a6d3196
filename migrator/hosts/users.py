"""The server's users.

Line: `www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin`
Source: passwd(5)
"""

from migrator.hosts.text import lines
from migrator.model.job import HostPart, User
from migrator.model.source import HostFiles, Location, Problem

READS: tuple[str, ...] = ("/etc/passwd",)


def read(files: HostFiles) -> HostPart:
    """Every user of passwd(5); None (not an empty list) where there is no such file. Lines that are no user are Problems."""
    found: dict[str, User] = {}
    problems = []
    if not files.exists("/etc/passwd"):
        return HostPart()
    for number, line in enumerate(lines(files, "/etc/passwd"), 1):
        if not line.strip() or line.startswith(("#", "+", "-")):
            continue
        fields = line.split(":")
        if len(fields) != 7 or not fields[0] or not fields[2].isascii() or not fields[2].isdigit():
            message = f"{len(fields)} fields; a line of passwd(5) has 7 with a number in the third; the line is skipped"
            problems.append(Problem(location=Location(host="", path="/etc/passwd", line=number), message=message))
            continue
        user = User(name=fields[0], uid=int(fields[2][:10]), home=fields[5] or "/", shell=fields[6] or "/bin/sh")
        found.setdefault(user.name, user)
    return HostPart(users=tuple(found.values()) or None, problems=tuple(problems))
