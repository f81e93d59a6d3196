"""Asks a price list on the web, one JSON object at a time: patient where it is asked to wait, one clear line where it fails."""

import json
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, build_opener

from migrator.errors import CloudError

TIMEOUT_S = 30
TRIES = 5
LONGEST_WAIT_S = 60.0
MOST_BYTES = 64 * 2**20
WAIT = frozenset(
    {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT}
)
NO_RIGHT = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


def asking(
    endpoint: str, headers: Mapping[str, str] = {}, wait: Callable[[float], None] = time.sleep
) -> Callable[[str], dict[str, Any]]:
    """A function from a URL to the JSON object there; it asks nobody but the host of `endpoint`, so that `headers` (a key) go
    nowhere else. Raises `CloudError`."""
    home = urlsplit(endpoint)

    def get(url: str) -> dict[str, Any]:
        place = urlsplit(url)
        if (place.scheme, place.hostname, place.port) != (home.scheme, home.hostname, home.port):
            raise CloudError(f"{home.hostname} names {place.hostname} as its next page; only {home.hostname} is asked")
        for attempt in range(TRIES):
            try:
                with build_opener().open(Request(url, headers=dict(headers)), timeout=TIMEOUT_S) as answer:  # noqa: S310
                    found = json.loads(answer.read(MOST_BYTES))
            except HTTPError as error:
                error.close()  # it is an answer, too, with a connection behind it
                if error.code in WAIT and attempt + 1 < TRIES:
                    wait(_pause_s(error.headers.get("Retry-After"), attempt))
                    continue
                raise CloudError(_refused(home.hostname, error)) from error
            except (URLError, TimeoutError, ConnectionError) as error:
                raise CloudError(f"{home.hostname} cannot be reached: {getattr(error, 'reason', error)}") from error
            except ValueError as error:
                raise CloudError(f"{home.hostname} answers no JSON ({error}); try again later") from error
            if not isinstance(found, dict):
                raise CloudError(f"{home.hostname} answers {type(found).__name__}, not an object; it may have changed")
            return found
        raise AssertionError

    return get


def _pause_s(said: str | None, attempt: int) -> float:
    try:
        asked = float(said or "")
    except ValueError:
        asked = float(2**attempt)
    return min(max(asked, 0.0), LONGEST_WAIT_S)


def _refused(host: str | None, error: HTTPError) -> str:
    if error.code in WAIT:
        return f"{host} asks to wait (HTTP {error.code}) and did so {TRIES} times; try again later"
    if error.code in NO_RIGHT:
        return f"{host} does not take this key, or the API is not enabled for its project (HTTP {error.code})"
    return f"{host} answers HTTP {error.code} ({error.reason})"
