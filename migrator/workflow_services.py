"""What can keep the order of a workflow at each provider, and what of it nobody has seen at work; Temporal's cost.

Temporal is a proposal only: its workers wait for work all month, so a job that left its server for it would have a server again.
Source: https://docs.temporal.io/workers (a worker is a process of your own that polls all the time)
"""

from collections.abc import Mapping

from migrator.crossover import DISK_GIB, MONTH_HOURS, REGION
from migrator.errors import PriceError
from migrator.model.option import CostItem, Option, PriceBook
from migrator.pricebook import disk_price, item, server_key, server_price

SERVICES = {"aws": "AWS Step Functions", "gcp": "Google Workflows", "azure": "Azure Durable Functions"}
# provider -> what of it runs in no witness
UNPROVED: Mapping[str, str] = {
    "gcp": "unproved: nothing here runs its definition, which is held against the documented form only",
    "azure": "unproved: nothing here is the Functions host; its orchestrator was run by Microsoft's own library and in-memory "
    "backend, the host's triggers, task hub and scaling are held against the documents only",
}
WORKERS = {"aws": "t3.small", "gcp": "e2-small", "azure": "Standard_B2s"}  # the least that holds a worker and its own runtime


def provider_of(option: Option) -> str:
    """Whose prices the comparison takes: those of the job's place; AWS's for a job that stays."""
    provider = option.target.partition("_")[0]
    return provider if provider in WORKERS else "aws"


def worker_bill(book: PriceBook, provider: str, region: str) -> tuple[CostItem, ...]:
    """One server that waits all month, with its disk. Raises `PriceError` where one of them has no price."""
    server = server_price(book, provider, region, WORKERS[provider])
    if server is None:
        raise PriceError(f"{provider} {WORKERS[provider]}: no price for region {region!r}")
    hours = CostItem(
        name=server.instance_type,
        unit="hour",
        monthly_quantity=MONTH_HOURS,
        unit_price=server.price_usd_per_hour,
        monthly_cost=MONTH_HOURS * server.price_usd_per_hour,
        source=server.source,
        as_of=server.as_of,
        price_key=server_key(server),
        quality=server.quality,
    )
    return hours, item("disk", disk_price(book, server, None), DISK_GIB)


def keys(book: PriceBook, option: Option) -> frozenset[str]:
    """The keys of the prices of the worker; empty where the book lacks one."""
    try:
        lines = worker_bill(book, provider_of(option), option.region or REGION)
    except PriceError:
        return frozenset()
    return frozenset(line.price_key for line in lines if line.price_key is not None)
