"""A queue with its dead letters, and who may write and read it: messages that wait for a worker, or that no worker could do.

Source: https://learn.microsoft.com/azure/service-bus-messaging/service-bus-dead-letter-queues
"""

from decimal import Decimal

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import item, unit_price
from migrator.resources.quantity import number

KIND = "azure_servicebus_queue"
PROVIDER = "azure"
LANGUAGES: tuple[str, ...] = ("terraform", "bicep")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """Operations for messages, and the queue's part in the alert of dead letters; how often the platform looks into an empty
    queue no page says, so it is not counted.
    """
    price = unit_price(prices, PROVIDER, "Service Bus", "basic messaging operation", region)
    series = unit_price(prices, PROVIDER, "Azure Monitor", "metric alert time series", region)
    note = "send, receive and complete each message; the platform's own looks at the queue are not counted"
    return (
        item("queue operations", price, number(resource, "operations"), note),
        item("alert of dead letters", series, Decimal(1), "a time series for each queue"),
    )
