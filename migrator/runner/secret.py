"""Puts secrets where `@secret:NAME@` stands; their values come from environment variables of that name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

MARK = re.compile(rb"@secret:([A-Z][A-Z0-9_]*)@")


class MissingSecretError(Exception):
    """A secret is not in the environment; nothing was run."""


def missing(names: Iterable[str], environment: Mapping[str, str]) -> list[str]:
    """The names that have no value, sorted."""
    return sorted(name for name in set(names) if name not in environment)


def fill(text: bytes, environment: Mapping[str, str]) -> bytes:
    """`text` with every secret's value. Raises `MissingSecretError`, which names what has to be set, and where from."""
    lacking = missing((mark.decode() for mark in MARK.findall(text)), environment)
    if lacking:
        raise MissingSecretError(f"{', '.join(lacking)}: not in the environment; create the secret and inject it under this name")
    return MARK.sub(lambda mark: environment[mark[1].decode()].encode("utf-8", "surrogateescape"), text)
