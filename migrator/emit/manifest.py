"""`.migrator.json`: what was emitted last, by sha256, so that a file that a person edited is seen and kept."""

import hashlib
import json
from collections.abc import Callable, Iterable
from typing import NamedTuple

from migrator.errors import EmitError
from migrator.model.plan import OutFile

NAME = ".migrator.json"
NEW = ".migrator-new"


class Merged(NamedTuple):
    """What to write, and what a person should look at."""

    out_files: tuple[OutFile, ...]  # the manifest last
    edited: tuple[str, ...]  # kept as they are; the new version lies beside as <name>.migrator-new
    gone: tuple[str, ...]  # emitted once, not any more; kept


def merge(out_files: Iterable[OutFile], present: Callable[[str], bytes | None]) -> Merged:
    """Decide file by file. `present`: the bytes of a file that is in the tree now, None if there is none.

    Raises `EmitError` if the manifest in the tree cannot be read.
    """
    before = _read(present(NAME))
    write: list[OutFile] = []
    edited: list[str] = []
    digests: dict[str, str] = {}
    for file in out_files:
        now, new = present(file.path), digest(file.content)
        digests[file.path] = new
        if now is None or digest(now) in {new, before.get(file.path)}:
            write.append(file)
        elif before.get(file.path) == new:
            edited.append(file.path)  # edited, and nothing new to offer
        else:
            edited.append(file.path)
            write.append(OutFile(path=file.path + NEW, content=file.content, executable=file.executable))
    gone = tuple(path for path in sorted(before) if path not in digests and present(path) is not None)
    digests.update((path, before[path]) for path in gone)
    text = json.dumps({"version": 1, "files": dict(sorted(digests.items()))}, indent=1) + "\n"
    return Merged((*write, OutFile(path=NAME, content=text.encode())), tuple(edited), gone)


def digest(content: bytes) -> str:
    """sha256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _read(content: bytes | None) -> dict[str, str]:
    if content is None:
        return {}
    try:
        value = json.loads(content)
        return {str(path): str(known) for path, known in value["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EmitError(f"{NAME}: damaged ({error}); restore it, or delete it: then files that differ count as edited") from error
