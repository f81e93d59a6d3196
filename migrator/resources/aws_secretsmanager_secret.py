"""A secret that the user creates and the job refers to by name; its value is in no emitted file.

Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/create_secret.html
"""

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import exact, item, unit_price
from migrator.resources.aws_usage import quantity

KIND = "aws_secretsmanager_secret"
PROVIDER = "aws"
LANGUAGES: tuple[str, ...] = ("terraform", "sam")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """The secret, and the calls that read it when a container starts."""
    secret = unit_price(prices, PROVIDER, "Secrets Manager", "secret", region)
    calls = unit_price(prices, PROVIDER, "Secrets Manager", "API calls", region)
    reads = exact(quantity(resource, "reads"))
    return (
        item("secret", secret, exact(quantity(resource, "secrets"))),
        item("secret reads", calls, None if reads is None else reads / 10_000),
    )
