"""Finds jobs that work so much of the time that a machine is cheaper.

Finds: the share of the month during which the job runs: runs a month times the middle run time, above a tenth.
Why: bursty is cheap, steady is dear: pay-per-second compute costs several times a server's hour. From about a tenth to a half of
the time on, a small server is cheaper.
Do: look at the cost of its options, and at the staying option; run it less often, or let an event start it.
Not: when it waits rather than works: then shorten the wait.
Source: list prices: a vCPU-hour by the second against one of a small server, in the price book.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import runs, told

NAME = "steady-work"
LEAST_SHARE = 0.1


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:
    """A warning from a tenth of the month on."""
    usage = dossier.usage
    if usage is None or usage.monthly_runs is None or usage.duration_s.p50 is None:
        return ()
    share = usage.monthly_runs * usage.duration_s.p50 / (assumptions.month_hours * 3600)
    if share < LEAST_SHARE:
        return ()
    body = (
        f"works {share:.0%} of the time ({usage.monthly_runs:,.0f} runs a month); "
        "steady work is dear by the second; compare a small server"
    )
    return told(dossier, NAME, "warning", body, evidence=runs(dossier), effort="minutes")
