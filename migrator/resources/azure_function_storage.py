"""A storage account of one function app: its code, the locks and the status of its timers; the app's identity owns its blobs.

Source: https://learn.microsoft.com/azure/azure-functions/storage-considerations (an account for each app)
"""

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import item, unit_price
from migrator.resources.quantity import number

KIND = "azure_function_storage"
PROVIDER = "azure"
LANGUAGES: tuple[str, ...] = ("terraform", "bicep")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """What the host writes around each run, as write operations; its code is too small to be billed by size."""
    write = unit_price(prices, PROVIDER, "Blob Storage", "hot LRS write", region)
    note = "assumed: 10 a run, and the lock's renewal every 15 s"
    return (item("timer locks and status", write, number(resource, "operations"), note),)
