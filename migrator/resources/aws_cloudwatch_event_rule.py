"""Tells the notices that a container of one job stopped with an error. Events of AWS services are free.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html
"""

from migrator.model.option import CostItem, PriceBook, Resource

KIND = "aws_cloudwatch_event_rule"
PROVIDER = "aws"
LANGUAGES: tuple[str, ...] = ("terraform",)


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """Nothing: it is free of charge."""
    return ()
