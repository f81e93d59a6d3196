"""The entries of a lock as objects: one that is there is taken, until the instant that stands in it.

Line: `locks/JOB/lease` holds `{"expires_at": 1795680000.0, "run_id": "..."}`; `locks/JOB/instant 2026-11-24T01:30:00+00:00` too.
A rule of the bucket deletes what is older than a week.
"""

from __future__ import annotations

import json
import time
import urllib.parse

from .object_store import ObjectStore

FOLDER = "locks"


class ObjectEntries:
    """Entries of one job, written by one run."""

    def __init__(self, store: ObjectStore, job_id: str, run_id: str) -> None:
        self.store, self.job_id, self.run_id = store, job_id, run_id

    def take(self, entry: str, seconds: float) -> bool:
        """Write an entry where there is none, or an expired one, or our own. Raises `OSError`.

        It is not asked for first: a role that may list its own objects only is told "forbidden" of one that is not there.
        """
        key, who = self._key(entry), {"run": self.run_id}
        content = json.dumps({"expires_at": time.time() + seconds, "run_id": self.run_id}).encode()
        if self.store.put(key, content, None, who):
            return True
        found = self.store.text(key)
        if found is None:  # given back in this moment
            return self.store.put(key, content, None, who)
        if float(_holder(found[0]).get("expires_at", 0)) >= time.time():
            return False
        return self.store.put(key, content, found[1].version, who)

    def give_back(self, entry: str) -> None:
        """Delete the entry, if it is ours. Raises `OSError`."""
        found = self.store.text(self._key(entry)) if self._key(entry) in self.store.listed(self._key(entry)) else None
        if found is not None and _holder(found[0]).get("run_id") == self.run_id:
            self.store.delete(self._key(entry), found[1].version)

    def listed(self, beginning: str) -> list[str]:
        """The job's entries that begin so, in order. Raises `OSError`."""
        folder = f"{FOLDER}/{self.job_id}/"
        keys = self.store.listed(self._key(beginning))
        return sorted(urllib.parse.unquote(key[len(folder) :]) for key in keys)

    def _key(self, entry: str) -> str:
        return f"{FOLDER}/{self.job_id}/{urllib.parse.quote(entry, safe='')}"


def _holder(content: bytes) -> dict[str, str]:
    """Who holds an entry; nobody where the object is damaged: then it counts as expired."""
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
