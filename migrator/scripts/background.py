"""Programs that a job starts and does not wait for: they go on when the run has ended.

Line: `nohup ./queue-worker --verbose > /var/log/worker.log 2>&1 &`
Source: POSIX.1-2017 XCU 2.9.3.1 (Asynchronous Lists), nohup(1), setsid(1), systemd-run(1), start-stop-daemon(8), daemonize(1).
"""

import posixpath
import re

from migrator.scripts.noting import Reader, note_path
from migrator.scripts.options import split
from migrator.scripts.programs import Program
from migrator.scripts.words import Word

Arguments = tuple[Word, ...]
WRAPPERS = frozenset({"nohup", "setsid", "nice", "ionice", "exec", "sudo", "env", "command", "time", "stdbuf", "chrt", "taskset"})
WAITS = re.compile(r"(?m)(?:^|[;&|({]|\bdo|\bthen)[ \t]*wait\b")
KILL = re.compile(r"\bkill\b")


def started(command: str) -> str:
    """The program of a command that is sent to the background.

    >>> started("nohup ./queue-worker --verbose > /var/log/w.log 2>&1"), started("A=1 setsid /usr/local/bin/listener")
    ('queue-worker', 'listener')
    """
    for word in command.split():
        if re.match(r"[A-Za-z_]\w*=", word) or word.startswith("-") or word.isdigit() or word in WRAPPERS:
            continue
        if word.startswith(("(", "{")):
            return "(several commands)"
        return posixpath.basename(word.strip("\"'")) or word
    return "(unknown program)"


def is_waited_for(text: str) -> bool:
    """True where the text waits for its background processes, or ends them itself.

    >>> is_waited_for("a &\\nwait"), is_waited_for("a &\\nP=$!\\nb\\nkill $P"), is_waited_for("a &")
    (True, True, False)
    """
    first = text.find("$!")
    if first < 0:
        return WAITS.search(text) is not None
    kept = KILL.search(text, first) is not None  # the number is kept, and killed later
    in_line = any("$!" in line[kill.end() :] for line in text.split("\n") if (kill := KILL.search(line)))
    return kept or in_line or WAITS.search(text) is not None


def start_stop_daemon(
    reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int
) -> None:
    """`--background` leaves the program running; without it, it is a wrapper; `--stop` ends a service."""
    takes = tuple(
        "-x --exec -a --startas -p --pidfile -c --chuid -u --user -g --group -n --name -r --chroot -d --chdir -N --nicelevel -P "
        "--procsched -I --iosched -k --umask -s --signal -R --retry --ppid --pid".split()
    )
    parts = split(arguments, takes)
    program = next(iter(parts.values("-a", "--startas", "-x", "--exec")), None)
    if parts.has("-T", "--status") or any(word.text in {"0", "SIG0"} for word in parts.values("-s", "--signal")):
        return  # asks whether it runs
    if parts.has("-K", "--stop"):
        reader.notes.add("service-control", program.text if program else name, row, detail="stop")
        return
    for word in parts.values("-c", "--chuid"):
        reader.notes.add("sudo", word.text.split(":")[0], row, word.is_known)
    if parts.has("-m", "--make-pidfile"):
        for word in parts.values("-p", "--pidfile"):
            note_path(reader.notes, "writes-path", word, reader.words.folder, row, None, reader.context.variables)
    if program is None:
        return
    if parts.has("-b", "--background"):
        reader.notes.add("background", posixpath.basename(program.text), row, program.is_known, detail=name)
    else:
        reader.run((program, *parts.operands), variables, row, 1)
    del known


def detached(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:
    """`daemonize PROGRAM`, `daemon -- PROGRAM`, `screen -dm PROGRAM`, `tmux new -d PROGRAM`, `systemd-run PROGRAM`."""
    takes = {
        "daemonize": "-a -c -e -o -p -l -u -E",
        "daemon": "-n -u -p -o -e -D --name --user --pidfile --output",
        "screen": "-S -c -L -t -p -X",
        "tmux": "-s -n -t -c -L -S -f",
        "systemd-run": "-p -u --unit --property --on-calendar --on-active --slice --uid --gid --description --setenv -E",
    }[name]
    parts = split(arguments, tuple(takes.split()), stop_at_operand=True)
    operands = parts.operands
    if name == "tmux":
        if not operands or not operands[0].text.startswith("new") or not any(word.text == "-d" for word in arguments):
            return
        operands = split(operands[1:], tuple(takes.split())).operands
    if name == "screen" and not any(re.fullmatch(r"-\w*[dD]\w*m\w*", option) for option, _ in parts.options):
        return
    if name == "systemd-run":
        reader.notes.add("host-only", name, row)
        unit = next(iter(parts.values("-u", "--unit")), Word("transient unit", True))
        reader.notes.add("service-control", unit.text, row, unit.is_known, detail="start")
        if parts.has("--wait", "--scope", "--pty", "-t", "--pipe", "-P"):
            reader.run(operands, variables, row, 1)
            return
    if operands:
        inner = operands[0].text.split()[0] if operands[0].text.split() else operands[0].text
        reader.notes.add("background", posixpath.basename(inner), row, operands[0].is_known, detail=name)
    del known
