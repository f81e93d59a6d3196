"""A container of a storage account: the files and locks of the jobs of one server. It costs nothing of its own.

Source: https://learn.microsoft.com/azure/storage/blobs/storage-blobs-introduction
"""

from migrator.model.option import CostItem, PriceBook, Resource

KIND = "azure_storage_container"
PROVIDER = "azure"
LANGUAGES: tuple[str, ...] = ("terraform", "bicep")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """Nothing."""
    return ()
