"""Puts secrets where `@secret:NAME@` stands; their values come from environment variables.

The variable is called NAME, or MIGRATOR_SECRET_NAME where the platform keeps NAME for itself: on AWS, AWS_ACCESS_KEY_ID is the
key of the role that the job runs under, and never the key that stood in the job.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

MARK = re.compile(rb"@secret:([A-Z][A-Z0-9_]*)@")
PREFIX = "MIGRATOR_SECRET_"
ON_AWS = ("AWS_EXECUTION_ENV", "AWS_LAMBDA_RUNTIME_API", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")


class MissingSecretError(Exception):
    """A secret is not in the environment; nothing was run."""


def value(name: str, environment: Mapping[str, str]) -> str | None:
    """The value of a secret; None if there is none."""
    if PREFIX + name in environment:
        return environment[PREFIX + name]
    if name.startswith("AWS_") and any(sign in environment for sign in ON_AWS):
        return None
    return environment.get(name)


def missing(names: Iterable[str], environment: Mapping[str, str]) -> list[str]:
    """The names that have no value, sorted."""
    return sorted(name for name in set(names) if value(name, environment) is None)


def fill(text: bytes, environment: Mapping[str, str]) -> bytes:
    """`text` with every secret's value. Raises `MissingSecretError`, which names what has to be set, and where from."""
    lacking = missing((mark.decode() for mark in MARK.findall(text)), environment)
    if lacking:
        raise MissingSecretError(f"{', '.join(lacking)}: not in the environment; create the secret and inject it under this name")
    return MARK.sub(lambda mark: (value(mark[1].decode(), environment) or "").encode("utf-8", "surrogateescape"), text)
