"""Mails what cron mailed: the runner's notices, and executions that Cloud Run itself calls failed (out of memory, timed out).

Source: https://docs.cloud.google.com/monitoring/alerts/log-based-alerts
"""

from migrator.model.option import CostItem, PriceBook, Resource

KIND = "gcp_monitoring_http_alert"
PROVIDER = "gcp"
LANGUAGES: tuple[str, ...] = ("terraform",)


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """Nothing is known: Google announced a price for alerting that the price book does not have; one policy serves all jobs."""
    return ()
