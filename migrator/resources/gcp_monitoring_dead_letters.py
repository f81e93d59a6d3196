"""Tells that something lies among the dead letters of a job.

Source: https://docs.cloud.google.com/pubsub/docs/monitoring#dead-letter-topics
"""

from decimal import Decimal

import msgspec

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import item, unit_price

KIND = "gcp_monitoring_dead_letters"
PROVIDER = "gcp"
LANGUAGES: tuple[str, ...] = ("terraform",)


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """One condition, once for all jobs."""
    price = unit_price(prices, PROVIDER, "Cloud Monitoring", "alerting condition", region)
    note = "once for all jobs; from memory: Google announced a price for 2026"
    return (msgspec.structs.replace(item("alert condition of dead letters", price, Decimal(1), note), shared=True),)
