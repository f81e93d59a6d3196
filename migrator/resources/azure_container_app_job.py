"""A Container Apps job: its image, size, identity and schedule; without the schedule until it is switched on.

Source: https://learn.microsoft.com/azure/container-apps/jobs
"""

from decimal import Decimal

import msgspec

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import item, unit_price
from migrator.resources.quantity import container_s, number, output_note, product

KIND = "azure_container_app_job"
PROVIDER = "azure"
LANGUAGES: tuple[str, ...] = ("terraform", "bicep")

STEP_S = Decimal(1)  # https://learn.microsoft.com/azure/container-apps/billing: by the second; jobs bill the active rate
MONTH_DAYS = Decimal("30.436875")
NO_MINIMUM = Decimal(0)
SERVICE = "Container Apps (Consumption)"


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """vCPU-seconds and GiB-seconds of runs and of firings that the guard ends, the registry, and the output written."""
    seconds = container_s(resource, NO_MINIMUM, STEP_S)
    note = "container start included" + ("; firings that the guard ends are billed too" if number(resource, "skips") else "")
    return (
        item(
            "Container Apps vCPU",
            unit_price(prices, PROVIDER, SERVICE, "vCPU active", region),
            product(seconds, number(resource, "vcpu")),
            note,
        ),
        item(
            "Container Apps memory",
            unit_price(prices, PROVIDER, SERVICE, "memory", region),
            product(seconds, number(resource, "memory_gib")),
            note,
        ),
        msgspec.structs.replace(
            item(
                "container registry",
                unit_price(prices, PROVIDER, "Container Registry", "Basic registry incl. 10 GB", region),
                MONTH_DAYS if number(resource, "image_gb") != 0 else Decimal(0),
                "by the day, once for all jobs; holds 10 GB of images",
            ),
            shared=True,
        ),
        item(
            "alert time series",
            unit_price(prices, PROVIDER, "Azure Monitor", "log alert time series 15 minutes", region),
            Decimal(1),
            "the alert rule tells the jobs apart",
        ),
        item(
            "logs written",
            unit_price(prices, PROVIDER, "Log Analytics", "analytics log ingestion", region),
            number(resource, "log_gb"),
            output_note(resource),
        ),
    )
