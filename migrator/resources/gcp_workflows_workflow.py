"""A workflow of Google Workflows: runs one job once, waits for its end, starts what comes after it.

Source: https://cloud.google.com/workflows/pricing (a step that calls a Google API counts as an internal one)
"""

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import item, unit_price
from migrator.resources.quantity import number, product

KIND = "gcp_workflows_workflow"
PROVIDER = "gcp"
LANGUAGES: tuple[str, ...] = ("terraform",)
NOTE = "unproved: nothing here runs Google Workflows; what its waiting for the job's end counts as is on no page that was read"


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """The steps of each execution."""
    price = unit_price(prices, PROVIDER, "Workflows", "internal steps", region)
    return (item("workflow steps", price, product(number(resource, "executions"), number(resource, "steps")), NOTE),)
