"""Publishes to an Amazon SNS topic with the standard library: one request, signed with Signature Version 4.

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

SUBJECT_LIMIT = 100  # characters, ASCII; SNS
MESSAGE_LIMIT = 200_000  # bytes; SNS takes 262,144 with everything around it
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


def signed(url: str, region: str, body: bytes, keys: Mapping[str, str], now: datetime) -> dict[str, str]:
    """The headers of a signed POST to SNS."""
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    headers = {
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
        "host": urllib.parse.urlsplit(url).netloc,
        "x-amz-date": stamp,
    }
    if keys.get("Token"):
        headers["x-amz-security-token"] = keys["Token"]
    names = ";".join(sorted(headers))
    listed = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = f"POST\n/\n\n{listed}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{day}/{region}/sns/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = b"AWS4" + keys["SecretAccessKey"].encode()
    for part in (day, region, "sns", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    who = f"Credential={keys['AccessKeyId']}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**headers, "authorization": f"AWS4-HMAC-SHA256 {who}"}


def publish(topic_arn: str, subject: str, message: str, outer: Mapping[str, str]) -> None:
    """Send one message. Raises `OSError` (also for an HTTP error) or `KeyError` where there are no credentials."""
    region = topic_arn.split(":")[3]
    url = outer.get("AWS_ENDPOINT_URL_SNS") or f"https://sns.{region}.amazonaws.com/"
    plain = "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in subject)[:SUBJECT_LIMIT]
    text = message.encode("utf-8", "replace")[:MESSAGE_LIMIT].decode("utf-8", "ignore")
    fields = {"Action": "Publish", "Version": "2010-03-31", "TopicArn": topic_arn, "Subject": plain, "Message": text}
    body = urllib.parse.urlencode(fields).encode()
    headers = signed(url, region, body, credentials(outer), datetime.now(timezone.utc))  # noqa: UP017 - Python 3.9
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=TIMEOUT_S) as answer:  # noqa: S310 - our own address
        answer.read()
