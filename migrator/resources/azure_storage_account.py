"""The storage account of files that outlive a run, and of locks: billed by the operation and by what lies there.

Source: https://learn.microsoft.com/azure/storage/blobs/concurrency-manage
"""

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import item, unit_price
from migrator.resources.quantity import number

KIND = "azure_storage_account"
PROVIDER = "azure"
LANGUAGES: tuple[str, ...] = ("terraform", "bicep")
SERVICE = "Blob Storage"


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """Write and read operations, and an assumed size; a write that is refused is billed too."""
    write, read, kept = (
        unit_price(prices, PROVIDER, SERVICE, name, region) for name in ("hot LRS write", "hot LRS read", "hot LRS data")
    )
    return (
        item("file and lock writes", write, number(resource, "writes")),
        item("file and lock reads", read, number(resource, "reads")),
        item("kept files", kept, number(resource, "gib"), "assumed size"),
    )
