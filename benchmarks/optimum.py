"""How long the cheapest fleet takes: 200 servers of 50 jobs, by the programme of `migrator/optimise/exact.py`.

Run: .venv/bin/python benchmarks/optimum.py
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from test_exact import large_fleet

from migrator.optimise.exact import cheapest


def main() -> None:
    """Print seconds and gap."""
    for hosts in (50, 200):
        fleet = large_fleet(hosts, 50)
        wall, processor = time.perf_counter(), time.process_time()
        got = cheapest(*fleet)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        print(f"{hosts} servers x 50 jobs: {processor:.1f} s of a processor, {wall:.1f} s wall, relative gap {got.gap:.1e}")


if __name__ == "__main__":
    main()
