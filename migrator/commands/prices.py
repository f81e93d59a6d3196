"""`migrator prices`: show what the price book knows, or fetch a provider's list prices into a book of one's own."""

import importlib
from pathlib import Path

import click

from migrator import files
from migrator.cli import EXIT_DONE
from migrator.commands.options import USER_PRICES, price_book
from migrator.model.option import PriceBook
from migrator.prices import bundled, user_book
from migrator.terminal import safe, table

PROVIDERS = {"aws": "us-east-1", "azure": "eastus", "gcp": "us-central1"}  # and the region that is asked about


@click.group(
    epilog="""\b
Examples:
  migrator prices show --provider aws --region eu-west-1
  migrator prices refresh --provider azure --region westeurope
"""
)
def command() -> None:
    """Show list prices with source and date, or refresh them from their provider."""


@command.command()
@click.option("--provider", type=click.Choice(tuple(PROVIDERS)), help="Only this provider's.")
@click.option("--region", help="Only this region's, and what costs the same everywhere.")
@click.option("--servers", is_flag=True, help="Server types instead of services.")
@click.option("--prices", type=click.Path(dir_okay=False, path_type=Path), envvar="MIGRATOR_PRICES", help="Your own price book.")
def show(provider: str | None, region: str | None, servers: bool, prices: Path | None) -> int:
    """List every price with its unit, date, quality and source."""
    book, _ = price_book(prices)
    rows = _server_rows(book, provider, region) if servers else _price_rows(book, provider, region)
    head = ("price", "region", "USD", "unit", "as of", "quality", "source")
    table(head, [tuple(safe(cell) for cell in row) for row in rows], whole=("price", "USD", "unit"))
    if not servers:
        # only here: the price lists are of no use for what is only shown
        for line in importlib.import_module("migrator.prices.refreshing").why_never({row[0] for row in rows}):
            click.echo(safe(line), err=True)
    unlisted = sum(row[5] != "list" for row in rows)
    click.echo(f"{len(rows)} prices, {unlisted} of them from no price list", err=True)
    return EXIT_DONE


def _price_rows(book: PriceBook, provider: str | None, region: str | None) -> list[tuple[str, ...]]:
    return [
        (
            f"{price.provider} {price.service}, {price.item}"
            + (f" above {price.from_quantity:,f}" if price.from_quantity else ""),
            price.region,
            f"{price.price_usd:f}",
            price.unit,
            price.as_of,
            price.quality,
            price.source,
        )
        for price in book.prices
        if provider in (None, price.provider) and (region is None or price.region in {region, "all"})
    ]


def _server_rows(book: PriceBook, provider: str | None, region: str | None) -> list[tuple[str, ...]]:
    return [
        (
            f"{server.provider} {server.instance_type}",
            server.region,
            f"{server.price_usd_per_hour:f}",
            "hour",
            server.as_of,
            server.quality,
            server.source,
        )
        for server in book.servers
        if provider in (None, server.provider) and region in (None, server.region)
    ]


@command.command()
@click.option("--provider", type=click.Choice(tuple(PROVIDERS)), required=True, help="Whose prices.")
@click.option(
    "--region", help="Of which region; default: " + ", ".join(f"{region} ({name})" for name, region in PROVIDERS.items())
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), envvar="MIGRATOR_PRICES", default=USER_PRICES,
    help="The price book to write; what it holds of other regions and providers stays.  [default: the one that plan reads]",
)  # fmt: skip
@click.option("--api-key", envvar="GOOGLE_API_KEY", hidden=True)
def refresh(provider: str, region: str | None, output: Path, api_key: str | None) -> int:
    """Fetch list prices: from AWS with your credentials (pricing:GetProducts), from Azure without any, from Google with an API
    key in GOOGLE_API_KEY."""
    # only here: the price lists of AWS need boto3, which takes a third of a second to load
    refreshing = importlib.import_module("migrator.prices.refreshing")
    place = refreshing.known_region(provider, region or PROVIDERS[provider])
    if provider == "aws":
        found = refreshing.from_aws(place, importlib.import_module("migrator.aws").price_list)
    elif provider == "azure":
        found = refreshing.from_azure(place, bundled.read())
    else:
        found = refreshing.from_gcp(place, api_key)
    before = user_book.read(output) if output.is_file() else PriceBook()
    files.write(output.parent, [user_book.out_file(user_book.over(before, found.book), output.name)])
    for item in found.missing:
        click.echo(
            safe(f"{provider} {item}: not in its price list for {place}; it stays as it is in the bundled prices"), err=True
        )
    if left := refreshing.never_asked(provider, bundled.read()):
        click.echo(safe(f"{len(left)} items are never asked for and stay as they are: {'; '.join(left)}"), err=True)
    click.echo(f"{len(found.book.prices)} prices and {len(found.book.servers)} server types of {place}: {output}", err=True)
    return EXIT_DONE
