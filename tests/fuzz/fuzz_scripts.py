"""Fuzzes the readers of scripts by coverage. By hand: `nice python tests/fuzz/fuzz_scripts.py -max_total_time=600 -max_len=2000`.

The first byte says which language, as in one_script.LANGUAGES. What it finds becomes a case in tests/fuzz/found_scripts/.
"""

import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parent))
with atheris.instrument_imports(include=["migrator.scripts", "one_script"]):
    import one_script


def one(data: bytes) -> None:
    """One input of the fuzzer."""
    if data:
        one_script.check(data[0], data[1:])


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
