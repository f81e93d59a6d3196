"""Calls to AWS with the standard library: who we are, and requests signed with Signature Version 4.

boto3 would be there in Lambda's Python runtime, but in no image and in no zip of another runtime; the runner has one way for all.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import json
import urllib.parse
import urllib.request
from collections.abc import Mapping
from datetime import datetime, timezone

CONTAINER_ENDPOINT = "http://169.254.170.2"  # where ECS hands out a task's credentials
TIMEOUT_S = 10


def credentials(outer: Mapping[str, str]) -> dict[str, str]:
    """Key, secret and token: from the environment (Lambda), else from the container's endpoint (ECS). Raises `KeyError`."""
    if "AWS_ACCESS_KEY_ID" in outer:
        return {
            "AccessKeyId": outer["AWS_ACCESS_KEY_ID"],
            "SecretAccessKey": outer["AWS_SECRET_ACCESS_KEY"],
            "Token": outer.get("AWS_SESSION_TOKEN", ""),
        }
    address = CONTAINER_ENDPOINT + outer["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]
    with urllib.request.urlopen(address, timeout=TIMEOUT_S) as answer:  # noqa: S310 - our own address
        found: dict[str, str] = json.load(answer)
    return found


def signed(
    url: str,
    region: str,
    service: str,
    headers: Mapping[str, str],
    body: bytes | None,
    keys: Mapping[str, str],
    now: datetime,
    method: str = "POST",
) -> dict[str, str]:
    """The headers of a signed call. `body` None: it is not part of the signature, which S3 takes."""
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    address = urllib.parse.urlsplit(url)
    payload = "UNSIGNED-PAYLOAD" if body is None else hashlib.sha256(body).hexdigest()
    all_headers = {**headers, "host": address.netloc, "x-amz-date": stamp}
    if body is None:
        all_headers["x-amz-content-sha256"] = payload
    if keys.get("Token"):
        all_headers["x-amz-security-token"] = keys["Token"]
    names = ";".join(sorted(all_headers))
    listed = "".join(f"{name}:{all_headers[name]}\n" for name in sorted(all_headers))
    query = "&".join(sorted(address.query.split("&"))) if address.query else ""
    request = f"{method}\n{address.path or '/'}\n{query}\n{listed}\n{names}\n{payload}"
    scope = f"{day}/{region}/{service}/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = b"AWS4" + keys["SecretAccessKey"].encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    who = f"Credential={keys['AccessKeyId']}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**all_headers, "authorization": f"AWS4-HMAC-SHA256 {who}"}


def post(url: str, region: str, service: str, headers: Mapping[str, str], body: bytes, outer: Mapping[str, str]) -> bytes:
    """The answer to one signed POST. Raises `OSError` (also for an HTTP error) or `KeyError` where there are no credentials."""
    now = datetime.now(timezone.utc)  # noqa: UP017 - Python 3.9
    all_headers = signed(url, region, service, headers, body, credentials(outer), now)
    with urllib.request.urlopen(urllib.request.Request(url, body, all_headers), timeout=TIMEOUT_S) as answer:  # noqa: S310 - our own address
        found: bytes = answer.read()
    return found
