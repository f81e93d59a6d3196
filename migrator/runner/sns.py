"""Publishes to an Amazon SNS topic with the standard library."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping

from . import aws_request

SUBJECT_LIMIT = 100  # characters, ASCII; SNS
MESSAGE_LIMIT = 200_000  # bytes; SNS takes 262,144 with everything around it
HEADERS = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}


def publish(topic_arn: str, subject: str, message: str, outer: Mapping[str, str]) -> None:
    """Send one message. Raises `OSError` (also for an HTTP error) or `KeyError` where there are no credentials."""
    region = topic_arn.split(":")[3]
    url = outer.get("AWS_ENDPOINT_URL_SNS") or f"https://sns.{region}.amazonaws.com/"
    plain = "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in subject)[:SUBJECT_LIMIT]
    text = message.encode("utf-8", "replace")[:MESSAGE_LIMIT].decode("utf-8", "ignore")
    fields = {"Action": "Publish", "Version": "2010-03-31", "TopicArn": topic_arn, "Subject": plain, "Message": text}
    aws_request.post(url, region, "sns", HEADERS, urllib.parse.urlencode(fields).encode(), outer)
