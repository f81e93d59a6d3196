"""How well the logs show a job's runs, and what would show them better.

Source: what each daemon writes: tests/test_daemon_logs.py (recorded from the daemons themselves); crond(8), cron(8) -L
"""

import numpy as np

from migrator.columns import NONE, QUALITIES, Runs
from migrator.model.usage import LogQuality, LogShares

RESOLUTION_S = 2.0  # between two stamps in whole seconds: a run of "4 s" took 3 to 5
MOST_OF = 0.95  # of a job's timed runs are at least as surely timed as the word for its logs says
PROBE = "put SHELL= with what `migrator probe` prints above its line"
LEVEL_3 = "start cron with -L 3 (EXTRA_OPTS in /etc/default/cron), read the journal, or " + PROBE


def shares(runs: Runs) -> LogShares:
    """How many of the runs the logs show how well."""
    timed = runs.ended_us != NONE
    inferred = timed & (runs.quality == QUALITIES.index("inferred"))
    with np.errstate(invalid="ignore"):
        exact = timed & ~inferred & ~(runs.high_s - runs.low_s > RESOLUTION_S)
    counts = (int(kind.sum()) for kind in (exact, timed, inferred))
    exact_count, timed_count, ambiguous = counts
    return LogShares(
        exact=exact_count, bounded=timed_count - exact_count, ambiguous=ambiguous, start_only=runs.size - timed_count
    )


def word(found: LogShares) -> LogQuality:
    """One word for nearly all of the timed runs: one that is not sure among hundreds does not make the others unsure."""
    timed = found.exact + found.bounded
    if not timed:
        return "start-only" if found.start_only else "none"
    return "exact" if found.exact >= MOST_OF * timed else "bounded"


def surer(found: LogShares, sources: tuple[str, ...]) -> str | None:
    """What would show the runs better; None where nothing has to be better.

    >>> surer(LogShares(exact=99, start_only=1), ("cronie",))
    >>> surer(LogShares(exact=3, start_only=1), ("cronie",))  # one may go on when the log ends, wherever it is written
    >>> surer(LogShares(start_only=9), ("busybox",))
    'put SHELL= with what `migrator probe` prints above its line'
    """
    every = found.exact + found.bounded + found.start_only
    open_ = max(1, (1 - MOST_OF) * every)  # may go on when the log ends, or were cut off
    if found.exact and found.exact >= MOST_OF * (found.exact + found.bounded) and found.start_only <= open_:
        return None
    if not every:
        return f"keep its logs for longer than its runs are apart, or {PROBE}"
    if "job_log" in sources:
        return f"its own log is all that times it: {PROBE}"
    if any(name.startswith("debian") for name in sources):
        return LEVEL_3
    if "cronie" in sources:
        return f"cronie writes an end (CMDEND) from 1.5.6 on; else {PROBE}"
    return PROBE
