"""Google's own list prices of one region, from the Cloud Billing Catalog; an API key is enough.

Line: `{"skus": [{"description": "Jobs CPU in us-central1", "category": {"usageType": "OnDemand", ...}, "serviceRegions":
["us-central1"], "pricingInfo": [{"effectiveTime": "...", "pricingExpression": {"usageUnit": "s", "tieredRates":
[{"startUsageAmount": 0, "unitPrice": {"units": "0", "nanos": 18000}}]}}]}], "nextPageToken": ""}`
A price is units + nanos / 1,000,000,000. What a billing account gets for nothing comes as a first rate of 0.
Machine types are not sold as one price there, but as cores and memory of a family: they stay as the price book knows them.
Source: https://cloud.google.com/billing/docs/reference/rest/v1/services.skus/list
"""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from migrator.model.option import UnitPrice
from migrator.prices.wanted import Wanted

NAME = "gcp"
ENDPOINT = "https://cloudbilling.googleapis.com"
GET = Callable[[str], dict[str, Any]]
CLOUD_RUN, NETWORKING = "152E-C115-5142", "E505-1604-58F8"
ANYWHERE = "all"
BILLION = Decimal(10**9)

# `usage`: the description, with {region} where it names one; a service that is named in words is looked up by its name
ITEMS: tuple[Wanted, ...] = (
    Wanted("Cloud Run jobs", "CPU", "vCPU-second", CLOUD_RUN, {}, "Jobs CPU in {region}"),
    Wanted("Cloud Run jobs", "memory", "GiB-second", CLOUD_RUN, {}, "Jobs Memory in {region}"),
    Wanted(
        "Cloud Run services",
        "CPU request-based",
        "vCPU-second",
        CLOUD_RUN,
        {},
        "Services CPU (Request-based billing) in {region}",
    ),
    Wanted(
        "Cloud Run services",
        "memory request-based",
        "GiB-second",
        CLOUD_RUN,
        {},
        "Services Memory (Request-based billing) in {region}",
    ),
    Wanted("Artifact Registry", "storage", "GB-month", "Artifact Registry", {ANYWHERE: "yes"}, "Artifact Registry Storage"),
    Wanted("Cloud Scheduler", "job", "job per 31 days", "Cloud Scheduler", {ANYWHERE: "yes"}, "Jobs"),
)


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
        description = wanted.usage.format(region=region)
        worldwide = ANYWHERE in wanted.filters
        for row in known[service]:
            sold_there = worldwide or region in row["serviceRegions"] or "global" in row["serviceRegions"]
            if row["description"] == description and row["category"]["usageType"] == "OnDemand" and sold_there:
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
            price_usd=price,
            from_quantity=Decimal(str(rate["startUsageAmount"])) if number else Decimal(0),
            source=f"Google Cloud Billing Catalog, {row['description']}",
            as_of=str(said.get("effectiveTime", "unknown"))[:10],
        )
