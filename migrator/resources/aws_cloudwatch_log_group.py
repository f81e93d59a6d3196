"""Where a job's output is kept, for a limited time.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html
"""

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import exact, item, unit_price
from migrator.resources.aws_usage import quantity
from migrator.resources.quantity import output_note

KIND = "aws_cloudwatch_log_group"
PROVIDER = "aws"
LANGUAGES: tuple[str, ...] = ("terraform", "sam")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """Output written, and kept for the retention time."""
    written = unit_price(prices, PROVIDER, "CloudWatch Logs", "ingestion standard class", region)
    stored = unit_price(prices, PROVIDER, "CloudWatch Logs", "storage", region)
    note = output_note(resource)
    return (
        item("logs written", written, exact(quantity(resource, "written_gb")), note),
        item("logs kept", stored, exact(quantity(resource, "stored_gb")), note),
    )
