"""A secret that the user creates and the job refers to by name; its value is in no emitted file.

Source: https://docs.cloud.google.com/run/docs/configuring/jobs/secrets
"""

from decimal import Decimal

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import item, unit_price
from migrator.resources.quantity import number, product

KIND = "gcp_secret_manager_secret"
PROVIDER = "gcp"
LANGUAGES: tuple[str, ...] = ("terraform",)

PER_10K = Decimal("0.0001")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """The active version, and one access for each start of the container."""
    version = unit_price(prices, PROVIDER, "Secret Manager", "active secret version per location", region)
    access = unit_price(prices, PROVIDER, "Secret Manager", "access", region)
    return (
        item("secret", version, number(resource, "versions"), "in one location"),
        item("secret reads", access, product(number(resource, "reads"), PER_10K)),
    )
