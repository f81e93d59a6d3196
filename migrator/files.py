"""The only code that writes to the user's disk: atomic, inside the given folder, and kind to a person's edits."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from migrator.errors import MigratorError
from migrator.model.plan import OutFile


def remove(root: Path, paths: Iterable[str]) -> None:
    """Delete these files under `root`, and the folders that are empty then. Raises `MigratorError` as `write` does."""
    for name in paths:
        path = root / _relative(name)
        try:
            if path.parent.resolve().is_relative_to(root.resolve()):
                path.unlink(missing_ok=True)
            for folder in path.relative_to(root).parents:
                if folder != Path() and not any((root / folder).iterdir()):
                    (root / folder).rmdir()
        except OSError as error:
            raise MigratorError(f"{path}: cannot be deleted ({error.strerror}); delete it yourself") from error


def publish(root: Path, out_file: OutFile) -> bool:
    """Write a file that must not exist yet, whole or not at all; False if it does exist: somebody else was first.

    Raises `MigratorError` as `write` does.
    """
    path = root / _relative(out_file.path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".migrator-")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(out_file.content)
            Path(temporary).chmod(0o644)
            path.hardlink_to(temporary)
        finally:
            Path(temporary).unlink()
    except FileExistsError:
        return False
    except OSError as error:
        raise MigratorError(f"{path}: cannot be written ({error.strerror}); choose another folder") from error
    return True


def append(root: Path, name: str, line: bytes) -> None:
    """Add a line to a file that grows. Raises `MigratorError` as `write` does."""
    path = root / _relative(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as stream:
            stream.write(line)
    except OSError as error:
        raise MigratorError(f"{path}: cannot be written ({error.strerror}); choose another -o folder") from error


def rename(root: Path, old: str, new: str) -> None:
    """Give a file under `root` another name there; nothing happens if it is gone. Raises `MigratorError` as `write` does."""
    path = root / _relative(old)
    try:
        path.replace(root / _relative(new))
    except FileNotFoundError:
        pass
    except OSError as error:
        raise MigratorError(f"{path}: cannot be renamed ({error.strerror})") from error


def _relative(name: str) -> PurePosixPath:
    relative = PurePosixPath(name)
    if relative.is_absolute() or ".." in relative.parts or "\0" in name:
        raise MigratorError(f"{name!r}: leaves the output folder; file a bug, this name should not exist")
    return relative


def write(root: Path, out_files: Iterable[OutFile]) -> tuple[Path, ...]:
    """Write each file under `root` through a temporary file and a rename; a file with the same bytes is not touched.

    Returns the paths in order. Raises `MigratorError` for a path that leaves `root` or a folder that cannot be written.
    """
    written = []
    for out_file in out_files:
        path = root / _relative(out_file.path)
        mode = 0o755 if out_file.executable else 0o644
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.resolve().is_relative_to(root.resolve()):
                raise MigratorError(f"{path}: a symbolic link leads out of {root}; remove it and run again")
            if path.is_file() and path.read_bytes() == out_file.content:
                path.chmod(mode)
            else:
                handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".migrator-")
                with os.fdopen(handle, "wb") as stream:
                    stream.write(out_file.content)
                Path(temporary).chmod(mode)
                Path(temporary).replace(path)
        except OSError as error:
            raise MigratorError(f"{path}: cannot be written ({error.strerror}); choose another -o folder") from error
        written.append(path)
    return tuple(written)
