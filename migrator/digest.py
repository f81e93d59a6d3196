"""SHA-256 of a few bytes without OpenSSL, whose library `hashlib` loads: 3 MiB of memory for the digests of some names.

Python brings the same function by itself, and takes it where OpenSSL has none; its own `random` asks for it in this way.
"""

import contextlib
import importlib
from collections.abc import Callable
from typing import Any, cast

LEAN = "_sha2", "_sha256"  # of Python 3.12 and later; of 3.11


def sha256(content: bytes) -> str:
    """Its 64 digits (FIPS 180-4).

    >>> sha256(b"abc")
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    """
    digits: str = _function()(content).hexdigest()
    return digits


def _function() -> Callable[[bytes], Any]:
    for name in LEAN:
        with contextlib.suppress(ImportError):
            return cast("Callable[[bytes], Any]", importlib.import_module(name).sha256)
    return cast("Callable[[bytes], Any]", importlib.import_module("hashlib").sha256)
