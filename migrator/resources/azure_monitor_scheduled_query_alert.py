"""Mails what cron mailed: asks the log every quarter of an hour for the notices of all jobs.

Source: https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-create-log-alert-rule
"""

from decimal import Decimal

import msgspec

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import item, unit_price

KIND = "azure_monitor_scheduled_query_alert"
PROVIDER = "azure"
LANGUAGES: tuple[str, ...] = ("terraform", "bicep")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """One rule that serves all jobs."""
    price = unit_price(prices, PROVIDER, "Azure Monitor", "log alert rule 15 minutes", region)
    return (msgspec.structs.replace(item("alert rule", price, Decimal(1), "once for all jobs"), shared=True),)
