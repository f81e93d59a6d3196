"""When two small servers and a load balancer beat functions behind an HTTP interface: computed, not believed.

A published rule of thumb says that they do at 1 to 2 million invocations a month, by 3 to 5 times.
"""

from decimal import Decimal

from migrator.errors import PriceError
from migrator.model.option import CostItem, Option, PriceBook
from migrator.model.value import Value
from migrator.pricebook import item, server_key, server_price, tiered_items, tiers, total, unit_price

MONTH_HOURS = Decimal("730.485")
MONTH_S = MONTH_HOURS * 3600
SERVERS = 2
SERVER, REGION = "t3.small", "us-east-1"  # what the report compares with, where the job is not placed in a region of AWS
DISK_GIB = Decimal(8)  # each server's root disk, the smallest that the usual images take
NEW_CONNECTIONS_PER_LCU = Decimal(25)  # a second; https://aws.amazon.com/elasticloadbalancing/pricing/


class Crossover(Value, frozen=True, kw_only=True):
    """Both sides a month at `monthly_requests`; `breaks_even_at`: the requests a month from which the servers are cheaper."""

    monthly_requests: int
    functions: Decimal
    servers: Decimal
    breaks_even_at: int
    servers_busy: Decimal  # processors that the requests keep busy on average if they compute all the time


def functions_bill(
    book: PriceBook, region: str, monthly_requests: Decimal, request_s: Decimal, memory_mib: int
) -> tuple[CostItem, ...]:
    """An HTTP API and a function: requests on both, and memory x time. List prices, without free tiers."""
    gigabytes = Decimal(memory_mib) / 1024
    return (
        *tiered_items("HTTP API requests", tiers(book, "aws", "API Gateway", "HTTP API request", region), monthly_requests),
        item("function requests", unit_price(book, "aws", "Lambda", "requests x86", region), monthly_requests),
        *tiered_items(
            "function duration",
            tiers(book, "aws", "Lambda", "duration x86", region),
            monthly_requests * request_s * gigabytes,
        ),
    )


def servers_bill(book: PriceBook, region: str, monthly_requests: Decimal, instance_type: str) -> tuple[CostItem, ...]:
    """Two servers with disks behind a load balancer in two zones, with its two public addresses.

    Raises `PriceError` if the type has no price in the region."""
    server = server_price(book, "aws", region, instance_type)
    if server is None:
        raise PriceError(f"aws {instance_type}: no price for region {region!r}")
    connections = monthly_requests / MONTH_S  # one for each request: the load balancer's dearest case
    units = max(connections / NEW_CONNECTIONS_PER_LCU, Decimal(0)) * MONTH_HOURS
    hours = SERVERS * MONTH_HOURS
    return (
        CostItem(
            name=f"{SERVERS} x {instance_type}",
            unit="hour",
            monthly_quantity=hours,
            unit_price=server.price_usd_per_hour,
            monthly_cost=hours * server.price_usd_per_hour,
            source=server.source,
            as_of=server.as_of,
        ),
        item("disks", unit_price(book, "aws", "EBS", "gp3 storage", region), SERVERS * DISK_GIB),
        item("load balancer", unit_price(book, "aws", "Application Load Balancer", "hour", region), MONTH_HOURS),
        item("capacity units", unit_price(book, "aws", "Application Load Balancer", "capacity unit", region), units),
        item(
            "2 public addresses", unit_price(book, "aws", "VPC", "public IPv4 address (in use or idle)", region), 2 * MONTH_HOURS
        ),
    )


def crossover(
    book: PriceBook, region: str, monthly_requests: int, request_s: Decimal, memory_mib: int, instance_type: str
) -> Crossover:
    """Both bills at one load, and the load from which the servers are cheaper, to the thousand."""

    def difference(requests: int) -> Decimal:
        functions = total(functions_bill(book, region, Decimal(requests), request_s, memory_mib))
        servers = total(servers_bill(book, region, Decimal(requests), instance_type))
        assert functions is not None
        assert servers is not None
        return functions - servers

    low, high = 0, 1000
    while difference(high * 1000) < 0 and high < 10**9:
        high *= 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if difference(middle * 1000) >= 0 else (middle, high)
    functions = total(functions_bill(book, region, Decimal(monthly_requests), request_s, memory_mib))
    servers = total(servers_bill(book, region, Decimal(monthly_requests), instance_type))
    assert functions is not None
    assert servers is not None
    return Crossover(
        monthly_requests=monthly_requests,
        functions=functions,
        servers=servers,
        breaks_even_at=high * 1000,
        servers_busy=monthly_requests * request_s / MONTH_S,
    )


def region_of(option: Option) -> str:
    """In which region both sides are priced: the job's own on AWS."""
    return option.region if option.region is not None and option.target.startswith("aws_") else REGION


def keys(book: PriceBook, region: str) -> frozenset[str]:
    """The keys of all prices that the report's comparison rests on; empty where the book lacks one of them."""
    server = server_price(book, "aws", region, SERVER)
    if server is None:
        return frozenset()
    try:
        lines = (*functions_bill(book, region, Decimal(1), Decimal(1), 1024), *servers_bill(book, region, Decimal(1), SERVER))
    except PriceError:
        return frozenset()
    return frozenset({server_key(server), *(line.price_key for line in lines if line.price_key is not None)})
