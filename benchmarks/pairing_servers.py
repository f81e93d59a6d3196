"""Made-up servers of any kind with known lengths: how many runs carry a length that is not theirs, and which.

`python benchmarks/pairing_servers.py [FIRST_SEED] [SERVERS] [FORM...]`; what it says is in benchmarks/pairing.md. Each server is
two hours of one form of log, of 1 to 8 jobs a minute that take 3 s to 70 min, beside 3 to 400 processes a minute of others; it is
read three times: with all of its lines, and with 1 and 3 % of them lost. Each run whose bounds do not hold the truth is printed.
"""

import math
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator

from pairing import FORMS, SECOND_US, Log, Shape, log, lossy, paired

from migrator.columns import Run

MINUTES = 120
LOSSES = 0.0, 0.01, 0.03
EXACT_S = 2.1  # between the bounds of two stamps of whole seconds
NEAR_S = 0.1  # what a stamp of whole seconds may be off beside its own second


def server(seed: int, forms: tuple[str, ...] = tuple(FORMS)) -> tuple[str, Shape]:
    """The form of its log, and its jobs."""
    chance = random.Random(seed)
    seconds = math.exp(chance.uniform(math.log(3), math.log(4_200)))
    others = round(math.exp(chance.uniform(math.log(3), math.log(400))))
    return chance.choice(forms), Shape(chance.randint(1, 8), seconds, chance.uniform(0.05, 1), others)


def outside(found: Log, runs: list[Run]) -> Iterator[tuple[Run, float, bool]]:
    """Runs whose bounds do not hold what was true, with that, and if they ended within the log."""
    for run in runs:
        key = run.command or "", round((run.started_at_us / SECOND_US - 1) / 60)
        length = found.truth[key]
        if run.duration_low_s is None or run.duration_high_s is None:
            continue
        if not run.duration_low_s - NEAR_S <= length <= run.duration_high_s + NEAR_S:
            yield run, length, key in found.ended


def main() -> None:
    """Print each run that is wrong, and the sums by form and by what was lost."""
    first, count = (int(sys.argv[1]) if len(sys.argv) > 1 else 0), (int(sys.argv[2]) if len(sys.argv) > 2 else 1_000)
    forms = tuple(sys.argv[3:]) or tuple(FORMS)
    sums: dict[tuple[str, float], Counter[str]] = defaultdict(Counter)
    for seed in range(first, first + count):
        form, shape = server(seed, forms)
        whole = log(form, shape, MINUTES, seed)
        for share in LOSSES:
            runs = paired(lossy(whole.events, share, seed + 100_000))
            counts = sums[form, share]
            for run, length, ended in outside(whole, runs):
                counts["wrong"] += 1
                told = f"{run.quality} {run.duration_low_s:.0f} to {run.duration_high_s:.0f} s, truly {length:.0f}"
                minute = round(run.started_at_us / SECOND_US / 60)
                where = f"{seed} {form} {shape} {share:g}: {run.command} of minute {minute}"
                print(f"{where} {told}{'' if ended else ', not ended'}", flush=True)
            bounds = ((run.duration_low_s, run.duration_high_s) for run in runs)
            widths = [high - low for low, high in bounds if low is not None and high is not None]
            counts["runs"] += len(runs)
            counts["exact"] += sum(width <= EXACT_S for width in widths)
            counts["timed"] += len(widths)
    print("| form | lines lost | runs | wrong | % exact | % bounded |\n| --- | --- | --- | --- | --- | --- |")
    for (form, share), counts in sorted(sums.items()):
        exact, timed = (100 * counts[kind] / counts["runs"] for kind in ("exact", "timed"))
        print(f"| {form} | {100 * share:g} % | {counts['runs']} | {counts['wrong']} | {exact:.2f} | {timed - exact:.2f} |")


if __name__ == "__main__":
    main()
