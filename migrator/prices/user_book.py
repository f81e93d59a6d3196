"""A price book of the user's own: what `migrator prices refresh` wrote, or a person; it comes before the bundled one.

Line: `[[price]]` as in the bundled files, with `provider`; `[[servers]]` with `provider region source as_of quality types`.
"""

import tomllib
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path

from migrator.errors import PriceError
from migrator.model.option import PriceBook, ServerPrice, UnitPrice
from migrator.model.plan import OutFile
from migrator.prices import bundled

NAME = "user"
MOST_BYTES = 32 * 2**20
REQUIRED = ("provider", "service", "item", "unit", "region", "price_usd", "quality", "as_of", "source")


def read(path: Path) -> PriceBook:
    """The prices of a file. Raises `PriceError` that names what is wrong."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise PriceError(f"{path}: larger than {MOST_BYTES} bytes; a price book is never that large")
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PriceError(f"{path}: cannot be read ({error})") from error
    except tomllib.TOMLDecodeError as error:
        raise PriceError(f"{path}: not TOML: {error}") from error
    by_provider: dict[str, dict[str, list[dict[str, object]]]] = {provider: {"price": []} for provider in bundled.PROVIDERS}
    prices, servers = said.get("price", []), said.get("servers", [])
    if not isinstance(prices, list) or not isinstance(servers, list):
        raise PriceError(f"{path}: `price` and `servers` are tables: [[price]], [[servers]]")
    for number, row in enumerate(prices, 1):
        missing = [name for name in REQUIRED if name not in row]
        if missing:
            raise PriceError(f"{path}: price {number}: without {', '.join(missing)}")
        if row["provider"] not in by_provider:
            raise PriceError(f"{path}: price {number}: provider {row['provider']!r}; {', '.join(by_provider)} are known")
        by_provider[row["provider"]]["price"].append(row)
    try:
        book = bundled.book({**by_provider, "servers": {"servers": servers}})
    except (KeyError, ValueError, TypeError, InvalidOperation) as error:
        raise PriceError(f"{path}: {type(error).__name__}: {error}; the bundled files show what is right") from error
    negative = [price.item for price in book.prices if not price.price_usd.is_finite() or price.price_usd < 0]
    if negative:
        raise PriceError(f"{path}: {negative[0]}: a price below 0")
    return book


def over(book: PriceBook, own: PriceBook) -> PriceBook:
    """The book with the user's prices in the place of the same items and types; a free quantity that theirs leaves out stays."""
    items = {_item(price) for price in own.prices}
    free = _Free(book)
    types = {(server.provider, server.region, server.instance_type) for server in own.servers}
    return PriceBook(
        prices=(
            *(price for price in book.prices if _item(price) not in items),
            *(_with_free(price, free.of(price)) for price in own.prices),
        ),
        servers=(
            *(server for server in book.servers if (server.provider, server.region, server.instance_type) not in types),
            *own.servers,
        ),
    )


class _Free:
    """What a book has for nothing, for the same items at other prices or in other regions."""

    def __init__(self, book: PriceBook) -> None:
        self._here = {_item(price): price.free_monthly for price in book.prices if price.from_quantity == 0}
        self._all: dict[tuple[str, str, str], dict[Decimal, Decimal]] = {}
        for price in book.prices:
            if price.from_quantity == 0:
                self._all.setdefault(_item(price)[:3], {})[price.free_monthly] = price.free_monthly * price.price_usd

    def of(self, price: UnitPrice) -> Decimal:
        """The free quantity of a price. Where a region that the book does not have would have one of several, they are one sum of
        money (Cloud Run's credit at tier 1 prices), and that is divided by this region's price."""
        known = self._all.get(_item(price)[:3], {})
        if _item(price) in self._here or len(known) < 2:
            return self._here.get(_item(price), next(iter(known), Decimal(0)))
        return max(known.values()) / price.price_usd if price.price_usd else Decimal(0)


def _item(price: UnitPrice) -> tuple[str, str, str, str]:
    return price.provider, price.service, price.item, price.region


def _with_free(price: UnitPrice, free_monthly: Decimal) -> UnitPrice:
    if price.free_monthly or not free_monthly:
        return price
    return UnitPrice(**{name: getattr(price, name) for name in UnitPrice.__struct_fields__} | {"free_monthly": free_monthly})


def out_file(book: PriceBook, name: str) -> OutFile:
    """The book as a file that `read` reads back."""
    lines = ["# Prices in USD, on demand, as their providers' price lists said them. Written by `migrator prices refresh`.", ""]
    for price in sorted(book.prices, key=lambda price: (*_item(price), price.from_quantity)):
        lines += ["[[price]]", *_fields(price), ""]
    lines += _servers(book.servers)
    return OutFile(path=name, content="\n".join(lines).encode())


def _fields(price: UnitPrice) -> Iterator[str]:
    for name in UnitPrice.__struct_fields__:
        value = getattr(price, name)
        if isinstance(value, Decimal):
            if value or name == "price_usd":
                yield f"{name} = {_quoted(f'{value:f}')}"
        else:
            yield f"{name} = {_quoted(value)}"


def _servers(servers: Iterable[ServerPrice]) -> Iterator[str]:
    groups: dict[tuple[str, str, str, str, str], list[ServerPrice]] = {}
    for server in sorted(servers, key=lambda server: (server.provider, server.region, server.instance_type)):
        groups.setdefault((server.provider, server.region, server.quality, server.as_of, server.source), []).append(server)
    for (provider, region, quality, as_of, source), members in groups.items():
        yield "[[servers]]"
        for name, value in zip(
            ("provider", "region", "quality", "as_of", "source"), (provider, region, quality, as_of, source), strict=True
        ):
            yield f"{name} = {_quoted(value)}"
        yield "types = ["
        for one in members:
            size = f"{one.vcpu}, {one.memory_gib}, {_quoted(one.architecture)}"
            yield f"  [{_quoted(one.instance_type)}, {size}, {_quoted(f'{one.price_usd_per_hour:f}')}],"
        yield from ("]", "")


def _quoted(text: str) -> str:
    """A TOML basic string.

    >>> _quoted('a "b" \\\\ c')
    '"a \\\\"b\\\\" \\\\\\\\ c"'
    """
    plain = "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text.replace("\\", "\\\\"))
    return '"' + plain.replace('"', '\\"') + '"'
