"""How steadily work goes on, and from which share of the time on each place costs more than a server."""

from decimal import Decimal

from migrator.model.value import Value


class DutyCycle(Value, frozen=True, kw_only=True):
    """The share of the time in which a job works: busy seconds over observed seconds. Runs side by side count twice, so a share
    may be above 1. None: not measured. `basis`: what it rests on, or why nothing is known."""

    share: float | None = None
    low: float | None = None
    high: float | None = None
    busy_s: float | None = None
    observed_s: float | None = None
    basis: str = ""


class BreakEven(Value, frozen=True, kw_only=True):
    """From which share of the time on a place costs more than what it is compared with.

    `share`: against what a job would take of a server; `server_share`: against the whole of it. Above 1: the place is cheaper
    even if the work never stops; 0: what stands there costs more before anything runs; None: unknown. `hour_usd`: an hour of this
    work (as the server counts it) with every minimum and start; `standing_monthly`: what is paid there although nothing runs, of
    it `shared_monthly` once for all jobs."""

    target: str
    title: str
    size: str
    hour_usd: Decimal | None
    standing_monthly: Decimal
    shared_monthly: Decimal = Decimal(0)
    share: float | None = None
    server_share: float | None = None
    jobs: int = 1


class Steadiness(Value, frozen=True, kw_only=True):
    """One job's duty cycle, or one server's, against the break-even of each place that takes it.

    `compared` says in words what `compared_monthly` is: a job's part of its server's bill, or a rented server that holds it."""

    duty: DutyCycle
    compared: str = ""
    compared_monthly: Decimal | None = None
    server_monthly: Decimal | None = None
    places: tuple[BreakEven, ...] = ()
