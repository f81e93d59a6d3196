"""Files in a cloud's object storage, as paths on this disk: the only importer of fsspec and obstore.

Source: https://filesystem-spec.readthedocs.io; obstore answers for s3://, gs:// and abfs://, any other fsspec file system for its
own scheme. Credentials and end point come from where each cloud's own tools take them (environment, profile, instance).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import fsspec
from obstore.auth.boto3 import Boto3CredentialProvider
from obstore.exceptions import BaseError
from obstore.fsspec import FsspecStore

from migrator.errors import SourceError

CLOUDS = ("s3", "gs", "abfs", "az")


class StoredObject(NamedTuple):
    """One object: its full path without the scheme, its size, and the mark that changes with its content."""

    path: str
    size: int
    mark: str


def listed(url: str) -> list[StoredObject]:
    """Every object at or below `url`, sorted. Raises `SourceError` if it cannot be listed or there is none."""
    system, path = _opened(url)
    with _said(url):
        found: dict[str, dict[str, Any]] = system.find(path, detail=True)
    if not found:
        raise SourceError(f"{url}: nothing is stored there; a bundle, a server's tree or a folder of these would be right")
    return [
        StoredObject(
            name, int(entry.get("size") or 0), str(entry.get("e_tag") or entry.get("ETag") or entry.get("created") or "")
        )
        for name, entry in sorted(found.items())
    ]


def _mark(entry: dict[str, Any]) -> str:
    return str(next((entry[name] for name in ("e_tag", "ETag", "etag", "mtime", "created") if entry.get(name)), ""))


def fetch(url: str, to: Path) -> None:
    """Write the object at `url` to a new file, with the time when it was stored. Raises `SourceError`."""
    system, path = _opened(url)
    with _said(url):
        to.parent.mkdir(parents=True, exist_ok=True)
        system.get_file(path, str(to))
        stored = system.modified(path).timestamp()
        os.utime(to, (stored, stored))


def address(url: str, path: str) -> str:
    """The URL of an object that was listed below `url`."""
    return f"{url.partition('://')[0]}://{path.lstrip('/')}"


def _opened(url: str) -> tuple[Any, str]:
    scheme, _, path = url.partition("://")
    if scheme in CLOUDS:
        make: Any = FsspecStore
        more: dict[str, Any] = {}
        if scheme == "s3":
            with suppress(ValueError):  # no credentials in the environment or a profile: the instance's own, or an open bucket
                more["credential_provider"] = Boto3CredentialProvider()
        # an end point without TLS is one that the user has named (MinIO, a test server): the clouds' own have none
        return make(scheme, client_options={"allow_http": True}, **more), path.rstrip("/")
    with _said(url):
        system, own = fsspec.core.url_to_fs(url)
    return system, str(own)


@contextmanager
def _said(url: str) -> Iterator[None]:
    try:
        yield
    except (OSError, BaseError, ImportError, ValueError) as error:
        why = str(error).split("\n", 1)[0][:300] or type(error).__name__
        raise SourceError(f"{url}: cannot be read ({why}); look at the name, the credentials and the region") from error
