"""How well a job's logs show its runs, in words: one word, or shares where its runs differ."""

from migrator.model.usage import LogShares, Usage


def in_words(usage: Usage) -> str:
    """The word for its logs; by shares where they show some runs better than others."""
    found = usage.log_shares
    said = _by_shares(found) or usage.log_quality
    if found.ambiguous:
        said += f"; of {found.ambiguous:,} it is inferred which end is theirs"
    if usage.lost_lines and usage.observed_runs:
        said += (
            f"; {usage.lost_lines:,} {'line' if usage.lost_lines == 1 else 'lines'} of its server's logs in this time are lost"
        )
    return said


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
