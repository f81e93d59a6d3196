"""The bucket of files that outlive a run: billed by the request and by what lies there.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import item, unit_price
from migrator.resources.quantity import number

KIND = "aws_s3_bucket"
PROVIDER = "aws"
LANGUAGES: tuple[str, ...] = ("terraform", "sam")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """Listings and writes, reads, and an assumed size; a write that is refused is billed too."""
    write, read, kept = (
        unit_price(prices, PROVIDER, "S3", name, region)
        for name in ("standard write request", "standard read request", "standard storage")
    )
    return (
        item("file writes", write, number(resource, "writes")),
        item("file reads", read, number(resource, "reads")),
        item("kept files", kept, number(resource, "gib"), "assumed size"),
    )
