"""What a choice is made from: one job, its options with their cost, and what the rules said about it."""

from decimal import Decimal

from migrator.assumptions import Assumptions
from migrator.model.finding import Finding, Link
from migrator.model.job import Job
from migrator.model.option import Option, Shape
from migrator.model.value import Value

STAYING = "host"  # the target that is always possible: nothing moves


class Candidate(Value, frozen=True, kw_only=True):
    """One job with everything that a choice rests on. `options` hold at least one on the target `host`, whose own cost is 0
    (the server is paid for in the savings); their order breaks ties, so give targets in the order of `targets.ALL`.
    `measured`: at least one run of the job was seen."""

    job: Job
    options: tuple[Option, ...]
    findings: tuple[Finding, ...] = ()
    shapes: tuple[Shape, ...] = ()
    measured: bool = False
    links: tuple[Link, ...] = ()  # of this job; a job that shares files with one that stays, stays with it


def same_size(name: str, said: str) -> bool:
    """Whether a person means this size.

    >>> same_size("1 vCPU, 2048 MiB", "1vcpu,2048mib"), same_size("512 MB", "1024 MB")
    (True, False)
    """
    return "".join(name.split()).lower() == "".join(said.split()).lower()


def known_cost(option: Option) -> Decimal:
    """The part of an option's monthly cost that is known: a lower bound where `monthly_cost` is None."""
    if option.monthly_cost is not None:
        return option.monthly_cost
    return sum((item.monthly_cost for item in option.items if item.monthly_cost is not None), Decimal(0))


def weight(option: Option, assumptions: Assumptions) -> Decimal:
    """What an option is chosen by: its known monthly cost, and the assumed monthly worth of the work behind each soft misfit."""
    soft = sum(1 for misfit in option.misfits if not misfit.hard)
    return known_cost(option) + soft * Decimal(str(assumptions.soft_misfit_monthly_usd))


def hard(option: Option) -> bool:
    """True where the job cannot run there at all."""
    return any(misfit.hard for misfit in option.misfits)
