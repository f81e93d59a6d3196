"""What starts a Cloud Run job: one expression of Cloud Scheduler, paused until it is switched on.

Source: https://docs.cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs
"""

from decimal import Decimal

from migrator.assumptions import DEFAULT
from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import item, unit_price
from migrator.resources.quantity import number, product

KIND = "gcp_cloud_scheduler_job"
PROVIDER = "gcp"
LANGUAGES: tuple[str, ...] = ("terraform",)

PRICED_DAYS = 31  # https://cloud.google.com/scheduler/pricing: a job costs by 31 days, however often it fires


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """The schedule itself; firings are free. A paused one costs the same."""
    price = unit_price(prices, PROVIDER, "Cloud Scheduler", "job", region)
    months = Decimal(str(DEFAULT.month_days)) / PRICED_DAYS
    return (item("schedule", price, product(number(resource, "jobs"), months), "paused or not"),)
