"""A secret in Key Vault that the user creates and the job refers to by name; its value is in no emitted file.

Source: https://learn.microsoft.com/azure/container-apps/manage-secrets
"""

from decimal import Decimal

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import item, unit_price
from migrator.resources.quantity import number, product

KIND = "azure_key_vault_secret"
PROVIDER = "azure"
LANGUAGES: tuple[str, ...] = ("terraform", "bicep")

PER_10K = Decimal("0.0001")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """One operation for each start of the container; keeping a secret is free."""
    price = unit_price(prices, PROVIDER, "Key Vault", "secret operations", region)
    return (item("secret reads", price, product(number(resource, "reads"), PER_10K)),)
