"""Asks a provider for its list prices of one region, and says which items of the price book it had no answer for."""

import time
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from migrator.errors import CloudError, PriceError
from migrator.model.option import PriceBook, UnitPrice
from migrator.prices import aws_price_list, azure_retail, gcp_catalog, web
from migrator.regions import PLACES

KEY_HEADER = "X-Goog-Api-Key"


class Refreshed(NamedTuple):
    """What was answered, and the items that were asked for in vain."""

    book: PriceBook
    missing: tuple[str, ...]


UNTOLD = "its name in the price list stands in no source that could be read here; a guessed one could be another thing's price"
UNUSED = "nothing that is emitted or proposed costs that: it stands there to be looked up"
# provider -> (service, item) -> why no price list is asked for it
NEVER: Mapping[str, Mapping[tuple[str, str], str]] = {
    "aws": {
        ("EventBridge API destinations", "invocation"): UNTOLD,
        ("EventBridge Scheduler", "invocation"): UNTOLD,
        ("SSM Parameter Store", "standard parameter"): "it is free, and what is free is not in the list",
    },
    "azure": {
        ("Container Apps (Dedicated)", "plan management"): UNUSED,
        ("Event Grid", "operations"): UNTOLD,
        ("Logic Apps (Consumption)", "built-in action"): UNTOLD,
        ("Managed disk", "Standard SSD (approx per GiB)"): "the list sells disks by their size (E4, E6, ...), not by the GiB",
        ("Managed disk", "snapshot"): UNTOLD,
        ("Queue Storage", "LRS class 1 operation"): UNTOLD,
        ("Table Storage", "LRS operation"): UNTOLD,
    },
    "gcp": {
        ("Cloud Functions gen1", "CPU"): UNUSED,
        ("Cloud Functions gen1", "invocation"): UNUSED,
        ("Cloud Functions gen1", "memory"): UNUSED,
        ("Cloud Monitoring", "alerting condition"): "it is announced, and not sold yet",
        ("Cloud NAT", "gateway, 32+ VMs/endpoints"): UNUSED,
        ("Cloud Run services", "CPU idle minimum instance"): UNTOLD,
        ("Cloud Run services", "memory idle minimum instance"): UNTOLD,
        ("Network", "egress internet premium 0-1 TiB"): "the list has one for each pair of a region and a part of the world",
        ("Workflows", "external HTTP steps"): UNTOLD,
        ("Workflows", "internal steps"): UNTOLD,
    },
}
ASKED = {"aws": aws_price_list.ITEMS, "azure": azure_retail.ITEMS, "gcp": gcp_catalog.ITEMS}


def never_asked(provider: str, known: PriceBook) -> tuple[str, ...]:
    """The items of a price book that no price list is asked for: they stay as they are until a person writes them."""
    asked = {(one.service, one.item) for one in ASKED[provider]}
    mine = {(price.service, price.item) for price in known.prices if price.provider == provider}
    return tuple(f"{service}, {item}" for service, item in sorted(mine - asked))


def why_never(shown: Iterable[str]) -> list[str]:
    """A line for each reason, of the items that are shown (`aws Lambda, requests x86`) and that no price list is asked for."""
    names = set(shown)
    by_reason: dict[str, list[str]] = {}
    for provider, reasons in NEVER.items():
        for (service, item), why in reasons.items():
            if f"{provider} {service}, {item}" in names:
                by_reason.setdefault(why, []).append(f"{provider} {service}, {item}")
    return [f"never refreshed, because {why}: {'; '.join(items)}" for why, items in by_reason.items()]


def known_region(provider: str, region: str) -> str:
    """The region. Raises `PriceError` with the nearest name for one that the provider does not have."""
    if region in PLACES[provider]:
        return region
    near = get_close_matches(region, PLACES[provider], 1)
    raise PriceError(f"{region}: {provider} has no such region" + (f"; did you mean {near[0]}?" if near else ""))


def from_aws(region: str, ask: Callable[[str, Mapping[str, str]], Iterable[dict[str, Any]]]) -> Refreshed:
    """AWS's prices; `ask` is `aws.price_list`."""
    found = tuple(aws_price_list.unit_prices(region, ask))
    servers = tuple(aws_price_list.servers(region, ask))
    return _refreshed(PriceBook(prices=found, servers=servers), aws_price_list.ITEMS, "AWS", region)


def from_azure(
    region: str, known: PriceBook, endpoint: str = azure_retail.ENDPOINT, wait: Callable[[float], None] = time.sleep
) -> Refreshed:
    """Azure's prices; of server types those that `known` has."""
    get = web.asking(endpoint, wait=wait)
    found = tuple(azure_retail.unit_prices(region, get, endpoint))
    servers = tuple(azure_retail.servers(region, get, known.servers, endpoint))
    return _refreshed(PriceBook(prices=found, servers=servers), azure_retail.ITEMS, "Azure", region)


def from_gcp(
    region: str, key: str | None, endpoint: str = gcp_catalog.ENDPOINT, wait: Callable[[float], None] = time.sleep
) -> Refreshed:
    """Google's prices. Raises `CloudError` without a key."""
    if not key:
        raise CloudError("no API key of Google Cloud; set GOOGLE_API_KEY to one that may use the Cloud Billing API")
    get = web.asking(endpoint, {KEY_HEADER: key}, wait)
    return _refreshed(
        PriceBook(prices=tuple(gcp_catalog.unit_prices(region, get, endpoint))), gcp_catalog.ITEMS, "Google", region
    )


def _refreshed(book: PriceBook, items: Iterable[Any], whose: str, region: str) -> Refreshed:
    if not book.prices and not book.servers:
        raise PriceError(f"{whose} has no price of anything that is used here in {region}; is that the region's name?")
    had: set[tuple[str, str]] = {(price.service, price.item) for price in book.prices}
    return Refreshed(_once(book), tuple(f"{one.service}, {one.item}" for one in items if (one.service, one.item) not in had))


def _once(book: PriceBook) -> PriceBook:
    """Each tier and each type once: the first that was said."""
    tiers: dict[tuple[str, str, str, object], UnitPrice] = {}
    for price in book.prices:
        tiers.setdefault((price.service, price.item, price.region, price.from_quantity), price)
    types = {server.instance_type: server for server in reversed(book.servers)}
    return PriceBook(prices=tuple(tiers.values()), servers=tuple(types[name] for name in sorted(types)))
