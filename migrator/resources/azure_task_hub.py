"""The task hub of a Durable Functions app: queues and tables in the app's own storage account, and who may use them.

Source: https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-billing (every message, history and question
for work is a transaction of the account; idle apps are asked for by the scale controller),
https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-configure-managed-identity (the roles)
"""

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import item, unit_price
from migrator.resources.quantity import number

KIND = "azure_task_hub"
PROVIDER = "azure"
LANGUAGES: tuple[str, ...] = ("terraform", "bicep")

ASSUMED = "assumed: unproved, nothing here runs the Functions host; the storage account's bill tells"
ASKED = "assumed: how often Azure asks for work while nothing runs is on no page, and is the same whether the job runs or not"


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """The messages and the history of its runs, and that somebody asks for work all month."""
    queue = unit_price(prices, PROVIDER, "Queue Storage", "LRS class 1 operation", region)
    table = unit_price(prices, PROVIDER, "Table Storage", "LRS operation", region)
    return (
        item("task hub's messages", queue, number(resource, "messages"), ASSUMED),
        item("task hub's history", table, number(resource, "entries"), ASSUMED),
        item("task hub asked for work", queue, number(resource, "asked"), ASKED),
    )
