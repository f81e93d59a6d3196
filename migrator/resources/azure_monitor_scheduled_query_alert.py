"""Mails what cron mailed: asks the log every quarter of an hour for the notices of all jobs.

Source: https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-create-log-alert-rule
"""

from migrator.model.option import CostItem, PriceBook, Resource

KIND = "azure_monitor_scheduled_query_alert"
PROVIDER = "azure"
LANGUAGES: tuple[str, ...] = ("terraform", "bicep")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """Nothing is known: the price book does not have the price of an alert rule; one rule serves all jobs."""
    return ()
