"""Variables that a job has before its own file says any: what PAM gives under cron, and the server's locale.

Line: `LANG=de_DE.UTF-8` in /etc/default/locale, `JAVA_HOME="/opt/jdk"` in /etc/environment,
`CACHE DEFAULT=@{HOME}/.cache OVERRIDE=${XDG_CACHE}` in /etc/security/pam_env.conf
Source: pam_env(8), pam_env.conf(5), and _parse_env_file, _parse_line, _expand_arg of their program; /etc/pam.d/cron (Debian),
/etc/pam.d/crond (cronie); locale.conf(5): systemd gives it to every service, so also to crond, from which cronie takes LANG
and LC_* (crond(8)). A variable whose value is no UTF-8 is not read.
"""

import re
from collections.abc import Iterator

import msgspec

from migrator import locales
from migrator.model.job import Grammar, Host, Setting
from migrator.model.source import HostFiles, Location, Problem
from migrator.redact import PLACEHOLDER, redact_setting

ENVIRONMENT = "/etc/environment"
LOCALES = ("/etc/locale.conf", "/etc/default/locale")  # Debian's systemd reads the second, where the first is not there
SERVICES: dict[Grammar, str] = {"debian": "cron", "cronie": "crond"}
CONFIGURED = "/etc/security/pam_env.conf"
AS_SHIPPED = {"cron": (CONFIGURED, ENVIRONMENT, CONFIGURED, LOCALES[1]), "crond": (CONFIGURED, ENVIRONMENT)}
READS: tuple[str, ...] = (ENVIRONMENT, *LOCALES, CONFIGURED, "/etc/pam.d/*")
CRONS_OWN = frozenset({"SHELL", "HOME", "PATH", "LOGNAME", "CRON_TZ"})  # cron's values win; CRON_TZ it takes from no one else
MOST = 200  # variables of one file
DEPTH = 4  # of includes of PAM's files in one another
PAM = re.compile(r"(?m)^[ \t]*-?(?:auth|session)[ \t]+(?:\[[^\]\n]*\]|\w+)[ \t]+(?:/\S*/)?pam_env\.so\b(.*)$")
INCLUDES = re.compile(r"(?m)^[ \t]*(?:@include|-?(?:auth|session)[ \t]+(?:include|substack))[ \t]+([\w.-]{1,100})[ \t]*$")
NAME = re.compile(r"[A-Za-z0-9_]+")
OF_USER = "\ue000{}\ue001"  # in the place of what only the job's user says, until that is known
ITEMS = frozenset({"HOME", "SHELL", "PAM_USER"})
OPTION = re.compile(r'[ \t]+(DEFAULT|OVERRIDE)=(?:"([^"]*)"(?![^ \t])|(?!")([^ \t]*))')
MOST_FILES = 24  # that PAM reads for one service
LONGEST = 8_192  # of an expanded value
NO_UTF8 = re.compile("[\udc80-\udcff\0]")


def of_cron(files: HostFiles, host: Host, grammar: Grammar) -> tuple[Setting, ...]:
    """What a crontab's jobs find before the settings of the crontab; none from a daemon that asks no PAM.

    Without secrets: a store of its own for each job, most of which never look at it, would be paid for. `withheld` tells of them.
    """
    return tuple(setting for setting in _of_cron(files, host, grammar, []) if not PLACEHOLDER.search(setting.value))


def withheld(files: HostFiles, host: Host, grammar: Grammar) -> tuple[Problem, ...]:
    """The variables with a secret, which no job is given; a file that keeps PAM from a session and cron from its jobs."""
    broken: list[Location] = []
    found = [
        Problem(
            location=setting.location,
            message=f"{setting.name} holds a secret and is given to every job of cron; it is carried to none: "
            f"write {setting.name}=... above the job that needs it, and plan again",
            kind="remark",
        )
        for setting in _of_cron(files, host, grammar, broken)
        if PLACEHOLDER.search(setting.value) and setting.location
    ]
    message = (
        "a ${ or @{ without its }, or a last line that ends with \\: pam_env opens no session then, "
        "and cron starts no job where its PAM service requires one"
    )
    found += [Problem(location=location, message=message, kind="ignored-by-daemon") for location in dict.fromkeys(broken)]
    return tuple(found)


def _of_cron(files: HostFiles, host: Host, grammar: Grammar, broken: list[Location]) -> tuple[Setting, ...]:
    service = SERVICES.get(grammar)
    if service is None:
        return ()
    found: dict[str, Setting] = {}
    for path, is_configuration in _files_of(files, service):
        if is_configuration:
            broken += _read_configuration(files, host, path, found)
        else:
            _read(files, host, path, found)
    if grammar == "cronie":
        found.update((setting.name, setting) for setting in locale(files, host))
    own = CRONS_OWN | ({"USER"} if grammar == "cronie" else set())
    return tuple(setting for name, setting in found.items() if name not in own and NAME.fullmatch(name))


def of_user(given: tuple[Setting, ...], host: Host, name: str | None) -> tuple[Setting, ...]:
    """What `of_cron` found, with the job's user in it; without what is not known of a user that is not in the tree."""
    if not any(OF_USER[0] in setting.value for setting in given):
        return given
    user = next((one for one in host.users or () if one.name == name), None)
    said = {"HOME": user.home, "SHELL": user.shell, "PAM_USER": user.name} if user is not None else {}
    found = []
    for setting in given:
        value = setting.value
        for item, text in said.items():
            value = value.replace(OF_USER.format(item), text)
        if OF_USER[0] not in value:
            found.append(msgspec.structs.replace(setting, value=value))
    return tuple(found)


def locale(files: HostFiles, host: Host) -> tuple[Setting, ...]:
    """LANG and LC_* of the server, which every service that systemd starts is given."""
    path = next((path for path in LOCALES if files.exists(path)), None)
    found: dict[str, Setting] = {}
    if path:
        _read(files, host, path, found)
    return tuple(setting for name, setting in found.items() if locales.VARIABLE.fullmatch(name))


def _files_of(files: HostFiles, service: str) -> tuple[tuple[str, bool], ...]:
    """The files that PAM reads for the daemon, in order, and which are in the form of pam_env.conf.

    As its package ships it where the tree does not have its service."""
    if files.stat(f"/etc/pam.d/{service}") is None:
        return tuple((path, path == CONFIGURED) for path in AS_SHIPPED[service])
    return _of_service(files, service, DEPTH, {service})[:MOST_FILES]


def _of_service(files: HostFiles, service: str, depth: int, seen: set[str]) -> tuple[tuple[str, bool], ...]:
    text = _text(files, f"/etc/pam.d/{service}")
    found: list[tuple[int, tuple[tuple[str, bool], ...]]] = []
    for match in PAM.finditer(text):
        options = dict(word.partition("=")[::2] for word in match[1].partition("#")[0].split())
        of_line = [(options.get("conffile", CONFIGURED), True)]
        if options.get("readenv", "1") != "0":
            of_line.append((options.get("envfile", ENVIRONMENT), False))
        found.append((match.start(), tuple(of_line)))
    for match in INCLUDES.finditer(text):
        if depth and match[1] not in seen:  # each once: files that include one another many times over would never end
            seen.add(match[1])
            found.append((match.start(), _of_service(files, match[1], depth - 1, seen)))
    return tuple(path for _, paths in sorted(found)[:MOST_FILES] for path in paths)


def _read_configuration(files: HostFiles, host: Host, path: str, found: dict[str, Setting]) -> list[Location]:
    """Adds and takes away the variables of a file in the form of pam_env.conf(5), as pam_env reads it.

    A line with an option that it does not know is passed over; at a `${` or `@{` not closed it gives up: its location."""
    for number, line in _lines(_text(files, path)):
        name = re.split(r"[ \t]", line, maxsplit=1)[0]
        values: dict[str, str] = {}
        at, is_good = len(name), True
        while at < len(line) and line[at] in " \t":
            option = OPTION.match(line, at)
            if option is None:
                is_good = False
                break
            rest = option[3] if option[2] is None else option[2]
            if rest or option[2] is not None:
                values[option[1]] = rest
            at = option.end()
        if not is_good:
            continue
        location = Location(host=host.name, path=path, line=number)
        value = values.get("DEFAULT")
        for key in ("DEFAULT", "OVERRIDE"):
            if key in values:
                text = _expanded(values[key], found)
                if text is None:
                    return [location]
                if key == "DEFAULT" or text:
                    value = text
        if value is None and "=" not in name:
            found.pop(name, None)
            continue
        # pam_putenv(3) is asked for `NAME=value`, and for `NAME` where there is none: a line `A=b` sets A
        name, _, value = (name if value is None else f"{name}={value}").partition("=")
        if not name:
            continue
        if not NO_UTF8.search(value) and (name in found or len(found) < MOST):
            found[name] = Setting(name=name, value=redact_setting(name, value, location).text, location=location)
    lines = [
        (number, line) for number, line in enumerate(_text(files, path).split("\n"), 1) if line.strip(" \t")[:1] not in {"", "#"}
    ]
    if lines and "#" not in lines[-1][1] and lines[-1][1].rstrip(" \t").endswith("\\"):  # goes on in a line that is not there
        return [Location(host=host.name, path=path, line=lines[-1][0])]
    return []


def _expanded(text: str, found: dict[str, Setting]) -> str | None:
    """A value with its variables and items put in; None where a brace is not closed."""
    done, at = "", 0
    while at < len(text) and len(done) < LONGEST:
        one = text[at]
        if one == "\\":
            at += 1
            if text[at : at + 1] in {"$", "@"}:
                done += text[at]
                at += 1
        elif one in "$@" and text[at + 1 : at + 2] == "{":
            end = text.find("}", at)
            if end < 0:
                return None
            name = text[at + 2 : end]
            if one == "@":
                done += OF_USER.format(name) if name in ITEMS else ""
            else:
                done += found[name].value if name in found else ""
            at = end + 1
        else:
            done += one
            at += 1
    return done[:LONGEST]


def _read(files: HostFiles, host: Host, path: str, found: dict[str, Setting]) -> None:
    """Adds the variables of a file, as pam_env reads it.

    `#` ends a line, also between quotes; the first quote goes, and one that is the last character; nothing is expanded.
    """
    for number, whole in _lines(_text(files, path)):
        line = whole.removeprefix("export ")
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
        yield start, (begun + kept).lstrip(" \t")
        begun, start = "", 0


def _text(files: HostFiles, path: str) -> str:
    raw = files.content(path) if path.startswith("/") and files.stat(path) is not None else None
    return raw.decode("utf-8", "surrogateescape") if raw else ""
