"""What a service unit runs: its command as a shell line, and the process it runs in.

Source: systemd.service(5), systemd.exec(5), "COMMAND LINES"; systemd.unit(5), "SPECIFIERS"
"""

import re
import shlex
from typing import NamedTuple

from migrator.model.job import Secret, Setting
from migrator.model.source import HostFiles, Location, Problem
from migrator.redact import escape_bytes, redact, redact_setting
from migrator.schedulers.systemd_timer.unit_file import Unit, Value

VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
SPANS = {
    "usec": 1e-6, "us": 1e-6, "µs": 1e-6, "msec": 1e-3, "ms": 1e-3, "seconds": 1, "second": 1, "sec": 1, "s": 1, "": 1,
    "minutes": 60, "minute": 60, "min": 60, "m": 60, "hours": 3600, "hour": 3600, "hr": 3600, "h": 3600, "days": 86400,
    "day": 86400, "d": 86400, "weeks": 604800, "week": 604800, "w": 604800, "months": 2629800, "month": 2629800, "M": 2629800,
    "years": 31557600, "year": 31557600, "y": 31557600,
}  # fmt: skip


# where specifiers stand in what is read here
SPECIFIED = frozenset(
    ("Timer" if key == "Unit" else "Service", key)
    for key in "ExecCondition ExecStartPre ExecStart ExecStartPost Environment EnvironmentFile WorkingDirectory User Unit".split()
)


class Manager(NamedTuple):
    """Whose service manager reads the unit, and where."""

    user: str
    home: str  # /root for the system's own
    host: str
    is_systems: bool
    uid: int | None = None


class Environment(NamedTuple):
    """Variables of a service and the secrets in them."""

    settings: tuple[Setting, ...]
    secrets: tuple[Secret, ...]
    problems: tuple[Problem, ...]


def seconds(text: str) -> float | None:
    """A time span of systemd.time(7) in seconds; None for `infinity` and for what is none.

    >>> seconds("1h 30min"), seconds("90"), seconds("infinity")
    (5400.0, 90.0, None)
    """
    total, rest = 0.0, text.strip()
    if not rest:
        return None
    while rest:
        match = re.match(r"(\d{1,12}(?:\.\d{1,9})?)\s*([a-zA-Zµ]*)\s*", rest)
        if match is None or match[2] not in SPANS:
            return None
        total += float(match[1]) * SPANS[match[2]]
        rest = rest[match.end() :]
    return total


def command_of(unit: Unit) -> str:
    """Every ExecStart of the service, with what runs before and after it, as one shell line; empty if there is no ExecStart.

    A `-` before the program lets it fail; several lines run one after the other until one fails. An ExecCondition that fails
    ends the start without a failure.
    """
    values = [value for key in ("ExecStartPre", "ExecStart", "ExecStartPost") for value in unit.all("Service", key)]
    if not unit.all("Service", "ExecStart"):
        return ""
    conditions = [_shell(value.text, alone=False) for value in unit.all("Service", "ExecCondition")]
    parts = [f"{{ {condition} || exit 0; }}" for condition in conditions if condition]
    alone = len(values) == 1 and not parts
    parts += [_shell(value.text, alone=alone) for value in values]
    return " && ".join(part for part in parts if part)


def expanded(unit: Unit, manager: Manager) -> Unit:
    """The service with its specifiers put in: `%h/bin/push %i` of ann's push@east.service is `/home/ann/bin/push east`."""
    stem = unit.name.rpartition(".")[0]
    prefix, _, instance = stem.partition("@")
    known = {
        "%": "%", "i": instance, "I": _unescaped(instance), "n": unit.name, "N": stem, "p": prefix, "P": _unescaped(prefix),
        "j": prefix.rpartition("-")[2], "h": manager.home, "u": manager.user, "H": manager.host, "l": manager.host.split(".")[0],
        "f": "/" + _unescaped(instance or prefix).lstrip("/"), "T": "/tmp", "V": "/var/tmp",  # noqa: S108 - what systemd says, not a file of ours
    }  # fmt: skip
    if manager.is_systems:
        known |= {"U": "0", "t": "/run", "S": "/var/lib", "C": "/var/cache", "L": "/var/log", "E": "/etc"}
    else:
        known |= {"C": f"{manager.home}/.cache", "E": f"{manager.home}/.config"}
        known |= {} if manager.uid is None else {"U": str(manager.uid), "t": f"/run/user/{manager.uid}"}

    def put_in(value: Value) -> Value:
        return value._replace(text=re.sub(r"%(.)", lambda match: known.get(match[1], match[0]), value.text))

    settings = {key: [put_in(value) for value in values] if key in SPECIFIED else values for key, values in unit.settings.items()}
    return unit._replace(settings=settings)


def unknown_specifiers(unit: Unit, whole: Unit) -> list[Problem]:
    """What `expanded` left as it is: %m, %b, %v are of one machine or boot, %S and %L of a user not the same in each release."""
    found: list[Problem] = []
    for key in sorted(SPECIFIED & set(whole.settings)):
        for before, after in zip(whole.settings[key], unit.settings[key], strict=True):
            left = sorted({name for name in re.findall(r"%(.)", before.text.replace("%%", "")) if f"%{name}" in after.text})
            if left:
                told = ", ".join(f"%{name}" for name in left)
                message = (
                    f"{key[1]} holds {told}, which systemd replaces and nothing in this tree says by what; "
                    "write the value in its place"
                )
                found.append(Problem(location=before.location, message=message))
    return found


def _unescaped(text: str) -> str:
    return re.sub(r"\\x([0-9a-f]{2})", lambda match: chr(int(match[1], 16)), text.replace("-", "/"))


def _shell(text: str, *, alone: bool) -> str:
    prefix = re.match(r"[@\-:+!|]*", text)
    marks = prefix[0] if prefix else ""
    try:
        words = shlex.split(text[len(marks) :], posix=True)
    except ValueError:
        words = text[len(marks) :].split()
    if "@" in marks and len(words) > 1:
        del words[1]  # argv[0] of its own
    line = " ".join(_word(word) for word in words)
    if "-" in marks and line:
        return f"{line} || true" if alone else f"{{ {line} || true; }}"
    return line


def _word(word: str) -> str:
    """A word for the shell: systemd expands $VAR and ${VAR}, `$$` is a dollar sign, nothing else is special."""
    if re.fullmatch(r"\$[A-Za-z_]\w*", word):
        return word
    if not VARIABLE.search(word.replace("$$", "")):
        return shlex.quote(word.replace("$$", "$"))
    escaped = re.sub(r'([\\"`])', r"\\\1", word).replace("$$", "\\$")
    return f'"{escaped}"'


def environment_of(files: HostFiles, unit: Unit, given: tuple[Setting, ...] = ()) -> Environment:
    """Environment= and EnvironmentFile= of the service, redacted; later ones win, and all of them over what was `given`."""
    found: dict[str, Setting] = {one.name: one for one in given}
    secrets: list[Secret] = []
    problems: list[Problem] = []
    for value in unit.all("Service", "Environment"):
        for word in _words(value.text):
            _add(word, value.location, found, secrets)
    for value in unit.all("Service", "EnvironmentFile"):
        _from_file(files, value, found, secrets, problems)
    return Environment(tuple(found.values()), tuple(dict.fromkeys(secrets)), tuple(problems))


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _add(word: str, location: Location, found: dict[str, Setting], secrets: list[Secret]) -> None:
    name, sign, text = word.partition("=")
    if sign and re.fullmatch(r"[A-Za-z_]\w*", name):
        redacted = redact_setting(name, text, location)
        found[name] = Setting(name=name, value=redacted.text, location=location)
        secrets.extend(redacted.secrets)


def _from_file(files: HostFiles, value: Value, found: dict[str, Setting], secrets: list[Secret], problems: list[Problem]) -> None:
    path = value.text.lstrip("-")
    raw = files.content(path) if path.startswith("/") and files.exists(path) else None
    if raw is None:
        if not value.text.startswith("-"):
            message = f"EnvironmentFile {redact(path).text} is not in this tree; the service does not start without it; add it"
            problems.append(Problem(location=value.location, message=message, kind="missing"))
        return
    for number, line in enumerate(escape_bytes(raw)[0].split("\n"), 1):
        text = line.strip()
        if text and text[0] not in "#;":
            name, sign, rest = text.partition("=")
            rest = rest.strip()
            if len(rest) > 1 and rest[0] in "\"'" and rest[-1] == rest[0]:
                rest = rest[1:-1]
            if sign:
                _add(f"{name.strip()}={rest}", Location(host=value.location.host, path=path, line=number), found, secrets)


def process_of(unit: Unit) -> tuple[int | None, float | None]:
    """(umask, seconds after which systemd stops it); None where it is not stated. A oneshot has no time limit by default."""
    mask = unit.last("Service", "UMask")
    oneshot = unit.last("Service", "Type") == "oneshot"
    limit = unit.last("Service", "TimeoutStartSec" if oneshot else "RuntimeMaxSec") or unit.last("Service", "RuntimeMaxSec")
    return (int(mask, 8) if mask and re.fullmatch(r"[0-7]{1,4}", mask) else None), seconds(limit) if limit else None


def memory_max_mib(unit: Unit) -> float | None:
    """MemoryMax (MemoryLimit on old systems) in MiB; None where it is not stated, `infinity`, or a share of the machine.

    Source: systemd.resource-control(5): suffixes to the base 1024
    """
    text = unit.last("Service", "MemoryMax") or unit.last("Service", "MemoryLimit") or ""
    match = re.fullmatch(r"(\d{1,15}(?:\.\d{1,6})?)\s*([KMGT]?)B?", text)
    if match is None:
        return None
    return float(match[1]) * {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}[match[2]] / (1 << 20)


def cpu_quota(unit: Unit) -> float | None:
    """CPUQuota as a number of processors (`150%` is 1.5); None where it is not stated."""
    match = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)\s*%", unit.last("Service", "CPUQuota") or "")
    return float(match[1]) / 100 if match and float(match[1]) else None


def redacted_command(unit: Unit, location: Location) -> tuple[str, tuple[Secret, ...]]:
    """The command and its secrets."""
    redacted = redact(command_of(unit), location)
    return redacted.text, redacted.secrets
