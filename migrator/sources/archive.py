"""A bundle: `.tar`, `.tar.gz`, `.tar.zst` (also `.tgz`, `.tar.bz2`, `.tar.xz`), unpacked into a temporary folder.

Only files, folders and links are taken. Names that leave the bundle are refused with a Problem. Owner, mode and time are kept
in a table beside the copy. A bundle that unpacks to far more than any server's logs do is refused as a whole.
"""

import lzma
import os
import shutil
import tarfile
import tempfile
import weakref
import zlib
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

import zstandard

from migrator.errors import SourceError
from migrator.model.source import HostFiles
from migrator.sources.tree import Kept, Tree

SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bzip2", b"\xfd7zXZ": "xz"}
TAR_MAGIC_AT = 257
MOST_MEMBERS = 300_000  # a whole Debian server has about 150,000 files under /etc, /var, /usr/local, /opt and /srv
MOST_BYTES = 16 << 30
MOST_RATIO = 200  # repetitive logs reach 60 to 1; zeros reach 1,000 to 1
SMALLEST_LIMIT = 256 << 20
CHUNK = 1 << 20


# TypeError: tarfile takes ord() of what a gzip header that is cut off does not have
DAMAGED = (tarfile.TarError, zlib.error, lzma.LZMAError, zstandard.ZstdError, EOFError, OSError, ValueError, TypeError)


class Refused(NamedTuple):
    """A member that is not taken, and why."""

    name: str
    why: str


def accepts(source: str) -> bool:
    """True for a file that is named or begins like a bundle."""
    path = Path(source)
    if not path.is_file():
        return False
    if source.endswith(SUFFIXES):
        return True
    try:
        with path.open("rb") as stream:
            head = stream.read(TAR_MAGIC_AT + 5)
    except OSError:
        return False
    return looks_like_a_bundle(head)


def looks_like_a_bundle(head: bytes) -> bool:
    """True for the first bytes of a compressed file or a tar."""
    return head.startswith(tuple(MAGIC)) or head[TAR_MAGIC_AT : TAR_MAGIC_AT + 5] == b"ustar"


def open(source: str) -> tuple[HostFiles, ...]:  # noqa: A001
    """The servers in the bundle: one, or one for each top folder that has an `etc` in it. Raises `SourceError`."""
    path = Path(source)
    try:
        with path.open("rb") as stream:
            return unpack(stream, source, path.stat().st_size)
    except OSError as error:
        raise SourceError(f"{source}: cannot be read ({error.strerror or error})") from error


def unpack(stream: BinaryIO, name: str, size: int) -> tuple[HostFiles, ...]:
    """The servers in a stream of `size` compressed bytes."""
    folder = Path(tempfile.mkdtemp(prefix="migrator-"))
    kept: dict[str, Kept] = {}
    remover = Remover(folder)  # also if unpacking ends with an error
    refused = _extract(stream, name, folder, min(MOST_BYTES, max(SMALLEST_LIMIT, size * MOST_RATIO)), kept)
    trees = []
    tops = _tops(folder)
    for top in tops:
        prefix = "" if top == folder else f"/{top.name}"
        own = {path.removeprefix(prefix): value for path, value in kept.items() if path.startswith(prefix + "/")}
        trees.append(Tree(name if len(tops) == 1 else f"{name}/{top.name}", top, kept=own))
    for entry in refused:
        trees[0].report(entry.name, entry.why)
    for tree in trees:
        tree.keep_alive = remover
    return tuple(trees)


SCHEDULES = ("/etc/cron", "/etc/anacron", "/etc/systemd/", "/var/spool/cron/", "/var/spool/anacron/")


class Remover:
    """Removes the temporary folder when the last tree in it is gone, at the latest when Python ends."""

    def __init__(self, folder: Path) -> None:
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)


def _tops(folder: Path) -> list[Path]:
    """Where the servers' roots are: the folder itself, or each of its folders that has an `etc`, if it has none itself."""
    if (folder / "etc").is_dir() or (folder / "var").is_dir():
        return [folder]
    below = sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink() and (path / "etc").is_dir())
    return below or [folder]


def _extract(stream: BinaryIO, name: str, folder: Path, limit: int, kept: dict[str, Kept]) -> list[Refused]:
    refused: list[Refused] = []
    links: list[tuple[Path, str, str]] = []
    total = 0
    with ExitStack() as stack:
        try:
            tar = _tar(stream, stack)
            for count, member in enumerate(tar):
                if count >= MOST_MEMBERS:
                    raise SourceError(
                        f"{name}: holds more than {MOST_MEMBERS:,} files; bundle only what `migrator collect` takes"
                    )
                total += max(member.size, 0) if member.isreg() else 0
                if total > limit:
                    raise SourceError(f"{name}: unpacks to more than {limit >> 20:,} MiB (a tar bomb?); nothing is read")
                why = _take(tar, member, folder, kept, links)
                if why:
                    refused.append(
                        Refused(member.name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"), why)
                    )
        except DAMAGED as error:
            if not kept and not links:
                raise SourceError(f"{name}: is no tar file ({error}); .tar, .tar.gz or .tar.zst would be right") from error
            refused.append(Refused(name, f"the bundle is cut off or damaged ({error}); what came before is read"))
    for at, target, shown in links:
        if at.exists() or at.is_symlink() or not target or "\0" in target:
            refused.append(Refused(shown, "a link where a file or folder already is; the link is not taken"))
        else:
            at.symlink_to(target)
    return refused


def _tar(stream: BinaryIO, stack: ExitStack) -> tarfile.TarFile:
    head = stream.peek(4)[:4] if hasattr(stream, "peek") else b""
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        reader = stack.enter_context(
            zstandard.ZstdDecompressor(max_window_size=1 << 31).stream_reader(stream, read_across_frames=True)
        )
        return stack.enter_context(tarfile.open(fileobj=reader, mode="r|", errors="surrogateescape"))
    return stack.enter_context(tarfile.open(fileobj=stream, mode="r|*", errors="surrogateescape"))


def _take(
    tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, kept: dict[str, Kept], links: list[tuple[Path, str, str]]
) -> str:
    """Unpack one member; why not, if it is refused. Links are written last, so that nothing is written through one."""
    pure = PurePosixPath(member.name)
    parts = [part for part in pure.parts if part != "."]
    if pure.is_absolute():
        return "an absolute name in the bundle; it is not unpacked"
    if ".." in parts or "\0" in member.name:
        return "a name in the bundle that leaves it; it is not unpacked"
    if not parts:
        return ""
    at = folder.joinpath(*parts)
    path = "/" + "/".join(parts)
    if not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
        if not (member.ischr() or member.isblk() or member.isfifo()):
            return "neither file, folder nor link; it is not unpacked"
        # in /dev they are many and mean nothing; where the daemons look for tables they are said
        return "is a device or pipe; only regular files are read" if path.startswith(SCHEDULES) else ""
    try:
        if member.isdir():
            at.mkdir(parents=True, exist_ok=True)
        else:
            at.parent.mkdir(parents=True, exist_ok=True)
        if member.issym():
            links.append((at, member.linkname, path))
            return ""
        if member.islnk():
            target = PurePosixPath(member.linkname)
            source = folder.joinpath(*[part for part in target.parts if part not in {".", "/"}])
            if ".." in target.parts or not source.is_file():
                return f"a hard link to {member.linkname}, which is not in the bundle before it"
            shutil.copyfile(source, at)
        elif member.isreg():
            content = tar.extractfile(member)
            with at.open("wb") as out:
                while content is not None and (block := content.read(CHUNK)):
                    out.write(block)
    except (FileExistsError, IsADirectoryError, NotADirectoryError):
        return "a file and a folder of the same name; the second is not unpacked"
    except OSError as error:
        if error.errno in {36, 92, 84}:  # ENAMETOOLONG, EILSEQ
            return f"cannot be written here ({os.strerror(error.errno)})"
        raise
    modified = datetime.fromtimestamp(member.mtime, UTC) if 0 <= member.mtime < 1e11 else None
    kept[path] = Kept(mode=member.mode & 0o7777, uid=member.uid, modified_at=modified)
    return ""
