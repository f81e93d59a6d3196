"""A claim of a volume: the files of the jobs of one server that outlive a run.

Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#persistentvolumeclaims
"""

from decimal import Decimal

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import exact

KIND = "kubernetes_persistent_volume_claim"
PROVIDER = "kubernetes"
LANGUAGES: tuple[str, ...] = ("kubernetes",)


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """What is claimed, without a price: no list says what the cluster's storage costs."""
    claimed = resource.values["gib"]
    assert isinstance(claimed, int)
    return (
        CostItem(
            name="volume claimed of the cluster",
            unit="GiB-month",
            monthly_quantity=exact(claimed),
            unit_price=Decimal(0),
            monthly_cost=None,
            source="https://kubernetes.io/docs/concepts/storage/persistent-volumes/",
            as_of="2026-11-27",
            note="unknown: no price list says what storage of this cluster costs",
            shared=True,
        ),
    )
