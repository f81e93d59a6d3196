"""Wall time and memory of the commands that people wait for, as medians; run by hand: `.venv/bin/python benchmarks/plan.py`."""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
MIGRATOR = [sys.executable, "-m", "migrator"]
REPEATS = 7


def median_s(command: list[str]) -> float:
    spans = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        spans.append(time.perf_counter() - begin)
    return statistics.median(spans)


def main() -> None:
    bare = median_s([sys.executable, "-c", "pass"])
    print(f"bare Python                {bare * 1000:6.0f} ms")
    quick = {"--help": ["--help"], "schedule": ["schedule", "30 2 * * 1-5", "--tz", "Europe/Berlin", "--to", "eventbridge"]}
    for name, args in quick.items():
        span = median_s([*MIGRATOR, *args])
        print(f"migrator {name:<17} {span * 1000:6.0f} ms   (bare Python + {(span - bare) * 1000:.0f} ms; bar: 150)")
    with tempfile.TemporaryDirectory() as folder:
        for sample in ("web01", "etl02", "edge03"):
            source = [str(ROOT / "samples" / sample), "-o", f"{folder}/{sample}", "--as-of", "2026-11-24"]
            span = median_s([*MIGRATOR, "plan", *source])
            print(f"migrator plan {sample:<12} {span * 1000:6.0f} ms   (bar for web01: 3000)")
        print(
            f"migrator report web01      {median_s([*MIGRATOR, 'report', f'{folder}/web01', '--format', 'html']) * 1000:6.0f} ms"
        )
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"peak memory of any of them {peak:6.0f} MiB  (bar: 300 MB)")


if __name__ == "__main__":
    main()
