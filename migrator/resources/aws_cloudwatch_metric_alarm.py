"""Tells the notices that a call failed: an alarm on the queue of failed calls, one for all jobs.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from decimal import Decimal

import msgspec

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import item, unit_price

KIND = "aws_cloudwatch_metric_alarm"
PROVIDER = "aws"
LANGUAGES: tuple[str, ...] = ("terraform", "sam")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """One alarm, once for all jobs."""
    price = unit_price(prices, PROVIDER, "CloudWatch", "alarm (standard resolution)", region)
    return (msgspec.structs.replace(item("alarm of failed calls", price, Decimal(1), "once for all jobs"), shared=True),)
