"""Reports say what the plan says, in every format, and nothing that comes from a server is ever markup, formula or template."""

import csv
import io
import json
import re
import subprocess
import sys
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import msgspec
import openpyxl
import pytest
from small_plan import item, job_plan, plan

from migrator import not_offered, reports, targets
from migrator.assumptions import DEFAULT, assumed
from migrator.model.option import KeptWarm
from migrator.model.plan import FleetSavings
from migrator.model.steadiness import BreakEven, DutyCycle, Steadiness
from migrator.reports import costs_csv, html, markdown, marks, plan_json, sarif, verdict_words, workbook

SAMPLES = Path(__file__).parent.parent / "samples"

EVIL = "echo '<script>alert(1)</script>' {{ 7 * 7 }} {% raw %} ${x} | </pre><img src=x onerror=alert(1)> \u202eabc ` =cmd|calc"


class Tags(HTMLParser):
    """Counts tags; collects the text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: dict[str, int] = {}
        self.words: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1
        if tag not in {"meta", "br", "input", "path", "link"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and tag in self.open:
            assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def parsed(page: bytes) -> Tags:
    tags = Tags()
    tags.feed(page.decode())
    return tags


def test_the_page_is_whole_and_reaches_for_nothing() -> None:
    page = html.write(plan())[0].content
    tags = parsed(page)
    assert tags.open == []
    assert tags.tags["article"] == 2
    assert tags.tags["svg"] == 6  # run times, week, bill, bill while moving; the runs of two jobs
    text = page.decode()
    beside = {"costs.xlsx", "costs.csv", "plan.json"}  # what lies in the plan folder, for people to open
    assert set(re.findall(r"""(?:src|href)=["']([^#"'][^"']*)""", text)) == beside, "a link that leaves the plan folder"
    assert "http" not in re.sub(r"http://www.w3.org/2000/svg|https?://[^ <]*docs[^ <]*", "", text).replace("http-equiv", "")
    assert "unknown a month" not in text.split("What was assumed")[0].split("</style>")[1]


def test_every_picture_has_words_and_a_table() -> None:
    page = html.write(plan())[0].content.decode()
    assert page.count("<figure") == page.count("<figcaption>") == page.count("The numbers behind it") == 4
    assert "Longer than 15 minutes, so no function: job 1." in page


@pytest.mark.parametrize("field", ["command", "name"])
def test_hostile_text_is_text_in_html_and_markdown(field: str) -> None:
    entry = job_plan(0, EVIL) if field == "command" else job_plan(0, name=EVIL)
    page = html.write(plan((entry,)))[0].content
    clean = parsed(html.write(plan((job_plan(0),)))[0].content)
    dirty = parsed(page)
    assert dirty.tags == clean.tags, "the server's text became an element"
    assert EVIL in "".join(dirty.words)
    text = markdown.write(plan((entry,)))[0].content.decode()
    assert "<script>" not in re.sub(r"`+[^`]*`+", "", text).replace("\\<script\\>", "")
    assert not re.search(r"(?<!\\)<img", re.sub(r"(`+).*?\1", "", text))


def test_markdown_stays_under_its_limit_and_says_what_it_left_out() -> None:
    many = plan(tuple(job_plan(number, "/srv/x.sh " + "y" * 200) for number in range(400)))
    text = markdown.write(many)[0].content
    assert len(text) <= markdown.LIMIT_BYTES
    assert re.search(rb"\d+ more stories are in report.html", text)
    assert len(re.findall(rb"\n\| job \d", text)) == 400, "the table has every job as long as it fits"
    unpriced = msgspec.structs.replace(many.hosts[0].savings, unknowns=tuple(f"what job {n} costs" for n in range(5_000)))
    hosts = (msgspec.structs.replace(many.hosts[0], savings=unpriced),)
    text = markdown.write(msgspec.structs.replace(many, hosts=hosts))[0].content
    assert len(text) <= markdown.LIMIT_BYTES
    assert b"and 4980 more, in report.html" in text
    thousands = markdown.write(plan(tuple(job_plan(number, "/srv/x.sh") for number in range(3000))))[0].content
    assert len(thousands) <= markdown.LIMIT_BYTES
    assert re.search(rb"\d+ more jobs are in report.html", thousands)
    named = [msgspec.structs.replace(many.hosts[0].host, name=f"srv{number:04}") for number in range(1_000)]
    servers = tuple(msgspec.structs.replace(hosts[0], host=host) for host in named)
    text = markdown.write(msgspec.structs.replace(many, hosts=servers))[0].content
    assert len(text) <= markdown.LIMIT_BYTES
    assert b"more servers, in report.html" in text


def test_unknown_money_is_said_and_never_zero() -> None:
    entry = job_plan(0)
    option = entry.placement.option
    entry = _with(entry, monthly_cost=None, items=(item(cost=None),), option=option)
    rows = list(csv.DictReader(io.StringIO(costs_csv.write(plan((entry,)))[0].content.decode())))
    assert [row["monthly_cost_usd"] for row in rows] == ["15.18", ""]
    assert "unknown a month" in re.sub(r"<[^>]+>", "", html.write(plan((entry,)))[0].content.decode())


def _with(entry, option, **changes):
    placement = msgspec.structs.replace(entry.placement, option=msgspec.structs.replace(option, **changes))
    return msgspec.structs.replace(entry, placement=placement)


def test_the_workbook_adds_up_and_holds_no_foreign_formula() -> None:
    entry = job_plan(0, name="=cmd|' /C calc'!A0")
    content = workbook.write(plan((entry,)))[0].content
    assert content == workbook.write(plan((entry,)))[0].content
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["Servers", "Jobs", "Line items", "Break-even", "Kept warm", "Assumptions", "Prices"]
    formulas = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert formulas
    assert all(re.match(r"=(SUMIFS|IF|E\d+\*F\d+)", formula) for formula in formulas)
    values = openpyxl.load_workbook(io.BytesIO(content), data_only=True)["Line items"]
    assert sum(Decimal(str(row[6].value)) for row in values.iter_rows(min_row=2)) == Decimal("16.43")


def test_a_formula_looks_only_at_the_lines_that_it_is_about() -> None:
    """Of thousands of jobs, each looking through the lines of all, a spreadsheet has billions of cells to look at."""
    jobs = tuple(job_plan(number) for number in range(3))
    book = openpyxl.load_workbook(io.BytesIO(workbook.write(plan(jobs))[0].content))
    owners = [row[1].value for row in book["Line items"].iter_rows(min_row=2)]
    for row in book["Jobs"].iter_rows(min_row=2):
        lines = [number for number, owner in enumerate(owners, 2) if owner == row[1].value]
        assert lines
        assert row[6].value.startswith(f"=SUMIFS('Line items'!$G${lines[0]}:$G${lines[-1]},")
    for row in book["Servers"].iter_rows(min_row=2):
        assert [re.findall(r"G\$(\d+):", row[at].value) for at in (2, 3)] == [["2"], [str(owners.index(jobs[0].job.id) + 2)]]


def test_what_does_not_fit_into_a_sheet_or_a_cell_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Excel has 1,048,576 rows and 32,767 characters a cell; xlsxwriter leaves out without a word what is more."""
    monkeypatch.setattr(workbook, "MOST_ROWS", 4)
    jobs = (job_plan(0, name="x" * 40_000), *(job_plan(number) for number in range(1, 6)))
    book = openpyxl.load_workbook(io.BytesIO(workbook.write(plan(jobs))[0].content))
    first, second, last = ([cell.value for cell in row] for row in book["Jobs"].iter_rows(min_row=2))
    assert 32_700 < len(first[2]) <= 32_767
    assert first[2].endswith(" ... and 7,313 characters more, which a cell cannot hold: see plan.json")
    assert second[1] == jobs[1].job.id
    assert second[6] == float(jobs[1].placement.option.monthly_cost or 0)  # its lines are not all there: no formula
    assert last[0] == "4 lines more do not fit into a sheet: see plan.json, costs.csv"
    assert "lines more do not fit into a sheet" in book["Line items"]["A4"].value


def test_break_even_and_kept_warm_are_in_the_workbook_and_in_markdown() -> None:
    """By hand: standing 1.00 and 2.00 an hour of work, at 1 % of 730.485 hours: 1 + 2 x 7.30485 = 15.6097."""
    place = BreakEven(
        target="aws_lambda", title="AWS Lambda", size="512 MB", hour_usd=Decimal(2), standing_monthly=Decimal(1), share=0.4,
        server_share=1.7,
    )  # fmt: skip
    found = Steadiness(
        duty=DutyCycle(share=0.01, low=0.008, high=0.012, basis="30 runs"),
        compared="a t3.nano",
        compared_monthly=Decimal("3.80"),
        places=(place,),
    )
    warm = KeptWarm(
        target="aws_lambda", name="provisioned concurrency", size="512 MB", monthly_cost=Decimal("5.50"),
        on_demand_monthly=Decimal("0.30"), like="t3.nano", like_monthly=Decimal("3.80"),
    )  # fmt: skip
    entry = msgspec.structs.replace(job_plan(0), steadiness=found, kept_warm=(warm,))
    whole = msgspec.structs.replace(plan((entry,)), assumptions=assumed(DEFAULT))
    book = openpyxl.load_workbook(io.BytesIO(workbook.write(whole)[0].content), data_only=True)
    (_, row), (_, kept) = book["Break-even"].iter_rows(values_only=True), book["Kept warm"].iter_rows(values_only=True)
    assert row[2:5] == (0.01, 0.008, 0.012)
    assert row[7:14] == (2, 1, pytest.approx(15.6097), 0.4, 1.7, "a t3.nano", 3.8)
    assert kept[2:] == ("provisioned concurrency", "512 MB", 5.5, 0.3, "t3.nano", 3.8)
    live = openpyxl.load_workbook(io.BytesIO(workbook.write(whole)[0].content))["Break-even"]["J2"].value
    assert live == "=I2+H2*C2*730.485"
    text = markdown.write(whole)[0].content.decode().replace("\\", "")
    assert "Steady or bursty: It works 1 % (0.8 to 1.2 %) of the time" in text
    assert "provisioned concurrency of 512 MB, $5.50 a month instead of $0.30; a t3.nano" in text


def test_what_is_not_offered_is_said_with_its_reason_and_its_page() -> None:
    for one in not_offered.ALL:
        assert one.provider in {place.PROVIDER for place in targets.ALL}
        assert one.source.startswith("https://")
        assert one.why
        assert one.instead
    whole = plan((job_plan(0),))
    assert whole.request.provider == "aws"
    page, text = (report.write(whole)[0].content.decode() for report in (html, markdown))
    for shown in (page, text.replace("\\", "")):
        assert "AWS Batch array jobs" in shown
        assert "a failed child is a status, not a message that can be sent again" in shown
        assert "Cloud Run functions" not in shown, "another provider's"


def test_csv_cells_are_no_formulas() -> None:
    text = costs_csv.write(plan((job_plan(0, name="=1+1"),)))[0].content.decode()
    assert "'=1+1" in text


def test_json_is_read_back_and_its_schema_names_every_type() -> None:
    document = json.loads(plan_json.write(plan())[0].content)
    schema = json.loads(plan_json.schema())
    assert document["version"] == 1
    assert {"Plan", "JobPlan", "Savings", "Placement"} <= set(schema["$defs"])


@pytest.mark.parametrize("sample", ["web01", "etl02", "edge03"])
def test_a_real_plan_holds_to_the_published_schema(sample: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "migrator", "plan", str(SAMPLES / sample), "-o", str(tmp_path), "--provider", "all"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    schema = json.loads(plan_json.schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    whole = jsonschema.Draft202012Validator(schema)
    document = json.loads((tmp_path / "plan.json").read_bytes())
    assert [error.message for error in whole.iter_errors(document)][:3] == []
    del document["jobs"][0]["job"]["command"]
    assert [error.validator for error in whole.iter_errors(document)] == ["required"], (
        "the schema lets a job without a command pass"
    )


def test_the_runs_behind_a_strip_plot_are_a_table() -> None:
    entry = job_plan(0)
    assert entry.usage is not None
    failed = msgspec.structs.replace(entry.usage.sampled_runs[0], exit_status=3)
    usage = msgspec.structs.replace(entry.usage, sampled_runs=(failed, *entry.usage.sampled_runs[1:]))
    drawn = marks.strip(usage.sampled_runs, 200, "Europe/Berlin")
    assert drawn is not None
    assert len(drawn.rows) == len(usage.sampled_runs) == 30
    assert drawn.rows[0] == ("Mon 2026-11-23 01:00 +01:00", "10.0 s", "3")
    page = html.write(plan((msgspec.structs.replace(entry, usage=usage),)))[0].content.decode()
    assert "The runs behind it (30)" in page
    assert page.count('<td class="n">10.0 s') == 30


def test_several_servers_are_told_together_and_one_is_not() -> None:
    both = FleetSavings(summary="2 servers cost $60.00 a month; this plan makes that $20.00")
    one = msgspec.structs.replace(plan(), fleet=both)
    nothing = msgspec.structs.replace(one.hosts[0].savings, order=())
    named = msgspec.structs.replace(one.hosts[0].host, name="web02")
    other = msgspec.structs.replace(one.hosts[0], host=named, savings=nothing)
    two = msgspec.structs.replace(one, hosts=(one.hosts[0], other))
    said = "2 servers cost $60.00 a month; this plan makes that $20.00."
    assert said in html.write(two)[0].content.decode()
    assert said in markdown.write(two)[0].content.decode().replace("\\", "")
    assert said not in html.write(one)[0].content.decode()


def test_the_headline_of_several_servers_adds_what_is_known_and_names_what_is_not() -> None:
    going = plan().hosts[0]
    saved: dict[str, str | None] = {"a": "31.40", "b": "10.00", "c": None}
    hosts = {
        name: msgspec.structs.replace(
            going,
            host=msgspec.structs.replace(going.host, name=name),
            savings=msgspec.structs.replace(
                going.savings, host=name, can_go=True, order=(), banked_monthly=None if sum_ is None else Decimal(sum_)
            ),
        )
        for name, sum_ in saved.items()
    }
    kept = msgspec.structs.replace(
        hosts["b"], savings=msgspec.structs.replace(hosts["b"].savings, can_go=False, banked_monthly=Decimal(0))
    )
    for named, said in {
        ("a", "b"): "2 of 2 servers can go: saves $41.40 a month",
        ("a", "c"): "2 of 2 servers can go: saves $31.40 a month and, for c, nobody knows what",
        ("c", "c"): "2 of 2 servers can go: nobody knows what that saves (c, c)",
    }.items():
        several = msgspec.structs.replace(plan(), hosts=tuple(hosts[name] for name in named))
        assert verdict_words.headline(several) == said
        assert f'<h1 id="servers-h">{said}.</h1>' in html.write(several)[0].content.decode()
        assert f"# {said}." in markdown.write(several)[0].content.decode().replace("\\", "")
    assert verdict_words.headline(msgspec.structs.replace(plan(), hosts=(hosts["a"], kept))) == (
        "1 of 2 servers can go: saves $31.40 a month"
    )
    assert verdict_words.headline(msgspec.structs.replace(plan(), hosts=(kept, kept))) == "0 of 2 servers can go"


def test_what_nobody_could_price_and_prices_from_no_list_are_said() -> None:
    made = plan()
    doubtful = msgspec.structs.replace(
        made.hosts[0].savings, prices_used=9, prices_unlisted=4, unknowns=("egress of <job 0>", "backup")
    )
    one = msgspec.structs.replace(made, hosts=(msgspec.structs.replace(made.hosts[0], savings=doubtful),))
    page = html.write(one)[0].content.decode()
    assert "Not in these figures, because nobody knows it yet: egress of &lt;job 0&gt;; backup." in page
    assert "rest on 9 prices, 4 of them from no price list" in page
    assert "rest on 9 prices, 4 of them from no price list" in markdown.write(one)[0].content.decode()
    assert "from no price list" not in html.write(made)[0].content.decode()


def test_a_server_that_is_paid_for_says_until_when_on_the_first_line() -> None:
    made = plan()
    paid = msgspec.structs.replace(made.hosts[0].savings, reserved_until="2027-06-30")
    host = msgspec.structs.replace(made.hosts[0], savings=paid)
    sentence = verdict_words.sentence(host, made.jobs)
    assert sentence.endswith("; it is paid for until 2027-06-30, so nothing is saved before.")
    assert f">{sentence}</h1>" in html.write(msgspec.structs.replace(made, hosts=(host,)))[0].content.decode().replace(
        "&#39;", "'"
    )


def test_sarif_points_at_the_line() -> None:
    document = json.loads(sarif.write(plan())[0].content)
    results = document["runs"][0]["results"]
    place = results[0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "etc/cron.d/jobs", "uriBaseId": "web01"}
    assert place["region"]["startLine"] == 1
    assert {result["level"] for result in results} <= {"error", "warning", "note"}


def test_five_thousand_jobs_are_no_more_than_a_file() -> None:
    page = html.write(plan(tuple(job_plan(number) for number in range(5000))))[0].content
    assert len(page) < 40_000_000
    assert page.count(b'<article class="card"') == 5000


def test_formats_are_unique() -> None:
    formats = [report.FORMAT for report in reports.ALL]
    assert len(formats) == len(set(formats))


def test_several_services_run_and_one_runs() -> None:
    why = "runs on this server and is no scheduled job"
    one = verdict_words.Blocker("nginx", why, why)
    (alone,) = verdict_words.grouped((one,))
    (both,) = verdict_words.grouped((one, one._replace(name="mysql")))
    assert (alone.why, both.why) == (why, "run on this server and are no scheduled jobs")
