"""The only code that writes to the user's disk: atomic, inside the given folder, and kind to a person's edits."""

import errno
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from migrator.errors import MigratorError
from migrator.model.plan import OutFile

NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
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
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f"{BEGUN}{os.getpid()}-")
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
        raise _unwritten(path, error) from error
    return True


def append(root: Path, name: str, line: bytes) -> None:
    """Add a line to a file that grows. Raises `MigratorError` as `write` does."""
    path = root / _relative(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as stream:
            stream.write(line)
    except OSError as error:
        raise _unwritten(path, error) from error


def rename(root: Path, old: str, new: str) -> None:
    """Give a file under `root` another name there; nothing happens if it is gone. Raises `MigratorError` as `write` does."""
    path = root / _relative(old)
    try:
        path.replace(root / _relative(new))
    except FileNotFoundError:
        pass
    except OSError as error:
        raise MigratorError(f"{path}: cannot be renamed ({error.strerror})") from error


def _unwritten(path: Path, error: OSError) -> MigratorError:
    """It may be the folder of -o, of --history or of the fleet: which one, its name says."""
    better = "make room there, or choose another folder" if error.errno in NO_ROOM else "choose another folder"
    return MigratorError(f"{path}: cannot be written ({error.strerror}); {better}")


def _relative(name: str) -> PurePosixPath:
    _stays_inside(name)
    return PurePosixPath(name)


def _stays_inside(name: str) -> None:
    if name.startswith("/") or "\0" in name or (".." in name and ".." in name.split("/")):
        raise MigratorError(f"{name!r}: leaves the output folder; file a bug, this name should not exist")


class Present:
    """The files that lie under a folder now; each folder is listed once: a tree of many thousand files is asked little."""

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._names: dict[str, frozenset[str]] = {}

    def content(self, name: str) -> bytes | None:
        """The bytes of a file; None if there is none."""
        folder, _, last = name.rpartition("/")
        if folder not in self._names:
            try:
                self._names[folder] = frozenset(os.listdir(f"{self._root}/{folder}"))  # noqa: PTH208
            except (FileNotFoundError, NotADirectoryError):
                self._names[folder] = frozenset()
        if last not in self._names[folder]:
            return None
        path = Path(self._root, name)
        return path.read_bytes() if path.is_file() else None


def write(root: Path, out_files: Iterable[OutFile]) -> None:
    """Write each file under `root` through a temporary file and a rename; a file with the same bytes is not touched.

    Raises `MigratorError` for a path that leaves `root` or a folder that cannot be written.
    """
    top, begun = str(root), f"{BEGUN}{os.getpid()}"
    there: dict[str, frozenset[str]] = {}  # folder -> the names in it before we came
    # of many thousand files each takes little: names are strings here, and what is new is not looked for a second time
    for number, out_file in enumerate(out_files):
        _stays_inside(out_file.path)
        path = f"{top}/{out_file.path}"
        folder, _, name = path.rpartition("/")
        try:
            known = name in _entered(folder, root, top, there)
            if known and os.path.islink(path):  # noqa: PTH114
                _inside(path, root)
            _put(path, out_file, 0o755 if out_file.executable else 0o644, f"{folder}/{begun}-{number}", known)
        except OSError as error:
            raise _unwritten(Path(path), error) from error


def _entered(folder: str, root: Path, top: str, there: dict[str, frozenset[str]]) -> frozenset[str]:
    """The names in a folder, which is made where it is not there; what we make below a folder that is inside is inside."""
    if folder in there:
        return there[folder]
    if folder == top:
        root.mkdir(parents=True, exist_ok=True)
    else:
        _entered(folder.rpartition("/")[0], root, top, there)
        try:
            os.mkdir(folder)  # noqa: PTH102
        except FileExistsError:
            _inside(folder, root)
        else:
            there[folder] = frozenset()
            return there[folder]
    there[folder] = _sweep(folder)
    return there[folder]


def _inside(path: str, root: Path) -> None:
    if not Path(path).resolve().is_relative_to(root.resolve()):
        raise MigratorError(f"{Path(path)}: a symbolic link leads out of {root}; remove it and run again")


def _put(path: str, out_file: OutFile, mode: int, temporary: str, known: bool) -> None:
    """The file with this content and mode, as a whole or not at all. `known`: there is one of this name, maybe the same."""
    if known:
        try:
            with open(path, "rb") as stream:  # noqa: PTH123 - many thousand files: a Path's own open takes its time
                same = all(stream.read(len(part)) == part for part in out_file.parts()) and not stream.read(1)
        except FileNotFoundError:
            same = False
        if same:
            if os.stat(path).st_mode & 0o7777 != mode:  # noqa: PTH116
                Path(path).chmod(mode)
            return
    try:
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            for part in out_file.parts():
                rest = memoryview(part)
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
            os.fchmod(descriptor, mode)  # before it has its name: another writer may take it away at once
        finally:
            os.close(descriptor)
        os.replace(temporary, path)  # noqa: PTH105
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def _sweep(folder: str) -> frozenset[str]:
    """Remove what a process that is gone has begun to write and not ended; the names of what is there.

    What bears our own number is not ours either, for we have only begun: in a container each process may have the same one.
    """
    names = os.listdir(folder)  # noqa: PTH208
    for name in names:
        process = name.removeprefix(BEGUN).partition("-")[0] if name.startswith(BEGUN) else ""
        if process.isdigit() and (int(process) == os.getpid() or not Path(f"/proc/{process}").exists()):
            Path(folder, name).unlink(missing_ok=True)
    return frozenset(names)
