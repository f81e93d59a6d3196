"""What a run is billed for besides its size: a container's seconds, with its start and a minimum that every short run pays and no
long one makes up for; and the bytes that it writes into the platform's log."""

import re

from migrator.model.finding import Dossier
from migrator.model.usage import Usage

# The runner puts each line of output into an object with the run's ids, and tells the end of a run in one more: runner/log.py
# and runner/record.py, with ids of ordinary length.
LINE_BYTES, END_BYTES = 184, 479
SIZE = re.compile(r"(\d{1,15}) bytes in (\d{1,12}(?:\.\d)?) lines")


def output_bytes(dossier: Dossier) -> tuple[float, bool]:
    """What a run writes into the platform's log, and whether that was measured in the job's own log or assumed."""
    for fact in dossier.facts:
        if fact.kind == "output-size" and (found := SIZE.fullmatch(fact.value)) is not None:
            return float(found[1]) + float(found[2]) * LINE_BYTES + END_BYTES, True
    return dossier.assumptions.output_bytes_per_run, False


def container_s(usage: Usage | None, mean_s: float | None, start_s: float, minimum_s: float) -> float | None:
    """Mean billed seconds of a run that takes `mean_s` there on average; None: unknown.

    The minimum holds for each run, not for their mean: where 19 of 20 runs take a second and one takes ten minutes, the mean
    is 31 s and the bill is 0.95 x 60 + 0.05 x 600 = 87 s a run. The buckets of all measured runs say how many are short; they are
    stretched as their mean is (a smaller share of a processor).
    """
    if mean_s is None:
        return None
    buckets = usage.buckets if usage is not None else ()
    measured = sum(bucket.sum_s for bucket in buckets)
    if not measured:
        return max(mean_s + start_s, minimum_s)
    count = sum(bucket.runs for bucket in buckets)
    stretched = mean_s / (measured / count)
    billed = [(bucket.runs, max(bucket.sum_s / bucket.runs * stretched + start_s, minimum_s)) for bucket in buckets]
    return sum(runs * seconds for runs, seconds in billed) / count
