"""AWS's own list prices of one region, from the Price List Query API.

Line: `{"product": {"productFamily": "...", "attributes": {"usagetype": "EU-NatGateway-Hours", ...}},
"terms": {"OnDemand": {"...": {"effectiveDate": "...", "priceDimensions": {"...": {"beginRange": "0", "endRange": "Inf",
"pricePerUnit": {"USD": "0.048"}}}}}}}`
Usage types carry a prefix of the region or none (us-east-1 mixes both), so they are matched from the end. What is free comes as
a first tier of 0 USD: the tiers after it count from 0, the free quantity is the account's and stays as the price book knows it.
Source: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-list-query-api.html
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from migrator.model.option import ServerPrice, UnitPrice
from migrator.prices.wanted import Wanted

NAME = "aws"
PRODUCTS = Callable[[str, Mapping[str, str]], Iterable[dict[str, Any]]]  # what `aws.price_list` is

# item of the price book -> service code, filters that narrow what is asked for, and the usage type's end
ITEMS: tuple[Wanted, ...] = (
    Wanted("Lambda", "requests x86", "request", "AWSLambda", {"group": "AWS-Lambda-Requests"}, "Request"),
    Wanted("Lambda", "requests arm64", "request", "AWSLambda", {"group": "AWS-Lambda-Requests-ARM"}, "Request-ARM"),
    Wanted("Lambda", "duration x86", "GB-second", "AWSLambda", {"group": "AWS-Lambda-Duration"}, "Lambda-GB-Second"),
    Wanted("Lambda", "duration arm64", "GB-second", "AWSLambda", {"group": "AWS-Lambda-Duration-ARM"}, "Lambda-GB-Second-ARM"),
    Wanted(
        "Lambda",
        "ephemeral storage above 512 MB",
        "GB-second",
        "AWSLambda",
        {"group": "AWS-Lambda-Storage-Duration"},
        "Lambda-Storage-GB-Second",
    ),
    Wanted("ECS Fargate", "vCPU linux x86", "vCPU-hour", "AmazonECS", {}, "Fargate-vCPU-Hours:perCPU"),
    Wanted("ECS Fargate", "memory linux x86", "GB-hour", "AmazonECS", {}, "Fargate-GB-Hours"),
    Wanted("ECS Fargate", "vCPU linux arm64", "vCPU-hour", "AmazonECS", {}, "Fargate-ARM-vCPU-Hours:perCPU"),
    Wanted("ECS Fargate", "memory linux arm64", "GB-hour", "AmazonECS", {}, "Fargate-ARM-GB-Hours"),
    Wanted("ECS Fargate", "ephemeral storage above 20 GB", "GB-hour", "AmazonECS", {}, "Fargate-EphemeralStorage-GB-Hours"),
    Wanted("SQS", "standard request", "request", "AWSQueueService", {}, "Requests-Tier1"),
    Wanted("SQS", "FIFO request", "request", "AWSQueueService", {}, "Requests-FIFO-Tier1"),
    Wanted("SNS", "API request", "request", "AmazonSNS", {}, "Requests-Tier1"),
    Wanted("Step Functions", "standard state transition", "transition", "AmazonStates", {}, "StateTransition"),
    Wanted("CloudWatch Logs", "ingestion standard class", "GB", "AmazonCloudWatch", {}, "DataProcessing-Bytes"),
    Wanted("CloudWatch Logs", "storage", "GB-month", "AmazonCloudWatch", {}, "TimedStorage-ByteHrs"),
    Wanted("ECR", "storage private", "GB-month", "AmazonECR", {}, "TimedStorage-ByteHrs"),
    Wanted(
        "Secrets Manager", "secret", "secret-month", "AWSSecretsManager", {"productFamily": "Secret"}, "AWSSecretsManager-Secrets"
    ),
    Wanted("NAT gateway", "hour", "hour", "AmazonEC2", {"productFamily": "NAT Gateway"}, "NatGateway-Hours"),
    Wanted("NAT gateway", "data processed", "GB", "AmazonEC2", {"productFamily": "NAT Gateway"}, "NatGateway-Bytes"),
    Wanted("VPC", "public IPv4 address (in use or idle)", "hour", "AmazonVPC", {}, "PublicIPv4:InUseAddress"),
    Wanted("EBS", "gp3 storage", "GB-month", "AmazonEC2", {"volumeApiName": "gp3"}, "EBS:VolumeUsage.gp3"),
)
SERVERS = {
    "productFamily": "Compute Instance",
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
}


def unit_prices(region: str, ask: PRODUCTS) -> Iterator[UnitPrice]:
    """The prices of ITEMS that the list has for a region; each call is made once for all items that it answers."""
    answers: dict[tuple[str, tuple[tuple[str, str], ...]], list[dict[str, Any]]] = {}
    for wanted in ITEMS:
        # services with few products are asked whole: EC2 alone is too large for that
        filters = dict(wanted.filters) if wanted.service_code in {"AmazonEC2", "AWSSecretsManager"} else {}
        call = (wanted.service_code, tuple(sorted(filters.items())))
        if call not in answers:
            answers[call] = list(ask(wanted.service_code, {"regionCode": region, **filters}))
        ends = re.compile(rf"(^|-){re.escape(wanted.usage)}$")
        for product in answers[call]:
            attributes = product["product"]["attributes"]
            usage = attributes.get("usagetype", "")
            free_for_one_country = "China free tier" in attributes.get("groupDescription", "")
            if _matches(ends, usage) and not free_for_one_country and _in_group(attributes, wanted.filters):
                yield from _tiers(wanted, region, usage, product)
                break


def _matches(ends: re.Pattern[str], usage: str) -> bool:
    """The usage type behind a region's prefix (`EU-`, `USE1-`), not one that merely ends alike (`SpotUsage:Fargate-...`,
    `RegionalNatGateway-Hours`, `NatGateway-Prvd-Hours`)."""
    found = ends.search(usage)
    return found is not None and re.fullmatch(r"|[A-Z]{2,4}\d?-?", usage[: found.start()]) is not None


def _in_group(attributes: Mapping[str, str], filters: Mapping[str, str]) -> bool:
    return "group" not in filters or attributes.get("group") == filters["group"]


def _tiers(wanted: Wanted, region: str, usage: str, product: dict[str, Any]) -> Iterator[UnitPrice]:
    for term in product["terms"].get("OnDemand", {}).values():
        tiers = sorted(term["priceDimensions"].values(), key=lambda tier: Decimal(tier["beginRange"]))
        priced = [(tier, Decimal(tier["pricePerUnit"].get("USD", "0"))) for tier in tiers]
        paid = [(tier, price) for tier, price in priced if price > 0]
        for number, (tier, price) in enumerate(paid):
            yield UnitPrice(
                provider=NAME,
                service=wanted.service,
                item=wanted.item,
                unit=wanted.unit,
                region=region,
                price_usd=price,
                from_quantity=Decimal(tier["beginRange"]) if number else Decimal(0),
                source=f"AWS Price List API, {wanted.service_code} {usage}",
                as_of=str(term.get("effectiveDate", product.get("publicationDate", "unknown")))[:10],
            )


def servers(region: str, ask: PRODUCTS) -> Iterator[ServerPrice]:
    """On-demand Linux prices of every instance type of a region."""
    for product in ask("AmazonEC2", {"regionCode": region, **SERVERS}):
        attributes = product["product"]["attributes"]
        memory = re.fullmatch(r"([\d.,]+) GiB", attributes.get("memory", ""))
        for term in product["terms"].get("OnDemand", {}).values():
            for tier in term["priceDimensions"].values():
                price = Decimal(tier["pricePerUnit"].get("USD", "0"))
                if price > 0 and memory is not None:
                    yield ServerPrice(
                        provider=NAME,
                        region=region,
                        instance_type=attributes["instanceType"],
                        vcpu=float(attributes["vcpu"]),
                        memory_gib=float(memory[1].replace(",", "")),
                        architecture="arm64" if "Graviton" in attributes.get("physicalProcessor", "") else "x86_64",
                        price_usd_per_hour=price,
                        source=f"AWS Price List API, AmazonEC2 {attributes.get('usagetype', '')}",
                        as_of=str(term.get("effectiveDate", "unknown"))[:10],
                    )
