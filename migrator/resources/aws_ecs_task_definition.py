"""A container job on Fargate: its image, size, roles and log.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
"""

from decimal import Decimal

from migrator.model.option import CostItem, PriceBook, Resource, UnitPrice
from migrator.pricebook import exact, item, times, unit_price
from migrator.resources.aws_usage import quantity
from migrator.resources.quantity import rounded_up

KIND = "aws_ecs_task_definition"
PROVIDER = "aws"
LANGUAGES: tuple[str, ...] = ("terraform",)

FREE_SCRATCH_GIB = 20
MINIMUM_S = 60  # https://aws.amazon.com/fargate/pricing/: whole seconds, at least one minute, from image pull to stop
PROCESSORS = {"x86_64": "x86", "arm64": "arm64"}


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """vCPU-hours, GB-hours, disk above 20 GB, the public address while it runs, and the stored image."""
    processor = PROCESSORS[str(resource.values["architecture"])]
    runs, seconds = exact(quantity(resource, "runs")), exact(quantity(resource, "billed_s"))
    hours = None if runs is None or seconds is None else runs * max(rounded_up(seconds, Decimal(1)), Decimal(MINIMUM_S)) / 3600
    vcpu = exact(quantity(resource, "vcpu"))
    memory_gb = exact(quantity(resource, "memory_gb"))
    scratch_gib = exact(quantity(resource, "scratch_gib")) or Decimal(FREE_SCRATCH_GIB)
    note = "at least 60 s a run, container start included"
    items = [
        item("Fargate vCPU", fargate(prices, f"vCPU linux {processor}", region), times(hours, vcpu), note),
        item("Fargate memory", fargate(prices, f"memory linux {processor}", region), times(hours, memory_gb), note),
    ]
    if scratch_gib > FREE_SCRATCH_GIB:
        scratch = fargate(prices, "ephemeral storage above 20 GB", region)
        items.append(item("Fargate disk", scratch, times(hours, scratch_gib - FREE_SCRATCH_GIB)))
    address = unit_price(prices, PROVIDER, "VPC", "public IPv4 address (in use or idle)", region)
    image = unit_price(prices, PROVIDER, "ECR", "storage private", region)
    return (
        *items,
        item("public IPv4 address while it runs", address, hours),
        item("image storage", image, exact(quantity(resource, "image_gb")), "size assumed (container_image_gib)"),
    )


def fargate(prices: PriceBook, name: str, region: str) -> UnitPrice:
    """One of Fargate's prices."""
    return unit_price(prices, PROVIDER, "ECS Fargate", name, region)
