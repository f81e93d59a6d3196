"""A CronJob of a cluster that is there already, suspended until it is switched on.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
"""

from decimal import Decimal

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.resources.quantity import container_s, number, product

KIND = "kubernetes_cron_job"
PROVIDER = "kubernetes"
LANGUAGES: tuple[str, ...] = ("kubernetes",)


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """What it asks of the cluster, without a price: no list says what capacity of this cluster costs."""
    hours = product(container_s(resource, Decimal(0), Decimal(1)), number(resource, "vcpu"), 1 / Decimal(3600))
    return (
        CostItem(
            name="capacity asked of the cluster",
            unit="vCPU-hour",
            monthly_quantity=hours,
            unit_price=Decimal(0),
            monthly_cost=None,
            source="https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
            as_of="2026-11-23",
            note="unknown: no price list says what capacity of this cluster costs",
        ),
    )
