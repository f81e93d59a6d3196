"""Tells that something lies among the dead letters of a queue: one rule for all queues of the namespace.

Source: https://learn.microsoft.com/azure/service-bus-messaging/monitor-service-bus-reference (DeadletteredMessages)
"""

from migrator.model.option import CostItem, PriceBook, Resource

KIND = "azure_monitor_dead_letters"
PROVIDER = "azure"
LANGUAGES: tuple[str, ...] = ("terraform", "bicep")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """Nothing: it is billed by the time series, which are counted with the queues."""
    return ()
