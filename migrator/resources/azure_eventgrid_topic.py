"""The system topics of the storage accounts whose new blobs start jobs: one for each account, with an identity of its own.

Source: https://learn.microsoft.com/azure/event-grid/system-topics
"""

from migrator.model.option import CostItem, PriceBook, Resource

KIND = "azure_eventgrid_topic"
PROVIDER = "azure"
LANGUAGES: tuple[str, ...] = ("terraform", "bicep")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """Nothing: events are counted where they are delivered."""
    return ()
