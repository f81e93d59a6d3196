"""Objects in Google Cloud Storage, with generation preconditions.

Who we are says the metadata server, which Cloud Run has at this address.
Source: https://docs.cloud.google.com/storage/docs/request-preconditions
"""

from __future__ import annotations

import functools
import json
import urllib.parse
from collections.abc import Mapping

from . import bearer
from .object_store import ObjectStore, call

TOKEN = "/computeMetadata/v1/instance/service-accounts/default/token"  # noqa: S105 - an address


def who(outer: Mapping[str, str]) -> dict[str, str]:
    """The header that says who we are. Raises `OSError`."""
    host = outer.get("GCE_METADATA_HOST", "metadata.google.internal")
    return bearer.headers(f"http://{host}{TOKEN}", ("Metadata-Flavor", "Google"))


class Gcs(ObjectStore):
    """A bucket, through the XML API: facts and generations are headers there."""

    PREFIX = "x-goog-meta-"

    def __init__(self, bucket: str, outer: Mapping[str, str]) -> None:
        self.bucket, self.outer = bucket, outer
        self.root = (outer.get("STORAGE_EMULATOR_HOST") or "https://storage.googleapis.com").rstrip("/")

    def request(self, method: str, key: str, version: str | None, facts: Mapping[str, str]) -> tuple[str, dict[str, str]]:  # noqa: ARG002
        """Generation 0 is "there is none"."""
        headers = {**who(self.outer), **{self.PREFIX + name: value for name, value in facts.items()}}
        if version is None or version:
            headers["x-goog-if-generation-match"] = version or "0"
        return f"{self.root}/{self.bucket}/{urllib.parse.quote(key, safe='/-_.~')}", headers

    def version_of(self, headers: Mapping[str, str]) -> str:
        """The generation."""
        return headers["x-goog-generation"]

    def listed(self, prefix: str) -> dict[str, str]:
        """Objects: list of the JSON API, all pages."""
        found: dict[str, str] = {}
        after = ""
        while True:
            asked = {
                "prefix": prefix,
                "fields": "items(name,generation),nextPageToken",
                **({"pageToken": after} if after else {}),
            }
            url = f"{self.root}/storage/v1/b/{self.bucket}/o?{urllib.parse.urlencode(asked)}"
            page = json.loads(call(functools.partial(self._to, url), "GET", prefix).body)
            found.update((entry["name"], str(entry["generation"])) for entry in page.get("items", ()))
            after = page.get("nextPageToken", "")
            if not after:
                return found

    def _to(self, url: str) -> tuple[str, dict[str, str]]:
        return url, who(self.outer)
