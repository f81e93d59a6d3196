"""Which Debian package installed a program of the server, where dpkg's lists are in the tree.

Line: `/usr/sbin/logrotate` in /var/lib/dpkg/info/logrotate.list
Source: dpkg(1), "FILES"; deb-usrmerge: a list may say /bin where the file is in /usr/bin
"""

import posixpath
import re
from weakref import WeakKeyDictionary

from migrator.model.source import HostFiles

LISTS = "/var/lib/dpkg/info/*.list"
NAME = re.compile(r"([a-z0-9][a-z0-9+.-]{1,100})(?::[a-z0-9-]{1,20})?\.list")
PROGRAMS = ("/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/lib/", "/usr/libexec/", "/usr/share/", "/lib/")
NO_PROGRAMS = (
    "/usr/share/doc/",
    "/usr/share/man/",
    "/usr/share/locale/",
    "/usr/share/zoneinfo/",
    "/usr/share/icons/",
    "/usr/share/perl/",
)
MOST = 200_000  # paths that are kept of one server
FOUND: WeakKeyDictionary[HostFiles, dict[str, str]] = WeakKeyDictionary()  # read once for a server, when the first is asked for


def package_of(files: HostFiles, path: str) -> str | None:
    """The package whose list names the file; None where no list does, or there are none."""
    if not path.startswith(PROGRAMS):
        return None
    if files not in FOUND:
        FOUND[files] = _lists(files)
    known = FOUND[files]
    return known.get(path) or known.get(path.removeprefix("/usr"))


def _lists(files: HostFiles) -> dict[str, str]:
    found: dict[str, str] = {}
    for file in files.glob((LISTS,)):
        name = NAME.fullmatch(posixpath.basename(file.path))
        raw = files.content(file.path) if name is not None else None
        if name is None or raw is None:
            continue
        for line in raw.decode("utf-8", "replace").split("\n"):
            if line.startswith(PROGRAMS) and not line.startswith(NO_PROGRAMS) and len(found) < MOST:
                found.setdefault(line, name[1])
    return found
