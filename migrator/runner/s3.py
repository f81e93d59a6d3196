"""Objects in Amazon S3, with conditional writes.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
"""

from __future__ import annotations

import functools
import re
import urllib.parse
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from datetime import datetime, timezone

from . import aws_request
from .object_store import ObjectStore, call

HOST = re.compile(r"([a-z0-9.-]+)\.s3\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")


class S3(ObjectStore):
    """A bucket, by the name that it has in DNS."""

    PREFIX = "x-amz-meta-"

    def __init__(self, host: str, outer: Mapping[str, str]) -> None:
        match = HOST.fullmatch(host)
        if match is None:
            raise OSError(f"{host}: is no bucket's address, BUCKET.s3.REGION.amazonaws.com")
        endpoint = outer.get("AWS_ENDPOINT_URL_S3")
        self.url = f"{endpoint.rstrip('/')}/{match[1]}" if endpoint else f"https://{host}"
        self.region, self.outer = match[2], outer

    def request(self, method: str, key: str, version: str | None, facts: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """Signed; the body is not part of the signature, TLS keeps it."""
        headers = {self.PREFIX + name: value for name, value in facts.items()}
        if version is None:
            headers["if-none-match"] = "*"
        elif version:
            headers["if-match"] = version
        return self._signed(method, f"{self.url}/{urllib.parse.quote(key, safe='/-_.~')}", headers)

    def version_of(self, headers: Mapping[str, str]) -> str:
        """The entity tag."""
        return headers["etag"]

    def listed(self, prefix: str) -> dict[str, str]:
        """ListObjectsV2, all pages."""
        found: dict[str, str] = {}
        after = ""
        while True:
            asked = {"list-type": "2", "prefix": prefix, **({"continuation-token": after} if after else {})}
            url = f"{self.url}/?{urllib.parse.urlencode(asked, quote_via=urllib.parse.quote)}"
            page = ET.fromstring(call(functools.partial(self._signed, "GET", url, {}), "GET", prefix).body)  # noqa: S314 - S3's own
            space = page.tag.partition("}")[0] + "}" if page.tag.startswith("{") else ""
            for entry in page.iter(f"{space}Contents"):
                found[entry.findtext(f"{space}Key") or ""] = entry.findtext(f"{space}ETag") or ""
            after = page.findtext(f"{space}NextContinuationToken") or ""
            if not after:
                return found

    def _signed(self, method: str, url: str, headers: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        now, keys = datetime.now(timezone.utc), aws_request.credentials(self.outer)  # noqa: UP017 - Python 3.9
        return url, aws_request.signed(url, self.region, "s3", headers, None, keys, now, method)
