"""Whatever a server's files hold, every report shows it as text: HTML, Markdown, terminal, decisions.yaml, CSV, xlsx, SARIF."""

import csv
import io
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import openpyxl
import pytest
from ruamel.yaml import YAML
from small_plan import AS_OF, item, job_plan, plan

from migrator import decisions_file, planfile
from migrator.model.finding import Evidence, Fact, Finding, Link, Question
from migrator.model.option import Rejected
from migrator.model.plan import Decisions, JobPlan, Plan
from migrator.model.source import Location, Problem
from migrator.model.usage import Spread, Unmatched
from migrator.reports import costs_csv, html, markdown, sarif, workbook

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "attribute": "\" onmouseover=alert(1) x='",
    "end of style": "</style></script></svg></pre><img src=x onerror=alert(1)>",
    "comment": "<!-- --> --!> ]]> <![CDATA[",
    "entity": "&lt;b&gt; &#x3c;script&#62;",
    "jinja": "{{ 7 * 7 }} {% raw %} {# #} {{ plan }}",
    "markdown": "[x](javascript:alert(1)) ![i](x) **b** | `c` ``` ~~~ <details> # h",
    "mermaid": '"] --> x["; click x "javascript:alert(1)"',
    "terminal": "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x9b31m",
    "direction": "\u202egnp.exe\u2066 \u200f",
    "lines": "first\nsecond\r\nthird\u2028fourth",
    "formula": "=cmd|' /C calc'!A0",
    "formula with a tab": "\t=1+1",
    "at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "yaml": "no: [1, &a !!python/object:os.system 'x', *a] # c",
    "yaml document": "---\nanswers: {}\n...",
    "vega": "datum.value'); alert(1); ('",
    "long": "x" * 5000,
}


def spoiled(text: str) -> Plan:
    """A plan that holds the text wherever a server's files are quoted."""
    entry = job_plan(0, text, name=text)
    other = job_plan(1, text, name=text + "2")
    place = Location(host="web01", path=f"/etc/cron.d/{text}", line=1)
    question = Question(id="job-00000000/x", text=text, hint=text, default=text, choices=(text, "y"), job_id=entry.job.id)
    job = msgspec.structs.replace(entry.job, user=text, comment=text, stdin=text, location=place, managed_by=text, mail_to=text)
    seen = Evidence(snippet=text, location=place)
    placement = msgspec.structs.replace(
        entry.placement,
        verdict="stay",
        reasons=(text, f"{place}: {text}; {text} [long-run]"),
        rejected=(Rejected(shape="scheduled_batch", target="aws_lambda", size=text, reason=text, monthly_cost=None),),
        questions=(question,),
        option=msgspec.structs.replace(entry.placement.option, items=(msgspec.structs.replace(item(), name=text, note=text),)),
    )
    link = Link(kind="feeds", from_job=entry.job.id, to_job=other.job.id, via=f"/data/{text}", evidence=(seen,))
    first = msgspec.structs.replace(
        entry,
        job=job,
        placement=placement,
        facts=(Fact(kind="command", value=text, detail=text, evidence=seen),),
        findings=(Finding(rule="mail-output", level="error", message=text, job_id=job.id, evidence=(seen,)),),
        links=(link,),
    )
    made = plan((first, msgspec.structs.replace(other, links=(link,))))
    host = made.hosts[0]
    savings = msgspec.structs.replace(
        host.savings, can_go=False, now_items=(msgspec.structs.replace(item(), name=text),), blockers=(f"service {text}: {text}",)
    )
    spread = Spread(count=1, p50=1.0, p95=1.0, p99=1.0, max=1.0)
    return msgspec.structs.replace(
        made,
        hosts=(msgspec.structs.replace(host, savings=savings, questions=(question,)),),
        problems=(Problem(location=place, message=text),),
        unmatched=(Unmatched(host="web01", user=text, command=text, observed_runs=1, duration_s=spread),),
    )


class Elements(HTMLParser):
    """Every element with the names of its attributes, and all text."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.seen: list[tuple[str, tuple[str, ...]]] = []
        self.words: list[str] = []
        self.comments = 0
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments += 1


@pytest.fixture(params=HOSTILE, ids=list(HOSTILE))
def text(request: pytest.FixtureRequest) -> str:
    return HOSTILE[request.param]


def test_html_has_the_elements_of_harmless_text(text: str) -> None:
    harmless, hostile = Elements(html.write(spoiled("x" * len(text)))[0].content), Elements(html.write(spoiled(text))[0].content)
    allowed = {("details", ()), ("summary", ()), ("text", ())}  # a long text is folded, a short one is not

    def kinds(page: Elements) -> set[tuple[str, tuple[str, ...]]]:
        return set(page.seen) - allowed

    assert kinds(hostile) <= kinds(harmless)
    assert hostile.comments == harmless.comments == 0
    names = {name for _, attributes in hostile.seen for name in attributes}
    assert not {name for name in names if name.startswith("on")} | (names & {"src", "srcdoc", "formaction"})
    flat = "".join(hostile.words).replace("\r\n", "\n")
    assert text.replace("\r\n", "\n") in flat, "the text is shown as it is"


def test_no_link_of_the_page_leaves_it(text: str) -> None:
    page = html.write(spoiled(text))[0].content.decode()
    inside = re.sub(r"<(script|style)>.*?</\1>", "", page, flags=re.DOTALL)
    beside = {"costs.xlsx", "costs.csv", "plan.json"}  # in the plan folder, by fixed names
    assert {href for href in re.findall(r'\shref="([^"]*)"', inside) if not href.startswith("#")} == beside


def test_markdown_cannot_be_broken_out_of(text: str) -> None:
    content = markdown.write(spoiled(text))[0].content.decode()
    assert len(content.encode()) <= markdown.LIMIT_BYTES
    bare = re.sub(
        r"(?<!\\)(`+)(?!`).*?(?<!`)\1(?!`)", "", re.sub(r"```mermaid\n.*?```", "", content, flags=re.DOTALL), flags=re.DOTALL
    )
    assert set(re.findall(r"(?<!\\)<(/?[a-zA-Z!][a-z]*)", bare)) <= {"details", "/details", "summary", "/summary"}
    assert not re.search(r"(?<!\\)\]\(", bare), "no link is made"
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", content)
    diagram = re.search(r"```mermaid\n(.*?)```", content, re.DOTALL)
    assert diagram is not None
    for line in diagram[1].splitlines()[1:]:
        assert re.fullmatch(r'  [\w-]+(\["[\w .,:()/+-]*…?"\]| -->(\|"[\w .,:()/+-]*"\|)? [\w-]+)', line.replace("…", "")), line


def test_the_terminal_only_shows_it(text: str, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_bytes(planfile.plan_file(spoiled(text)).content)
    for arguments in (
        ["report", str(tmp_path)],
        ["explain", "job-00000000", str(tmp_path)],
        ["diff", str(tmp_path), str(tmp_path)],
    ):
        done = subprocess.run([sys.executable, "-m", "migrator", *arguments], capture_output=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr.decode()[-500:]
        said = (done.stdout + done.stderr).decode()
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200e\u200f]", said)


def test_decisions_yaml_is_read_back(text: str, tmp_path: Path) -> None:
    question = Question(id="job-00000000/x", text=text, hint=text, default=text, job_id="job-00000000")
    file = tmp_path / "decisions.yaml"
    file.write_bytes(decisions_file.out_file((question,), Decisions(answers={"job-00000001/x": text})).content)
    answers = decisions_file.read(file).decisions.answers
    assert set(answers) == {"job-00000001/x"}
    if text.isprintable():
        assert answers["job-00000001/x"] == text


def test_the_lines_to_copy_are_yaml(text: str) -> None:
    page = html.write(spoiled(text))[0].content
    words = Elements(page).words
    block = next(word for word in words if word.startswith("answers:\n  job-00000000/x: "))
    assert YAML(typ="safe").load(block) == {"answers": {"job-00000000/x": text}}


def test_spreadsheets_run_nothing(text: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook.write(spoiled(text))[0].content))
    formulas = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert all(re.match(r"=(SUMIFS|IF|E\d+\*F\d+)", formula) for formula in formulas)
    for row in csv.reader(io.StringIO(costs_csv.write(spoiled(text))[0].content.decode())):
        assert not [cell for cell in row if cell[:1] in {"=", "+", "@", "\t", "\r"}]


def test_sarif_is_json_with_the_text_in_it(text: str) -> None:
    document = json.loads(sarif.write(spoiled(text))[0].content)
    assert text in [result["message"]["text"] for result in document["runs"][0]["results"]]


def test_the_plan_of_hostile_text_is_what_it_says_it_is() -> None:
    made = spoiled("x")
    assert made.as_of == AS_OF
    assert isinstance(made.jobs[0], JobPlan)
