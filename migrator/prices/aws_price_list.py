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
    Wanted("EBS", "gp3 IOPS above 3000", "IOPS-month", "AmazonEC2", {"volumeApiName": "gp3"}, "EBS:VolumeP-IOPS.gp3"),
    Wanted("EBS", "snapshot", "GB-month", "AmazonEC2", {"productFamily": "Storage Snapshot"}, "EBS:SnapshotUsage"),
    Wanted(
        "Lambda", "provisioned concurrency x86", "GB-second", "AWSLambda", {"group": "AWS-Lambda-Provisioned-Concurrency"},
        "Lambda-Provisioned-Concurrency",
    ),
    Wanted(
        "Lambda", "provisioned concurrency arm64", "GB-second", "AWSLambda",
        {"group": "AWS-Lambda-Provisioned-Concurrency-ARM"}, "Lambda-Provisioned-Concurrency-ARM",
    ),
    Wanted(
        "Lambda", "provisioned duration x86", "GB-second", "AWSLambda", {"group": "AWS-Lambda-Duration-Provisioned"},
        "Lambda-Provisioned-GB-Second",
    ),
    Wanted(
        "Lambda", "provisioned duration arm64", "GB-second", "AWSLambda", {"group": "AWS-Lambda-Duration-Provisioned-ARM"},
        "Lambda-Provisioned-GB-Second-ARM",
    ),
    Wanted("Step Functions", "express request", "request", "AmazonStates", {}, "StepFunctions-Request"),
    Wanted("Step Functions", "express duration", "GB-hour", "AmazonStates", {}, "StepFunctions-GB-Second", times=3600),
    Wanted(
        "SNS", "HTTP notification", "notification", "AmazonSNS", {"productFamily": "Message Delivery"},
        "DeliveryAttempts-HTTP",
    ),
    Wanted(
        "SNS", "email notification", "notification", "AmazonSNS", {"productFamily": "Message Delivery"},
        "DeliveryAttempts-SMTP",
    ),
    Wanted("CloudWatch Logs", "Insights scanned", "GB", "AmazonCloudWatch", {}, "DataScanned-Bytes"),
    Wanted(
        "CloudWatch", "alarm (standard resolution)", "alarm-month", "AmazonCloudWatch",
        {"productFamily": "Alarm", "alarmType": "Standard"}, "CW:AlarmMonitorUsage",
    ),
    Wanted(
        "DynamoDB", "on-demand write request", "request", "AmazonDynamoDB",
        {"productFamily": "Amazon DynamoDB PayPerRequest Throughput", "group": "DDB-WriteUnits"}, "WriteRequestUnits",
    ),
    Wanted("DynamoDB", "storage", "GB-month", "AmazonDynamoDB", {"productFamily": "Database Storage"}, "TimedStorage-ByteHrs"),
    Wanted("S3", "standard storage", "GB-month", "AmazonS3", {}, "TimedStorage-ByteHrs"),
    Wanted("S3", "standard write request", "request", "AmazonS3", {}, "Requests-Tier1"),
    Wanted("S3", "standard read request", "request", "AmazonS3", {}, "Requests-Tier2"),
    Wanted("EFS", "standard storage", "GB-month", "AmazonEFS", {"productFamily": "Storage"}, "TimedStorage-ByteHrs"),
    Wanted("EFS", "one zone storage", "GB-month", "AmazonEFS", {"productFamily": "Storage"}, "TimedStorage-Z-ByteHrs"),
    Wanted("EventBridge bus", "custom event published", "event", "AWSEvents", {"eventType": "Custom Event"}, "Event-64K-Chunks"),
    Wanted(
        "Secrets Manager", "API calls", "10k calls", "AWSSecretsManager", {"productFamily": "API Request"},
        "AWSSecretsManagerAPIRequest", times=10_000,
    ),
    Wanted("SSM Parameter Store", "advanced parameter", "parameter-month", "AWSSystemsManager", {}, "PS-Advanced-Param-Tier1"),
    Wanted("VPC", "interface endpoint", "AZ-hour", "AmazonVPC", {"productFamily": "VpcEndpoint"}, "VpcEndpoint-Hours"),
    Wanted("VPC", "interface endpoint data", "GB", "AmazonVPC", {"productFamily": "VpcEndpoint"}, "VpcEndpoint-Bytes"),
    Wanted(
        "Application Load Balancer", "hour", "hour", "AWSELB", {"productFamily": "Load Balancer-Application"}, "LoadBalancerUsage"
    ),
    Wanted(
        "Application Load Balancer", "capacity unit", "LCU-hour", "AWSELB", {"productFamily": "Load Balancer-Application"},
        "LCUUsage",
    ),
    Wanted("API Gateway", "HTTP API request", "request", "AmazonApiGateway", {}, "ApiGatewayHttpRequest"),
    Wanted(
        "Data transfer", "out to internet", "GB", "AWSDataTransfer",
        {"transferType": "AWS Outbound", "fromRegionCode": "{region}", "toLocation": "External"}, "DataTransfer-Out-Bytes",
    ),
)  # fmt: skip
# services with too many products to be asked whole, and one whose products belong to no region but go out of one
NARROWED = frozenset({"AmazonEC2", "AWSSecretsManager", "AWSDataTransfer"})
OF_NO_REGION = frozenset({"AWSDataTransfer"})
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
        asked = {name: value.format(region=region) for name, value in wanted.filters.items()}
        filters = asked if wanted.service_code in NARROWED else {}
        call = (wanted.service_code, tuple(sorted(filters.items())))
        if call not in answers:
            of_region = {} if wanted.service_code in OF_NO_REGION else {"regionCode": region}
            answers[call] = list(ask(wanted.service_code, {**of_region, **filters}))
        ends = re.compile(rf"(^|-){re.escape(wanted.usage)}$")
        for product in answers[call]:
            attributes = product["product"]["attributes"]
            usage = attributes.get("usagetype", "")
            free_for_one_country = "China free tier" in attributes.get("groupDescription", "")
            said = {"productFamily": product["product"].get("productFamily", ""), **attributes}
            meant = all(said.get(name) == value for name, value in asked.items())
            if _matches(ends, usage) and not free_for_one_country and meant:
                yield from _tiers(wanted, region, usage, product)
                break


def _matches(ends: re.Pattern[str], usage: str) -> bool:
    """The usage type behind a region's prefix (`EU-`, `USE1-`), not one that merely ends alike (`SpotUsage:Fargate-...`,
    `RegionalNatGateway-Hours`, `NatGateway-Prvd-Hours`)."""
    found = ends.search(usage)
    return found is not None and re.fullmatch(r"|[A-Z]{2,4}\d?-?", usage[: found.start()]) is not None


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
                price_usd=price * wanted.times,
                from_quantity=Decimal(tier["beginRange"]) / wanted.times if number else Decimal(0),
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
