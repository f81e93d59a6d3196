"""Tells a topic of each new object in a bucket that the user names, and lets the job read it.

Source: https://docs.cloud.google.com/storage/docs/pubsub-notifications
"""

from migrator.model.option import CostItem, PriceBook, Resource

KIND = "gcp_storage_notification"
PROVIDER = "gcp"
LANGUAGES: tuple[str, ...] = ("terraform",)


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """Nothing: its messages are counted with the topic."""
    return ()
