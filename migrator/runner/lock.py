"""A lock that holds on all machines: entries with expiry, written on condition, in a table, a Lease or an object store.

Three kinds of entry of a job: `instant <ISO 8601>`, which the first delivery of a scheduled instant writes and nobody takes away
(at most once); `record <ISO 8601> <outcome> <seconds>`, which that run writes at its end, for the daily check; and `lease`, which
a run holds until its end (one at a time). All expire by themselves: a run that was killed frees its lease once the platform would
have ended it.

Line: `"lock": {"instants": true, "records": true, "unclaimed": "run" | "fail", "single_flight": "skip" | "wait" | null,
"hold_s": 960}` of job.json; MIGRATOR_LOCK_TABLE names a DynamoDB table, MIGRATOR_LEASE a Lease of Kubernetes; where neither is
set, MIGRATOR_STORE names the object store. `unclaimed` is what becomes of a run whose claim the store did not answer.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Union

from . import lease_entries, stores
from .dynamodb import TableEntries
from .lease_entries import LeaseEntries
from .object_lock import ObjectEntries

INSTANT_KEPT_S = 7 * 86400  # schedulers try a delivery for a day at most
POLL_S = 5.0
TABLE = "MIGRATOR_LOCK_TABLE"

Entries = Union[TableEntries, LeaseEntries, ObjectEntries]  # noqa: UP007 - Python 3.9


class Lock:
    """The entries of one job, for one run."""

    def __init__(self, entries: Entries) -> None:
        self.entries = entries
        self.held = False

    def claim(self, instant: datetime) -> bool:
        """True for the first run of this instant; False if another one has it, whatever became of it. Raises `OSError`."""
        return self.claim_entry(f"instant {instant.isoformat()}")

    def claim_entry(self, entry: str) -> bool:
        """True for the first run that claims the entry. Raises `OSError`."""
        return self.entries.take(entry, INSTANT_KEPT_S)

    def note(self, instant: datetime, outcome: str, duration_s: float | None) -> None:
        """Write the record of a run. Raises `OSError`."""
        seconds = "-" if duration_s is None else f"{duration_s:.1f}"
        self.entries.take(f"record {instant.isoformat()} {outcome} {seconds}", INSTANT_KEPT_S)

    def give_back(self, entry: str) -> None:
        """Let another run claim the entry, if it is ours. Raises `OSError`."""
        self.entries.give_back(entry)

    def acquire(self, hold_s: float, wait_s: float = 0.0, poll_s: float = POLL_S) -> bool:
        """Take the lease for `hold_s`; wait for it up to `wait_s`. False if another run has it. Raises `OSError`."""
        until = time.monotonic() + wait_s
        while not self.entries.take("lease", hold_s):
            left = until - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(poll_s, left))
        self.held = True
        return True

    def release(self) -> None:
        """Give the lease back, if it is still ours. Raises `OSError`."""
        if self.held:
            self.held = False
            self.give_back("lease")


def entries(job_id: str, run_id: str, outer: Mapping[str, str]) -> Entries:
    """The entries of a job in the place that the environment names. Raises `OSError` where it names none."""
    if outer.get(TABLE):
        return TableEntries(outer[TABLE], job_id, run_id, outer)
    if outer.get(lease_entries.VARIABLE):
        return LeaseEntries(outer[lease_entries.VARIABLE], run_id, outer)
    if outer.get(stores.VARIABLE):
        return ObjectEntries(stores.build(outer), job_id, run_id)
    names = f"{TABLE}, {lease_entries.VARIABLE}, {stores.VARIABLE}"
    raise OSError(f"none of {names} is set; the job asks for a lock that holds on all machines")


def build(job_id: str, run_id: str, lock: Mapping[str, Any] | None, outer: Mapping[str, str]) -> Lock | None:
    """The lock that the job file asks for; None if it asks for none. Raises `OSError` where no place for it is named."""
    return Lock(entries(job_id, run_id, outer)) if lock else None
