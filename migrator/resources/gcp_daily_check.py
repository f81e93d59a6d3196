"""The daily check of all jobs: one small Cloud Run job with its account and schedule, instead of an alarm for each job.

Source: https://docs.cloud.google.com/run/docs/execute/jobs-on-schedule
"""

from decimal import Decimal

import msgspec

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import item, unit_price
from migrator.resources.gcp_cloud_run_v2_job import MINIMUM_S, STEP_S
from migrator.resources.gcp_cloud_scheduler_job import PRICED_DAYS
from migrator.resources.quantity import container_s, number, product

KIND = "gcp_daily_check"
PROVIDER = "gcp"
LANGUAGES: tuple[str, ...] = ("terraform",)
NOTE = "the daily check, once for all jobs; what it lists of the bucket is not counted"


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """One task a day, of a minute at least, its schedule and its image, paid once whatever the number of jobs."""
    seconds = container_s(resource, MINIMUM_S, STEP_S)
    processor, memory = (unit_price(prices, PROVIDER, "Cloud Run jobs", name, region) for name in ("CPU", "memory"))
    schedule = unit_price(prices, PROVIDER, "Cloud Scheduler", "job", region)
    stored = unit_price(prices, PROVIDER, "Artifact Registry", "storage", region)
    lines = (
        item("daily check vCPU", processor, product(seconds, number(resource, "vcpu")), NOTE),
        item("daily check memory", memory, product(seconds, number(resource, "memory_gib")), NOTE),
        item("daily check schedule", schedule, product(number(resource, "runs"), 1 / Decimal(PRICED_DAYS)), NOTE),
        item("daily check image", stored, number(resource, "image_gb"), NOTE),
    )
    return tuple(msgspec.structs.replace(line, shared=True) for line in lines)
