"""The identity of a job's pods: none towards the cluster, its token is not mounted.

Source: https://kubernetes.io/docs/concepts/security/service-accounts/
"""

from migrator.model.option import CostItem, PriceBook, Resource

KIND = "kubernetes_service_account"
PROVIDER = "kubernetes"
LANGUAGES: tuple[str, ...] = ("kubernetes",)


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """Nothing: it is free of charge."""
    return ()
