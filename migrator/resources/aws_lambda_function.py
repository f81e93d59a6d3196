"""A function: its code, size and limits.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
"""

from decimal import Decimal

import msgspec

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import exact, item, tiered_items, tiers, times, unit_price
from migrator.resources.aws_usage import quantity

KIND = "aws_lambda_function"
PROVIDER = "aws"
LANGUAGES: tuple[str, ...] = ("terraform", "sam")

FREE_SCRATCH_MIB = 512
PROCESSORS = {"x86_64": "x86", "arm64": "arm64"}


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """Requests, memory x time in its price tiers, disk above 512 MB, and the stored image."""
    processor = PROCESSORS[str(resource.values["architecture"])]
    requests = unit_price(prices, PROVIDER, "Lambda", f"requests {processor}", region)
    durations = tiers(prices, PROVIDER, "Lambda", f"duration {processor}", region)
    invocations = exact(quantity(resource, "requests"))
    billed_s = exact(quantity(resource, "billed_s"))
    memory_mib, scratch_mib = resource.values["memory_mib"], resource.values["scratch_mib"]
    assert isinstance(memory_mib, int)
    assert isinstance(scratch_mib, int)
    items = [
        item("Lambda requests", requests, invocations),
        *tiered_items("Lambda duration", durations, times(invocations, billed_s, Decimal(memory_mib) / 1024)),
    ]
    if scratch_mib > FREE_SCRATCH_MIB:
        scratch = unit_price(prices, PROVIDER, "Lambda", "ephemeral storage above 512 MB", region)
        above = Decimal(scratch_mib - FREE_SCRATCH_MIB) / 1024
        items.append(item("Lambda scratch disk", scratch, times(invocations, billed_s, above)))
    usage = resource.values["usage"]
    assert isinstance(usage, dict)
    starts = times(exact(usage.get("starts", 0)), exact(usage.get("start_s", 0)), Decimal(memory_mib) / 1024)
    if starts is None or starts > 0:
        items.append(item("Lambda starts", durations[0], starts, "start assumed (function_start_s)"))
    if usage.get("gateway_hours"):
        gateway = unit_price(prices, PROVIDER, "NAT gateway", "hour", region)
        data = unit_price(prices, PROVIDER, "NAT gateway", "data processed", region)
        note = f"the way out of a private network, once for all jobs there; and ${data.price_usd:f} a GB of data through it"
        line = item("NAT gateway", gateway, exact(usage["gateway_hours"]), note)
        address = unit_price(prices, PROVIDER, "VPC", "public IPv4 address (in use or idle)", region)
        out = item("public IPv4 address of the NAT gateway", address, exact(usage["gateway_hours"]), "once for all jobs there")
        items += [msgspec.structs.replace(one, shared=True) for one in (line, out)]
    image_gb = exact(quantity(resource, "image_gb"))
    if image_gb:
        image = unit_price(prices, PROVIDER, "ECR", "storage private", region)
        items.append(item("image storage", image, image_gb, "size assumed (container_image_gib)"))
    return tuple(items)
