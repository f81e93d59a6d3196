"""Which object store MIGRATOR_STORE names."""

from __future__ import annotations

from collections.abc import Mapping

from .azure_blob import AzureBlob
from .folder_store import FolderStore
from .gcs import Gcs
from .object_store import ObjectStore
from .s3 import S3

VARIABLE = "MIGRATOR_STORE"
BLOBS = ("https://",)


def build(outer: Mapping[str, str]) -> ObjectStore:
    """The store. Raises `OSError` where none is named, or one that we do not know."""
    name = outer.get(VARIABLE, "")
    if name.startswith("gs://"):
        return Gcs(name[len("gs://") :].strip("/"), outer)
    if name.startswith("/"):
        return FolderStore(name.rstrip("/"))
    if name.startswith(BLOBS):
        return AzureBlob(name, outer)
    if name.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        return S3(name, outer)
    raise OSError(
        f"{VARIABLE} is {name!r}: not an address of S3, gs://BUCKET, the https:// address of a blob container or a folder"
    )
