"""The job's own files where the command looks for them, with their secrets filled in.

In an image of ours (MIGRATOR_IN_IMAGE=1) they lie at their server paths already, and only those with secrets are written, in
place. Elsewhere - a zip function, a developer's machine - all are copied into a private folder, and their paths are replaced in
the command and in each other.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from .job_file import JobFile
from .secret import MARK, fill

PYTHONS = ("/usr/bin/python3", "/usr/bin/python", "/usr/local/bin/python3")


def place(job: JobFile, private: Path, outer: Mapping[str, str]) -> bytes:
    """Put the files in place; returns the command that finds them. Raises `MissingSecretError`."""
    if outer.get("MIGRATOR_IN_IMAGE") == "1":
        for name in job.files:
            path = Path(name)
            content = path.read_bytes()
            if MARK.search(content):
                path.write_bytes(fill(content, outer))
        return fill(job.command, outer)
    moved = {name: str(private / name.lstrip("/")) for name in job.files}
    renamed = {**{name: str(python_folder(private) / "python3") for name in PYTHONS if not Path(name).exists()}, **moved}
    for name, target in moved.items():
        source, path = job.folder / "files" / name.lstrip("/"), Path(target)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_renamed(fill(source.read_bytes(), outer), renamed))
        path.chmod(source.stat().st_mode & 0o777 | 0o500)
    return _renamed(fill(job.command, outer), renamed)


def python_folder(private: Path) -> Path:
    """A folder with `python3` and `python`, for the end of PATH: a zip function's own Python is in no usual place."""
    folder = private / ".python"
    if not folder.is_dir():
        folder.mkdir()
        for name in ("python3", "python"):
            (folder / name).symlink_to(sys.executable)
    return folder


def _renamed(text: bytes, moved: dict[str, str]) -> bytes:
    for name in sorted(moved, key=len, reverse=True):
        # a whole path: not the beginning of a longer one, not the end of another
        whole = rb"(?<![\w./-])" + re.escape(name.encode("utf-8", "surrogateescape")) + rb"(?![\w/-]|\.\w)"
        text = re.sub(whole, lambda _, name=name: moved[name].encode("utf-8", "surrogateescape"), text)  # type: ignore[misc]
    return text
