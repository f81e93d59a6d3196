"""`migrator prices refresh` against recorded shapes of the three price lists, served on the loopback: pages, throttling, wrong
regions, no credentials. What it writes comes before the bundled prices, and `review` decides by it too."""

import json
import os
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.config import Config
from click.testing import CliRunner

from migrator import aws, planfile, pricebook
from migrator.cli import group
from migrator.errors import CloudError, MigratorError, PriceError
from migrator.model.option import PriceBook
from migrator.prices import bundled, refreshing, user_book


class Server(ThreadingHTTPServer):
    """Answers from a queue of (status, headers, body) for each path, and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[tuple[int, dict[str, str], Any]] = []
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.by: Any = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, body: bytes) -> None:
        self.server.asked.append((self.path, dict(self.headers), body))
        status, headers, said = self.server.by(self.path, body) if self.server.by else self.server.answers.pop(0)
        content = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


# --- AWS ---------------------------------------------------------------------------------------------------------------


def product(usage: str, *tiers: tuple[str, str, str], family: str = "Serverless", **attributes: str) -> str:
    """One entry of PriceList, in the shape of botocore's own example: a JSON text."""
    dimensions = {
        f"SKU.JRTCKXETXF.{number}": {"unit": "x", "beginRange": begin, "endRange": end, "pricePerUnit": {"USD": price}}
        for number, (begin, end, price) in enumerate(tiers)
    }
    return json.dumps(
        {
            "product": {"sku": "SKU", "productFamily": family, "attributes": {"usagetype": usage, **attributes}},
            "serviceCode": "x",
            "terms": {"OnDemand": {"SKU.JRTCKXETXF": {"effectiveDate": "2026-11-01T00:00:00Z", "priceDimensions": dimensions}}},
            "publicationDate": "2026-11-20T00:00:00Z",
        }
    )


LAMBDA = [
    product("EU-Request", ("0", "Inf", "0.0000002000"), group="AWS-Lambda-Requests"),
    product(
        "EU-Lambda-GB-Second",
        ("0", "6000000000", "0.0000170000"),
        ("6000000000", "15000000000", "0.0000150000"),
        ("15000000000", "Inf", "0.0000133334"),
        group="AWS-Lambda-Duration",
    ),
    product("EU-Lambda-GB-Second", ("0", "Inf", "0"), group="AWS-Lambda-Duration", groupDescription="China free tier"),
]
NAT = [
    product("EU-RegionalNatGateway-Hours", ("0", "Inf", "9.99"), family="NAT Gateway"),
    product("EU-NatGateway-Prvd-Hours", ("0", "Inf", "9.99"), family="NAT Gateway"),
    product("EU-NatGateway-Hours", ("0", "Inf", "0.0480000000"), family="NAT Gateway"),
]
SNS = [product("EU-Requests-Tier1", ("0", "1000000", "0.0"), ("1000000", "Inf", "0.0000005000"))]
EC2 = [
    product(
        "EU-BoxUsage:t3.medium", ("0", "Inf", "0.0456000000"), instanceType="t3.medium", vcpu="2", memory="4 GiB",
        physicalProcessor="Intel Skylake E5 2686 v5",
    ),
    product(
        "EU-BoxUsage:t4g.micro", ("0", "Inf", "0.0092"), instanceType="t4g.micro", vcpu="2", memory="1 GiB",
        physicalProcessor="AWS Graviton2 Processor",
    ),
]  # fmt: skip


def price_list(_: str, body: bytes) -> tuple[int, dict[str, str], Any]:
    """GetProducts: two pages for Lambda, one for the rest."""
    said = json.loads(body)
    filters = {one["Field"]: one["Value"] for one in said["Filters"]}
    assert filters["regionCode"] == "eu-west-1"
    if said["ServiceCode"] == "AWSLambda":
        if "NextToken" not in said:
            return 200, {}, {"FormatVersion": "aws_v1", "PriceList": LAMBDA[:1], "NextToken": "two"}
        assert said["NextToken"] == "two"
        return 200, {}, {"FormatVersion": "aws_v1", "PriceList": LAMBDA[1:]}
    rows = {"AmazonSNS": SNS}.get(said["ServiceCode"], [])
    if said["ServiceCode"] == "AmazonEC2":
        rows = {"NAT Gateway": NAT, "Compute Instance": EC2}.get(filters.get("productFamily", ""), [])
    return 200, {}, {"FormatVersion": "aws_v1", "PriceList": rows}


@pytest.fixture
def pricing(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", server.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    server.by = price_list
    return server


def price(
    book: PriceBook, service: str, item: str, region: str = "eu-west-1", provider: str = "aws"
) -> list[tuple[Decimal, Decimal]]:
    return [(tier.from_quantity, tier.price_usd) for tier in pricebook.tiers(book, provider, service, item, region)]


def test_aws_prices_are_read_page_by_page_with_their_tiers(pricing: Server) -> None:
    found = refreshing.from_aws("eu-west-1", aws.price_list)
    assert price(found.book, "Lambda", "requests x86") == [(0, Decimal("0.0000002"))]
    assert price(found.book, "Lambda", "duration x86") == [
        (0, Decimal("0.000017")),
        (6_000_000_000, Decimal("0.000015")),
        (15_000_000_000, Decimal("0.0000133334")),
    ]
    assert price(found.book, "NAT gateway", "hour") == [(0, Decimal("0.048"))], "not the regional or the provisioned one"
    assert price(found.book, "SNS", "API request") == [(0, Decimal("0.0000005"))], "the free tier is the account's"
    medium = pricebook.server_price(found.book, "aws", "eu-west-1", "t3.medium")
    assert medium is not None
    assert (medium.price_usd_per_hour, medium.vcpu, medium.memory_gib, medium.architecture) == (Decimal("0.0456"), 2, 4, "x86_64")
    arm = pricebook.server_price(found.book, "aws", "eu-west-1", "t4g.micro")
    assert arm is not None
    assert arm.architecture == "arm64"
    assert "ECR, storage private" in found.missing
    assert "Lambda, duration x86" not in found.missing
    assert {tier.as_of for tier in found.book.prices} == {"2026-11-01"}


def throttled(code: str = "ThrottlingException") -> tuple[int, dict[str, str], Any]:
    return 400, {"x-amzn-ErrorType": code}, {"__type": code, "message": "Rate exceeded"}


def test_aws_asks_again_when_it_was_told_to_wait(pricing: Server) -> None:
    calls = []

    def once_throttled(path: str, body: bytes) -> tuple[int, dict[str, str], Any]:
        calls.append(path)
        return throttled() if len(calls) == 1 else price_list(path, body)

    pricing.by = once_throttled
    assert refreshing.from_aws("eu-west-1", aws.price_list).book.prices


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (throttled(), "AWS asks to wait, again and again"),
        (throttled("AccessDeniedException"), "these credentials may not ask"),
        (throttled("UnrecognizedClientException"), "UnrecognizedClientException"),
    ],
)
def test_what_aws_refuses_is_one_line(
    pricing: Server, monkeypatch: pytest.MonkeyPatch, answer: tuple[int, dict[str, str], Any], says: str
) -> None:
    monkeypatch.setattr(aws, "PATIENT", Config(retries={"max_attempts": 1, "mode": "standard"}))
    pricing.by = lambda *_: answer
    with pytest.raises(CloudError, match=says) as error:
        refreshing.from_aws("eu-west-1", aws.price_list)
    assert "\n" not in str(error.value)


def test_without_credentials_nobody_is_asked(pricing: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(CloudError, match="no AWS credentials"):
        refreshing.from_aws("eu-west-1", aws.price_list)
    assert pricing.asked == []


def test_a_region_of_nobody_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(PriceError, match=r"eu-wset-1: aws has no such region; did you mean eu-west-1\?"):
        refreshing.known_region("aws", "eu-wset-1")
    assert refreshing.known_region("azure", "westeurope") == "westeurope"


def test_a_region_without_any_price_is_said(pricing: Server) -> None:
    pricing.by = lambda *_: (200, {}, {"FormatVersion": "aws_v1", "PriceList": []})
    with pytest.raises(PriceError, match="no price of anything that is used here in eu-west-1"):
        refreshing.from_aws("eu-west-1", aws.price_list)


# --- Azure -------------------------------------------------------------------------------------------------------------


def row(meter: str, cost: float, unit: str, start: float = 0.0, **more: Any) -> dict[str, Any]:
    return {
        "currencyCode": "USD", "tierMinimumUnits": start, "retailPrice": cost, "unitPrice": cost, "armRegionName": "westeurope",
        "location": "EU West", "effectiveStartDate": "2026-05-01T00:00:00Z", "meterId": "53c34f93", "meterName": meter,
        "productName": "Azure Container Apps", "skuName": "Standard", "serviceName": "Azure Container Apps",
        "serviceFamily": "Containers", "unitOfMeasure": unit, "type": "Consumption", "isPrimaryMeterRegion": True,
        "armSkuName": "", **more,
    }  # fmt: skip


def retail(server: Server) -> Any:
    functions = {"serviceName": "Functions", "productName": "Functions"}
    machine = {"serviceName": "Virtual Machines", "armSkuName": "Standard_B2s", "skuName": "B2s"}
    services = {
        "Azure Container Apps": [
            row("Standard vCPU Active Usage", 0.0, "1 Second"),  # the free grant
            row("Standard vCPU Active Usage", 0.000034, "1 Second", 180000),
            row("Standard vCPU Active Usage", 0.00009, "1 Second", skuName="Dedicated"),
            row("Standard Memory Active Usage", 0.000004, "1 GiB Second"),
        ],
        "Functions": [
            row("Standard Total Executions", 0.000002, "10", **functions),
            row("Standard Execution Time", 0.000016, "1 GB Second", **functions),
        ],
        "Virtual Machines": [
            row("B2s", 0.0944, "1 Hour", productName="Virtual Machines BS Series Windows", **machine),
            row("B2s", 0.0192, "1 Hour", productName="Virtual Machines BS Series", **(machine | {"skuName": "B2s Spot"})),
            row("B2s", 0.048, "1 Hour", productName="Virtual Machines BS Series", **machine),
        ],
    }

    def answer(path: str, _: bytes) -> tuple[int, dict[str, str], Any]:
        asked = parse_qs(urlsplit(path).query)
        if "page" in asked:
            return 200, {}, {"Items": services["Azure Container Apps"][2:], "NextPageLink": None, "Count": 2}
        (narrowed,) = asked["$filter"]
        assert "armRegionName eq 'westeurope'" in narrowed
        assert "priceType eq 'Consumption'" in narrowed
        name = narrowed.split("'")[1]
        rows = services.get(name, [])
        following = f"{server.url}/api?page=2" if name == "Azure Container Apps" else None
        return 200, {}, {"Items": rows[:2] if following else rows, "NextPageLink": following, "Count": len(rows)}

    return answer


def test_azure_prices_are_read_page_by_page(server: Server) -> None:
    server.by = retail(server)
    found = refreshing.from_azure("westeurope", bundled.read(), f"{server.url}/api")
    assert price(found.book, "Container Apps (Consumption)", "vCPU active", "westeurope", "azure") == [(0, Decimal("0.000034"))]
    assert price(found.book, "Container Apps (Consumption)", "memory", "westeurope", "azure") == [(0, Decimal("0.000004"))]
    # executions are sold by ten: 0.000002 USD for ten is 0.0000002 for one
    assert price(found.book, "Functions Consumption", "executions", "westeurope", "azure") == [(0, Decimal("0.0000002"))]
    (machine,) = found.book.servers
    assert (machine.instance_type, machine.price_usd_per_hour, machine.vcpu) == ("Standard_B2s", Decimal("0.048"), 2)
    assert "NAT gateway, hour" in found.missing


def test_azure_waits_as_long_as_it_is_told(server: Server) -> None:
    good, waits, calls = retail(server), [], []

    def answer(path: str, body: bytes) -> tuple[int, dict[str, str], Any]:
        calls.append(path)
        return (429, {"Retry-After": "7"}, {}) if len(calls) in {1, 2} else good(path, body)

    server.by = answer
    assert refreshing.from_azure("westeurope", bundled.read(), f"{server.url}/api", waits.append).book.prices
    assert waits == [7.0, 7.0]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((429, {}, {}), "asks to wait"),
        ((500, {}, {}), "HTTP 500"),
        ((200, {}, b"<html>"), "no JSON"),
        ((200, {}, []), "not an object"),
        ((200, {}, {"Items": [], "NextPageLink": "http://elsewhere.example/next"}), "only 127.0.0.1 is asked"),
        ((200, {}, {"Items": [], "NextPageLink": None}), "no price of anything"),
    ],
)
def test_what_azure_cannot_answer_is_one_line(server: Server, answer: tuple[int, dict[str, str], Any], says: str) -> None:
    server.by = lambda *_: answer
    with pytest.raises(MigratorError, match=says) as error:
        refreshing.from_azure("westeurope", bundled.read(), f"{server.url}/api", lambda _: None)
    assert "\n" not in str(error.value)


def test_a_list_that_cannot_be_reached_is_one_line() -> None:
    with pytest.raises(CloudError, match=r"127\.0\.0\.1 cannot be reached"):
        refreshing.from_azure("westeurope", bundled.read(), "http://127.0.0.1:9")


# --- Google ------------------------------------------------------------------------------------------------------------


def sku(description: str, *rates: tuple[int, str, int], regions: tuple[str, ...] = ("europe-west1",)) -> dict[str, Any]:
    return {
        "name": "services/152E-C115-5142/skus/X", "skuId": "X", "description": description,
        "category": {"serviceDisplayName": "Cloud Run", "resourceFamily": "ApplicationServices", "resourceGroup": "Compute",
                     "usageType": "OnDemand"},
        "serviceRegions": list(regions),
        "pricingInfo": [{"effectiveTime": "2026-11-19T10:00:00Z", "pricingExpression": {"usageUnit": "s", "tieredRates": [
            {"startUsageAmount": start, "unitPrice": {"currencyCode": "USD", "units": units, "nanos": nanos}}
            for start, units, nanos in rates]}}],
    }  # fmt: skip


def catalog(path: str, _: bytes) -> tuple[int, dict[str, str], Any]:
    place, asked = urlsplit(path).path, parse_qs(urlsplit(path).query)
    if place == "/v1/services":
        return 200, {}, {"services": [{"serviceId": "AAAA-1", "displayName": "Cloud Scheduler"}], "nextPageToken": ""}
    if place == "/v1/services/AAAA-1/skus":
        return 200, {}, {"skus": [sku("Jobs", (0, "0", 0), (3, "0", 100_000_000), regions=("global",))]}
    if "pageToken" not in asked:
        return 200, {}, {"skus": [sku("Jobs CPU in us-central1", (0, "0", 1), regions=("us-central1",))], "nextPageToken": "t"}
    assert asked["pageToken"] == ["t"]
    return (
        200,
        {},
        {"skus": [sku("Jobs CPU in europe-west1", (0, "0", 18000)), sku("Jobs Memory in europe-west1", (0, "0", 2000))]},
    )


def test_google_prices_are_read_page_by_page(server: Server) -> None:
    server.by = catalog
    found = refreshing.from_gcp("europe-west1", "the-key", server.url)
    assert price(found.book, "Cloud Run jobs", "CPU", "europe-west1", "gcp") == [(0, Decimal("0.000018"))]
    assert price(found.book, "Cloud Run jobs", "memory", "europe-west1", "gcp") == [(0, Decimal("0.000002"))]
    assert price(found.book, "Cloud Scheduler", "job", "europe-west1", "gcp") == [(0, Decimal("0.1"))]
    assert all("the-key" not in path for path, _, _ in server.asked), "a key in a URL would stand in logs"
    assert {headers.get("X-Goog-Api-Key", headers.get("X-goog-api-key")) for _, headers, _ in server.asked} == {"the-key"}


def test_google_wants_a_key_and_says_so_when_it_is_refused(server: Server) -> None:
    with pytest.raises(CloudError, match="GOOGLE_API_KEY"):
        refreshing.from_gcp("europe-west1", None, server.url)
    server.by = lambda *_: (403, {}, {"error": {"code": 403}})
    with pytest.raises(CloudError, match="does not take this key") as error:
        refreshing.from_gcp("europe-west1", "the-key", server.url)
    assert "the-key" not in str(error.value)


# --- the user's book ---------------------------------------------------------------------------------------------------


def test_the_command_writes_a_book_that_plan_and_review_decide_by(pricing: Server, tmp_path: Path) -> None:
    book, plan = tmp_path / "mine.toml", tmp_path / "plan"

    def run(*arguments: str, given: str = "") -> Any:
        result = CliRunner().invoke(group, arguments, input=given, standalone_mode=False)
        assert result.exception is None, result.exception
        return result

    run("prices", "refresh", "--provider", "aws", "--region", "eu-west-1", "-o", str(book))
    shown = run("prices", "show", "--prices", str(book), "--provider", "aws", "--region", "eu-west-1").stdout
    (line,) = [line for line in shown.splitlines() if line.startswith("aws Lambda, duration x86  ")]
    assert "0.0000170000" in line
    assert "list" in line
    free = [one for one in user_book.over(bundled.read(), user_book.read(book)).prices if one.item == "duration x86"]
    assert {one.free_monthly for one in free if one.region == "eu-west-1"} == {Decimal(400000)}, "the account's free tier stays"

    made = ["plan", "-", "-o", str(plan), "--region", "eu-west-1", "--prices", str(book), "--as-of", "2026-11-24"]
    run(*made, given="30 2 * * * echo hello\n")
    job = planfile.read(plan).plan.jobs[0].job.id
    run("review", str(plan), "--no-ask", "--answer", f"{job}/timeout=60")
    (option,) = [entry.placement.option for entry in planfile.read(plan).plan.jobs]
    assert {one.unit_price for one in option.items if one.name == "Lambda duration"} == {Decimal("0.0000170000")}
    run(*made[:-4], "--as-of", "2026-11-24", given="30 2 * * * echo hello\n")
    assert not (plan / planfile.PRICES).exists(), "a plan without a book of one's own keeps none"


def test_every_bundled_item_is_asked_for_or_named_as_never_asked() -> None:
    """And what is asked for is an item of the price book, but for what only a list has."""
    book = bundled.read()
    for provider, items in refreshing.ASKED.items():
        mine = {f"{price.service}, {price.item}" for price in book.prices if price.provider == provider}
        asked = {f"{one.service}, {one.item}" for one in items}
        never = refreshing.never_asked(provider, book)
        assert mine == (mine & asked) | set(never)
        assert not asked & set(never)
        assert asked <= mine, "asked for in vain: nothing here uses it"
    assert "Step Functions, standard state transition" not in refreshing.never_asked("aws", book)
    assert "Persistent disk, snapshot" in refreshing.never_asked("gcp", book)


def test_a_second_refresh_keeps_what_the_book_holds_of_others(pricing: Server, tmp_path: Path) -> None:
    book = tmp_path / "mine.toml"
    own = bundled.read().prices[0]
    kept = UnitPriceOf(own, provider="gcp", service="Cloud Run jobs", item="CPU", region="europe-west1", price_usd=Decimal("0.5"))
    book.write_bytes(user_book.out_file(PriceBook(prices=(kept,)), book.name).content)
    result = CliRunner().invoke(
        group, ["prices", "refresh", "--provider", "aws", "--region", "eu-west-1", "-o", str(book)], standalone_mode=False
    )
    assert result.exception is None
    assert price(user_book.read(book), "Cloud Run jobs", "CPU", "europe-west1", "gcp") == [(0, Decimal("0.5"))]
    assert price(user_book.read(book), "NAT gateway", "hour") == [(0, Decimal("0.048"))]


def UnitPriceOf(other: Any, **fields: Any) -> Any:  # noqa: N802
    return type(other)(**{name: getattr(other, name) for name in type(other).__struct_fields__} | fields)


def test_every_bundled_price_is_written_and_read_back(tmp_path: Path) -> None:
    book = bundled.read()
    (tmp_path / "all.toml").write_bytes(user_book.out_file(book, "all.toml").content)
    again = user_book.read(tmp_path / "all.toml")
    assert sorted(again.prices, key=repr) == sorted(book.prices, key=repr)
    assert sorted(again.servers, key=repr) == sorted(book.servers, key=repr)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("price = 1\n", "tables"),
        ("[[price]]\nprovider = 'aws'\n", "without service, item"),
        ("not toml", "not TOML"),
        (
            "[[price]]\nprovider='mars'\nservice='s'\nitem='i'\nunit='u'\nregion='r'\nprice_usd='1'\nquality='list'\nas_of='x'\n"
            "source='y'\n",
            "provider 'mars'",
        ),
        (
            "[[price]]\nprovider='aws'\nservice='s'\nitem='i'\nunit='u'\nregion='r'\nprice_usd='dear'\nquality='list'\nas_of='x'\n"
            "source='y'\n",
            "InvalidOperation",
        ),
        (
            "[[price]]\nprovider='aws'\nservice='s'\nitem='i'\nunit='u'\nregion='r'\nprice_usd='-1'\nquality='list'\nas_of='x'\n"
            "source='y'\n",
            "below 0",
        ),
    ],
)
def test_a_wrong_book_is_refused_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(PriceError, match=says):
        user_book.read(tmp_path / "mine.toml")
