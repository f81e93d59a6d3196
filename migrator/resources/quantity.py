"""Monthly quantities as targets write them into `values["usage"]`, for the bills of every provider."""

from decimal import ROUND_CEILING, Decimal

from migrator.model.option import Resource


def number(resource: Resource, name: str) -> Decimal | None:
    """One quantity; None where it is unknown. A quantity that the target forgot is a wrong program."""
    usage = resource.values["usage"]
    assert isinstance(usage, dict)
    amount = usage[name]
    assert amount is None or isinstance(amount, int | float)
    return None if amount is None else Decimal(str(amount))


def product(*factors: Decimal | None) -> Decimal | None:
    """The product; None if any factor is unknown."""
    result = Decimal(1)
    for factor in factors:
        if factor is None:
            return None
        result *= factor
    return result


def rounded_up(seconds: Decimal, step_s: Decimal) -> Decimal:
    """Whole steps.

    >>> rounded_up(Decimal("61.23"), Decimal("0.1")), rounded_up(Decimal(5), Decimal(1))
    (Decimal('61.3'), Decimal('5'))
    """
    return (seconds / step_s).to_integral_value(ROUND_CEILING) * step_s


def container_s(resource: Resource, minimum_s: Decimal, step_s: Decimal) -> Decimal | None:
    """Billed container seconds a month: `runs` of `billed_s`, and `skips` (firings that the guard ends) of `skip_s`."""
    runs, billed_s = number(resource, "runs"), number(resource, "billed_s")
    skips, skip_s = number(resource, "skips"), number(resource, "skip_s")
    if runs is None or billed_s is None or skips is None or skip_s is None:
        return None
    return runs * max(rounded_up(billed_s, step_s), minimum_s) + skips * max(rounded_up(skip_s, step_s), minimum_s)


def output_note(resource: Resource) -> str:
    """How what is written into the log is known: a guess says "assumed", which widens the interval of the saving."""
    usage = resource.values["usage"]
    assert isinstance(usage, dict)
    return "measured: what its runs wrote" if usage.get("output_measured") else "output assumed (output_bytes_per_run)"
