"""The bus on which schedules put the events of all calls: a bus is free, an event on it is priced with its call.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus.html
"""

from migrator.model.option import CostItem, PriceBook, Resource

KIND = "aws_cloudwatch_event_bus"
PROVIDER = "aws"
LANGUAGES: tuple[str, ...] = ("terraform", "sam")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """Nothing: it is free of charge."""
    return ()
