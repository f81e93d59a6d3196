"""The law of one_file.py under hypothesis for as long as is asked: `python tests/fuzz/hypothesis_schedule_files.py 600`."""

import sys
import time
from pathlib import Path

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]
import one_file  # noqa: E402
from test_fuzz import FILES  # noqa: E402


def main(seconds: float) -> None:
    """Runs rounds of 2,000 inputs, each with its own seed, and prints how many were read; a failure ends it with its input."""
    end, inputs, rounds = time.monotonic() + seconds, 0, 0
    while time.monotonic() < end:

        @seed(rounds)
        @settings(max_examples=2000, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(place=st.integers(0, len(one_file.PLACES) - 1), raw=FILES)
        def one(place: int, raw: bytes) -> None:
            nonlocal inputs
            inputs += 1
            one_file.check(place, raw)

        one()
        rounds += 1
    print(f"{inputs} inputs in {rounds} rounds, no crash, no line lost")


if __name__ == "__main__":
    main(float(sys.argv[1]))
