"""An identity: of one job's code, or of the scheduler. What it may do stands beside what it may do it to.

Source: https://docs.cloud.google.com/iam/docs/service-account-overview
"""

from migrator.model.option import CostItem, PriceBook, Resource

KIND = "gcp_service_account"
PROVIDER = "gcp"
LANGUAGES: tuple[str, ...] = ("terraform",)


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """Nothing: it is free of charge."""
    return ()
