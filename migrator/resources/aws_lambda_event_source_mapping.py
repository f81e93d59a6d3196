"""Hands a queue's messages to a function, one by one, to so many at a time and no more.

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
"""

from migrator.model.option import CostItem, PriceBook, Resource

KIND = "aws_lambda_event_source_mapping"
PROVIDER = "aws"
LANGUAGES: tuple[str, ...] = ("terraform", "sam")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """Nothing: its polls are counted with the queue."""
    return ()
