"""The daily check of all jobs: one small function with its role, log and schedule, instead of an alarm for each job.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
"""

from decimal import Decimal

import msgspec

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import exact, item, tiers, times, unit_price
from migrator.resources.aws_usage import quantity

KIND = "aws_daily_check"
PROVIDER = "aws"
LANGUAGES: tuple[str, ...] = ("terraform", "sam")
NOTE = "the daily check, once for all jobs; what it reads of the table is less than a tenth of a cent"


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """One invocation a day and its time, paid once whatever the number of jobs."""
    checks, check_s = exact(quantity(resource, "checks")), exact(quantity(resource, "check_s"))
    memory_mib = resource.values["memory_mib"]
    assert isinstance(memory_mib, int)
    duration = tiers(prices, PROVIDER, "Lambda", "duration x86", region)[0]
    invocation = unit_price(prices, PROVIDER, "EventBridge Scheduler", "invocation", region)
    lines = (
        item("daily check", duration, times(checks, check_s, Decimal(memory_mib) / 1024), NOTE),
        item("daily check starts", invocation, checks, NOTE),
    )
    return tuple(msgspec.structs.replace(line, shared=True) for line in lines)
