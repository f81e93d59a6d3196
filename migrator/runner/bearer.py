"""Tokens of the platform's own identity, asked for once and kept until shortly before they end."""

from __future__ import annotations

import json
import time
import urllib.request

from .object_store import TIMEOUT_S

EARLY_S = 120.0
_KEPT: dict[tuple[str, str], tuple[str, float]] = {}  # until when, by the clock of time.time


def headers(url: str, who_asks: tuple[str, str]) -> dict[str, str]:
    """The header of a call; `url` hands tokens out to those that send `who_asks`, a header. Raises `OSError`."""
    token, until = _KEPT.get((url, who_asks[1]), ("", 0.0))
    if time.time() >= until:
        request = urllib.request.Request(url, headers=dict([who_asks]))  # noqa: S310 - our own
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            said = json.load(answer)
        # Azure says until when, Google for how long; where neither is said it is asked for each time
        token, ends = said["access_token"], str(said.get("expires_on", ""))
        until = float(ends) if ends.isdigit() else time.time() + float(said.get("expires_in", 0))
        _KEPT[url, who_asks[1]] = token, until - EARLY_S
    return {"authorization": f"Bearer {token}"}
