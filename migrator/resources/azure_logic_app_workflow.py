"""A workflow (Consumption) that a recurrence starts and that sends one request; and the alert on its failed runs.

Source: https://learn.microsoft.com/azure/logic-apps/logic-apps-pricing
"""

from decimal import Decimal

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import item, unit_price
from migrator.resources.quantity import number

KIND = "azure_logic_app_workflow"
PROVIDER = "azure"
LANGUAGES: tuple[str, ...] = ("terraform", "bicep")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """The trigger, the request and each read secret are executions; and one time series of an alert."""
    action = unit_price(prices, PROVIDER, "Logic Apps (Consumption)", "built-in action", region)
    series = unit_price(prices, PROVIDER, "Azure Monitor", "metric alert time series", region)
    kept = "the storage of the run history, some kB a run, is not in it"
    return (
        item("workflow executions", action, number(resource, "actions"), kept),
        item("alert of failed calls", series, Decimal(1), "one for each workflow"),
    )
