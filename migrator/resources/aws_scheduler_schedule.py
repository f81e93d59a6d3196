"""What starts a job: one expression of EventBridge Scheduler, disabled until it is switched on.

Source: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
"""

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import exact, item, unit_price
from migrator.resources.aws_usage import quantity

KIND = "aws_scheduler_schedule"
PROVIDER = "aws"
LANGUAGES: tuple[str, ...] = ("terraform", "sam")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """Invocations."""
    price = unit_price(prices, PROVIDER, "EventBridge Scheduler", "invocation", region)
    return (item("schedule invocations", price, exact(quantity(resource, "invocations"))),)
