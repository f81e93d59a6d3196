"""What all workflows share: the role with which they hear of a job's end, the one with which they are started, and an alert.

Source: https://docs.cloud.google.com/workflows/docs/monitor
"""

from decimal import Decimal

import msgspec

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import item, unit_price

KIND = "gcp_workflows_shared"
PROVIDER = "gcp"
LANGUAGES: tuple[str, ...] = ("terraform",)


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """One condition, once for all jobs."""
    price = unit_price(prices, PROVIDER, "Cloud Monitoring", "alerting condition", region)
    note = "once for all jobs; from memory: Google announced a price for 2026"
    return (msgspec.structs.replace(item("alert condition of workflows", price, Decimal(1), note), shared=True),)
