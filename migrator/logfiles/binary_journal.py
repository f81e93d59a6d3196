"""The systemd journal itself, as a stock Debian 12 keeps it: `journalctl` reads it, this file reads what that says.

Source: journalctl(1): `--file` with `-t` filters, which is 15 times cheaper than exporting everything.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from functools import partial

from migrator.blocks import BLOCK_BYTES
from migrator.columns import Lines, Meanings
from migrator.logfiles.journal_entry import NAMES, Entry, Reader, line_of
from migrator.logfiles.journal_export import AT_ONCE, entries
from migrator.model.source import HostFile, HostFiles, Location, Problem
from migrator.model.usage import Line, Search

FIELDS = ",".join(
    name for name in NAMES if not name.startswith("__")
)  # those are always there; a third less work without the rest
READS: tuple[str, ...] = ("/var/log/journal/**/*.journal", "/var/log/journal/**/*.journal~", "/run/log/journal/**/*.journal")
EXPORT = "journalctl -o json -t CRON -t CROND -t crond -t cron -t anacron | gzip > var/log/journal.json.gz"


def matches(path: str, head: bytes) -> bool:  # noqa: ARG001
    """True for the journal's signature."""
    return head.startswith(b"LPKSHHRH")


def read(files: HostFiles, file: HostFile, search: Search) -> Iterator[Line | Problem]:
    """Entries of cron, PAM and anacron; a Problem with the export command where `journalctl` is missing or refuses the file."""
    for order, entry in enumerate(_entries(files, file, search), 1):
        line = entry if isinstance(entry, Problem) else line_of(entry, file.path, order)
        if line is not None:
            yield line


def columns(files: HostFiles, file: HostFile, search: Search, meanings: Meanings) -> Iterator[Lines | Problem]:
    """The same, many entries at once."""
    reader, held = Reader(file.path, search, meanings), list[Entry]()
    for entry in _entries(files, file, search):
        if isinstance(entry, Problem):
            yield entry
            continue
        held.append(entry)
        if len(held) >= AT_ONCE:
            yield reader.lines(held)[0]
            held.clear()
    if held:
        yield reader.lines(held)[0]
    yield from reader.problems(files.name)


def _entries(files: HostFiles, file: HostFile, search: Search) -> Iterator[Entry | Problem]:
    where = Location(host=files.name, path=file.path)
    program, path = shutil.which("journalctl"), files.local_path(file.path)
    if program is None or path is None:
        why = "journalctl is not on this machine" if program is None else "this source gives no file to journalctl"
        yield Problem(
            location=where, kind="missing-tool", message=f"a binary journal, and {why}; on the server run: {EXPORT}"
        )  # fmt: skip
        return
    arguments = [
        program,
        "--file",
        path,
        "-o",
        "export",  # costs journalctl 5 us an entry, json 14
        f"--output-fields={FIELDS}",
        "--all",
        "--no-pager",
        "-q",
        *(word for tag in search.tags for word in ("-t", tag)),
    ]
    broken, odd = None, list[int]()
    # what it complains of goes to a file: a pipe that nobody reads while entries come would stop it
    with tempfile.TemporaryFile() as complaints:
        with subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints) as process:
            if process.stdout is None:  # is a pipe, asked for above
                return
            try:
                yield from entries(iter(partial(process.stdout.read, BLOCK_BYTES), b""), search.tags, odd)
            except ValueError as error:
                broken = str(error)
        complaints.seek(0)
        said = complaints.read(4096).decode("utf-8", "replace").strip().replace(path, file.path)
    if odd and broken is None:
        broken = f"{len(odd)} of its entries are damaged"
    if broken is not None or (process.returncode != 0 and said):
        yield Problem(
            location=where, kind="unreadable",
            message=f"journalctl ends with status {process.returncode}: {broken or said}; on the server run: {EXPORT}",
        )  # fmt: skip
