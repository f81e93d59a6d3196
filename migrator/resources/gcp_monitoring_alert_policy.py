"""Mails what cron mailed: the runner's notices, and executions that Cloud Run itself calls failed (out of memory, timed out).

Source: https://docs.cloud.google.com/monitoring/alerts/log-based-alerts
"""

from decimal import Decimal

import msgspec

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import item, unit_price

KIND = "gcp_monitoring_alert_policy"
PROVIDER = "gcp"
LANGUAGES: tuple[str, ...] = ("terraform",)


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """Two conditions, once for all jobs."""
    price = unit_price(prices, PROVIDER, "Cloud Monitoring", "alerting condition", region)
    line = item("alert conditions", price, Decimal(2), "once for all jobs; from memory: Google announced a price for 2026")
    return (msgspec.structs.replace(line, shared=True),)
