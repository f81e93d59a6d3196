"""The entries of a lock in one Lease of Kubernetes, written in place of the version that was read: a conflict is somebody else.

Line: annotation `migrator/runs`, a line for each instant: `2026-11-24T01:30Z 3f2a9c41aa01` while the run that claimed it goes on,
`2026-11-24T01:30Z ok 9.0` when it left its record; of eight days, 3,000 at most, which is two days of a job of each minute. Where
older ones went, `migrator/runs-since` says from when on they are whole. `migrator/checked` is how far the daily check came. The
lease itself is the Lease's own: holderIdentity, renewTime, leaseDurationSeconds. MIGRATOR_LEASE names the object.
Source: https://kubernetes.io/docs/concepts/architecture/leases/,
https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/ (256 KiB in all)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from . import kubernetes_api
from .instant import parse

VARIABLE = "MIGRATOR_LEASE"
GROUP, KIND = "coordination.k8s.io/v1", "leases"
RUNS, SINCE, CHECKED = "migrator/runs", "migrator/runs-since", "migrator/checked"
KEPT = timedelta(days=8)  # before the newest; the daily check looks back for six
MOST = 3_000  # lines of at most 43 characters: half of what annotations may hold
ATTEMPTS = 40  # of each round of writers one wins
PAUSE_S = 0.02
OWN = 12  # characters of the run's id
UTC = timezone.utc  # noqa: UP017 - Python 3.9


class LeaseEntries:
    """Entries of one job, written by one run."""

    def __init__(self, name: str, run_id: str, outer: Mapping[str, str]) -> None:
        self.name, self.run_id, self.outer = name, run_id, outer

    def take(self, entry: str, seconds: float) -> bool:
        """Write an entry where there is none, or an expired one, or our own. Raises `OSError`."""
        kind, _, rest = entry.partition(" ")
        takers: dict[str, Callable[[dict[str, Any]], bool | None]] = {
            "lease": lambda lease: self._hold(lease, seconds),
            "instant": lambda lease: self._claim(lease, rest),
            "record": lambda lease: self._record(lease, rest),
            "checked": lambda lease: _mark(lease, rest),
        }
        return self._change(takers[kind])

    def give_back(self, entry: str) -> None:
        """Take the entry away, if it is ours. Raises `OSError`."""
        kind, _, rest = entry.partition(" ")
        self._change(self._let_go if kind == "lease" else lambda lease: self._unclaim(lease, rest))

    def listed(self, beginning: str) -> list[str]:
        """The job's entries that begin so, in order. Raises `OSError`."""
        lease = self._read()
        found = [f"checked {notes[CHECKED]}"] if CHECKED in (notes := _annotations(lease)) else []
        for at, words in _runs(lease).items():
            found.append(f"instant {_iso(at)}")
            if len(words) == 2:
                found.append(f"record {_iso(at)} {' '.join(words)}")
        return sorted(entry for entry in found if entry.startswith(beginning))

    def since(self) -> datetime | None:
        """From when on every run is still there; None: all that ever was. Raises `OSError`."""
        return parse(_annotations(self._read()).get(SINCE, ""))

    def _read(self) -> dict[str, Any]:
        return kubernetes_api.read(GROUP, KIND, self.name, self.outer)

    def _change(self, change: Callable[[dict[str, Any]], bool | None]) -> bool:
        """Read, change and write until nobody came between. `change`: False where it may not be, None where it is so."""
        for attempt in range(ATTEMPTS):
            lease = self._read()
            done = change(lease)
            if done is None or not done:
                return done is None
            if kubernetes_api.replace(GROUP, KIND, self.name, lease, self.outer):
                return True
            time.sleep(PAUSE_S * min(attempt + 1, 10))
        raise OSError(f"{KIND}/{self.name}: others changed it {ATTEMPTS} times in a row")

    def _claim(self, lease: dict[str, Any], iso: str) -> bool | None:
        runs, at = _runs(lease), _short(iso)
        if at in runs:
            return None if runs[at] == [self.run_id[:OWN]] else False  # our answer was lost on its way to us
        since = parse(_annotations(lease).get(SINCE, ""))
        if since is not None and (parse(iso) or since) < since:
            return False  # so old that nobody knows any more who had it
        runs[at] = [self.run_id[:OWN]]
        _keep(lease, runs)
        return True

    def _record(self, lease: dict[str, Any], rest: str) -> bool | None:
        iso, outcome, seconds = rest.split(" ")
        runs = _runs(lease)
        runs[_short(iso)] = [outcome, seconds]
        _keep(lease, runs)
        return True

    def _unclaim(self, lease: dict[str, Any], iso: str) -> bool | None:
        runs = _runs(lease)
        if runs.get(_short(iso)) != [self.run_id[:OWN]]:
            return False
        del runs[_short(iso)]
        _keep(lease, runs)
        return True

    def _hold(self, lease: dict[str, Any], seconds: float) -> bool | None:
        spec, now = lease.get("spec") or {}, datetime.now(UTC)
        holder, since = spec.get("holderIdentity"), parse(str(spec.get("renewTime") or spec.get("acquireTime") or ""))
        until = None if since is None else since + timedelta(seconds=float(spec.get("leaseDurationSeconds") or 0))
        if holder and holder != self.run_id and until is not None and now <= until:
            return False
        at = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")  # MicroTime: six digits exactly
        lease["spec"] = {
            **spec,
            "holderIdentity": self.run_id,
            "leaseDurationSeconds": int(seconds) + 1,
            "acquireTime": at,
            "renewTime": at,
            "leaseTransitions": int(spec.get("leaseTransitions") or 0) + (holder != self.run_id),
        }
        return True

    def _let_go(self, lease: dict[str, Any]) -> bool | None:
        spec = lease.get("spec") or {}
        if spec.get("holderIdentity") != self.run_id:
            return False
        gone = {"holderIdentity", "leaseDurationSeconds", "acquireTime", "renewTime"}
        lease["spec"] = {name: value for name, value in spec.items() if name not in gone}
        return True


def _annotations(lease: Mapping[str, Any]) -> dict[str, str]:
    return dict(lease["metadata"].get("annotations") or {})


def _runs(lease: Mapping[str, Any]) -> dict[str, list[str]]:
    """What is known of each instant; a line that is none, because somebody edited it, is nothing."""
    lines = (line.split() for line in _annotations(lease).get(RUNS, "").splitlines())
    return {words[0]: words[1:] for words in lines if len(words) in {2, 3} and parse(words[0]) is not None}


def _keep(lease: dict[str, Any], runs: Mapping[str, list[str]]) -> None:
    """Write the newest runs back. The text of instants in UTC sorts as they do, but for its last letter."""
    known, notes = sorted(runs, key=lambda at: at[:-1]), _annotations(lease)
    newest = parse(known[-1]) if known else None
    first = "" if newest is None else _short((newest - KEPT).isoformat())
    kept = [at for at in known if at[:-1] >= first[:-1]]
    if len(kept) > MOST:
        kept = kept[-MOST:]
        first = kept[0]
    if len(kept) < len(known):
        notes[SINCE] = first
    notes[RUNS] = "\n".join(" ".join([at, *runs[at]]) for at in kept)
    lease["metadata"]["annotations"] = notes


def _mark(lease: dict[str, Any], text: str) -> bool:
    lease["metadata"]["annotations"] = {**_annotations(lease), CHECKED: text}
    return True


def _short(iso: str) -> str:
    """An instant in few characters.

    >>> _short("2026-11-24T01:30:00+00:00"), _short("2026-11-24T01:30:05+00:00")
    ('2026-11-24T01:30Z', '2026-11-24T01:30:05Z')
    """
    at = parse(iso)
    return iso if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ" if at.second else "%Y-%m-%dT%H:%MZ")


def _iso(short: str) -> str:
    at = parse(short)
    return short if at is None else at.isoformat()
