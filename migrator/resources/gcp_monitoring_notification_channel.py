"""Where notices go that replace cron's mail: one address for all jobs.

Source: https://docs.cloud.google.com/monitoring/support/notification-options
"""

from migrator.model.option import CostItem, PriceBook, Resource

KIND = "gcp_monitoring_notification_channel"
PROVIDER = "gcp"
LANGUAGES: tuple[str, ...] = ("terraform",)


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """Nothing: it is free of charge."""
    return ()
