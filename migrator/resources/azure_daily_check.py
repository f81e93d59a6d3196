"""The daily check of all jobs: one small Container Apps job with its identity, instead of an alarm for each job.

Source: https://learn.microsoft.com/azure/container-apps/jobs
"""

import msgspec

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import item, unit_price
from migrator.resources.azure_container_app_job import NO_MINIMUM, SERVICE, STEP_S
from migrator.resources.quantity import container_s, number, product

KIND = "azure_daily_check"
PROVIDER = "azure"
LANGUAGES: tuple[str, ...] = ("terraform", "bicep")
NOTE = "the daily check, once for all jobs; what it lists of the containers is not counted"


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """One run a day, and the registry of its image where no job has one, paid once whatever the number of jobs."""
    seconds = container_s(resource, NO_MINIMUM, STEP_S)
    processor, memory = (unit_price(prices, PROVIDER, SERVICE, name, region) for name in ("vCPU active", "memory"))
    registry = unit_price(prices, PROVIDER, "Container Registry", "Basic registry incl. 10 GB", region)
    lines = (
        item("daily check vCPU", processor, product(seconds, number(resource, "vcpu")), NOTE),
        item("daily check memory", memory, product(seconds, number(resource, "memory_gib")), NOTE),
        item(
            "container registry",
            registry,
            number(resource, "registry_days"),
            "by the day, once for all jobs; for the daily check",
        ),
    )
    return tuple(msgspec.structs.replace(line, shared=True) for line in lines if line.monthly_quantity != 0)
