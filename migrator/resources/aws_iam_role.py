"""A role that one AWS service may assume: exact actions on exact ARNs.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
"""

from migrator.model.option import CostItem, PriceBook, Resource

KIND = "aws_iam_role"
PROVIDER = "aws"
LANGUAGES: tuple[str, ...] = ("terraform", "sam")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """Nothing: it is free of charge."""
    return ()
