"""Variables that a job has before its own file says any: what PAM gives under cron, and the server's locale.

Line: `LANG=de_DE.UTF-8` in /etc/default/locale, `JAVA_HOME="/opt/jdk"` in /etc/environment
Source: pam_env(8) and its _parse_env_file; /etc/pam.d/cron (Debian), /etc/pam.d/crond (cronie); locale.conf(5): systemd
gives it to every service, so also to crond, from which cronie takes LANG and LC_* (crond(8)). What /etc/security/pam_env.conf
sets is not read (as shipped it sets nothing), nor is a variable whose value is no UTF-8.
"""

import re
from collections.abc import Iterator

from migrator import locales
from migrator.model.job import Grammar, Host, Setting
from migrator.model.source import HostFiles, Location, Problem
from migrator.redact import PLACEHOLDER, redact_setting

ENVIRONMENT = "/etc/environment"
LOCALES = ("/etc/locale.conf", "/etc/default/locale")  # Debian's systemd reads the second, where the first is not there
SERVICES: dict[Grammar, str] = {"debian": "cron", "cronie": "crond"}
AS_SHIPPED = {"cron": (ENVIRONMENT, LOCALES[1]), "crond": (ENVIRONMENT,)}
READS: tuple[str, ...] = (ENVIRONMENT, *LOCALES, "/etc/pam.d/*")
CRONS_OWN = frozenset({"SHELL", "HOME", "PATH", "LOGNAME", "CRON_TZ"})  # cron's values win; CRON_TZ it takes from no one else
MOST = 200  # variables of one file
DEPTH = 4  # of includes of PAM's files in one another
PAM = re.compile(r"(?m)^[ \t]*-?(?:auth|session)[ \t]+(?:\[[^\]\n]*\]|\w+)[ \t]+(?:/\S*/)?pam_env\.so\b(.*)$")
INCLUDES = re.compile(r"(?m)^[ \t]*(?:@include|-?(?:auth|session)[ \t]+(?:include|substack))[ \t]+([\w.-]{1,100})[ \t]*$")
NAME = re.compile(r"[A-Za-z0-9_]+")
NO_UTF8 = re.compile("[\udc80-\udcff\0]")


def of_cron(files: HostFiles, host: Host, grammar: Grammar) -> tuple[Setting, ...]:
    """What a crontab's jobs find before the settings of the crontab; none from a daemon that asks no PAM.

    Without secrets: a store of its own for each job, most of which never look at it, would be paid for. `withheld` tells of them.
    """
    return tuple(setting for setting in _of_cron(files, host, grammar) if not PLACEHOLDER.search(setting.value))


def withheld(files: HostFiles, host: Host, grammar: Grammar) -> tuple[Problem, ...]:
    """The variables with a secret, which no job is given."""
    return tuple(
        Problem(
            location=setting.location,
            message=f"{setting.name} holds a secret and is given to every job of cron; it is carried to none: "
            f"write {setting.name}=... above the job that needs it, and plan again",
            kind="remark",
        )
        for setting in _of_cron(files, host, grammar)
        if PLACEHOLDER.search(setting.value) and setting.location
    )


def _of_cron(files: HostFiles, host: Host, grammar: Grammar) -> tuple[Setting, ...]:
    service = SERVICES.get(grammar)
    if service is None:
        return ()
    found: dict[str, Setting] = {}
    for path in _files_of(files, service):
        _read(files, host, path, found)
    if grammar == "cronie":
        found.update((setting.name, setting) for setting in locale(files, host))
    own = CRONS_OWN | ({"USER"} if grammar == "cronie" else set())
    return tuple(setting for name, setting in found.items() if name not in own)


def locale(files: HostFiles, host: Host) -> tuple[Setting, ...]:
    """LANG and LC_* of the server, which every service that systemd starts is given."""
    path = next((path for path in LOCALES if files.exists(path)), None)
    found: dict[str, Setting] = {}
    if path:
        _read(files, host, path, found)
    return tuple(setting for name, setting in found.items() if locales.VARIABLE.fullmatch(name))


def _files_of(files: HostFiles, service: str) -> tuple[str, ...]:
    """The files that PAM reads for the daemon, in order; as its package ships it where the tree does not have its service."""
    if files.stat(f"/etc/pam.d/{service}") is None:
        return AS_SHIPPED[service]
    return _of_service(files, service, DEPTH, {service})


def _of_service(files: HostFiles, service: str, depth: int, seen: set[str]) -> tuple[str, ...]:
    text = _text(files, f"/etc/pam.d/{service}")
    found: list[tuple[int, tuple[str, ...]]] = []
    for match in PAM.finditer(text):
        options = dict(word.partition("=")[::2] for word in match[1].partition("#")[0].split())
        if options.get("readenv", "1") != "0":
            found.append((match.start(), (options.get("envfile", ENVIRONMENT),)))
    for match in INCLUDES.finditer(text):
        if depth and match[1] not in seen:  # each once: files that include one another many times over would never end
            seen.add(match[1])
            found.append((match.start(), _of_service(files, match[1], depth - 1, seen)))
    return tuple(dict.fromkeys(path for _, paths in sorted(found) for path in paths))


def _read(files: HostFiles, host: Host, path: str, found: dict[str, Setting]) -> None:
    """Adds the variables of a file, as pam_env reads it.

    `#` ends a line, also between quotes; the first quote goes, and one that is the last character; nothing is expanded.
    """
    for number, line in _lines(_text(files, path)):
        name, equals, value = line.partition("=")
        if not equals:
            found.pop(name, None)  # a name alone takes the variable away
        if not equals or not NAME.fullmatch(name) or NO_UTF8.search(value) or len(found) >= MOST:
            continue
        if value[:1] in {'"', "'"}:
            value = value[1:-1] if len(value) > 1 and value[-1] in "\"'" else value[1:]
        location = Location(host=host.name, path=path, line=number)
        found[name] = Setting(name=name, value=redact_setting(name, value, location).text, location=location)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines without comments, each with its number.

    A backslash at the end joins the next line that is neither blank nor a comment; what then nothing ends is left out.
    """
    begun, start = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.lstrip(" \t")
        if not bare or bare[0] == "#":
            continue
        start = start or number
        kept, comment, _ = line.partition("#")
        cut = kept.rstrip(" \t")
        if not comment and cut.endswith("\\"):
            begun += cut[:-1]
            continue
        yield start, (begun + kept).lstrip(" \t").removeprefix("export ")
        begun, start = "", 0


def _text(files: HostFiles, path: str) -> str:
    raw = files.content(path) if path.startswith("/") and files.stat(path) is not None else None
    return raw.decode("utf-8", "surrogateescape") if raw else ""
