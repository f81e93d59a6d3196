"""The systemd journal itself, as a stock Debian 12 keeps it: `journalctl` reads it, this file reads what that says.

Source: journalctl(1): `--file` with `-t` filters, which is 15 times cheaper than exporting everything.
"""

import shutil
import subprocess
from collections.abc import Iterator

from migrator.logfiles.journal_entry import NAMES, line_of
from migrator.logfiles.journal_json import decoded
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


def read(
    files: HostFiles,
    file: HostFile,
    search: Search,
) -> Iterator[Line | Problem]:
    """Entries of cron, PAM and anacron; a Problem with the export command where `journalctl` is missing or refuses the file."""
    where = Location(host=files.name, path=file.path)
    program, path = shutil.which("journalctl"), files.local_path(file.path)
    if program is None or path is None:
        why = "journalctl is not on this machine" if program is None else "this source gives no file to journalctl"
        yield Problem(
            location=where, kind="missing-tool", message=f"a binary journal, and {why}; on the server run: {EXPORT}"
        )  # fmt: skip
        return
    order = 0
    arguments = [
        program,
        "--file",
        path,
        "-o",
        "json",
        f"--output-fields={FIELDS}",
        "--all",
        "--no-pager",
        "-q",
        *(word for tag in search.tags for word in ("-t", tag)),
    ]
    with subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        if process.stdout is None or process.stderr is None:  # both are pipes, asked for above
            return
        for raw in process.stdout:
            order += 1
            entry = decoded(raw)
            line = None if entry is None else line_of(entry, file.path, order)
            if line is not None:
                yield line
        said = process.stderr.read(4096).decode("utf-8", "replace").strip().replace(path, file.path)
    if process.returncode != 0 and said:
        yield Problem(
            location=where, kind="unreadable",
            message=f"journalctl ends with status {process.returncode}: {said}; on the server run: {EXPORT}",
        )  # fmt: skip
