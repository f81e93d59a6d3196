"""Figures of ten million runs: quantiles of each job, the most at once and the busy share of each host.

`python benchmarks/runs.py [MILLIONS] [--any-order]` on made columns: 1,000 jobs on 100 hosts in 90 days, lengths log-normal.
"""

import resource
import sys
import time
from typing import Any

import numpy as np

from migrator.columns import Runs
from migrator.model.job import Host, Job, Schedule
from migrator.model.source import Location
from migrator.usage import summary_of
from migrator.usage.load import loads

JOBS, HOSTS = 1_000, 100
SPAN_US = 90 * 86_400 * 1_000_000


def made(count: int) -> Runs:
    chance = np.random.default_rng(1)
    job = chance.integers(0, JOBS, count)
    started = np.sort(chance.integers(0, SPAN_US, count)) + 1_790_000_000_000_000  # as logs give them
    length = (chance.lognormal(1, 1, count) * 1e6).astype(np.int64)
    named = tuple((f"host{number % HOSTS:03d}", "cronie", "root", f"/opt/job{number}") for number in range(JOBS))
    high = length / 1e6
    none = np.full(count, np.nan)
    whole = np.zeros(count, dtype=np.int64)
    return Runs(named, job, job, started, started + length, high, high, whole, whole, none, none)


def job(number: int) -> Job:
    place = Location(host="h", path="/etc/crontab", line=number + 1)
    values: dict[str, Any] = {
        "id": f"job{number}", "name": f"job{number}", "host": "h", "location": place, "command": "a",
        "scheduler": "system_crontab", "logged_as": "a", "user": "root",
        "schedule": Schedule(grammar="debian", expressions=("* * * * *",), timezone="UTC"),
    }  # fmt: skip
    return Job(**values)


def main() -> None:
    millions = float(sys.argv[1]) if len(sys.argv) > 1 else 10
    runs = made(int(millions * 1e6))
    if "--any-order" in sys.argv:
        runs = runs.taken(np.random.default_rng(2).permutation(runs.size))
    begun = time.process_time()
    found = loads(runs, (1_790_000_000_000_000, 1_790_000_000_000_000 + SPAN_US))
    loaded = time.process_time()
    summary_of(runs._replace(named=runs.named), Host(name="h"), tuple(job(number) for number in range(JOBS)), (0, SPAN_US))
    ended = time.process_time()
    print(f"{millions:g} million runs, {JOBS} jobs, {HOSTS} hosts; processor seconds, without making them")
    print(f"most at once and busy share of each host {loaded - begun:.2f} (largest {max(load.most_at_once for load in found)})")
    print(f"all figures of each job, and these again {ended - loaded:.2f}")
    print(f"largest memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")


if __name__ == "__main__":
    main()
