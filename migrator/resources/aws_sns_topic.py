"""The notices that replace cron's mail: one topic for all jobs, one subscription by e-mail.

A topic is free; publishing to it is counted where it is done. Source: https://aws.amazon.com/sns/pricing/
"""

from migrator.model.option import CostItem, PriceBook, Resource

KIND = "aws_sns_topic"
PROVIDER = "aws"
LANGUAGES: tuple[str, ...] = ("terraform", "sam")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """Nothing: it is free of charge."""
    return ()
