"""How well a job's logs show its runs, in words: one word, or shares where its runs differ."""

from migrator.model.usage import LogQuality, LogShares, Usage

MEANING: dict[LogQuality, str] = {
    "exact": "when each began and ended is written",
    "bounded": "each length lies between two, or which end is whose is inferred",
    "start-only": "when they began is written, when they ended is not",
}
OWN_LOG = {"job_log": "its own log", "gnu_time": "GNU time in its own log"}
TELLERS = {
    "debian_cron": "cron", "cronie": "crond (cronie)", "busybox": "busybox crond", "anacron": "anacron", "run_parts": "run-parts",
    "systemd_unit": "systemd", "pam_session": "sessions of PAM", "audit_session": "sessions of auditd",
    "accounting": "process accounting", "probe": "the probe", "runner": "the runner that was emitted",
    "runs_csv": "a table of runs", "kubernetes_job": "Kubernetes", "lambda_report": "REPORT lines of Lambda", **OWN_LOG,
}  # fmt: skip


def in_words(usage: Usage) -> str:
    """The word for its logs; by shares where they show some runs better than others."""
    found = usage.log_shares
    said = _by_shares(found) or usage.log_quality
    if found.ambiguous and only_own_log(usage):
        said += f"; {found.ambiguous:,} are inferred from what it wrote"
    elif found.ambiguous:
        said += f"; of {found.ambiguous:,} it is inferred which end is theirs"
    if usage.lost_lines and usage.observed_runs:
        said += (
            f"; {usage.lost_lines:,} {'line' if usage.lost_lines == 1 else 'lines'} of its server's logs in this time are lost"
        )
    return said


def only_own_log(usage: Usage) -> bool:
    """Whether nothing but what the job itself wrote tells of its runs."""
    return bool(usage.sources) and set(usage.sources) <= set(OWN_LOG)


def told_by(usage: Usage) -> str:
    """Whose words its run times rest on, for a reader who knows no name of ours."""
    return ", ".join(TELLERS.get(name, name.replace("_", " ")) for name in usage.sources)


def meaning(usage: Usage) -> str:
    """What the words for its logs mean: of each that `in_words` says."""
    found = usage.log_shares
    shown: tuple[tuple[LogQuality, int], ...] = (
        ("exact", found.exact), ("bounded", found.bounded), ("start-only", found.start_only),
    )  # fmt: skip
    kinds = [kind for kind, count in shown if count]
    return MEANING[kinds[0]] if len(kinds) == 1 else "; ".join(f"{kind}: {MEANING[kind]}" for kind in kinds)


def _by_shares(found: LogShares) -> str:
    """Nothing where all are shown alike.

    >>> _by_shares(LogShares(exact=3, start_only=1)), _by_shares(LogShares(exact=999, bounded=1)), _by_shares(LogShares(exact=2))
    ('exact 75 %, start-only 25 %', 'exact nearly all, bounded below 1 %', '')
    """
    named = [
        (name, count)
        for name, count in (("exact", found.exact), ("bounded", found.bounded), ("start-only", found.start_only))
        if count
    ]
    every = sum(count for _, count in named)
    return ", ".join(f"{name} {_share(count / every)}" for name, count in named) if len(named) > 1 else ""


def _share(share: float) -> str:
    return "below 1 %" if share < 0.01 else "nearly all" if share > 0.99 else f"{share * 100:.0f} %"
