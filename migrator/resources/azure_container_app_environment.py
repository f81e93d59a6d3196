"""Where all Container Apps jobs run: one environment, with its Consumption profile.

Source: https://learn.microsoft.com/azure/container-apps/environment
"""

from migrator.model.option import CostItem, PriceBook, Resource

KIND = "azure_container_app_environment"
PROVIDER = "azure"
LANGUAGES: tuple[str, ...] = ("terraform", "bicep")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """Nothing: a Consumption environment is free of charge until something runs in it."""
    return ()
