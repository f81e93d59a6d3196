"""A container job of Batch on Fargate: its image, size, roles, log, time limit and its one attempt.

Source: https://docs.aws.amazon.com/batch/latest/APIReference/API_RegisterJobDefinition.html
"""

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.resources import aws_ecs_task_definition

KIND = "aws_batch_job_definition"
PROVIDER = "aws"
LANGUAGES: tuple[str, ...] = ("terraform",)


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """What the container costs on Fargate: Batch itself is free of charge."""
    return aws_ecs_task_definition.cost(resource, region, prices)
