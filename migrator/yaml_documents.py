"""Reads YAML that others wrote: plain values, no types that a tag asks for.

Loaded where a file of a cluster or of Sidekiq is found, because most servers have none, and the reader takes 10 ms and a MiB.
"""

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

WRONG: tuple[type[Exception], ...] = (  # what a hostile file makes ruamel raise
    YAMLError, ValueError, RecursionError, TypeError, AttributeError, KeyError,
)  # fmt: skip


def every(text: str | bytes) -> list[Any]:
    """The documents of a file. Raises one of `WRONG`."""
    return list(YAML(typ="safe", pure=True).load_all(io.BytesIO(text) if isinstance(text, bytes) else text))


def only(text: str) -> Any:
    """The one document of a file. Raises one of `WRONG`."""
    return YAML(typ="safe", pure=True).load(text)
