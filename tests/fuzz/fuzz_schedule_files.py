"""Fuzzes every reader of schedule files by coverage. By hand: `python tests/fuzz/fuzz_schedule_files.py -max_total_time=600`.

What it finds becomes a case in tests/fuzz/found/ (first byte: the place in one_file.PLACES), which tests/test_fuzz.py reads.
"""

import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parent))
with atheris.instrument_imports(include=["migrator.schedulers", "migrator.redact", "migrator.schedule", "one_file"]):
    import one_file


def one(data: bytes) -> None:
    """One input of the fuzzer."""
    if data:
        one_file.check(data[0], data[1:])


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
