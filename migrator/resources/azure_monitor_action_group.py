"""Where notices go that replace cron's mail: one address for all jobs.

Source: https://learn.microsoft.com/azure/azure-monitor/alerts/action-groups
"""

from migrator.model.option import CostItem, PriceBook, Resource

KIND = "azure_monitor_action_group"
PROVIDER = "azure"
LANGUAGES: tuple[str, ...] = ("terraform", "bicep")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """Nothing: the first 1,000 mails a month are free of charge."""
    return ()
