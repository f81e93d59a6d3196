"""Whether every reader is linear in its input: each member of each `ALL` on inputs of 1, 2, 4 and 8 times a size.

`python benchmarks/linear.py [READER...]`. The exponent is that of the last doubling: 1 is a straight line, 2 a square. Inputs are
valid lines of the reader's own kind, and hostile ones: one long line of each sign that a reader looks at, deep nesting, junk. The
table has a row for each reader with its worst input; what takes less than TELLING_S at the largest size tells nothing.
"""

import math
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/fuzz")]

from cases import read_cases  # noqa: E402
from one_file import OneFile  # noqa: E402

from migrator import hosts, logfiles, runlogs, schedulers, scripts  # noqa: E402
from migrator.model.job import Host, User  # noqa: E402
from migrator.model.source import Location  # noqa: E402
from migrator.model.usage import Line, Search  # noqa: E402
from migrator.redact import redact  # noqa: E402
from migrator.scripts.reading import Context  # noqa: E402

SIZE = 64 << 10
TIMES = (1, 2, 4, 8)
TELLING_S = 0.15
LONGEST_S = 30
BEND = 1.25  # of the exponent, above which a row is marked
HOST = Host(name="box", timezone="UTC", cron="debian", users=(User(name="a", uid=0, home="/root", shell="/bin/sh"),))

# a piece that is repeated to the wanted size; "open" ones nest
PIECES = {
    "junk lines": "*/5 * * junk 'x\\ %% \"root\n",
    "job lines": "*/5 * * * * root /srv/app/bin/x --a=b >/dev/null 2>&1\n",
    "one word": "a",
    "words": "x y=z ",
    "capitals and digits": "Ab0Cd1",
    "hex": "0123456789abcdef",
    "base64": "QUJDRGVm+/",
    "blanks": " ",
    "tabs": "\t",
    "empty lines": "\n",
    "carriage returns": "\r",
    "NULs": "\0",
    "single quotes": "'",
    "double quotes": '"',
    "quoted pairs": "'\" ",
    "backslashes": "\\",
    "dollars": "$",
    "open substitutions": "$(",
    "open braces": "{",
    "open brackets": "[",
    "open parentheses": "(",
    "open tags": "<a>",
    "open comments": "<!--",
    "open YAML": "- ",
    "open YAML maps": "a: {",
    "colons": "a:b:",
    "equals": "a=",
    "per cents": "%",
    "commas": "0,1,",
    "dashes": "-",
    "hashes": "#",
    "ats": "a@b.",
    "URLs": "http://a:b@c/",
    "dots": "../",
    "options": "--password ",
    "assignments": "PASSWORD=x ",
    "secrets": "curl -u a:b https://c/ ; ",
    "heads": "-----BEGIN RSA PRIVATE KEY-----\n",
    "here-documents": "cat <<A\n",
    "ifs": "if x; then\n",
    "functions": "f() {\n",
    "continued lines": "a \\\n",
    "pipes": "a | ",
    "ands": "a && ",
    "sections": "[Unit]\n",
    "unit lines": "OnCalendar=daily\n",
    "JSON lines": '{"a":"b"}\n',
    "JSON in JSON": '{"a":',
    "dates": "Nov 23 04:31:39 web01 CRON[123]: (root) CMD (/bin/true)\n",
    "log line of commands": "CMD (a) ",
}


def grown(piece: str, size: int) -> str:
    """The piece repeated to a size."""
    return piece * (size // len(piece))


def texts_of(name: str, room: str) -> Iterator[tuple[str, str]]:
    """(name, piece): the hostile ones and the reader's own cases."""
    yield from PIECES.items()
    path = ROOT / "tests/cases" / room / f"{name}.txt"
    for case in read_cases(path) if path.is_file() else ():
        for part, text in case.parts.items():
            if part != "want" and not part.startswith("hex") and text:
                yield f"case: {case.name}, {part}", text if text.endswith("\n") else text + "\n"


class Late(Exception):  # noqa: N818
    """A reader took longer than anybody waits."""


def late(_signal: int, _frame: FrameType | None) -> None:
    """The alarm."""
    raise Late


def took(work: Callable[[], object]) -> float:
    """Seconds of processor time; infinity where it does not end."""
    signal.setitimer(signal.ITIMER_PROF, LONGEST_S)
    before = time.process_time()
    try:
        work()
    except Late:
        return math.inf
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return time.process_time() - before


def concrete(pattern: str) -> str:
    """A path that a glob finds."""
    return pattern.replace("**", "a").replace("*", "a")


def readers() -> Iterator[tuple[str, str, Callable[[str], object]]]:
    """(room, reader, what reads a text) of every member of every `ALL`."""
    for scheduler in schedulers.ALL:
        paths = dict.fromkeys(concrete(pattern) for pattern in scheduler.READS[:3])
        for path in paths:
            yield (
                "schedulers",
                f"{_name(scheduler)} {path}",
                lambda text, r=scheduler, p=path: r.read(OneFile(p, text.encode()), HOST),
            )
    for part in hosts.ALL:
        for path in dict.fromkeys(concrete(pattern) for pattern in part.READS[:6]):
            yield "hosts", f"{_name(part)} {path}", lambda text, r=part, p=path: r.read(OneFile(p, text.encode()))
    needles = tuple(sorted({needle for runlog in runlogs.ALL for needle in runlog.NEEDLES}))
    search = Search(needles, tuple(sorted({tag for runlog in runlogs.ALL for tag in runlog.TAGS})), "UTC", {})
    for log in logfiles.ALL:
        path = concrete(log.READS[0])

        def read(text: str, r: logfiles.LogFile = log, p: str = path) -> object:
            files = OneFile(p, text.encode())
            (file,) = files.glob([p])
            return sum(1 for _ in r.read(files, file, search)), r.matches(p, text.encode()[: 64 << 10])

        yield "logfiles", f"{_name(log)} {path}", read
    for runlog in runlogs.ALL:
        tag = runlog.TAGS[0]
        yield "runlogs", _name(runlog), lambda text, r=runlog, t=tag: list(r.read(Line(0, "box", t, 1, text, None, 1, "log", 0)))
    for language in scripts.ALL:
        yield (
            "scripts",
            _name(language),
            lambda text, r=language: r.read(text, Location(host="box", path="/srv/x", line=1), Context()),
        )
    yield "redact", "redact", redact


def _name(module: object) -> str:
    return str(getattr(module, "__name__", "")).rpartition(".")[2]


def row(room: str, reader: str, read: Callable[[str], object]) -> None:
    """Print the row of a reader, and every input that bends."""
    worst: tuple[float, float, str] = (0.0, 0.0, "nothing took long enough to tell")
    for name, piece in texts_of(reader.split(maxsplit=1)[0], room):
        spans = []
        for times in TIMES:
            spans.append(took(lambda t=times, p=piece: read(grown(p, SIZE * t))))
            if spans[-1] == math.inf:
                break
        exponent = math.inf if spans[-1] == math.inf else math.log2(max(spans[-1], 1e-6) / max(spans[-2], 1e-6))
        if spans[-1] >= TELLING_S and exponent > BEND:
            print(f"  ! {reader}: {name}: {' '.join(f'{span:.2f}' for span in spans)} s", flush=True)
        worst = max(worst, (exponent if spans[-1] >= TELLING_S else 0.0, spans[-1], name))
    exponent, span, name = worst
    print(f"| {room} | {reader} | {'-' if not exponent else f'{exponent:.2f}'} | {span:.2f} s | {name[:60]} |", flush=True)


def main() -> None:
    """A table; with arguments only of these readers or rooms."""
    signal.signal(signal.SIGPROF, late)
    only = set(sys.argv[1:])
    print(f"| room | reader | exponent | at {SIZE * TIMES[-1] >> 10} kB | worst input |\n|---|---|---|---|---|")
    for room, reader, read in readers():
        if not only or only & {room, reader.split()[0]}:
            row(room, reader, read)


if __name__ == "__main__":
    main()
