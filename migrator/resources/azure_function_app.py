"""A function app on a Flex Consumption plan of its own: its size, identity, settings and the schedules of its timers.

Source: https://learn.microsoft.com/azure/azure-functions/functions-consumption-costs; `az functionapp` and azurerm 5
"""

from decimal import Decimal

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import item, unit_price
from migrator.resources.quantity import container_s, number, output_note, product, rounded_up

KIND = "azure_function_app"
PROVIDER = "azure"
LANGUAGES: tuple[str, ...] = ("terraform", "bicep")

SERVICE = "Functions Flex Consumption"
# https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan#billing: a second at least, then tenths of a second
MINIMUM_S, STEP_S = Decimal(1), Decimal("0.1")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """GB-seconds of runs, of messages, of a workflow's own steps and of firings that the guard ends, executions, and the output
    written."""
    timed, runs, skips = container_s(resource, MINIMUM_S, STEP_S), number(resource, "runs"), number(resource, "skips")
    items, item_s = number(resource, "items"), number(resource, "item_s")
    works = Decimal(0) if items == 0 else product(items, None if item_s is None else max(rounded_up(item_s, STEP_S), MINIMUM_S))
    steps = number(resource, "steps")
    seconds = None if timed is None or works is None or steps is None else timed + works + steps * MINIMUM_S
    return (
        item(
            "Functions execution time",
            unit_price(prices, PROVIDER, SERVICE, "on-demand execution time", region),
            product(seconds, number(resource, "memory_gb")),
            "at least 1 s a run, whatever the instance size" + ("; firings that the guard ends are billed too" if skips else ""),
        ),
        item(
            "Functions executions",
            unit_price(prices, PROVIDER, SERVICE, "on-demand executions", region),
            None if runs is None or skips is None or items is None or steps is None else runs + skips + items + steps,
        ),
        item(
            "logs written",
            unit_price(prices, PROVIDER, "Log Analytics", "analytics log ingestion", region),
            number(resource, "log_gb"),
            output_note(resource),
        ),
    )
