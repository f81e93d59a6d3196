"""A schedule that calls a URL itself: one expression of Cloud Scheduler, paused until it is switched on.

Source: https://docs.cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#HttpTarget
"""

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.resources import gcp_cloud_scheduler_job

KIND = "gcp_cloud_scheduler_http_job"
PROVIDER = "gcp"
LANGUAGES: tuple[str, ...] = ("terraform",)


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """As any schedule of Cloud Scheduler; the call itself is free, what the URL's owner pays is not known here."""
    return gcp_cloud_scheduler_job.cost(resource, region, prices)
