"""What supercronic says of the jobs of a container: start and end of each run, by their number.

Line: `time="2019-01-12T19:35:00Z" level=info msg=starting iteration=0 job.command=/bin/x job.position=0 job.schedule="..."`
Line: `time="..." level=info msg="job succeeded" iteration=0 job.command=... job.position=0 job.schedule=...`
Line: `time="..." level=error msg="error running command: exit status 2" iteration=1 job.command=...`
Line: `{"iteration":0,"job.command":"./main.py","job.position":0,"level":"info","msg":"starting","time":"..."}` (`-json`)
Source: supercronic's README.md and cron/cron.go; docker's json-file driver and `docker compose logs` write their own before it.
What a job prints comes with a channel, and with its quotes escaped, so it tells no run. A restart counts from 0 again.
"""

import re
from collections.abc import Iterator
from datetime import UTC

import msgspec

from migrator import blocks
from migrator.logfiles import recorded, syslog
from migrator.logfiles.doubts import long_lines
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.model.usage import Line, Search

READS: tuple[str, ...] = (*syslog.READS, "/var/log/supercronic*", "/var/log/supercronic/*", "/migrator/supercronic*")
SIGN = b"job.position"
LOGFMT = re.compile(
    r'time="(?P<time>[^"]{20,40})" level=\w{1,10} msg=(?P<said>"(?:[^"\\]|\\.)*"|\S+) iteration=(?P<iteration>\d{1,12}) '
    r"job\.command=(?P<command>.*) job\.position=(?P<position>\d{1,6}) job\.schedule="
)
FAILED = re.compile(r"error running command: (?:exit status (?P<status>\d{1,3})|signal: (?P<signal>killed|terminated))?")
Moment = tuple[int, int]  # microseconds, and what the stamp tells apart
Key = tuple[int, int]  # position of the job, number of its run
SIGNALS = {"killed": 137, "terminated": 143}


class Entry(msgspec.Struct, rename={"command": "job.command", "position": "job.position"}):
    """A line in JSON; what a job prints has a channel."""

    time: str
    msg: str
    iteration: int
    command: str
    position: int
    channel: str | None = None


class Docker(msgspec.Struct):
    """A line of docker's json-file driver."""

    log: str


def matches(path: str, head: bytes) -> bool:  # noqa: ARG001
    """True if a job's position is told in it."""
    return SIGN in head and b"job.schedule" in head


def read(files: HostFiles, file: HostFile, search: Search) -> Iterator[Line | Problem]:  # noqa: ARG001
    """A line for each run."""
    where = Location(host=files.name, path=file.path)
    begun: dict[Key, tuple[Moment, str]] = {}
    order, unread, placed = 0, list[int](), None
    try:
        with files.open(file.path) as stream:
            placed = blocks.Placed(stream, (SIGN,))
            for raw in placed:
                entry = _entry(raw.decode("utf-8", "backslashreplace"))
                at = None if entry is None else recorded.moment(entry.time, UTC)
                if entry is None or at is None:
                    unread.append(placed.at)
                    continue
                key = entry.position, entry.iteration
                failed = FAILED.match(entry.msg)
                if entry.channel is not None or not (entry.msg in {"starting", "job succeeded"} or failed):
                    continue
                before = begun.pop(key, None)
                if entry.msg == "starting":
                    begun[key] = at, entry.command
                elif before is None:
                    continue  # began before the log
                status = 0 if failed is None else int(failed["status"]) if failed["status"] else SIGNALS.get(failed["signal"])
                if before is not None:
                    order += 1
                    over = entry.msg != "starting"
                    yield _run(file.path, order, key, before, at if over else None, status if over else None)
    except blocks.DAMAGED as error:
        at_byte = 0 if placed is None else placed.read
        said = f"cannot be read on from byte {at_byte:,}: {error}; the {order} runs before that are used"
        yield Problem(location=where, message=said, kind="unreadable")
    for key, before in begun.items():
        order += 1
        yield _run(file.path, order, key, before, None, None)
    if placed is not None:
        yield from long_lines(where, placed.long)
    if unread:
        said = f"{len(unread)} lines of supercronic are cut or of a form that is not known, the first at byte {unread[0]:,}"
        yield Problem(location=where, message=f"{said}; they are left out")


def _run(path: str, order: int, key: Key, begun: tuple[Moment, str], ended: Moment | None, status: int | None) -> Line:
    number = f"{key[0]}/{key[1]}@{begun[0][0]}"
    return recorded.line(
        path, order, source="supercronic", number=number, at=begun[0], command=begun[1], ended=ended, exit_status=status
    )


def _entry(text: str) -> Entry | None:
    try:
        if text.startswith('{"log":'):
            text = msgspec.json.decode(text, type=Docker).log
        begin = text.find("{")
        if 'time="' not in text and begin >= 0:
            return msgspec.json.decode(text[begin:], type=Entry)
    except (msgspec.DecodeError, RecursionError):
        return None
    found = LOGFMT.search(text)
    if found is None:
        return _output(text)
    return Entry(found["time"], _plain(found["said"]), int(found["iteration"]), _plain(found["command"]), int(found["position"]))


def _output(text: str) -> Entry | None:
    """Of what a job printed, or of another remark, only that it is one."""
    found = re.search(r'time="([^"]{20,40})" level=\w{1,10} ', text)
    return None if found is None else Entry(found[1], "", 0, "", 0, "output")


def _plain(text: str) -> str:
    r"""Without quotes; versions of 2017 did not escape those inside.

    >>> _plain(r'"echo \"hi\""'), _plain('"echo "hi""'), _plain("./main.py")
    ('echo "hi"', 'echo "hi"', './main.py')
    """
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t"}.get(found[1], found[1]), text[1:-1])
