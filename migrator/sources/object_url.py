"""A bundle or a server's tree in object storage: `s3://bucket/fleet/web01.tar.gz`, `gs://bucket/web01/`, `abfs://...`.

Everything is fetched into a temporary folder first. An object has neither owner nor mode, so none is claimed; its time is that of
storing it, which is not before the file was written.
"""

import importlib
import re
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from migrator.errors import SourceError
from migrator.model.source import HostFiles
from migrator.sources import archive
from migrator.sources.tree import Kept, Tree

URL = re.compile(r"(?:s3|gs|abfss?|az)://\S+")


CREDENTIALS = re.compile(
    r"^[a-z][a-z0-9+.-]*://[^/@\s]*:[^/@\s]*@|[?&](?:sig|sas|x-amz-[a-z-]+|x-goog-[a-z-]+|[a-z_-]*(?:token|key|password|secret))=",
    re.IGNORECASE,
)
USER = re.compile(r"(?<=://)[^/@\s]*:[^/@\s]*@")


def refuse_credentials(source: str) -> None:
    """Raises `SourceError` for a URL with a password or a token in it: a source's name stands in rows, reports and errors."""
    if CREDENTIALS.search(source):
        bare = USER.sub("", source).partition("?")[0]
        raise SourceError(
            f"{bare}: was given with a password or a token in it, which would stand in every row and report; leave it out, and "
            "give it in the environment (AWS_ACCESS_KEY_ID ..., GOOGLE_APPLICATION_CREDENTIALS, AZURE_STORAGE_SAS_KEY) or to ssh"
        )


def accepts(source: str) -> bool:
    """True for a URL of object storage."""
    return URL.fullmatch(source) is not None


def storage() -> Any:
    """The module that speaks to object storage; it is loaded only here because it takes a tenth of a second.

    Raises `SourceError` if what it needs is not installed.
    """
    try:
        return importlib.import_module("migrator.object_storage")
    except ModuleNotFoundError as error:
        raise SourceError(
            f"object storage needs the package {error.name}; install it with: pip install 'migrator[fleet]'"
        ) from error


def open(source: str) -> tuple[HostFiles, ...]:  # noqa: A001
    """The servers in the bundle, or the one whose tree it is. Raises `SourceError`."""
    objects = storage()
    folder = Path(tempfile.mkdtemp(prefix="migrator-"))
    remover = archive.Remover(folder)
    if source.endswith(archive.SUFFIXES):
        bundle = folder / "bundle"
        objects.fetch(source, bundle)
        with bundle.open("rb") as stream:
            found = archive.unpack(stream, source, bundle.stat().st_size)
        shutil.rmtree(folder)
        return found
    kept = {}
    top = source.partition("://")[2].rstrip("/") + "/"
    for entry in objects.listed(source):
        path = "/" + entry.path.lstrip("/").removeprefix(top.lstrip("/"))
        if ".." in path.split("/") or "\0" in path:
            raise SourceError(f"{source}: {entry.path!r} is a name that leaves the tree; nothing is read")
        at = folder / path[1:]
        objects.fetch(objects.address(source, entry.path), at)
        kept[path] = Kept(mode=None, uid=None, modified_at=datetime.fromtimestamp(at.stat().st_mtime, UTC))
    tree = Tree(source, folder, kept=kept)
    tree.keep_alive = remover
    return (tree,)
