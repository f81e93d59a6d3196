"""A topic: messages that wait for a worker, or that no worker could do.

Source: https://cloud.google.com/pubsub/pricing (a publish, and a push or pull, is billed for at least 1,000 bytes)
"""

from decimal import Decimal

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import item, unit_price
from migrator.resources.quantity import number, product

KIND = "gcp_pubsub_topic"
PROVIDER = "gcp"
LANGUAGES: tuple[str, ...] = ("terraform",)
KIB_OF_A_TIB = 2**30
WAYS = 2  # in and out


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """What its messages weigh on their way in and out; nothing for dead letters, which should not come."""
    if "usage" not in resource.values:
        return ()
    price = unit_price(prices, PROVIDER, "Pub/Sub", "message throughput", region)
    tib = product(number(resource, "messages"), number(resource, "kib"), Decimal(WAYS) / KIB_OF_A_TIB)
    note = f"{number(resource, 'kib')} KiB a message, in and out; a delivery that is refused is billed too, and not counted here"
    return (item("queue messages", price, tib, note),)
