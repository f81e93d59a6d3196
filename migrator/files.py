"""The only code that writes to the user's disk: atomic, inside the given folder, and kind to a person's edits."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from migrator.errors import MigratorError
from migrator.model.plan import OutFile


def write(root: Path, out_files: Iterable[OutFile]) -> tuple[Path, ...]:
    """Write each file under `root` through a temporary file and a rename; a file with the same bytes is not touched.

    Returns the paths in order. Raises `MigratorError` for a path that leaves `root` or a folder that cannot be written.
    """
    written = []
    for out_file in out_files:
        relative = PurePosixPath(out_file.path)
        if relative.is_absolute() or ".." in relative.parts or "\0" in out_file.path:
            raise MigratorError(f"{out_file.path!r}: leaves the output folder; file a bug, this name should not exist")
        path = root / relative
        mode = 0o755 if out_file.executable else 0o644
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.resolve().is_relative_to(root.resolve()):
                raise MigratorError(f"{path}: a symbolic link leads out of {root}; remove it and run again")
            if not (path.is_file() and path.read_bytes() == out_file.content):
                handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".migrator-")
                with os.fdopen(handle, "wb") as stream:
                    stream.write(out_file.content)
                Path(temporary).replace(path)
            path.chmod(mode)
        except OSError as error:
            raise MigratorError(f"{path}: cannot be written ({error.strerror}); choose another -o folder") from error
        written.append(path)
    return tuple(written)
