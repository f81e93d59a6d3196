"""The system topics of the storage accounts whose new blobs start jobs: one for each account, with an identity of its own,
and the alerts of what could not be delivered.

Source: https://learn.microsoft.com/azure/event-grid/system-topics, .../event-grid/monitor-push-reference (metrics)
"""

from decimal import Decimal

import msgspec

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import item, unit_price

KIND = "azure_eventgrid_topic"
PROVIDER = "azure"
LANGUAGES: tuple[str, ...] = ("terraform", "bicep")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """Two alerts, of events laid aside and of lost ones; events are counted where they are delivered."""
    price = unit_price(prices, PROVIDER, "Azure Monitor", "metric alert time series", region)
    made = item(
        "alerts of events that were not delivered", price, Decimal(2), "two for each storage account; one account assumed"
    )
    return (msgspec.structs.replace(made, shared=True),)
