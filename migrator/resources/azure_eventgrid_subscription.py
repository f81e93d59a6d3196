"""Which new blobs become messages in a job's queue, and the right of the account's topic to write there.

Source: https://learn.microsoft.com/azure/event-grid/delivery-and-retry, .../handler-service-bus
"""

from decimal import Decimal

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import item, unit_price
from migrator.resources.quantity import number

KIND = "azure_eventgrid_subscription"
PROVIDER = "azure"
LANGUAGES: tuple[str, ...] = ("terraform", "bicep")
OPERATIONS = Decimal(2)  # an event that comes in, and its delivery: https://azure.microsoft.com/pricing/details/event-grid/
UNIT = Decimal(100_000)  # the price list's


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """An operation for each event, and one for its delivery."""
    price, events = unit_price(prices, PROVIDER, "Event Grid", "operations", region), number(resource, "events")
    quantity = None if events is None else events * OPERATIONS / UNIT
    return (item("blob events", price, quantity, "in and out, in units of 100,000 operations"),)
