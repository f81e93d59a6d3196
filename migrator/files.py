"""The only code that writes to the user's disk: atomic, inside the given folder, and kind to a person's edits."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from migrator.errors import MigratorError
from migrator.model.plan import OutFile

BEGUN = ".migrator-"  # how the name of a file begins that is being written; then comes the process


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
    entered: set[Path] = set()
    for number, out_file in enumerate(out_files):
        path = root / _relative(out_file.path)
        try:
            if path.parent not in entered:
                path.parent.mkdir(parents=True, exist_ok=True)
                _sweep(path.parent)
            if (path.parent not in entered or path.is_symlink()) and not path.resolve().is_relative_to(root.resolve()):
                raise MigratorError(f"{path}: a symbolic link leads out of {root}; remove it and run again")
            entered.add(path.parent)
            _put(path, out_file.content, 0o755 if out_file.executable else 0o644, number)
        except OSError as error:
            raise MigratorError(f"{path}: cannot be written ({error.strerror}); choose another -o folder") from error
        written.append(path)
    return tuple(written)


def _put(path: Path, content: bytes, mode: int, number: int) -> None:
    """The file with this content and mode, as a whole or not at all."""
    try:
        with open(path, "rb") as stream:  # noqa: PTH123 - many thousand files: a Path's own open takes its time
            same = stream.read() == content
    except FileNotFoundError:
        same = False
    if same:
        if os.stat(path).st_mode & 0o7777 != mode:  # noqa: PTH116
            path.chmod(mode)
        return
    temporary = f"{path.parent}/{BEGUN}{os.getpid()}-{number}"
    try:
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            os.fchmod(descriptor, mode)  # before it has its name: another writer may take it away at once
        os.replace(temporary, path)  # noqa: PTH105
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def _sweep(folder: Path) -> None:
    """Remove what a process that is gone has begun to write and not ended."""
    for name in os.listdir(folder):  # noqa: PTH208
        process = name.removeprefix(BEGUN).partition("-")[0] if name.startswith(BEGUN) else ""
        if process.isdigit() and not Path(f"/proc/{process}").exists():
            (folder / name).unlink(missing_ok=True)
