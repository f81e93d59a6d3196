"""Where the output of all jobs is kept: one workspace.

Source: https://learn.microsoft.com/azure/azure-monitor/logs/cost-logs
"""

from migrator.model.option import CostItem, PriceBook, Resource

KIND = "azure_log_analytics_workspace"
PROVIDER = "azure"
LANGUAGES: tuple[str, ...] = ("terraform", "bicep")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """Nothing by itself: what a job writes stands in the job's own bill; 31 days of keeping are included."""
    return ()
