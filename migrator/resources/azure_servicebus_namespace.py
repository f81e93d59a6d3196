"""The Service Bus namespace of all jobs' queues. On the Basic tier it costs nothing of its own.

Source: https://learn.microsoft.com/azure/service-bus-messaging/service-bus-premium-messaging (tiers)
"""

from migrator.model.option import CostItem, PriceBook, Resource

KIND = "azure_servicebus_namespace"
PROVIDER = "azure"
LANGUAGES: tuple[str, ...] = ("terraform", "bicep")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """Nothing: its queues are billed by the operation."""
    return ()
