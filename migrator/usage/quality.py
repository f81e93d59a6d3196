"""How well the logs show a job's runs, and what would show them better.

Source: what each daemon writes: tests/test_daemon_logs.py (recorded from the daemons themselves); crond(8), cron(8) -L
"""

import numpy as np
import numpy.typing as npt

from migrator.columns import NONE, QUALITIES, Runs
from migrator.model.job import Job
from migrator.model.usage import LogQuality, LogShares

Flags = npt.NDArray[np.bool_]
RESOLUTION_S = 2.0  # between two stamps in whole seconds: a run of "4 s" took 3 to 5
MOST_OF = 0.95  # of a job's timed runs are at least as surely timed as the word for its logs says
LEVEL_3 = "start cron with -L 3 (EXTRA_OPTS in /etc/default/cron), read the journal, or "
RECORD_ELSEWHERE = "write what its runs took into migrator/runs.csv"
# What shows the runs of a job that no shell of a crontab starts, by its scheduler: where no run was seen, where no end was.
NO_CRONTAB: dict[str, tuple[str | None, str | None]] = {
    "run_parts": (
        "give it a line of its own in /etc/cron.d below SHELL= with what `migrator probe` prints: run-parts of RHEL logs each "
        "script, that of Debian none",
    )
    * 2,
    "anacrontab": ("keep what anacron writes (its tag in syslog or in the journal) for longer than its runs are apart",) * 2,
    "systemd_timer": (
        "read the journal (/var/log/journal, or what `journalctl -o json` prints) of more time than its runs are apart",
        "write Type=oneshot into its unit: systemd then logs when it ends",
    ),
    "at_spool": (None, None),  # it runs once: what its log will say comes too late
    "kubernetes_cron_job": ("save what `kubectl get jobs -A -o json` prints as migrator/jobs.json",) * 2,
    "launchd": (RECORD_ELSEWHERE,) * 2,
    "celery_beat": (RECORD_ELSEWHERE,) * 2,
    "sidekiq_cron": (RECORD_ELSEWHERE,) * 2,
}
DUE = 3  # runs that were due and not seen: then the log is not too short
NEWEST = 3  # runs at least that show that logs are better than they were
BY_CHANCE = 0.01  # so rarely may the newest runs be well shown where the logs are no better than they were


def shares(runs: Runs) -> LogShares:
    """How many of the runs the logs show how well."""
    timed = runs.ended_us != NONE
    inferred = timed & (runs.quality == QUALITIES.index("inferred"))
    counts = (int(kind.sum()) for kind in (_exact(runs), timed, inferred))
    exact_count, timed_count, ambiguous = counts
    return LogShares(
        exact=exact_count, bounded=timed_count - exact_count, ambiguous=ambiguous, start_only=runs.size - timed_count
    )


def _exact(runs: Runs) -> Flags:
    with np.errstate(invalid="ignore"):
        coarse = runs.high_s - runs.low_s > RESOLUTION_S
    shown: Flags = (runs.ended_us != NONE) & (runs.quality != QUALITIES.index("inferred")) & ~coarse
    return shown


def is_better_now(runs: Runs) -> bool:
    """Whether the newest of the runs, in the order of their starts, are exact and earlier ones are not: what could show them
    better was done. The very last may go on when the log ends."""
    exact = _exact(runs)
    exact = exact[:-1] if runs.size and runs.ended_us[-1] == NONE else exact
    vague = np.flatnonzero(~exact)
    if not len(vague):
        return False
    newest = len(exact) - 1 - int(vague[-1])
    by_chance = (1 - len(vague) / (len(exact) - newest)) ** newest
    return newest >= NEWEST and by_chance <= BY_CHANCE


def word(found: LogShares) -> LogQuality:
    """One word for nearly all of the timed runs: one that is not sure among hundreds does not make the others unsure."""
    timed = found.exact + found.bounded
    if not timed:
        return "start-only" if found.start_only else "none"
    return "exact" if found.exact >= MOST_OF * timed else "bounded"


def surer(found: LogShares, sources: tuple[str, ...], job: Job, due: float | None, *, logs: bool = True) -> str | None:
    """What would show the runs better; None where nothing has to be better, or nothing can.

    `due`: how many runs its calendar has in the time of the logs, None where that is not known; `logs`: whether any were read."""
    every = found.exact + found.bounded + found.start_only
    open_ = max(1, (1 - MOST_OF) * every)  # may go on when the log ends, or were cut off
    if found.exact and found.exact >= MOST_OF * (found.exact + found.bounded) and found.start_only <= open_:
        return None
    if not every and not (job.enabled and job.ignored_reason is None):
        return None  # nothing starts it
    if job.scheduler in NO_CRONTAB:
        return NO_CRONTAB[job.scheduler][1 if every else 0]
    probe = _probe(job.shell)
    if not every:
        return f"{_unseen(due, logs=logs)}, or {probe}"
    if "job_log" in sources:
        return f"its own log is all that times it: {probe}"
    starts = found.start_only == every
    if any(name.startswith("debian") for name in sources):
        return ("read auth.log, too (PAM's sessions), " if starts else "") + LEVEL_3 + probe
    if "cronie" in sources:
        return f"{'read /var/log/secure, too; ' if starts else ''}cronie writes an end (CMDEND) from 1.5.6 on; else {probe}"
    return probe


def _probe(shell: str) -> str:
    """The probe must run the shell that the line has now.

    >>> _probe("/bin/sh")
    'put SHELL= with what `migrator probe` prints above its line'
    >>> _probe("/bin/bash")
    'put SHELL= with what `migrator probe --shell /bin/bash` prints above its line'
    """
    called = "migrator probe" if shell == "/bin/sh" else f"migrator probe --shell {shell}"
    return f"put SHELL= with what `{called}` prints above its line"


def _unseen(due: float | None, *, logs: bool) -> str:
    """Where to look for the runs of a job of which none was seen.

    >>> _unseen(None, logs=False)
    'no line of a log was read: collect those of cron (as root: `migrator collect`) or the journal'
    >>> _unseen(30.4, logs=True)[:56]
    'about 30 runs were due in the time of these logs: is its'
    >>> _unseen(0.2, logs=True), _unseen(None, logs=True)
    ('keep its logs for longer than its runs are apart', 'keep its logs for longer than its runs are apart')
    """
    if not logs:
        return "no line of a log was read: collect those of cron (as root: `migrator collect`) or the journal"
    if due is None or due < DUE:
        return "keep its logs for longer than its runs are apart"
    return (
        f"about {due:.0f} runs were due in the time of these logs: is its line new, was it changed, or are its runs logged "
        "elsewhere? Read that log"
    )
