"""Logs of which nothing is used: why, where something in them looks like cron, because no run without a word is as wrong as a
run that never was."""

import re
from collections.abc import Sequence

from migrator import blocks
from migrator.errors import SourceError
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.redact import redact

MOST_BYTES = 1 << 26  # what has cron's lines has some at its beginning
MOST_SHOWN, MOST_NAMED = 80, 3
WORDS = (b") CMD", b"cron:session)", b"crond:session)", b"USER ", b"CRON", b"cron[", b"crond", b"run-parts", b"systemd: St")
# what a daemon says of a command begins its text, or its name is before it: in the middle of another's text anybody may have it
LOOKS_LIKE = re.compile(
    rb"(?m:^|: |[Cc][Rr][Oo][Nn][^\n]{0,40})\([^()\n]{1,64}\) CMD(?:END)?[ (]"
    rb"|pam_unix\(crond?:session\): session|USER \S{1,64} (?:pid|PID) +\d"
    rb"|run-parts\S{0,200} \S{0,40} ?(?:starting|finished) |systemd: Start(?:ing|ed) "
)


def lines_of_cron(files: HostFiles, file: HostFile) -> Problem | None:
    """What looks like cron's words in a log in which no reader found any."""
    count = at = first = 0
    shown = b""
    try:
        with files.open(file.path) as stream:
            for block in blocks.whole_lines(stream):
                if any(word in block for word in WORDS):
                    for found in LOOKS_LIKE.finditer(block):
                        if not count:
                            begin = block.rfind(b"\n", 0, found.start()) + 1
                            first, shown = at + begin, block[begin : begin + MOST_SHOWN].split(b"\n")[0]
                        count += 1
                at += len(block)
                if at >= MOST_BYTES:
                    break
    except (SourceError, *blocks.DAMAGED):
        return None  # whoever read it has said so
    if not count:
        return None
    text = repr(redact(shown.decode("utf-8", "backslashreplace")).text)
    return Problem(
        location=Location(host=files.name, path=file.path),
        message=f"{count:,} lines look like cron's, the first at byte {first:,}: {text}; they are written, or cut, in a way "
        "that is not known, and nothing of them is used",
    )


def no_run(files: HostFiles, read: Sequence[HostFile], *, said: bool) -> Problem:
    """What is to be known where no log tells of a run. `said`: cron said something in them."""
    paths = sorted(file.path for file in read)
    others = f" (nor {', '.join(paths[1:MOST_NAMED])}{' ...' if len(paths) > MOST_NAMED else ''})" if len(paths) > 1 else ""
    what = (
        "cron is in it, but no line says which command it ran; cron's own log tells that, or the journal"
        if said
        else "no line in it tells of a run of a job"
    )
    return Problem(location=Location(host=files.name, path=paths[0]), message=what + others, kind="remark")
