"""A queue: messages that wait for a worker, or that no worker could do.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
"""

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import exact, item, unit_price
from migrator.resources.aws_usage import quantity

KIND = "aws_sqs_queue"
PROVIDER = "aws"
LANGUAGES: tuple[str, ...] = ("terraform", "sam")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """Requests for messages, and Lambda's polls of the empty queue; nothing for dead letters, which should not come."""
    if resource.values["dead_letters"] is None:
        return ()
    price = unit_price(prices, PROVIDER, "SQS", "standard request", region)
    messages = item("queue requests", price, exact(quantity(resource, "requests")), "send, receive and delete each message")
    polls = exact(quantity(resource, "idle_polls"))
    return (messages, item("queue polls", price, polls, "five long polls of 20 s, all month"))
