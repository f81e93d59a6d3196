"""The request of one job: an API destination, the connection that it has to have, and the rule that sends the job's events to it.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
"""

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import exact, item, unit_price
from migrator.resources.aws_usage import quantity

KIND = "aws_api_destination"
PROVIDER = "aws"
LANGUAGES: tuple[str, ...] = ("terraform", "sam")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """The event that the schedule puts, and the call. The secret in which EventBridge keeps the connection's key is free; what
    the URL's owner pays is not known here."""
    calls = exact(quantity(resource, "calls"))
    return (
        item("events", unit_price(prices, PROVIDER, "EventBridge bus", "custom event published", region), calls),
        item("calls", unit_price(prices, PROVIDER, "EventBridge API destinations", "invocation", region), calls),
    )
