"""Bytes of a day of runs in the store, beside what the dataframe engine itself writes: `python benchmarks/store.py`.

Twelve jobs as servers have them - a quarter of them often, some every hour, some every night -, lengths log-normal. What cannot
be less is printed beside: the entropy of the stamps that the logs hold, counted from how they were drawn.
"""

import io
import math
import random
import time
from itertools import product

from migrator import tables
from migrator.runs.packed import coarse, packed, unpacked
from migrator.runs.same import merged
from migrator.tables import Run

DAY_S = 86_400
SPREAD = 0.4  # of the logarithm of a length
LATE_S = 0.2  # cron starts a job that much after the second, evenly


def day(often_s: int, resolution_us: int) -> tuple[list[Run], float]:
    """The runs of a day, and the bits that their stamps hold at least."""
    chance, found, bits = random.Random(often_s), [], 0.0
    for job in range(12):
        every = often_s if job < 3 else 3600 if job < 8 else DAY_S
        length_bits = math.log2(math.exp(job / 2) * SPREAD * math.sqrt(2 * math.pi * math.e) * 1e6 / resolution_us)
        for fired in range(0, DAY_S, every):
            start = fired * 1_000_000 + 1_000_000 + round(chance.random() * LATE_S * 1e6)
            end = start + round(chance.lognormvariate(job / 2, SPREAD) * 1e6)
            start, end = (at // resolution_us * resolution_us for at in (start, end))
            blur = (0 if resolution_us == 1 else resolution_us) / 1e6
            length = (end - start) / 1e6
            found.append(
                Run("web01", None, "root", f"/opt/shop/job{job}.sh", start, end, max(0, length - blur), length + blur, None, None,
                    None, "debian_cron", "paired")
            )  # fmt: skip
            bits += max(0.0, length_bits) + max(0.0, math.log2(LATE_S * 1e6 / resolution_us))
    return merged(found), bits


def engine(runs: list[Run]) -> int:
    """Bytes of the same runs as the dataframe engine writes them: the store's form until November 2026."""
    stream = io.BytesIO()
    tables.table(runs).frame.write_parquet(stream, compression="zstd", statistics=False)
    return len(stream.getvalue())


def main() -> None:
    """Print the table."""
    names = "stamps, runs a day, bytes a run, a day, before (bytes a run), noise of the stamps in ms, write (ms), read (ms)"
    print("| " + names.replace(", ", " | ") + " |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for (name, resolution_us), often_s in product({"whole seconds": 1_000_000, "microseconds": 1}.items(), (3600, 300, 60, 15)):
        runs, _ = day(often_s, resolution_us)
        _, bits = day(often_s, max(1000, resolution_us))
        kept = merged(map(coarse, runs))
        begin = time.process_time()
        raw = packed(kept)
        written = time.process_time()
        assert unpacked(raw) == kept
        read, count = time.process_time(), len(runs)
        print(
            f"| {name} | {count:,} | **{len(raw) / count:.1f}** | {len(raw) / 1e3:.1f} kB | {engine(runs) / count:.1f} | "
            f"{bits / 8 / count:.1f} | {1e3 * (written - begin):.0f} | {1e3 * (read - written):.0f} |"
        )


if __name__ == "__main__":
    main()
