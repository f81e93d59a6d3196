"""An identity: of one job's code, or the one that pulls all images.

Source: https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/overview
"""

from migrator.model.option import CostItem, PriceBook, Resource

KIND = "azure_user_assigned_identity"
PROVIDER = "azure"
LANGUAGES: tuple[str, ...] = ("terraform", "bicep")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """Nothing: it is free of charge."""
    return ()
