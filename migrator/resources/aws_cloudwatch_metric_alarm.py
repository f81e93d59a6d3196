"""Tells the notices that a queue of what failed got something: scheduled calls, one for all jobs; a job's messages.

`sent`: another service sends to the queue, and each message is told; what SQS moves there itself counts as sent nowhere, so the
alarm of dead letters is about what lies in the queue, until it is empty.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

from decimal import Decimal

import msgspec

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import item, unit_price

KIND = "aws_cloudwatch_metric_alarm"
PROVIDER = "aws"
LANGUAGES: tuple[str, ...] = ("terraform", "sam")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """One alarm: of calls once for all jobs, of dead letters for each queue."""
    price = unit_price(prices, PROVIDER, "CloudWatch", "alarm (standard resolution)", region)
    if not resource.values["sent"]:
        return (item("alarm of dead letters", price, Decimal(1)),)
    return (msgspec.structs.replace(item("alarm of failed calls", price, Decimal(1), "once for all jobs"), shared=True),)
