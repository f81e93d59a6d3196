"""How busy the server's processors were, from what sysstat measured: `sadf -j`.

Line: `"cpu-load": [{"cpu": "all", "user": 60.70, "nice": 0.00, "system": 3.10, "iowait": 0.20, "steal": 0.00, "idle": 36.00}]`
Source: sadf(1) `-j [-- -u [ALL]]`; sysstat samples every ten minutes: a long job shows, a short one does not. Waiting for a disk
(iowait) is idle time of a processor; time that the hypervisor took (steal) is not.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from migrator.errors import ScheduleError
from migrator.host_name import short
from migrator.hosts import hostname, timezone
from migrator.model.job import HostPart, Load
from migrator.model.source import Evidence, HostFiles, Location, Problem
from migrator.schedule.zones import zone

COLLECTED = "/migrator/sadf.json"
BINARY = ("/var/log/sysstat/sa[0-9]*", "/var/log/sa/sa[0-9]*")
READS: tuple[str, ...] = (COLLECTED, "/migrator/sadf*.json", "/var/log/sysstat/*.json", "/var/log/sa/*.json")
EXPORT = 'for day in /var/log/sysstat/sa[0-9]* /var/log/sa/sa[0-9]*; do sadf -j "$day" -- -u; done > migrator/sadf.json'
MOST_SAMPLES = 500_000
WRONG = (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError)
Sample = tuple[datetime, float, float]  # end, seconds, busy share


def read(files: HostFiles) -> HostPart:
    """The load over all samples; a Problem with the command where only sysstat's binary files are there."""
    samples: dict[datetime, Sample] = {}
    problems: list[Problem] = []
    paths = []
    own, place = hostname.read(files).name, timezone.read(files).timezone or "UTC"
    for file in files.glob(READS):
        where = Location(host="", path=file.path)
        try:
            text = (files.content(file.path) or b"").decode("utf-8", "replace")
            for host in _hosts(text):
                name = str(host.get("nodename", ""))
                if own and name and short(name) != short(own):
                    problems.append(Problem(location=where, message=f"is the load of {name[:64]}, not of this server"))
                    continue
                for sample in _samples(host, place):
                    samples[sample[0]] = sample  # a file that was exported twice counts once
                if file.path not in paths:
                    paths.append(file.path)
        except WRONG as error:
            said = f"{type(error).__name__}: {str(error)[:120]}"
            problems.append(Problem(location=where, message=f"is not what `sadf -j` prints ({said}); what is before is used"))
    if not samples:
        binary = next(iter(files.glob(BINARY)), None)
        if binary is not None and not problems:
            message = f"sysstat's own form; how idle the server is stays unknown; on the server run: {EXPORT}"
            problems.append(Problem(location=Location(host="", path=binary.path), message=message, kind="missing-tool"))
        return HostPart(problems=tuple(problems))
    load = _load([samples[at] for at in sorted(samples)])
    snippet = (
        f"processors busy {load.mean_share:.1%} of {load.hours:,.1f} measured hours, "
        f"the busiest hour {load.busiest_hour_share:.1%}, 95 % of samples below {load.p95_share:.1%}"
    )
    evidence = Evidence(snippet=snippet, location=Location(host="", path=paths[0]))
    return HostPart(load=load, evidence=(evidence,), problems=tuple(problems))


def _hosts(text: str) -> Iterator[dict[str, Any]]:
    """The hosts of all documents of a file: sadf prints one for each day."""
    decoder, at = json.JSONDecoder(), 0
    while found := re.compile(r"\S").search(text, at):
        document, at = decoder.raw_decode(text, found.start())
        yield from document["sysstat"]["hosts"]


def _samples(host: dict[str, Any], place: str) -> Iterator[Sample]:
    for count, entry in enumerate(host.get("statistics", ())):
        if count >= MOST_SAMPLES:
            raise ValueError(f"more than {MOST_SAMPLES:,} samples")
        stamp = entry.get("timestamp", {})
        loads = entry.get("cpu-load") or entry.get("cpu-load-all") or ()
        every = next((load for load in loads if str(load.get("cpu")) in {"all", "-1"}), None)
        if every is None:
            continue
        local = datetime.fromisoformat(f"{stamp['date']} {stamp['time']}")
        try:
            aware = local.replace(tzinfo=UTC if stamp.get("utc") else zone(place))
        except ScheduleError:
            aware = local.replace(tzinfo=UTC)
        busy = 100.0 - float(every["idle"]) - float(every.get("iowait", 0.0))
        seconds = float(stamp.get("interval", 0))
        if seconds > 0 and -1 <= busy <= 101:
            yield aware.astimezone(UTC), seconds, min(max(busy / 100, 0.0), 1.0)


def _load(samples: list[Sample]) -> Load:
    total = sum(seconds for _, seconds, _ in samples)
    hours: dict[datetime, list[float]] = {}
    for at, seconds, share in samples:
        hour = hours.setdefault((at - timedelta(microseconds=1)).replace(minute=0, second=0, microsecond=0), [0.0, 0.0])
        hour[0] += seconds
        hour[1] += seconds * share
    ordered = sorted(share for _, _, share in samples)
    return Load(
        samples=len(samples),
        hours=round(total / 3600, 4),
        mean_share=round(sum(seconds * share for _, seconds, share in samples) / total, 4),
        p95_share=ordered[min(len(ordered) - 1, -(-95 * len(ordered) // 100) - 1)],
        busiest_hour_share=round(max(busy / seconds for seconds, busy in hours.values()), 4),
        first_at=samples[0][0] - timedelta(seconds=samples[0][1]),
        last_at=samples[-1][0],
    )
