"""Linux process accounting, version 3: a record of 64 bytes for each process that ended. Cron's jobs are told, nothing else.

Of cron's child that waits for a job (it never executes another program) the record comes after the job's own; with it the job's
shell is told: user, start, elapsed time, exit status, and processor time with all of its descendants.
Source: acct(5), include/uapi/linux/acct.h: struct acct_v3; `ac_mem` is an average, so no peak is told
"""

import re
import struct
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from migrator import blocks
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.model.usage import Line, Search

READS: tuple[str, ...] = ("/var/account/pacct*", "/var/log/account/pacct*", "/var/log/pacct*", "/var/adm/pacct*")
TAG = "process-accounting"
RECORD = 64
FORM = "BBHIIIIIIf8H16s"
LITTLE, BIG = 3, 0x83  # ac_version, with the bit that big-endian kernels set
FORKED = 1  # ac_flag AFORK: it never called exec
TICKS = 100.0  # AHZ
CRON = {b"cron", b"crond", b"CRON", b"CROND"}
MOST_CHILDREN = 64  # remembered of one process; cron's has two or three
MOST_PARENTS = 200_000


class Ended(NamedTuple):
    """A process that ended."""

    pid: int
    uid: int
    name: str
    began_s: int
    elapsed_s: float
    status: int
    cpu_s: float


def matches(path: str, head: bytes) -> bool:  # noqa: ARG001
    """True if the first records have the version's byte where it belongs."""
    versions = set(head[1 : RECORD * 20 : RECORD])
    return len(head) >= RECORD and versions in ({LITTLE}, {BIG})


def read(files: HostFiles, file: HostFile, search: Search) -> Iterator[Line | Problem]:  # noqa: ARG001
    """A line for each job of cron."""
    users = _users(files)
    total: dict[int, float] = defaultdict(float)  # processor time of ended children, by their parent
    children: dict[int, list[Ended]] = defaultdict(list)
    order = offset = 0
    wrong: tuple[int, int] | None = None
    try:
        with files.open(file.path) as stream:
            for chunk in _whole(blocks.read_blocks(stream)):
                form = struct.Struct((">" if chunk[1] == BIG else "<") + FORM)
                for values in form.iter_unpack(chunk):
                    flag, version, _, status, uid, _, pid, parent, began, elapsed, user, system, *_, name = values
                    offset += RECORD
                    if version not in (LITTLE, BIG):
                        wrong = wrong or (offset - RECORD, version)
                        continue
                    cpu = (_expanded(user) + _expanded(system)) / TICKS + total.pop(pid, 0.0)
                    own = children.pop(pid, [])
                    text = name.partition(b"\0")[0]
                    if flag & FORKED and text in CRON:
                        if own:
                            order += 1
                            yield _line(file.path, order, own[0], pid, users)
                        continue
                    if len(total) > MOST_PARENTS:  # of parents that never end: daemons
                        total.clear()
                        children.clear()
                    total[parent] += cpu
                    if len(children[parent]) < MOST_CHILDREN and 0 <= elapsed < 1e12:
                        shown = text.decode("ascii", "backslashreplace")
                        children[parent].append(Ended(pid, uid, shown, began, elapsed / TICKS, status, cpu))
    except blocks.DAMAGED as error:
        yield Problem(
            location=Location(host=files.name, path=file.path),
            message=f"cannot be read on from byte {offset:,}: {error}; the records before are used", kind="unreadable",
        )  # fmt: skip
    if wrong is not None:
        yield Problem(
            location=Location(host=files.name, path=file.path),
            message=f"the record at byte {wrong[0]:,} says version {wrong[1]}; only Linux's version 3 is read",
        )


def _line(path: str, order: int, job: Ended, parent: int, users: dict[int, str]) -> Line:
    """The job's shell: the first of the children, because cron starts it first and a mailer after it."""
    status = job.status >> 8 if not job.status & 0x7F else 128 + (job.status & 0x7F)
    figures = (
        ("parent", str(parent)), ("user", users.get(job.uid, "")), ("elapsed_s", f"{job.elapsed_s:.2f}"),
        ("exit_status", str(status)), ("cpu_s", f"{job.cpu_s:.2f}"),
    )  # fmt: skip
    return Line(job.began_s * 1_000_000, "", TAG, job.pid, job.name, None, 1_000_000, path, order, figures)


def _whole(data: Iterator[bytes]) -> Iterator[bytes]:
    """Chunks of whole records; what a crash cut off at the end is an error."""
    rest = b""
    for block in data:
        chunk = rest + block
        end = len(chunk) - len(chunk) % RECORD
        if end:
            yield chunk[:end]
        rest = chunk[end:]
    if rest:
        raise EOFError(f"the last record has {len(rest)} of {RECORD} bytes")


def _expanded(value: int) -> int:
    """A comp_t: 13 bits and an exponent to the base of 8."""
    return (value & 0x1FFF) << (3 * (value >> 13))


def _users(files: HostFiles) -> dict[int, str]:
    if not files.exists("/etc/passwd"):
        return {0: "root"}
    text = (files.content("/etc/passwd") or b"").decode("utf-8", "replace")
    found = {int(uid): name for name, uid in re.findall(r"(?m)^([^:\n]{1,64}):[^:\n]*:(\d{1,9}):", text)}
    return {0: "root", **found}
