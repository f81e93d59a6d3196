"""What things cost: lookups in a `PriceBook`, and the lines of a bill that are made from them.

A price is asked for by provider, service, item and region, in the words of `prices/bundled/*.toml`. Where a region has no price
the nearest region's price stands in, and every line that is made from it says so (`quality = "stand-in"`); a region that nobody
knows is an error that names the regions that have one.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from difflib import get_close_matches

import msgspec

from migrator.errors import PriceError
from migrator.model.option import CostItem, PriceBook, ServerPrice, UnitPrice
from migrator.regions import PLACES, nearest

EVERYWHERE = "all"
STAND_IN = "stand-in"
LISTED = "list"
# One free quantity for several items of a service: (provider, service, item) -> what they have it for.
# Source: https://aws.amazon.com/lambda/pricing/ (x86 and arm64 "in aggregate"), https://aws.amazon.com/sqs/pricing/,
# https://aws.amazon.com/cloudwatch/pricing/ (5 GB of ingestion and storage together)
FREE_TOGETHER = {
    ("aws", "Lambda", "requests x86"): "requests",
    ("aws", "Lambda", "requests arm64"): "requests",
    ("aws", "Lambda", "duration x86"): "duration",
    ("aws", "Lambda", "duration arm64"): "duration",
    ("aws", "SQS", "standard request"): "request",
    ("aws", "SQS", "FIFO request"): "request",
    ("aws", "CloudWatch Logs", "ingestion standard class"): "data",
    ("aws", "CloudWatch Logs", "storage"): "data",
}
FREE_IN_EACH_REGION = frozenset({("aws", "DynamoDB")})  # https://aws.amazon.com/dynamodb/pricing/: per region and payer
# what a volume is billed as: provider -> volume kind -> (service, item); "" is the kind that is assumed where none is known
DISKS: dict[str, dict[str, tuple[str, str]]] = {
    "aws": {"gp3": ("EBS", "gp3 storage"), "": ("EBS", "gp3 storage")},
    "gcp": {
        "pd-balanced": ("Persistent disk", "balanced"),
        "pd-ssd": ("Persistent disk", "ssd"),
        "pd-standard": ("Persistent disk", "standard (hdd)"),
        "": ("Persistent disk", "balanced"),
    },
    "azure": {"": ("Managed disk", "Standard SSD (approx per GiB)")},
}
SNAPSHOTS = {"aws": ("EBS", "snapshot"), "gcp": ("Persistent disk", "snapshot"), "azure": ("Managed disk", "snapshot")}
SENT_NOTE = "as stated (egress-gib)"
EGRESS = {
    "aws": ("Data transfer", "out to internet"),
    "gcp": ("Network", "egress internet premium 0-1 TiB"),
    "azure": ("Bandwidth", "out to internet"),
}
ADDRESSES = {
    "aws": ("VPC", "public IPv4 address (in use or idle)"),
    "gcp": ("VPC", "static external IP in use by VM"),
    "azure": ("Public IP", "standard static regional"),
}

# what stands beside jobs that need an address of their own: provider -> the lines, each with its service and item
OWN_ADDRESS = {
    "aws": (
        ("NAT gateway", "NAT gateway", "hour"),
        ("public IPv4 address of the NAT gateway", "VPC", "public IPv4 address (in use or idle)"),
    ),
    "gcp": (
        ("Cloud NAT gateway", "Cloud NAT", "gateway per VM or endpoint"),
        ("reserved address of Cloud NAT", "VPC", "static external IP in use by VM"),
    ),
    "azure": (
        ("NAT gateway", "NAT gateway", "hour"),
        ("public address of the NAT gateway", "Public IP", "standard static regional"),
    ),
}
PASSING = {"aws": "NAT gateway", "gcp": "Cloud NAT", "azure": "NAT gateway"}  # whose "data processed" each GB through it costs


def tiers(book: PriceBook, provider: str, service: str, item: str, region: str) -> tuple[UnitPrice, ...]:
    """The price tiers of one item in one region, lowest quantity first; worldwide prices answer for every region, and the nearest
    region's for one that has none.

    Raises `PriceError`: there is no such region or item; the message names what exists.
    """
    known = book.by_item.get((provider, service, item), ())
    found = [price for price in known if price.region == region] or [price for price in known if price.region == EVERYWHERE]
    if not found and (near := nearest(provider, region, {price.region for price in known})) is not None:
        found = [_standing_in(price, region) for price in known if price.region == near]
    if not found:
        regions = sorted({price.region for price in known})
        if regions:
            near = next(iter(get_close_matches(region, sorted({*regions, *PLACES.get(provider, ())}), 1)), None)
            meant = f"; did you mean {near}?" if near else ""
            raise PriceError(
                f"{provider} {service}, {item}: no price for region {region!r}; the price book knows {', '.join(regions)}, which "
                f"also stand for the {provider} regions near them; choose one with --region{meant}"
            )
        raise PriceError(f"{provider} {service}, {item}: not in the price book; a newer price book may know it")
    return tuple(sorted(found, key=lambda price: price.from_quantity))


def _standing_in(price: UnitPrice, region: str) -> UnitPrice:
    why = f"no price for {region} in the price book; {price.region} stands in: {price.source}"
    return msgspec.structs.replace(price, quality=STAND_IN, source=why)


def unit_price(book: PriceBook, provider: str, service: str, item: str, region: str, quantity: Decimal = Decimal(0)) -> UnitPrice:
    """The price of the tier that a monthly `quantity` ends in. Raises `PriceError` as `tiers` does."""
    found = tiers(book, provider, service, item, region)
    return [found[0], *(price for price in found if price.from_quantity < quantity)][-1]


def key(price: UnitPrice) -> str:
    """What a price is known by: `aws/Lambda/requests x86/us-east-1`."""
    return f"{price.provider}/{price.service}/{price.item}/{price.region}"


def free_pool(price: UnitPrice) -> str:
    """What shares a free quantity: it is the account's, whatever the region, and some items have one together.

    >>> price = UnitPrice(provider="aws", service="Lambda", item="duration arm64", unit="GB-second", region="eu-west-1",
    ...     price_usd=Decimal(1), source="", as_of="")
    >>> free_pool(price)
    'aws/Lambda/duration'
    """
    name = FREE_TOGETHER.get((price.provider, price.service, price.item), price.item)
    regional = (price.provider, price.service) in FREE_IN_EACH_REGION
    return f"{price.provider}/{price.service}/{name}" + (f"/{price.region}" if regional else "")


def server_key(price: ServerPrice) -> str:
    """What the bill line of a server is known by: `aws/server/t3.medium/eu-central-1`."""
    return f"{price.provider}/server/{price.instance_type}/{price.region}"


def item(name: str, price: UnitPrice, quantity: Decimal | None, note: str | None = None) -> CostItem:
    """One line of a bill; an unknown quantity (None) has an unknown cost. A price not from a list says so."""
    doubt = None if price.quality == LISTED else f"{price.quality} price"
    notes = [text for text in (note, doubt) if text]
    return CostItem(
        name=name,
        unit=price.unit,
        monthly_quantity=quantity,
        unit_price=price.price_usd,
        monthly_cost=None if quantity is None else quantity * price.price_usd,
        source=price.source,
        as_of=price.as_of,
        note="; ".join(notes) or None,
        price_key=key(price),
        quality=price.quality,
    )


def tiered_items(
    name: str, prices: tuple[UnitPrice, ...], quantity: Decimal | None, note: str | None = None
) -> tuple[CostItem, ...]:
    """One line for each price tier that a monthly quantity reaches; `prices` as `tiers` returns them.

    >>> price = UnitPrice(provider="p", service="s", item="i", unit="GB", region="r", price_usd=Decimal(3), source="", as_of="")
    >>> cheaper = UnitPrice(provider="p", service="s", item="i", unit="GB", region="r", price_usd=Decimal(1), source="", as_of="",
    ...     from_quantity=Decimal(10))
    >>> [str(line.monthly_cost) for line in tiered_items("data", (price, cheaper), Decimal(12))]
    ['30', '2']
    """
    if quantity is None or len(prices) == 1:
        return (item(name, prices[0], quantity, note),)
    lines = []
    for number, price in enumerate(prices):
        ends = prices[number + 1].from_quantity if number + 1 < len(prices) else quantity
        part = min(quantity, ends) - price.from_quantity
        if part > 0 or number == 0:
            label = name if price.from_quantity == 0 else f"{name} above {price.from_quantity:,}"
            lines.append(item(label, price, max(part, Decimal(0)), note))
    return tuple(lines)


def exact(amount: float | int | str | None) -> Decimal | None:
    """A quantity as a decimal number, in the shortest digits that tell the float; None stays None.

    >>> exact(0.1), exact(None)
    (Decimal('0.1'), None)
    """
    return None if amount is None else Decimal(str(amount))


def times(*factors: Decimal | float | int | None) -> Decimal | None:
    """The product of quantities; None if any of them is unknown."""
    product = Decimal(1)
    for factor in factors:
        number = factor if isinstance(factor, Decimal) else exact(factor)
        if number is None:
            return None
        product *= number
    return product


def discounted(book: PriceBook, percents: Mapping[str, Decimal]) -> PriceBook:
    """The price book with what an organisation pays less at each provider; the source of a price says so."""
    if not percents:
        return book
    share = {provider: 1 - percent / 100 for provider, percent in percents.items()}
    less = {provider: f"; less {percent.normalize():f} % (decisions.yaml)" for provider, percent in percents.items()}
    prices = tuple(
        msgspec.structs.replace(
            price, price_usd=price.price_usd * share[price.provider], source=price.source + less[price.provider]
        )
        if price.provider in share
        else price
        for price in book.prices
    )
    servers = tuple(
        msgspec.structs.replace(
            server,
            price_usd_per_hour=server.price_usd_per_hour * share[server.provider],
            source=server.source + less[server.provider],
        )
        if server.provider in share
        else server
        for server in book.servers
    )
    return msgspec.structs.replace(book, prices=prices, servers=servers)


def total(items: Iterable[CostItem]) -> Decimal | None:
    """The sum of a bill; None if one line is unknown."""
    costs = [line.monthly_cost for line in items]
    return None if any(cost is None for cost in costs) else sum((cost for cost in costs if cost is not None), Decimal(0))


def shared_key(line: CostItem) -> str:
    """What tells one shared thing from another: its name and its price (two alert rules have one price)."""
    return f"{line.name} ({line.price_key})"


def once(bills: Iterable[tuple[CostItem, ...]]) -> tuple[tuple[CostItem, ...], ...]:
    """The bills of one account with each shared line (a gateway, a registry) in the first of them only, at its largest cost.

    >>> gateway = CostItem(name="gateway", unit="hour", monthly_quantity=Decimal(1), unit_price=Decimal(33),
    ...     monthly_cost=Decimal(33), source="", as_of="", price_key="k", shared=True)
    >>> [len(bill) for bill in once([(gateway,), (gateway,), ()])]
    [1, 0, 0]
    """
    seen: set[str] = set()
    kept = []
    for lines in bills:
        own = tuple(line for line in lines if not (line.shared and shared_key(line) in seen))
        seen |= {shared_key(line) for line in lines if line.shared}
        kept.append(own)
    return tuple(kept)


def server_price(book: PriceBook, provider: str | None, region: str, instance_type: str) -> ServerPrice | None:
    """The price of a server type in a region, or in the nearest one that has it, marked; None if the book has none. Without a
    provider the type's name decides."""
    known = [price for price in book.servers if price.instance_type == instance_type and provider in (None, price.provider)]
    for price in known:
        if price.region == region:
            return price
    if not known:
        return None
    near = nearest(known[0].provider, region, {price.region for price in known})
    found = next((price for price in known if price.region == near), None)
    if found is None:
        return None
    why = f"no price for {region} in the price book; {found.region} stands in: {found.source}"
    return msgspec.structs.replace(found, quality=STAND_IN, source=why)


def nearest_type(book: PriceBook, instance_type: str) -> str | None:
    """The server type with a price whose name is most like another one's; None if nothing is like it."""
    return next(iter(get_close_matches(instance_type, sorted({price.instance_type for price in book.servers}), 1)), None)


def server_regions(book: PriceBook, instance_type: str) -> tuple[str, ...]:
    """The regions in which a server type has a price, for messages."""
    return tuple(sorted({price.region for price in book.servers if price.instance_type == instance_type}))


def disk_price(book: PriceBook, server: ServerPrice, kind: str | None) -> UnitPrice:
    """The price of a GiB of a server's disk; of the usual kind where `kind` is None or not in the list."""
    kinds = DISKS[server.provider]
    return unit_price(book, server.provider, *kinds.get(kind or "", kinds[""]), server.region)


def is_known_disk(server: ServerPrice, kind: str | None) -> bool:
    """Whether a kind of disk has a price of its own."""
    return kind in DISKS[server.provider]


def address_price(book: PriceBook, server: ServerPrice) -> UnitPrice:
    """The price of an hour of a public IPv4 address."""
    return unit_price(book, server.provider, *ADDRESSES[server.provider], server.region)


def snapshot_price(book: PriceBook, provider: str, region: str) -> UnitPrice:
    """The price of a GB of disk snapshots for a month. Raises `PriceError` where the book has none."""
    if provider not in SNAPSHOTS:
        raise PriceError(f"the price book has no price for backups at {provider or 'an unknown provider'}")
    return unit_price(book, provider, *SNAPSHOTS[provider], region)


def sent(book: PriceBook, provider: str | None, region: str, monthly_gib: Decimal) -> CostItem | None:
    """The line of data that goes out to the internet from a provider, before the account's free quantity; None where data leaves
    nobody's network that is priced here. Raises `PriceError` where the book has no price."""
    if provider not in EGRESS:
        return None
    return item("data out to the internet", unit_price(book, provider, *EGRESS[provider], region), monthly_gib, SENT_NOTE)


def own_address(book: PriceBook, provider: str, region: str, month_hours: float) -> tuple[CostItem, ...]:
    """The lines of an address that stays the same, whether anything runs or not, once for all jobs there; none where a provider
    sells none. Raises `PriceError` where the book has no price."""
    lines = []
    for name, service, sold in OWN_ADDRESS.get(provider, ()):
        data = unit_price(book, provider, PASSING[provider], "data processed", region)
        note = f"for an address that stays the same, once for all jobs there; and ${data.price_usd:f} a GB of data through it"
        line = item(name, unit_price(book, provider, service, sold, region), exact(month_hours), note)
        lines.append(msgspec.structs.replace(line, shared=True))
    return tuple(lines)
