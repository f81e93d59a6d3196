"""Azure's own list prices of one region, from the Retail Prices API; no key is needed.

Line: `{"Items": [{"retailPrice": 0.000024, "tierMinimumUnits": 0, "armRegionName": "eastus", "meterName": "Standard vCPU Active
Usage", "productName": "...", "skuName": "Standard", "serviceName": "...", "unitOfMeasure": "1 Second", "type": "Consumption",
"effectiveStartDate": "2022-05-01T00:00:00Z"}], "NextPageLink": null, "Count": 1}`
The filter's field is `priceType`, the answer's `type`. A free grant is a tier of 0: the tiers after it count from 0.
Source: https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from migrator.model.option import ServerPrice, UnitPrice
from migrator.prices.wanted import Wanted

NAME = "azure"
ENDPOINT = "https://prices.azure.com/api/retail/prices"
VERSION = "2023-01-01-preview"
GET = Callable[[str], dict[str, Any]]  # a URL -> the JSON object there

BLOBS = {"productName": "General Block Blob v2", "skuName": "Hot LRS"}
GLOBAL = "Global"  # the region of what costs the same everywhere
ANYWHERE = {"armRegionName": GLOBAL}
EVERYWHERE = "all"  # as the price book calls it
ITEMS: tuple[Wanted, ...] = (
    Wanted(
        "Container Apps (Consumption)", "vCPU active", "vCPU-second", "Azure Container Apps", {"skuName": "Standard"},
        "Standard vCPU Active Usage",
    ),
    Wanted(
        "Container Apps (Consumption)", "vCPU idle", "vCPU-second", "Azure Container Apps", {"skuName": "Standard"},
        "Standard vCPU Idle Usage",
    ),
    Wanted(
        "Container Apps (Consumption)", "memory", "GiB-second", "Azure Container Apps", {"skuName": "Standard"},
        "Standard Memory Active Usage",
    ),
    Wanted(
        "Container Apps (Consumption)", "requests", "1M requests", "Azure Container Apps", {"skuName": "Standard"},
        "Standard Requests",
    ),
    Wanted(
        "Functions Consumption", "execution time", "GB-second", "Functions", {"productName": "Functions"},
        "Standard Execution Time",
    ),
    Wanted(
        "Functions Consumption", "executions", "execution", "Functions", {"productName": "Functions"},
        "Standard Total Executions", 10,
    ),
    Wanted(
        "Functions Flex Consumption", "on-demand execution time", "GB-second", "Functions", {"productName": "Flex Consumption"},
        "On Demand Execution Time",
    ),
    Wanted(
        "Functions Flex Consumption", "on-demand executions", "execution", "Functions", {"productName": "Flex Consumption"},
        "On Demand Total Executions", 10,
    ),
    Wanted("NAT gateway", "hour", "hour", "NAT Gateway", {}, "Standard Gateway"),
    Wanted("NAT gateway", "data processed", "GB", "NAT Gateway", {}, "Standard Data Processed"),
    Wanted("Container Registry", "Basic registry incl. 10 GB", "day", "Container Registry", {}, "Basic Registry Unit"),
    Wanted("Container Registry", "Premium registry incl. 500 GB", "day", "Container Registry", {}, "Premium Registry Unit"),
    Wanted("Container Registry", "extra storage", "GB-month", "Container Registry", {}, "Data Stored"),
    Wanted(
        "Functions Flex Consumption", "always-ready baseline", "GB-second", "Functions",
        {"productName": "Flex Consumption", "skuName": "Always Ready"}, "Always Ready Baseline",
    ),
    Wanted(
        "Functions Flex Consumption", "always-ready execution time", "GB-second", "Functions",
        {"productName": "Flex Consumption", "skuName": "Always Ready"}, "Always Ready Execution Time",
    ),
    Wanted("Functions Premium", "vCPU", "vCPU-hour", "Functions", {"productName": "Premium Functions"}, "Premium vCPU Duration"),
    Wanted(
        "Functions Premium", "memory", "GiB-hour", "Functions", {"productName": "Premium Functions"},
        "Premium Memory Duration",
    ),
    Wanted("Blob Storage", "hot LRS data", "GB-month", "Storage", BLOBS, "Hot LRS Data Stored"),
    Wanted("Blob Storage", "hot LRS write", "operation", "Storage", BLOBS, "Hot LRS Write Operations", 10_000),
    Wanted("Blob Storage", "hot LRS read", "operation", "Storage", BLOBS, "Hot Read Operations", 10_000),
    Wanted(
        "Managed disk", "P4 LRS premium SSD 32 GiB", "month", "Storage", {"productName": "Premium SSD Managed Disks"},
        "P4 LRS Disk"
    ),
    Wanted("Managed disk", "S4 LRS HDD 32 GiB", "month", "Storage", {"productName": "Standard HDD Managed Disks"}, "S4 LRS Disk"),
    Wanted(
        "Bandwidth", "out to internet", "GB", "Bandwidth", {"productName": "Rtn Preference: MGN", "skuName": "Standard"},
        "Standard Data Transfer Out",
    ),
    Wanted(
        "Public IP", "standard static regional", "hour", "Virtual Network",
        {"productName": "IP Addresses", "skuName": "Standard"},
        "Standard IPv4 Static Public IP",
    ),
    Wanted(  # infracost/infracost internal/resources/azure/servicebus_namespace.go: by the million
        "Service Bus", "basic messaging operation", "operation", "Service Bus", {"skuName": "Basic"},
        "Basic Messaging Operations", 1_000_000,
    ),
    Wanted("Key Vault", "secret operations", "10k operations", "Key Vault", {"skuName": "Standard"}, "Operations"),
    Wanted(
        "Log Analytics", "analytics log ingestion", "GB", "Log Analytics", {"skuName": "Analytics Logs"},
        "Analytics Logs Data Ingestion",
    ),
    Wanted("Log Analytics", "basic log ingestion", "GB", "Log Analytics", {"skuName": "Basic Logs"}, "Basic Logs Data Ingestion"),
    Wanted(
        "Azure Monitor", "log alert rule 15 minutes", "rule-month", "Azure Monitor", ANYWHERE,
        "Alerts System Log Monitored at 15 Minute Frequency",
    ),
    Wanted(
        "Azure Monitor", "log alert time series 15 minutes", "time-series-month", "Azure Monitor", ANYWHERE,
        "Alerts Resource Monitored at 15 Minute Frequency",
    ),
    Wanted(
        "Azure Monitor", "metric alert time series", "time-series-month", "Azure Monitor", ANYWHERE,
        "Alerts Metric Monitored",
    ),
)  # fmt: skip


def url(service: str, region: str, endpoint: str) -> str:
    """Where all prices of a service in a region begin."""
    asked = f"serviceName eq '{service}' and armRegionName eq '{region}' and priceType eq 'Consumption'"
    return f"{endpoint}?{urlencode({'api-version': VERSION, 'currencyCode': 'USD', '$filter': asked})}"


def pages(first: str, get: GET) -> Iterator[dict[str, Any]]:
    """Every price, page after page."""
    following: str | None = first
    while following:
        answer = get(following)
        yield from answer["Items"]
        following = answer.get("NextPageLink")


def unit_prices(region: str, get: GET, endpoint: str = ENDPOINT) -> Iterator[UnitPrice]:
    """The prices of ITEMS that the list has for a region."""
    known: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for wanted in ITEMS:
        asked = (wanted.service_code, wanted.filters.get("armRegionName", region))
        if asked not in known:
            known[asked] = list(pages(url(*asked, endpoint), get))
        found = [row for row in known[asked] if _is(row, wanted)]
        paid = sorted((row for row in found if Decimal(str(row["retailPrice"])) > 0), key=lambda row: row["tierMinimumUnits"])
        for number, row in enumerate(paid):
            yield UnitPrice(
                provider=NAME,
                service=wanted.service,
                item=wanted.item,
                unit=wanted.unit,
                region=EVERYWHERE if asked[1] == GLOBAL else region,
                price_usd=Decimal(str(row["retailPrice"])) / wanted.per,
                from_quantity=Decimal(str(row["tierMinimumUnits"])) * wanted.per if number else Decimal(0),
                source=f"Azure Retail Prices API, {row['serviceName']}, {row['meterName']}",
                as_of=str(row["effectiveStartDate"])[:10],
            )


def _is(row: Mapping[str, Any], wanted: Wanted) -> bool:
    narrowed = all(row.get(name) == value for name, value in wanted.filters.items())
    return row["meterName"] == wanted.usage and row["type"] == "Consumption" and narrowed


def servers(region: str, get: GET, known: Iterable[ServerPrice], endpoint: str = ENDPOINT) -> Iterator[ServerPrice]:
    """On-demand Linux prices of the types that the price book knows: the list does not say what a type has."""
    sizes = {price.instance_type: price for price in known if price.provider == NAME}
    done: set[str] = set()
    for row in pages(url("Virtual Machines", region, endpoint), get):
        size, sku = sizes.get(row.get("armSkuName", "")), row["skuName"]
        plain = "Windows" not in row["productName"] and "Spot" not in sku and "Low Priority" not in sku
        if size is None or not plain or row["type"] != "Consumption" or size.instance_type in done or not row["retailPrice"]:
            continue
        done.add(size.instance_type)
        yield ServerPrice(
            provider=NAME,
            region=region,
            instance_type=size.instance_type,
            vcpu=size.vcpu,
            memory_gib=size.memory_gib,
            architecture=size.architecture,
            price_usd_per_hour=Decimal(str(row["retailPrice"])),
            source=f"Azure Retail Prices API, {row['productName']}",
            as_of=str(row["effectiveStartDate"])[:10],
        )
