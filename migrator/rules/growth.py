"""Finds jobs that take longer each month.

Finds: a trend of the run times that can be told from noise, carried on to the planning horizon.
Why: a job that fits today and grows is ended by its time limit next year, at night.
Do: place it by the run time that it will have; or find out what grows (a table without an index, a folder never emptied).
Not: when the growth was one step (a new customer): look at the drawn runs.
Source: Theil-Sen slope, https://doi.org/10.1080/01621459.1968.10480934; the limits of the targets.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding, Need
from migrator.rules.dossier_reading import of, runs, seconds, told

NAME = "growth"
RANDOM = ("rand(", "$RANDOM", "${RANDOM", "RandomizedDelay", "shuf ", "randint", "random.")
LEAST = 0.02  # two percent a month: a quarter in a year
LEAST_S = 60.0  # below a minute no limit is near
LEAST_MONTHLY_S = 1.0  # less than a second more each month reaches no limit in years
LIMITS_S = (900.0, 1800.0, 3600.0)  # a quarter of an hour, half of one, an hour: where places end what they run
MOST_MONTHS = 36
MOST = 0.5  # a slope above this was not seen over enough days to be carried on for a year


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:
    """A need for the run time at the horizon, linear growth; a warning."""
    usage = dossier.usage
    if usage is None or usage.growth_per_month is None or usage.longest_s is None or usage.growth_per_month < LEAST:
        return ()
    if usage.longest_s < LEAST_S or _sleeps_at_random(dossier):
        return ()
    if usage.growth_per_month * (usage.duration_s.p50 or 0.0) < LEAST_MONTHLY_S:
        return ()
    bound = max(usage.upper_s or 0.0, usage.longest_s) * assumptions.run_time_headroom
    months = assumptions.growth_horizon_months
    later = bound * (1 + min(usage.growth_per_month, MOST) * months)
    reached = _reached(bound, usage.growth_per_month, usage.growth_low_per_month, usage.growth_high_per_month)
    sure = (
        ""
        if usage.growth_low_per_month is None or usage.growth_high_per_month is None
        else f" (95% sure: {usage.growth_low_per_month:.0%} to {usage.growth_high_per_month:.0%})"
    )
    body = (
        f"takes {usage.growth_per_month:.0%} longer each month{sure}{reached}; in {months:.0f} months it needs "
        f"{seconds(later)} instead of {seconds(bound)}; "
        "it is placed by that; find out what grows"
    )
    need = Need(kind="duration_s", amount=later, rule=NAME)
    return told(dossier, NAME, "warning", body, evidence=runs(dossier), effort="hours", needs=(need,))


def _reached(bound_s: float, growth_per_month: float, low: float | None = None, high: float | None = None) -> str:
    """When it outgrows the first of the usual time limits that it is still below, and between which months (95 % sure).

    >>> _reached(700.0, 0.04), _reached(4000.0, 0.04), _reached(30.0, 0.02)
    ('; with headroom it reaches 15 min in about 7 months', '', '')
    >>> _reached(700.0, 0.04, 0.03, 0.06)
    '; with headroom it reaches 15 min in about 7 months (5 to 10)'
    >>> _reached(700.0, 0.04, -0.01, 0.06)
    '; with headroom it reaches 15 min in about 7 months (5 or more)'
    """
    limit_s = next((limit_s for limit_s in LIMITS_S if limit_s > bound_s), None)
    if limit_s is None:
        return ""
    missing = limit_s / bound_s - 1
    months = missing / growth_per_month
    if months >= MOST_MONTHS:
        return ""
    named = f"{limit_s / 60:.0f} min" if limit_s < 3600 else "an hour"
    between = ""
    if low is not None and high is not None:
        latest = missing / low if low > 0 else None
        end = "or more" if latest is None or latest >= 10 * MOST_MONTHS else f"to {latest:.0f}"
        between = f" ({missing / high:.0f} {end})"
    return f"; with headroom it reaches {named} in about {months:.0f} months{between}"


def _sleeps_at_random(dossier: Dossier) -> bool:
    """True where the run time is mostly a drawn pause: a trend in that is chance."""
    sleeps = [fact.value for fact in of(dossier, "sleep")]
    pauses = "sleep" in dossier.job.command and any(word in dossier.job.command for word in RANDOM)
    return pauses or any(word in value for value in sleeps for word in RANDOM)
