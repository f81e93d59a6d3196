"""The table of the locks that hold on all machines: billed by the request; what expired is deleted free of charge.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
"""

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import exact, item, unit_price
from migrator.resources.aws_usage import quantity

KIND = "aws_dynamodb_table"
PROVIDER = "aws"
LANGUAGES: tuple[str, ...] = ("terraform", "sam")
NOTE = "claim and record; take and give back; the one small read of each item is in no price list here"


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """Conditional writes; a write that is refused is billed too. The entries of a week are a few kilobytes."""
    written = unit_price(prices, PROVIDER, "DynamoDB", "on-demand write request", region)
    return (item("lock writes", written, exact(quantity(resource, "writes")), NOTE),)
