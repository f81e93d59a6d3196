"""Objects with a version, in whatever store the platform has: what state and locks are kept in, standard library only.

A write says which version it replaces, or that there must be none; the store refuses it where another one came first. Every
object carries who wrote it (`run`), so that a write whose answer was lost on its way to us is known as ours.

Line: MIGRATOR_STORE is `BUCKET.s3.REGION.amazonaws.com`, `gs://BUCKET` or `https://ACCOUNT.blob.core.windows.net/CONTAINER`.
"""

from __future__ import annotations

import io
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, NamedTuple

ATTEMPTS = 4
PAUSE_S = 0.5  # doubled after each failed call
TIMEOUT_S = 60
GONE, THERE_ALREADY, CHANGED = 404, 409, 412
EXPECTED = frozenset({GONE, THERE_ALREADY, CHANGED})
LARGEST = 5 * 10**9  # one request of S3, the least of the three


class Answer(NamedTuple):
    """What the store said; the body is empty where it went into a file."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Written(NamedTuple):
    """An object as it was read: its version, who wrote it, and what was kept beside it."""

    version: str
    facts: Mapping[str, str]


class ObjectStore:
    """One bucket or container. A store says how a request is addressed and signed; the rest is here."""

    WRITE, DELETE = "PUT", "DELETE"
    PREFIX = ""  # of the headers that hold an object's facts

    def request(self, method: str, key: str, version: str | None, facts: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """The address and the headers of one call; `version` as `put` takes it, "" where it does not matter."""
        raise NotImplementedError

    def listed(self, prefix: str) -> dict[str, str]:
        """The versions of all objects below a prefix, by key. Raises `OSError`."""
        raise NotImplementedError

    def version_of(self, headers: Mapping[str, str]) -> str:
        """The version that an answer names."""
        raise NotImplementedError

    def read(self, key: str, into: IO[bytes]) -> Written | None:
        """Copy an object; None if there is none. Raises `OSError`, also where a role is not told that there is none."""
        answer = self.send("GET", key, "", {}, into=into)
        if answer.status == GONE:
            return None
        found = {name.lower(): value for name, value in answer.headers.items()}
        facts = {name[len(self.PREFIX) :]: value for name, value in found.items() if name.startswith(self.PREFIX)}
        return Written(self.version_of(found), facts)

    def text(self, key: str) -> tuple[bytes, Written] | None:
        """A small object; None if there is none. Raises `OSError`."""
        into = io.BytesIO()
        found = self.read(key, into)
        return None if found is None else (into.getvalue(), found)

    def put(self, key: str, content: bytes | Path, version: str | None, facts: Mapping[str, str]) -> bool:
        """Write an object in place of `version` (None: there must be none). False if another write came first.

        `facts` are kept beside it; `run` among them says whose it is. Raises `OSError`.
        """
        for attempt in range(ATTEMPTS):
            answer = self.send(self.WRITE, key, version, facts, content)
            if answer.status not in EXPECTED:
                return True
            head = self.send("HEAD", key, "", {})
            if {name.lower(): value for name, value in head.headers.items()}.get(f"{self.PREFIX}run") == facts["run"]:
                return True  # ours: its answer was lost, or a retry met it
            if answer.status != THERE_ALREADY or version is None:
                return False
            time.sleep(PAUSE_S * 2**attempt)  # S3: another write of the same key is on its way
        return False

    def delete(self, key: str, version: str) -> bool:
        """Delete this version. False if another one is there; what is gone already is deleted. Raises `OSError`."""
        if self.send(self.DELETE, key, version, {}).status not in {THERE_ALREADY, CHANGED}:
            return True
        return key not in self.listed(key)

    def send(
        self,
        method: str,
        key: str,
        version: str | None,
        facts: Mapping[str, str],
        content: bytes | Path | None = None,
        into: IO[bytes] | None = None,
    ) -> Answer:
        """One call, tried again where the store or the network fails us. Raises `OSError`."""
        return call(lambda: self.request(method, key, version, facts), method, key, content, into)


def call(
    request: Callable[[], tuple[str, dict[str, str]]],
    method: str,
    what: str,
    content: bytes | Path | None = None,
    into: IO[bytes] | None = None,
) -> Answer:
    """One HTTP call; `request()` gives address and headers anew for each attempt. Raises `OSError`."""
    length = 0 if content is None else content.stat().st_size if isinstance(content, Path) else len(content)
    if length > LARGEST:
        raise OSError(f"{what}: {length} bytes; one object holds at most {LARGEST}; let the job write it to the store itself")
    for attempt in range(ATTEMPTS):
        try:
            url, headers = request()
            return _once(url, headers, method, content, length, into)
        except urllib.error.HTTPError as error:
            said = error.read().decode("utf-8", "replace")
            if error.code in EXPECTED:
                return Answer(error.code, dict(error.headers), said.encode())
            if attempt == ATTEMPTS - 1 or (error.code < 500 and error.code != 429):
                raise OSError(f"{what}: {method}: HTTP {error.code} {said[:200]}") from error
        except KeyError as error:
            raise OSError(f"{what}: no credentials of a role here: {error} is not set") from error
        except OSError:
            if attempt == ATTEMPTS - 1:
                raise
        if into is not None:
            into.seek(0)
            into.truncate()
        time.sleep(PAUSE_S * 2**attempt)
    raise OSError(f"{what}: not reached")


def _once(
    url: str, headers: dict[str, str], method: str, content: bytes | Path | None, length: int, into: IO[bytes] | None
) -> Answer:
    stream: IO[bytes] | None = None
    if content is not None:
        headers = {"content-type": "application/octet-stream", **headers, "content-length": str(length)}
        stream = content.open("rb") if isinstance(content, Path) else io.BytesIO(content)
    try:
        request = urllib.request.Request(url, stream, headers, method=method)  # noqa: S310 - our own address
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            if into is None:
                return Answer(answer.status, dict(answer.headers), answer.read())
            shutil.copyfileobj(answer, into)
            return Answer(answer.status, dict(answer.headers), b"")
    finally:
        if stream is not None:
            stream.close()
