"""The queue of all jobs and its Fargate capacity: what does not fit into it at once waits.

Source: https://docs.aws.amazon.com/batch/latest/userguide/fargate.html
"""

from migrator.model.option import CostItem, PriceBook, Resource

KIND = "aws_batch_job_queue"
PROVIDER = "aws"
LANGUAGES: tuple[str, ...] = ("terraform",)


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """Nothing: it is free of charge, and no capacity is kept."""
    return ()
