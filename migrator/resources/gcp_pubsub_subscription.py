"""Hands a topic's messages to a service, one call for each, or keeps them for a person.

Source: https://docs.cloud.google.com/pubsub/docs/push, https://docs.cloud.google.com/pubsub/docs/dead-letter-topics
"""

from migrator.model.option import CostItem, PriceBook, Resource

KIND = "gcp_pubsub_subscription"
PROVIDER = "gcp"
LANGUAGES: tuple[str, ...] = ("terraform",)


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """Nothing: what goes through it is counted with its topic."""
    return ()
