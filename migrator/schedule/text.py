"""Writes sets of numbers as cron lists: ranges where three or more stand in a row, `*` where all are meant."""

from collections.abc import Sequence

from migrator.schedule.days import ones


def listed(bits: int, everything: int, names: Sequence[str] | None = None, between: str = "-") -> str:
    """A set as text.

    >>> listed(0b111101, 0b111111), listed(0b11, 0b11)
    ('0,2-5', '*')
    """
    if bits == everything:
        return "*"
    runs: list[list[int]] = []
    for value in ones(bits):
        if runs and value == runs[-1][-1] + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    parts: list[str] = []
    for run in runs:
        words = [names[value] if names else str(value) for value in run]
        parts += [f"{words[0]}{between}{words[-1]}"] if len(run) > 2 else words
    return ",".join(parts)
