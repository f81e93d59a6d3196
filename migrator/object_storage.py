"""Files in a cloud's object storage: the only importer of obstore.

Credentials and end point come from where each cloud's own tools take them (environment, AWS's profiles, instance). Azure's
account is the one in the URL (`abfs://container@account.dfs.core.windows.net/path`) or the environment's.
obstore and not fsspec with s3fs, gcsfs and adlfs: one package for the three clouds, which pins no botocore beside boto3's. Its
plain calls and not its adapter for fsspec: that one's event loop now and then aborts Python at its end (seen with 0.12).

Source: https://developmentseed.org/obstore/latest/
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import obstore
from obstore.auth.boto3 import Boto3CredentialProvider
from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, S3Store

from migrator.errors import SourceError

CLOUDS: dict[str, Callable[..., Any]] = {"s3": S3Store, "gs": GCSStore, "abfs": AzureStore, "abfss": AzureStore, "az": AzureStore}
CHUNK = 8 << 20


class StoredObject(NamedTuple):
    """One object: its path with the bucket, its size, and the mark that changes with its content."""

    path: str
    size: int
    mark: str


def listed(url: str) -> list[StoredObject]:
    """Every object at or below `url`, sorted. Raises `SourceError` if it cannot be listed or there is none."""
    store, bucket, path = _opened(url)
    found: list[Any] = []
    with _said(url):
        for chunk in obstore.list(store, prefix=path or None):
            found.extend(chunk)
        if not found and path:
            with suppress(FileNotFoundError):
                found.append(obstore.head(store, path))
    if not found:
        raise SourceError(f"{url}: nothing is stored there; a bundle, a server's tree or a folder of these would be right")
    objects = (
        StoredObject(f"{bucket}/{meta['path']}", meta["size"], str(meta["e_tag"] or meta["last_modified"])) for meta in found
    )
    return sorted(objects)


def fetch(url: str, to: Path) -> None:
    """Write the object at `url` to a new file, with the time when it was stored. Raises `SourceError`."""
    store, _, path = _opened(url)
    with _said(url):
        answer = obstore.get(store, path)
        stored = answer.meta["last_modified"].timestamp()
        to.parent.mkdir(parents=True, exist_ok=True)
        with to.open("wb") as out:
            for chunk in answer.stream(min_chunk_size=CHUNK):
                out.write(chunk)
        os.utime(to, (stored, stored))


def address(url: str, path: str) -> str:
    """The URL of an object that was listed below `url`."""
    return f"{url.partition('://')[0]}://{path}"


def _opened(url: str) -> tuple[Any, str, str]:
    """The bucket as obstore knows it, its name, and the path in it."""
    scheme, _, rest = url.partition("://")
    bucket, _, path = rest.partition("/")
    more: dict[str, Any] = {}
    with _said(url):
        if scheme == "s3":
            with suppress(ValueError):  # no credentials in the environment or a profile: the instance's own, or an open bucket
                more["credential_provider"] = Boto3CredentialProvider()
        name, _, account = bucket.partition("@")
        if account:
            more["account_name"] = account.partition(".")[0]
        emulator = os.environ.get("STORAGE_EMULATOR_HOST")
        if scheme == "gs" and emulator:  # as Google's own libraries do: no credentials are sent there
            more["base_url"], more["skip_signature"] = emulator if "://" in emulator else f"http://{emulator}", True
        # an end point without TLS is one that the user has named (MinIO, a test server): the clouds' own have none
        return CLOUDS[scheme](name, client_options={"allow_http": True}, **more), bucket, path.rstrip("/")


@contextmanager
def _said(url: str) -> Iterator[None]:
    try:
        yield
    except (OSError, BaseError, ValueError) as error:
        why = str(error).split("\n", 1)[0][:300] or type(error).__name__
        raise SourceError(f"{url}: cannot be read ({why}); look at the name, the credentials and the region") from error
