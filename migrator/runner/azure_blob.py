"""Objects in Azure Blob Storage, with entity tags.

Source: https://learn.microsoft.com/rest/api/storageservices/specifying-conditional-headers-for-blob-service-operations
"""

from __future__ import annotations

import functools
import urllib.parse
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from email.utils import formatdate

from . import azure_identity
from .object_store import ObjectStore, call

VERSION = "2023-11-03"
RESOURCE = "https://storage.azure.com/"


class AzureBlob(ObjectStore):
    """A container, by its address."""

    PREFIX = "x-ms-meta-"

    def __init__(self, url: str, outer: Mapping[str, str]) -> None:
        self.url, self.outer = url.rstrip("/"), outer

    def request(self, method: str, key: str, version: str | None, facts: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """A block blob, written in one piece."""
        headers = {**self._who(), **{self.PREFIX + name: value for name, value in facts.items()}}
        if method == self.WRITE:
            headers["x-ms-blob-type"] = "BlockBlob"
        if version is None:
            headers["if-none-match"] = "*"
        elif version:
            headers["if-match"] = version
        return f"{self.url}/{urllib.parse.quote(key, safe='/-_.~')}", headers

    def version_of(self, headers: Mapping[str, str]) -> str:
        """The entity tag."""
        return headers["etag"]

    def listed(self, prefix: str) -> dict[str, str]:
        """List Blobs, all pages."""
        found: dict[str, str] = {}
        after = ""
        while True:
            asked = {"restype": "container", "comp": "list", "prefix": prefix, **({"marker": after} if after else {})}
            url = f"{self.url}?{urllib.parse.urlencode(asked, quote_via=urllib.parse.quote)}"
            page = ET.fromstring(call(functools.partial(self._to, url), "GET", prefix).body)  # noqa: S314 - Azure's own
            for blob in page.iter("Blob"):
                tag = (blob.findtext("Properties/Etag") or "").strip('"')
                found[blob.findtext("Name") or ""] = f'"{tag}"'  # listings leave the quotes out, headers have them
            after = page.findtext("NextMarker") or ""
            if not after:
                return found

    def _to(self, url: str) -> tuple[str, dict[str, str]]:
        return url, self._who()

    def _who(self) -> dict[str, str]:
        return {**azure_identity.who(RESOURCE, self.outer), "x-ms-version": VERSION, "x-ms-date": formatdate(usegmt=True)}
