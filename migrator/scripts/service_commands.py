"""Programs that start, stop and reload services, or ask how they are: systemctl, service, supervisorctl, kill ...

Line: `systemctl reload nginx`, `service cron status`, `kill -HUP $(cat /run/x.pid)`
Source: systemctl(1), service(8), nginx(8), kill(1).
"""

import re

from migrator.scripts.noting import Reader
from migrator.scripts.options import split
from migrator.scripts.programs import Program
from migrator.scripts.reading import absolute
from migrator.scripts.words import Word

Arguments = tuple[Word, ...]
# of systemctl(1), service(8): verbs that change nothing
ASKS = frozenset(
    "is-active is-enabled is-failed is-system-running status show cat help list-units list-timers list-unit-files list-sockets "
    "list-jobs list-dependencies list-machines get-default show-environment".split()
)
TESTS = frozenset("-t -T -v -V -S -M -l configtest".split())


def _only_asks(name: str, arguments: Arguments, operands: Arguments) -> bool:
    """True for `systemctl is-active X`, `systemctl --failed`, `service X status`; what a daemon's own client does."""
    if name == "systemctl":
        return operands[0].text in ASKS if operands else bool(arguments)
    if name in {"service", "invoke-rc.d", "rc-service"}:
        return any(word.text == "status" for word in operands[1:]) or any(word.text == "--status-all" for word in arguments)
    return name == "launchctl" and bool(operands) and operands[0].text in {"list", "print", "getenv"}


def act(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    """What a control program does to a service, or asks about it."""
    operands = split(arguments, known.values).operands
    if _only_asks(name, arguments, operands):
        reader.notes.add("host-only", name, row, detail="asks for a service")
        return
    if name in {"nginx", "apachectl", "apache2ctl", "haproxy"} and any(
        word.text in TESTS or (word.text == "-c" and name == "haproxy") for word in arguments
    ):
        return  # whether its settings are right
    if name == "systemctl" and operands:
        for word in operands[1:] or (Word("systemd", True),):
            reader.notes.add("service-control", word.text, row, word.is_known, detail=operands[0].text)
    elif name in {"service", "invoke-rc.d", "rc-service", "supervisorctl", "monit", "initctl", "sv", "svc", "pm2"} and operands:
        turned = name in {"supervisorctl", "monit", "initctl", "sv", "svc", "pm2"}
        unit = operands[-1] if turned else operands[0]
        verb = operands[0] if turned else operands[-1]
        reader.notes.add("service-control", unit.text, row, unit.is_known, detail=verb.text)
    elif name in {"pkill", "killall", "kill"}:
        asked = re.search(r"\b(?:cat|head -n ?1|<)\s*[\"']?([^\s\"')]+)", " ".join(word.text for word in arguments))
        if name == "kill" and asked and arguments[0].text == "-0":
            held = re.sub(r"\$\{?(\w+)\}?", lambda m: _value(reader, m[1], m[0]), asked[1])
            reader.notes.add("lock", absolute(held, reader.words.folder), row, "$" not in held, detail="skip")
        if name == "kill" and any(word.text in {"-0", "$$", "$PPID", "$!", "$BASHPID"} for word in arguments):
            return  # asks whether a process lives
        unit = operands[-1] if operands else Word("(process)", False)
        reader.notes.add("service-control", unit.text, row, unit.is_known, detail=name)
    else:
        reader.notes.add("service-control", name, row, detail=" ".join(word.text for word in arguments[:3]) or None)


def _value(reader: Reader, name: str, otherwise: str) -> str:
    known = reader.words.variables.get(name)
    return known.text if known is not None and known.is_known else otherwise
