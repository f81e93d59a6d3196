"""What function apps write their logs to: one component on the workspace of all jobs.

Source: https://learn.microsoft.com/azure/azure-monitor/app/create-workspace-resource
"""

from migrator.model.option import CostItem, PriceBook, Resource

KIND = "azure_application_insights"
PROVIDER = "azure"
LANGUAGES: tuple[str, ...] = ("terraform", "bicep")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """Nothing by itself: what a job writes stands in the job's own bill."""
    return ()
