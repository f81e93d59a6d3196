"""What units wrote: entries of the journal that are a line of a unit's output, or in which the manager starts a run of it.

Line: `{"_SYSTEMD_UNIT": "backup.service", "_SYSTEMD_INVOCATION_ID": "6a0c...", "_TRANSPORT": "stdout", "MESSAGE": "12 files"}`
Line: `{"UNIT": "backup.service", "INVOCATION_ID": "6a0c...", "_PID": "1", "MESSAGE": "Starting backup.service - Backup..."}`
Source: systemd.journal-fields(7); what a rate limit left out, systemd-journald tells as `Suppressed 31 messages from x.service`
"""

import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import NamedTuple

import msgspec

from migrator import blocks
from migrator.errors import SourceError
from migrator.logfiles import binary_journal, journal_export, journal_json
from migrator.logfiles.journal_entry import Field, text_of
from migrator.model.source import HostFile, HostFiles

MOST_ENTRIES = 100_000  # of a file; they stand for the others
NAMES = ("_SYSTEMD_UNIT", "_SYSTEMD_INVOCATION_ID", "_TRANSPORT", "UNIT", "INVOCATION_ID", "MESSAGE")
BEGINS = ("Starting ", "Started ")
JOURNALD = "systemd-journald.service"


class Wrote(NamedTuple):
    """A line of output of a unit's run (`size`: its bytes), the run's start (`size` None), or lines that were left out
    (`run` None)."""

    unit: str
    run: str | None
    size: int | None


class _Entry(msgspec.Struct, rename=dict(zip(("unit", "run", "transport", "about", "begun", "text"), NAMES, strict=True))):
    unit: Field = None
    run: Field = None
    transport: Field = None
    about: Field = None
    begun: Field = None
    text: Field = None


DECODER = msgspec.json.Decoder(_Entry)


def wrote(files: HostFiles, file: HostFile, units: frozenset[str]) -> Iterator[Wrote]:
    """What a journal tells of these units, up to where it is damaged; nothing of a file that is no journal."""
    try:
        with files.open(file.path) as stream:
            head = blocks.head(stream)
        if binary_journal.matches(file.path, head):
            yield from _told(_asked(files, file, units), units)
            return
        with files.open(file.path) as stream:
            if journal_json.matches(file.path, head):
                yield from _told(_objects(blocks.lines(stream, tuple(unit.encode() for unit in sorted(units)))), units)
            elif journal_export.matches(file.path, head):
                yield from _told(_records(blocks.read_blocks(stream)), units)
    except (SourceError, ValueError, *blocks.DAMAGED):
        return  # whoever reads the runs in it has said so


def _told(entries: Iterator[_Entry], units: frozenset[str]) -> Iterator[Wrote]:
    for entry in islice(entries, MOST_ENTRIES):
        text = text_of(entry.text)
        if text is None:
            continue
        unit, about = text_of(entry.unit), text_of(entry.about)
        if unit in units and text_of(entry.transport) == "stdout" and (run := text_of(entry.run)) is not None:
            yield Wrote(unit, run, len(text.encode("utf-8", "surrogateescape")) + 1)
        elif about in units and text.startswith(BEGINS) and (run := text_of(entry.begun)) is not None:
            yield Wrote(about, run, None)
        elif unit == JOURNALD and text.startswith("Suppressed ") and (name := text.rpartition(" ")[2]) in units:
            yield Wrote(name, None, None)


def _objects(lines: Iterator[bytes]) -> Iterator[_Entry]:
    for line in lines:
        try:
            yield DECODER.decode(line)
        except journal_json.WRONG:
            continue


def _records(data: Iterator[bytes]) -> Iterator[_Entry]:
    for fields in journal_export.records(data, []):
        yield _Entry(*(fields[name.encode()].decode("utf-8", "backslashreplace") if name.encode() in fields else None
                       for name in NAMES))  # fmt: skip


def _asked(files: HostFiles, file: HostFile, units: frozenset[str]) -> Iterator[_Entry]:
    """What `journalctl` says of a binary journal."""
    program, path = shutil.which("journalctl"), files.local_path(file.path)
    if program is None or path is None:
        return
    matches = [word for unit in (*sorted(units), JOURNALD) for word in (f"_SYSTEMD_UNIT={unit}", "+", f"UNIT={unit}", "+")]
    command = [program, "--file", path, "-o", "export", f"--output-fields={','.join(NAMES)}", "--all", "--no-pager", "-q"]
    with subprocess.Popen(
        [*command, *matches[:-1]], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        if process.stdout is not None:
            yield from _records(iter(partial(process.stdout.read, blocks.BLOCK_BYTES), b""))
