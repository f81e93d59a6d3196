"""Whether a file that a job calls is gone from its server, or only not among the files that we have.

Source: path_resolution(7); templates/server/collect.sh.j2, which writes `/migrator/gone.txt`
"""

import posixpath
from weakref import WeakKeyDictionary

from migrator.model.finding import NOT_COLLECTED, NOT_READ
from migrator.model.source import COLLECTED, HostFiles

GONE = "/migrator/gone.txt"  # paths in the schedules' own words that were looked for on the server
PROGRAM_PLACES = ("/opt", "/srv", "/home", "/root", "/usr/local/bin", "/usr/local/sbin", "/var/www", "/data")
HOLDS_PROGRAMS: WeakKeyDictionary[HostFiles, bool] = WeakKeyDictionary()  # asked once for a server, not for each job
SAID: WeakKeyDictionary[HostFiles, frozenset[str]] = WeakKeyDictionary()  # read once for a server


def is_gone(files: HostFiles, path: str) -> bool:
    """True where the server itself, or a folder that is in the tree with what it holds, shows that no such file is there.

    A bundle of `collect` holds what jobs call and nothing else: of it only the list counts that it made on the server. Of a
    copied tree only a folder counts that is in it and not empty: an empty one may be where a disk is mounted. On a running server
    the nearest folder that exists has to show what it holds.
    """
    if files.exists(path):
        return False
    if files.exists(COLLECTED):
        return path in _said(files)
    folder = posixpath.dirname(path)
    while files.live and folder != "/" and not files.exists(folder):
        folder = posixpath.dirname(folder)
    return bool(files.entries(folder))


def why_absent(files: HostFiles, path: str) -> str | None:
    """What is known of a file that a job calls and whose text was not read: the detail of its fact; None: it is gone."""
    if not holds_programs(files):
        return "no scripts were collected"
    if path.startswith("/") and files.exists(path):
        return NOT_READ
    return None if is_gone(files, path) else NOT_COLLECTED


def holds_programs(files: HostFiles) -> bool:
    """True where the tree holds scripts at all: then one that is not there is missing, not just not collected."""
    if files not in HOLDS_PROGRAMS:
        HOLDS_PROGRAMS[files] = any(files.entries(place) for place in PROGRAM_PLACES)
    return HOLDS_PROGRAMS[files]


def _said(files: HostFiles) -> frozenset[str]:
    if files not in SAID:
        raw = files.content(GONE) if files.exists(GONE) else None
        SAID[files] = frozenset((raw or b"").decode("utf-8", "replace").splitlines())
    return SAID[files]
