"""What all readers of `kubectl get -o json` (or yaml) share: the objects of one list or of several documents."""

import importlib
from collections.abc import Iterator
from typing import Any

import msgspec

from migrator import blocks
from migrator.model.source import HostFile, HostFiles

MOST_BYTES = 1 << 27


def objects(files: HostFiles, file: HostFile) -> Iterator[dict[str, Any]]:
    """The objects of a file.

    Raises what `wrong` names.
    """
    with files.open(file.path) as stream:
        raw = b"".join(_limited(blocks.read_blocks(stream)))
    for document in _documents(raw):
        if isinstance(document, dict) and isinstance(document.get("items"), list):
            kind = str(document.get("kind", "")).removesuffix("List")  # `get --raw` says it once for all
            yield from ({"kind": kind, **item} for item in document["items"] if isinstance(item, dict))
        elif isinstance(document, dict):
            yield document


def wrong() -> tuple[type[Exception], ...]:
    """What reading such a file may raise."""
    found: tuple[type[Exception], ...] = (*blocks.DAMAGED, *_yaml().WRONG, msgspec.DecodeError)
    return found


def _limited(data: Iterator[bytes]) -> Iterator[bytes]:
    total = 0
    for block in data:
        total += len(block)
        if total > MOST_BYTES:
            raise ValueError(f"is larger than {MOST_BYTES:,} bytes")
        yield block


def _documents(raw: bytes) -> list[Any]:
    if raw.lstrip()[:1] in {b"{", b"["}:
        return [msgspec.json.decode(raw)]
    found: list[Any] = _yaml().every(raw)
    return found


def _yaml() -> Any:
    # only here: most servers have no such file
    return importlib.import_module("migrator.yaml_documents")
