"""Google's own list prices of one region, from the Cloud Billing Catalog; an API key is enough.

Line: `{"skus": [{"description": "Jobs CPU in us-central1", "category": {"usageType": "OnDemand", ...}, "serviceRegions":
["us-central1"], "pricingInfo": [{"effectiveTime": "...", "pricingExpression": {"usageUnit": "s", "tieredRates":
[{"startUsageAmount": 0, "unitPrice": {"units": "0", "nanos": 18000}}]}}]}], "nextPageToken": ""}`
A price is units + nanos / 1,000,000,000. What a billing account gets for nothing comes as a first rate of 0.
Machine types are not sold as one price there, but as cores and memory of a family: they stay as the price book knows them.
Source: https://cloud.google.com/billing/docs/reference/rest/v1/services.skus/list
"""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from migrator.model.option import UnitPrice
from migrator.prices.wanted import Wanted

NAME = "gcp"
ENDPOINT = "https://cloudbilling.googleapis.com"
GET = Callable[[str], dict[str, Any]]
CLOUD_RUN, COMPUTE, STORAGE = "152E-C115-5142", "6F81-5844-456A", "95FF-2EF5-5EA1"
ANYWHERE = "all"
BILLION = Decimal(10**9)

# `usage`: what the whole description has to match, {region} where it names one; a service named in words is looked up by its name
ITEMS: tuple[Wanted, ...] = (
    Wanted("Cloud Run jobs", "CPU", "vCPU-second", CLOUD_RUN, {}, "Jobs CPU in {region}"),
    Wanted("Cloud Run jobs", "memory", "GiB-second", CLOUD_RUN, {}, "Jobs Memory in {region}"),
    Wanted(
        "Cloud Run services",
        "CPU request-based",
        "vCPU-second",
        CLOUD_RUN,
        {},
        r"Services CPU (\(Request-based billing\) in {region}|Tier 2 +\(Request-based billing\))",
    ),
    Wanted(
        "Cloud Run services",
        "memory request-based",
        "GiB-second",
        CLOUD_RUN,
        {},
        r"Services Memory (\(Request-based billing\) in {region}|Tier 2 +\(Request-based billing\))",
    ),
    Wanted("Artifact Registry", "storage", "GB-month", "Artifact Registry", {ANYWHERE: "yes"}, "Artifact Registry Storage"),
    Wanted("Cloud Scheduler", "job", "job per 31 days", "Cloud Scheduler", {ANYWHERE: "yes"}, "Jobs"),
    Wanted("Cloud Run services", "requests", "request", CLOUD_RUN, {}, "Requests"),
    Wanted("Cloud NAT", "gateway per VM or endpoint", "hour", COMPUTE, {}, "NAT Gateway: Uptime charge.*"),
    Wanted("Cloud NAT", "data processed", "GiB", COMPUTE, {}, "NAT Gateway: Data processing charge.*"),
    Wanted("VPC", "static external IP in use by VM", "hour", COMPUTE, {}, "External IP Charge on a Standard VM"),
    Wanted("VPC", "static external IP unused", "hour", COMPUTE, {}, "Static Ip Charge.*"),
    Wanted("Persistent disk", "balanced", "GiB-month", COMPUTE, {}, "Balanced PD Capacity( in .*)?"),
    Wanted("Persistent disk", "ssd", "GiB-month", COMPUTE, {}, "SSD backed PD Capacity( in .*)?"),
    Wanted("Persistent disk", "standard (hdd)", "GiB-month", COMPUTE, {}, "Storage PD Capacity( in .*)?"),
    Wanted("Persistent disk", "snapshot", "GiB-month", COMPUTE, {}, "Storage PD Snapshot( in .*)?"),
    Wanted(
        "Cloud Storage", "standard regional", "GiB-month", STORAGE, {"resourceGroup": "RegionalStorage"},
        r"(?!.*\(Early Delete\)).*",
    ),
    Wanted(
        "Cloud Storage", "class A operation", "operation", STORAGE, {ANYWHERE: "yes", "resourceGroup": "RegionalOps"},
        "(?!.*Tagging).* Class A.*",
    ),
    Wanted(
        "Cloud Storage", "class B operation", "operation", STORAGE, {ANYWHERE: "yes", "resourceGroup": "RegionalOps"},
        "(?!.*Tagging).* Class B.*",
    ),
    Wanted("Cloud Logging", "ingestion", "GiB", "Cloud Logging", {ANYWHERE: "yes"}, "Log Volume"),
    Wanted(
        "Secret Manager", "active secret version per location", "version-month", "Secret Manager", {ANYWHERE: "yes"},
        "Secret version replica storage",
    ),
    Wanted(
        "Secret Manager", "access", "10k operations", "Secret Manager", {ANYWHERE: "yes"}, "Secret access operations",
        times=10_000,
    ),
    Wanted("Pub/Sub", "message throughput", "TiB", "A1E8-BE35-7EBC", {ANYWHERE: "yes"}, "Message Delivery Basic"),
)  # fmt: skip


def services(get: GET, endpoint: str = ENDPOINT) -> dict[str, str]:
    """Ids of all services by their names."""
    return {row["displayName"]: row["serviceId"] for row in _pages(f"{endpoint}/v1/services", "services", get)}


def unit_prices(region: str, get: GET, endpoint: str = ENDPOINT) -> Iterator[UnitPrice]:
    """The prices of ITEMS that the catalog has for a region, or for the whole world."""
    ids = services(get, endpoint)
    known: dict[str, list[dict[str, Any]]] = {}
    for wanted in ITEMS:
        service = ids.get(wanted.service_code, wanted.service_code if "-" in wanted.service_code else None)
        if service is None:
            continue
        if service not in known:
            known[service] = list(_pages(f"{endpoint}/v1/services/{service}/skus", "skus", get))
        description = re.compile(wanted.usage.replace("{region}", re.escape(region)))
        group = wanted.filters.get("resourceGroup")
        worldwide = ANYWHERE in wanted.filters
        for row in known[service]:
            sold_there = worldwide or region in row["serviceRegions"] or "global" in row["serviceRegions"]
            meant = description.fullmatch(row["description"]) and group in (None, row["category"].get("resourceGroup"))
            if meant and row["category"]["usageType"] == "OnDemand" and sold_there:
                yield from _rates(wanted, ANYWHERE if worldwide else region, row)
                break


def _pages(first: str, name: str, get: GET) -> Iterator[dict[str, Any]]:
    token = ""
    while True:
        asked = {"currencyCode": "USD"} if name == "skus" else {}
        answer = get(f"{first}?{urlencode({**asked, 'pageSize': 5000, **({'pageToken': token} if token else {})})}")
        yield from answer.get(name, ())
        token = answer.get("nextPageToken", "")
        if not token:
            return


def _rates(wanted: Wanted, region: str, row: Mapping[str, Any]) -> Iterator[UnitPrice]:
    said = row["pricingInfo"][0]
    rates = sorted(said["pricingExpression"]["tieredRates"], key=lambda rate: rate["startUsageAmount"])
    priced = [
        (rate, Decimal(rate["unitPrice"].get("units", "0")) + rate["unitPrice"].get("nanos", 0) / BILLION) for rate in rates
    ]
    paid = [(rate, price) for rate, price in priced if price > 0]
    for number, (rate, price) in enumerate(paid):
        yield UnitPrice(
            provider=NAME,
            service=wanted.service,
            item=wanted.item,
            unit=wanted.unit,
            region=region,
            price_usd=price * wanted.times,
            from_quantity=Decimal(str(rate["startUsageAmount"])) / wanted.times if number else Decimal(0),
            source=f"Google Cloud Billing Catalog, {row['description']}",
            as_of=str(said.get("effectiveTime", "unknown"))[:10],
        )
