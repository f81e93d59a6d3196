"""What package managers' files have in common: JSON that somebody else wrote, and folders that a Dockerfile may name."""

import json
import re
from typing import Any

PLAIN_FOLDER = re.compile(r"/[A-Za-z0-9._/-]+")  # needs no quoting in a Dockerfile


def json_object(said: object) -> dict[str, Any]:
    """A text's JSON object, or the object that it is; {} for anything else.

    >>> json_object(b'{"a": 1}'), json_object({"a": 1}), json_object(b"[1]"), json_object(b"{"), json_object(None)
    ({'a': 1}, {'a': 1}, {}, {}, {})
    """
    if isinstance(said, bytes):
        try:
            said = json.loads(said)
        except (ValueError, RecursionError):
            return {}
    return said if isinstance(said, dict) else {}
