"""What a path on a server is: a program, a setting, a log, scratch, or data that somebody would miss."""

import posixpath
import re
from typing import Literal

PathKind = Literal["nothing", "scratch", "log", "setting", "program", "machine", "key", "data", "relative"]

# first match wins; a prefix ends at a slash
PLACES: tuple[tuple[str, PathKind], ...] = (
    ("/dev", "nothing"),
    ("/tmp", "scratch"),  # noqa: S108 - a name in a fact
    ("/var/tmp", "scratch"),  # noqa: S108
    ("/run", "scratch"),
    ("/var/run", "scratch"),
    ("/var/lock", "scratch"),
    ("/var/log", "log"),
    ("/proc", "machine"),
    ("/sys", "machine"),
    ("/boot", "machine"),
    ("/etc", "setting"),
    ("/usr/local/etc", "setting"),
    ("/bin", "program"),
    ("/sbin", "program"),
    ("/lib", "program"),
    ("/lib64", "program"),
    ("/usr", "program"),
    ("/snap", "program"),
    ("/var/lib/apt", "machine"),
    ("/var/lib/dpkg", "machine"),
    ("/var/lib/rpm", "machine"),
    ("/var/cache", "scratch"),
)
CODE_SUFFIXES = (".sh", ".py", ".php", ".pl", ".rb", ".js", ".mjs", ".jar", ".war", ".pyc", ".so", ".phar", ".bash", ".lua", ".r")
SETTING_SUFFIXES = (
    ".conf",
    ".cnf",
    ".cfg",
    ".ini",
    ".env",
    ".toml",
    ".yaml",
    ".yml",
    ".properties",
    ".netrc",
    ".my.cnf",
    ".pgpass",
)


def path_kind(path: str) -> PathKind:
    """The kind of a path; `data` is what is left, `relative` where it does not start at the root.

    >>> path_kind("/var/lib/shop/last-run"), path_kind("/tmp/x"), path_kind("/opt/shop/bin/tick.php"), path_kind("out.csv")
    ('data', 'scratch', 'program', 'relative')
    """
    if not path.startswith("/"):
        return "relative"
    path = posixpath.normpath(path)
    name = posixpath.basename(path)
    if "/.ssh" in path or name.startswith("id_") or path.endswith((".pem", ".key")):
        return "key"
    for place, kind in PLACES:
        if path == place or path.startswith(place + "/"):
            return kind
    if path.endswith(CODE_SUFFIXES) or "/bin/" in path or "/vendor/" in path or "/venv/" in path:
        return "program"
    if path.endswith(SETTING_SUFFIXES):
        return "setting"
    if path.endswith(".log") or "/log/" in path or "/logs/" in path:
        return "log"
    return "data"


Lifetime = Literal["temporary", "state", "log", "spool", "database", "config", "data"]
# first match wins; what a service keeps in its own form, what waits for a service, what one run leaves for the next
LIVES: tuple[tuple[str, Lifetime], ...] = (
    ("/dev/shm", "temporary"),  # noqa: S108
    ("/var/spool", "spool"),
    ("/var/mail", "spool"),
    ("/var/vmail", "spool"),
    ("/var/lib/mysql", "database"),
    ("/var/lib/postgresql", "database"),
    ("/var/lib/pgsql", "database"),
    ("/var/lib/mongodb", "database"),
    ("/var/lib/mongo", "database"),
    ("/var/lib/redis", "database"),
    ("/var/lib/ldap", "database"),
)
LOG_NAME = re.compile(r"\.log(?:\.\d+)?(?:\.(?:gz|xz|bz2|zst))?$")
DATABASE_SUFFIXES = (".db", ".sqlite", ".sqlite3", ".db3", ".rrd", ".mdb", ".dbm")


def lifetime(path: str) -> Lifetime | None:
    """How long what stands under a path is meant to live; None for programs, devices and relative names.

    >>> lifetime("/tmp/x"), lifetime("/var/lib/shop/last-run"), lifetime("/var/spool/out/a"), lifetime("/srv/a.db")
    ('temporary', 'state', 'spool', 'database')
    >>> lifetime("/etc/motd"), lifetime("/srv/reports/a.csv"), lifetime("/usr/bin/x")
    ('config', 'data', None)
    """
    if not path.startswith("/"):
        return None
    if LOG_NAME.search(path) and path_kind(path) in {"data", "log"}:
        return "log"  # wherever it lies
    for place, word in LIVES:
        if path == place or path.startswith(place + "/"):
            return word
    kind = path_kind(path)
    if kind in {"scratch", "log", "setting"}:
        return {"scratch": "temporary", "log": "log", "setting": "config"}[kind]  # type: ignore[return-value]
    if kind in {"program", "nothing", "machine", "key", "relative"}:
        return None
    if path.endswith(DATABASE_SUFFIXES):
        return "database"
    return "state" if path.startswith("/var/lib/") else "data"
