"""The job's own files where the command looks for them, with their secrets filled in.

In an image of ours (MIGRATOR_IN_IMAGE=1) they lie at their server paths already, and only those with secrets are written, in
place. Where that cannot be written - AWS Lambda's root is read-only - and elsewhere - a zip function, a developer's machine -
all are copied into a private folder, and their paths are replaced in the command and in each other.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from .job_file import JobFile
from .secret import MARK, fill

PYTHONS = ("/usr/bin/python3", "/usr/bin/python", "/usr/local/bin/python3")


def place(job: JobFile, private: Path, outer: Mapping[str, str], moved_folders: Mapping[str, str] | None = None) -> bytes:
    """Put the files in place; returns the command that finds them. Raises `MissingSecretError`.

    `moved_folders`: folders of the job's data that are elsewhere now, with all that lies below them.
    """
    deep = moved_folders or {}
    in_image = outer.get("MIGRATOR_IN_IMAGE") == "1"
    sources = {name: Path(name) if in_image else job.folder / "files" / name.lstrip("/") for name in job.files}
    if in_image:
        marked = [path for path in sources.values() if MARK.search(path.read_bytes())]
        if not deep and all(os.access(path, os.W_OK) for path in marked):
            for path in marked:
                path.write_bytes(fill(path.read_bytes(), outer))
            return fill(job.command, outer)
    moved = {name: str(private / name.lstrip("/")) for name in job.files}
    renamed = {**moved, **(_folders(moved) if in_image else _pythons(private))}
    for name, target in moved.items():
        source, path = sources[name], Path(target)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(renamed_in(fill(source.read_bytes(), outer), renamed, deep))
        path.chmod(source.stat().st_mode & 0o777 | 0o500)
    if in_image:
        _link_the_rest({**_folders(moved), **deep})
    return renamed_in(fill(job.command, outer), renamed, deep)


def python_folder(private: Path) -> Path:
    """A folder with `python3` and `python`, for the end of PATH: a zip function's own Python is in no usual place."""
    folder = private / ".python"
    if not folder.is_dir():
        folder.mkdir()
        for name in ("python3", "python"):
            (folder / name).symlink_to(sys.executable)
    return folder


def _pythons(private: Path) -> dict[str, str]:
    return {name: str(python_folder(private) / "python3") for name in PYTHONS if not Path(name).exists()}


def _folders(moved: Mapping[str, str]) -> dict[str, str]:
    """The folders of moved files and where they are now, so that `cd /srv/x && ./a.sh` finds the filled file."""
    return {os.path.dirname(name): os.path.dirname(target) for name, target in moved.items() if name.count("/") > 1}  # noqa: PTH120


def _link_the_rest(folders: Mapping[str, str]) -> None:
    """What else lies in moved folders is still found beside what was moved."""
    for folder, private in folders.items():
        for path in Path(folder).iterdir() if os.path.isdir(folder) and os.access(folder, os.R_OK) else ():  # noqa: PTH112
            link = Path(private) / path.name
            if not link.exists():
                link.symlink_to(path)


def renamed_in(text: bytes, moved: Mapping[str, str], deep: Mapping[str, str]) -> bytes:
    """`text` with the paths of `moved`, and those of `deep` with what follows them, replaced."""
    both = {**moved, **deep}
    for name in sorted(both, key=len, reverse=True):
        # a whole path: not the beginning of a longer one, not the end of another
        follows = rb"(?![\w-]|\.\w)" if name in deep else rb"(?![\w/-]|\.\w)"
        whole = rb"(?<![\w./-])" + re.escape(name.encode("utf-8", "surrogateescape")) + follows
        text = re.sub(whole, lambda _, name=name: both[name].encode("utf-8", "surrogateescape"), text)  # type: ignore[misc]
    return text
