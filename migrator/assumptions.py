"""Every number that is our guess, with its reason: one frozen value that is passed to `decide` and shown in the report.

A number from a provider's page is not a guess: it lives in its target or price with its source.
"""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from migrator.model.assumed import Assumed
from migrator.model.value import Value

# Programs that need seconds to start; field report: 200-500 ms for Python and Node, 2-6 s for JVM and .NET
SLOW = frozenset("java dotnet mono scala spark-submit groovy kotlin clojure jruby".split())


class Reason(NamedTuple):
    """Why a number is what it is, and what changes if it is wrong."""

    reason: str
    if_wrong: str


class Assumptions(Value, frozen=True, kw_only=True):
    """The guesses. Field names carry their unit; each field has its entry in `REASONS`."""

    run_time_headroom: float = 1.25
    upper_confidence: float = 0.95
    unmeasured_timeout_s: float = 900.0
    unmeasured_memory_mib: int = 512
    long_job_s: float = 3600.0
    enough_runs: int = 7
    text_file_limit_bytes: int = 4_000_000
    output_bytes_per_run: float = 2048.0
    server_disk_gib: float = 30.0
    month_days: float = 30.436875  # 400 Gregorian years / 4,800 months
    month_hours: float = 730.485
    memory_headroom: float = 1.3
    long_tail_factor: float = 3.0
    growth_horizon_months: float = 12.0
    soft_misfit_monthly_usd: float = 1.0
    tie_monthly_usd: float = 0.10
    savings_confidence: float = 0.9
    price_spread: float = 0.05
    unlisted_price_spread: float = 0.1
    stand_in_price_spread: float = 0.25
    unmeasured_factor: float = 2.0
    unseen_monthly_growth: float = 0.02
    poll_gap_s: float = 900.0
    idle_poll_p50_s: float = 5.0
    always_fails_runs: int = 3
    container_image_gib: float = 0.25
    container_start_s: float = 30.0
    function_start_s: float = 0.35
    slow_function_start_s: float = 4.0
    service_start_s: float = 3.0
    question_monthly_usd: float = 1.0
    server_own_memory_mib: float = 400.0
    carried_gib: float = 0.1
    slow_run_factor: float = 2.0
    slow_run_least_s: float = 60.0
    daily_check_s: float = 10.0
    task_hub_asked_s: float = 10.0


REASONS: dict[str, Reason] = {
    "run_time_headroom": Reason(
        "a run on a platform's smallest CPU share can take a quarter longer than on the server",
        "too small: a job near a limit is killed there; too large: a job stays that could move",
    ),
    "upper_confidence": Reason("one in twenty is what operators accept for a bound that is checked again", "bounds move"),
    "unmeasured_timeout_s": Reason("the longest that every target offers", "an unmeasured job that takes longer is killed"),
    "unmeasured_memory_mib": Reason("logs do not tell memory; most shell and script jobs fit in it", "cost scales with it"),
    "long_job_s": Reason(
        "above an hour a job wants a machine or a container with a real time budget",
        "jobs between limits are placed differently",
    ),
    "enough_runs": Reason("a week of a nightly job shows each weekday once", "the verdict comes earlier or later"),
    "text_file_limit_bytes": Reason("no schedule or script is larger; logs are streamed", "a larger script is not read"),
    "output_bytes_per_run": Reason("cron jobs are mostly silent; one screen of text a run", "log cost scales with it"),
    "server_disk_gib": Reason("used only where the tree does not tell the disk's size", "the server's cost is off by its disk"),
    "month_days": Reason("mean Gregorian month", "nothing: it is exact over 400 years"),
    "month_hours": Reason("month_days x 24; providers' calculators use 730", "server cost differs by 0.07 %"),
    "memory_headroom": Reason(
        "a process that is measured at its peak still needs room for the runtime beside it", "too small: killed for memory"
    ),
    "long_tail_factor": Reason(
        "with fewer runs than a bound needs, the longest run seen is multiplied by this", "a rare long run is cut off"
    ),
    "growth_horizon_months": Reason("a migration is not looked at again for about a year", "a growing job outgrows its place"),
    "soft_misfit_monthly_usd": Reason(
        "a few hours of work spread over three years", "a cheaper place that asks for work is chosen, or is not"
    ),
    "tie_monthly_usd": Reason(
        "nobody runs a second kind of platform for a dime a month", "a simpler or a cheaper place is chosen"
    ),
    "savings_confidence": Reason("nine in ten is what a budget is planned with", "the interval is wider or narrower"),
    "price_spread": Reason("list prices of one thing differ by a few percent between dates", "the interval moves with it"),
    "unlisted_price_spread": Reason(
        "prices that others quote, or that were computed or remembered, are mostly right and sometimes a price cut old",
        "the interval moves with it",
    ),
    "stand_in_price_spread": Reason(
        "the prices of one thing in two regions of a provider differ by nothing to two fifths", "the interval moves with it"
    ),
    "unmeasured_factor": Reason(
        "where run time or memory was not measured, half and twice the assumption are both ordinary", "the interval widens"
    ),
    "unseen_monthly_growth": Reason(
        "a trend of two percent a month hides in the noise of a few weeks of runs", "the interval widens with it"
    ),
    "poll_gap_s": Reason(
        "what runs at least every quarter of an hour may be asking whether there is work", "a proposal more or less"
    ),
    "idle_poll_p50_s": Reason("asking and finding nothing takes seconds", "a proposal more or less"),
    "always_fails_runs": Reason("three failures in a row and no success are no accident", "a dead job is found earlier or later"),
    "container_image_gib": Reason("Debian slim, an interpreter and a few packages, compressed", "image storage scales with it"),
    "service_start_s": Reason(
        "an image of an interpreter answers within one to three seconds; counted for each run, as if no instance were warm",
        "the bill of a service for short runs moves by it",
    ),
    "container_start_s": Reason("pulling an image of that size and starting it", "each billed container run moves by it"),
    "function_start_s": Reason(
        "200 to 500 ms for Python and the like; at most one start in ten minutes is counted",
        "each billed function run moves by it",
    ),
    "slow_function_start_s": Reason("2 to 6 s for Java and .NET", "each billed function run moves by it"),
    "question_monthly_usd": Reason("a question costs a person minutes", "a question more or less about a job's bill"),
    "server_own_memory_mib": Reason(
        "a small Linux server without services uses 200 to 400 MiB itself",
        "a smaller size is proposed that does not hold the jobs",
    ),
    "slow_run_factor": Reason(
        "a run of twice the time that 99 of 100 took is worth a look; a slower processor alone makes a quarter more",
        "the daily check tells more or fewer long runs",
    ),
    "slow_run_least_s": Reason("below a minute nobody looks at a run", "the daily check tells more or fewer long runs"),
    "daily_check_s": Reason("listing the records of a day takes a fraction of a second for a job", "its bill moves by cents"),
    "task_hub_asked_s": Reason(
        "Azure's scale controller asks each queue of Durable Functions for work all month, and no page says how often; once in "
        "ten seconds is what it would take to start a run in time",
        "the bill of a workflow on Azure moves by a fifth of a dollar a month for each job",
    ),
    "carried_gib": Reason("what a job remembers is small; the tree does not tell it", "storage cost scales with it"),
}

DEFAULT = Assumptions()


def settled(stated: Mapping[str, float]) -> Assumptions:
    """Our guesses with the user's numbers in their place; names and ranges have been checked where they were read.

    >>> settled({"enough_runs": 3.0}).enough_runs
    3
    """
    whole = {name for name in Assumptions.__struct_fields__ if isinstance(getattr(DEFAULT, name), int)}
    return msgspec.structs.replace(
        DEFAULT, **{name: round(value) if name in whole else float(value) for name, value in stated.items()}
    )


def assumed(assumptions: Assumptions) -> tuple[Assumed, ...]:
    """Each assumption with its reason, in the order of the fields, for the report."""
    return tuple(
        Assumed(
            name=name,
            value=float(getattr(assumptions, name)),
            reason=REASONS[name].reason,
            if_wrong=REASONS[name].if_wrong,
            stated=getattr(assumptions, name) != getattr(DEFAULT, name),
        )
        for name in Assumptions.__struct_fields__
    )
