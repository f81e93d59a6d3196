"""Billed seconds of a container run: its start, and a minimum that every short run pays and no long one makes up for."""

from migrator.model.usage import Usage


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
