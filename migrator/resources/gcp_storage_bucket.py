"""The bucket of files that outlive a run, and of locks: billed by the operation and by what lies there.

Source: https://docs.cloud.google.com/storage/docs/request-preconditions
"""

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import item, unit_price
from migrator.resources.quantity import number

KIND = "gcp_storage_bucket"
PROVIDER = "gcp"
LANGUAGES: tuple[str, ...] = ("terraform",)
SERVICE = "Cloud Storage"


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """Class A (write, list) and class B (read) operations, and an assumed size; a write that is refused is billed too."""
    write, read, kept = (
        unit_price(prices, PROVIDER, SERVICE, name, region)
        for name in ("class A operation", "class B operation", "standard regional")
    )
    return (
        item("file and lock writes", write, number(resource, "writes")),
        item("file and lock reads", read, number(resource, "reads")),
        item("kept files", kept, number(resource, "gib"), "assumed size"),
    )
