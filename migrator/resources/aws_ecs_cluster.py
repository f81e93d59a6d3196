"""The name under which container jobs run; it has no machines of its own.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/clusters.html
"""

from migrator.model.option import CostItem, PriceBook, Resource

KIND = "aws_ecs_cluster"
PROVIDER = "aws"
LANGUAGES: tuple[str, ...] = ("terraform",)


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """Nothing: it is free of charge."""
    return ()
