"""The Lease in which a job's instants are claimed and its lock is held, and the roles that let exactly its runs write it.

Source: https://kubernetes.io/docs/concepts/architecture/leases/, https://kubernetes.io/docs/reference/access-authn-authz/rbac/
"""

from migrator.model.option import CostItem, PriceBook, Resource

KIND = "kubernetes_lease"
PROVIDER = "kubernetes"
LANGUAGES: tuple[str, ...] = ("kubernetes",)


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """Nothing: it is free of charge."""
    return ()
