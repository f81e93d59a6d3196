"""Who Google's own services are in a project: a topic has to let them write, an account to be spoken for.

Source: https://docs.cloud.google.com/iam/docs/service-agents
"""

from migrator.model.option import CostItem, PriceBook, Resource

KIND = "gcp_service_agents"
PROVIDER = "gcp"
LANGUAGES: tuple[str, ...] = ("terraform",)


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """Nothing: they are there."""
    return ()
