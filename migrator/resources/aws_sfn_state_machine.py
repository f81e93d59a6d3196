"""A workflow of Step Functions: starts one job once, with a deadline outside of it, tells a failure, starts what comes after it.

Standard, not Express: an Express workflow may run twice for one start, ends after five minutes and waits for no container.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
Price: every state that an execution enters is a transition, and so are its start and its end:
https://aws.amazon.com/step-functions/pricing/
"""

from decimal import Decimal

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import exact, item, times, unit_price
from migrator.resources.aws_usage import quantity

KIND = "aws_sfn_state_machine"
PROVIDER = "aws"
LANGUAGES: tuple[str, ...] = ("terraform", "sam")
EXPRESS_LIMIT_S = 300
EXPRESS_STEP_S = Decimal("0.1")  # billed in tenths of a second, and in blocks of 64 MB
EXPRESS_GB = Decimal("0.0625")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """State transitions; the note says what an Express workflow would cost, where it could run at all."""
    transition = unit_price(prices, PROVIDER, "Step Functions", "standard state transition", region)
    executions = exact(quantity(resource, "executions"))
    note = _express(resource, region, prices)
    return (item("workflow transitions", transition, times(executions, exact(quantity(resource, "transitions"))), note),)


def _express(resource: Resource, region: str, prices: PriceBook) -> str:
    executions, lasts_s = exact(quantity(resource, "executions")), exact(quantity(resource, "lasts_s"))
    if not resource.values["function"]:
        return "no Express workflow: it waits for no container"
    if lasts_s is not None and lasts_s > EXPRESS_LIMIT_S:
        return "no Express workflow: it ends after 5 minutes"
    if executions is None or lasts_s is None:
        return "an Express workflow may run twice"
    request = unit_price(prices, PROVIDER, "Step Functions", "express request", region).price_usd
    duration = unit_price(prices, PROVIDER, "Step Functions", "express duration", region).price_usd
    steps = -(-lasts_s // EXPRESS_STEP_S)
    monthly = executions * (request + steps * EXPRESS_STEP_S / 3600 * EXPRESS_GB * duration)
    return f"Express: ${monthly:.4f} a month, and may run twice for one start"
