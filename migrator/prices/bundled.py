"""The prices that ship with this version: `bundled/*.toml`, each with its unit, source and date.

Line: `[[price]]` with `service item unit region price_usd source as_of` and, where they apply, `from_quantity`, `free_monthly`;
`[[servers]]` with rows `[type, vCPU, memory GiB, architecture, USD per hour]`.
"""

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from importlib import resources
from typing import Any

from migrator.model.option import PriceBook, ServerPrice, UnitPrice

NAME = "bundled"
PROVIDERS = ("aws", "gcp", "azure")


def read() -> PriceBook:
    """All bundled prices, in the order of the files.

    >>> book = read()
    >>> [str(price.price_usd) for price in book.prices if price.item == "requests x86" and price.region == "eu-west-1"]
    ['2E-7']
    """
    return book({name: tables(name) for name in (*PROVIDERS, "servers")})


def book(found: Mapping[str, Mapping[str, list[dict[str, Any]]]]) -> PriceBook:
    """The price book that tables of prices say, by provider, and `servers`; one that is missing is empty."""
    prices = [
        UnitPrice(
            provider=provider,
            service=row["service"],
            item=row["item"],
            unit=row["unit"],
            region=row["region"],
            price_usd=Decimal(row["price_usd"]),
            source=row["source"],
            as_of=row["as_of"],
            from_quantity=Decimal(row.get("from_quantity", 0)),
            free_monthly=Decimal(row.get("free_monthly", 0)),
            quality=row["quality"],
        )
        for provider in PROVIDERS
        for row in found.get(provider, {}).get("price", [])
    ]
    servers = [
        ServerPrice(
            provider=group["provider"],
            region=group["region"],
            instance_type=instance_type,
            vcpu=vcpu,
            memory_gib=memory_gib,
            architecture=architecture,
            price_usd_per_hour=Decimal(price),
            source=group["source"],
            as_of=group["as_of"],
            quality=group["quality"],
        )
        for group in found.get("servers", {}).get("servers", [])
        for instance_type, vcpu, memory_gib, architecture, price in group["types"]
    ]
    return PriceBook(prices=tuple(prices), servers=tuple(servers))


def tables(name: str) -> dict[str, list[dict[str, Any]]]:
    """The tables of one bundled file."""
    text = resources.files("migrator.prices").joinpath("bundled", f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
