"""What `migrator collect` could not read on the server.

Line: `/var/spool/cron/crontabs	may not be listed; run as root`
"""

from migrator.hosts.text import lines
from migrator.model.job import HostPart
from migrator.model.source import HostFiles, Location, Problem

UNREAD = "/migrator/unread.txt"
READS: tuple[str, ...] = (UNREAD,)
MOST = 1_000


def read(files: HostFiles) -> HostPart:
    """A Problem for each path that the program was not allowed to read."""
    problems = []
    for line in lines(files, UNREAD)[:MOST] if files.exists(UNREAD) else []:
        path, _, why = line.partition("\t")
        if path.startswith("/"):
            message = f"on the server: {why.strip() or 'not read'}"
            problems.append(Problem(location=Location(host="", path=path), message=message, kind="unreadable"))
    return HostPart(problems=tuple(problems))
