"""A simulated fleet, read by one worker and by two into cold stores: `python benchmarks/fleet.py [SERVERS] [DAYS] [ROUNDS]`.

Writes bundles of as many servers (a seed each, four forms of log, one in twenty damaged) into a temporary folder, checks that
every run of the truth is found and that both results are equal byte by byte, and prints the times beside the machine's load.
"""

import ctypes
import hashlib
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import fleet_servers
import polars

from migrator.fleet import engine

NOISE_A_DAY = 700  # lines


class Taken(NamedTuple):
    """One reading of the fleet."""

    wall_s: float
    cpu_s: float
    load: float


def made(folder: Path, count: int, days: int) -> list[fleet_servers.Simulated]:
    with engine.local(2)() as pool:
        noise = [NOISE_A_DAY * days] * count
        return list(pool.map(fleet_servers.written, [folder] * count, range(count), [days] * count, noise, chunksize=20))


def _ends_with_us() -> None:
    """Linux tells a process when its parent is gone: prctl(2), PR_SET_PDEATHSIG."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def read(bundles: Path, out: Path, workers: int, *more: str) -> Taken:
    load, before, begin = os.getloadavg()[0], resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "migrator", "fleet", str(bundles), "-o", str(out), "--workers", str(workers), *more]
    done = subprocess.run(command, capture_output=True, check=False, preexec_fn=_ends_with_us)
    if done.returncode not in {0, 3}:
        raise SystemExit(done.stderr.decode())
    wall, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Taken(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, load)


def digest(root: Path) -> str:
    state = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file():
            state.update(f"{path.relative_to(root)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return state.hexdigest()


def checked(out: Path, servers: list[fleet_servers.Simulated]) -> tuple[int, int]:
    """How many runs were found; anything but the truth ends the benchmark."""
    rows = {Path(row["source"]).name.removesuffix(".tar.gz"): row for row in map(json.loads, (out / "servers.jsonl").open())}
    runs = failed = 0
    for server in servers:
        row = rows[server.name]
        if server.damage is not None:
            assert (row["status"], row["attempts"]) == ("failed", 2), row
            failed += 1
            continue
        found = polars.read_parquet(out / "runs" / server.name / "*.parquet").height
        assert found == server.runs == row["servers"][0]["runs"], (server, found)
        runs += found
    return runs, failed


def main() -> None:
    """Print the figures."""
    count, days, rounds = (int(word) for word in [*sys.argv[1:], *("1000", "7", "1")[len(sys.argv) - 1 :]])
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "bundles").mkdir()
        servers = made(root / "bundles", count, days)
        packed = sum(path.stat().st_size for path in (root / "bundles").iterdir())
        print(f"{count} servers, {days} days, {packed / 1e6:,.0f} MB of bundles, {os.cpu_count()} processors")
        taken: dict[int, list[Taken]] = {1: [], 2: []}
        states = set()
        for turn in range(rounds):
            for workers in (1, 2):
                out = root / f"out-{workers}-{turn}"
                taken[workers].append(read(root / "bundles", out, workers, "--no-plan"))
                states.add(digest(out))
                print(f"{workers} worker(s): {taken[workers][-1]}", flush=True)
        assert len(states) == 1, "one worker and two do not write the same bytes"
        out = root / "out-2-0"
        runs, failed = checked(out, servers)
        files = list((out / "runs").rglob("*.parquet"))
        size = sum(path.stat().st_size for path in files)
        print(f"{runs:,} runs found of as many, {failed} damaged bundles are rows; all results are equal byte by byte")
        print(f"store: {size / 1e6:,.1f} MB in {len(files):,} files, {size / runs:.1f} bytes a run")
        one, two = (statistics.median(item.wall_s for item in taken[workers]) for workers in (1, 2))
        cpu = statistics.median(item.cpu_s for item in taken[1])
        print(f"median wall: {one:.1f} s by one worker, {two:.1f} s by two: {one / two:.2f} times as fast")
        print(f"processor: {1000 * cpu / count:.0f} ms a server, {runs / cpu:,.0f} runs a second")
        again = read(root / "bundles", out, 2, "--no-plan")
        print(f"again, nothing changed: {again.wall_s:.1f} s ({failed} damaged bundles are tried again)")
        assert digest(out) in states


if __name__ == "__main__":
    main()
