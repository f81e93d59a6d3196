"""A Cloud Run service that runs a job when the scheduler calls it: its image, size, account, and who may call it.

Source: https://docs.cloud.google.com/run/docs/triggering/using-scheduler
"""

from decimal import Decimal

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import item, unit_price
from migrator.resources import gcp_cloud_run_v2_job
from migrator.resources.quantity import container_s, number

KIND = "gcp_cloud_run_v2_service"
PROVIDER = "gcp"
LANGUAGES: tuple[str, ...] = ("terraform",)

STEP_S = Decimal("0.1")  # https://cloud.google.com/run/pricing: request-based billing, rounded up to 100 ms


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """vCPU-seconds and GiB-seconds while a request is served or an instance starts, requests, the image, the output written."""
    seconds = container_s(resource, Decimal(0), STEP_S)
    runs, skips = number(resource, "runs"), number(resource, "skips")
    note = "start of an instance included (service_start_s)"
    service, names = "Cloud Run services", ("CPU request-based", "memory request-based")
    asked = None if runs is None or skips is None else runs + skips
    return (
        *gcp_cloud_run_v2_job.computed(resource, region, prices, service, names, seconds, note),
        item("requests", unit_price(prices, PROVIDER, service, "requests", region), asked),
        *gcp_cloud_run_v2_job.kept(resource, region, prices),
    )
