"""Thousands of jobs in one plan: stacks that keep to their quota, whole chains, a README that says what to ask for."""

import json
import re
from decimal import Decimal
from pathlib import Path

import emit_samples as samples
import msgspec
import pytest
import xlsxwriter.worksheet
from aws_jobs import changed
from ruamel.yaml import YAML

from migrator import files, planfile
from migrator.emit import shells
from migrator.emit.tree import emit
from migrator.errors import PlanError
from migrator.model.option import CostItem
from migrator.model.plan import OutFile, Plan, QuotaPeak
from migrator.model.source import Problem
from migrator.reports import html, workbook
from migrator.shelf import Shelf


def test_jobs_are_cut_into_stacks_in_order_and_no_chain_is_torn() -> None:
    """Six resources each, two shared: 74 jobs fill a stack of 450 to 446. Jobs 73 to 75 are a chain and go on together."""
    one = samples.entry("aws_lambda", "j-0")
    own = "\n".join(f"R{n}:\n  Type: x" for n in range(6))
    jobs = [(changed(one, job=changed(one.job, id=f"j-{n}")), [own]) for n in range(5000)]
    parts = shells.split("sam", ["A:\n  x: 1\nB:\n  x: 1"], jobs)
    assert [len(part) for part in parts] == [74] * 67 + [42]
    assert [entry.job.id for part in parts for entry, _ in part] == [f"j-{n}" for n in range(5000)]
    chained = shells.split("sam", ["A:\n  x: 1"], jobs[:100], {"j-74/after": "j-73", "j-75/after": "j-74"})
    assert [len(part) for part in chained] == [73, 27]
    assert shells.split("terraform", [], jobs) == [jobs], "a state has no such quota"


def test_each_stack_stands_alone_and_every_command_names_the_stack_of_its_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """What CloudFormation counts, counted in the templates as YAML has them; each job in one of them, what it shares in each.
    The quota is small here, so that a few jobs exceed it."""
    most = 40
    monkeypatch.setitem(shells.QUOTAS, "sam", (most, shells.QUOTAS["sam"][1]))
    entries = [samples.entry("aws_lambda", f"j{n}-1a2b") for n in range(9)]
    peak = QuotaPeak(
        quota="IAM roles", unit="roles", amount=1000, peak=1001, at=None, region="all regions", jobs=("j0-1a2b",), more_jobs=0,
        exceeded=True, summary="1,001 roles, and so on", source="https://example.org", as_of="2026-11-27", condition="",
    )  # fmt: skip
    plan = changed(samples.plan(*entries), quotas=(peak,))
    tree = {file.path: file.content.decode() for file in emit(plan, samples.SCRIPTS, samples.PLACES, "sam").out_files}
    assert "- 1,001 roles, and so on" in tree["README.md"]
    stacks = [path for path in tree if path.startswith("aws/sam/")]
    assert stacks == ["aws/sam/template-01.yaml", "aws/sam/template-02.yaml"]
    switches: list[str] = []
    for path in stacks:
        template = YAML(typ="rt").load(tree[path])
        assert 0 < len(template["Resources"]) <= most
        named = set(re.findall(r"!(?:Ref|GetAtt) (?!AWS::)([A-Za-z0-9]+)", tree[path]))
        assert named <= {*template["Resources"], *template["Parameters"]}, "it names nothing of another stack"
        switches += [name for name in template["Parameters"] if name.startswith("EnableJ")]
    assert len(switches) == len(set(switches)) == len(entries)
    for entry in entries:
        (path,) = (path for path in stacks if f"jobs/{entry.job.id}" in tree[path])
        (run,) = (line for line in tree["jobs.sh"].splitlines() if line.startswith(f"  {entry.job.id}/run)"))
        assert f"$STACK{path.removeprefix('aws/sam/template').removesuffix('.yaml')}" in run.replace('"', "").replace(
            "{", ""
        ).replace("}", "")


def _billed(*prices: str) -> Plan:
    """Jobs whose bills have each one line, which differ in nothing but how the price is written."""
    entries = []
    for number, price in enumerate(prices):
        one = samples.entry("aws_lambda", f"j{number}-1a2b")
        line = CostItem(
            name="requests & more", unit="request", monthly_quantity=Decimal(2), unit_price=Decimal(price),
            monthly_cost=Decimal(1), source="a list", as_of="2026",
        )  # fmt: skip
        option = changed(one.placement.option, items=(line,), monthly_cost=Decimal(1))
        entries.append(changed(one, scripts=(), placement=changed(one.placement, option=option)))
    return samples.plan(*entries)


def test_a_plan_of_thousands_of_jobs_is_read_as_any_other_and_says_all_of_a_job_on_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = _billed("0.5", "0.50", "7")
    whole = planfile.plan_file(plan).content
    monkeypatch.setattr(planfile, "MANY_JOBS", 3)
    lines = b"".join(planfile.plan_file(plan).parts())
    assert json.loads(lines) == json.loads(whole)
    (own,) = (line for line in lines.decode().splitlines() if '"name":"j1' in line or '"id":"j1-1a2b"' in line)
    assert json.loads(own.rstrip(",")) == json.loads(whole)["jobs"][1]
    (tmp_path / "plan.json").write_bytes(lines)
    assert planfile.read(tmp_path).plan == plan


def test_a_large_plan_is_written_and_read_a_few_lines_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes are those of the encoder that makes all of it at once, but for the line feeds between entries. What another
    program wrote anew, all on one line or a job in several, is read as well, and what is damaged is said as of any plan."""
    entries = [samples.entry("aws_lambda", f"j{n}-1a2b") for n in range(7)]
    plan = changed(
        samples.plan(*entries), problems=(Problem(location=entries[0].job.location, kind="remark", message='],"problems":['),)
    )
    monkeypatch.setattr(planfile, "MANY_JOBS", 3)
    monkeypatch.setattr(planfile, "LARGE_BYTES", 0)
    monkeypatch.setattr(planfile, "_PIECE_BYTES", 2_000)
    monkeypatch.setattr(planfile, "_GROUP", 3)
    out_file = planfile.plan_file(plan)
    pieces = list(out_file.parts())
    longest = max(len(msgspec.json.encode(entry)) for entry in plan.jobs)
    assert max(map(len, pieces)) < 2_000 + longest + 10
    assert b"".join(pieces).replace(b"\n", b"") == msgspec.json.encode(plan, order="deterministic")
    for digest, text in samples.SCRIPTS.items():
        files.write(tmp_path, [OutFile(path=f"scripts/{digest}", content=text)])
    for _ in range(2):  # the second time the same file is there
        files.write(tmp_path, [out_file])
        assert (tmp_path / "plan.json").read_bytes() == b"".join(pieces)
    read = planfile.read(tmp_path).plan
    assert isinstance(read.jobs, Shelf)
    assert read == plan
    for other in (b"".join(pieces).replace(b"\n", b""), msgspec.json.format(b"".join(pieces), indent=2)):
        (tmp_path / "plan.json").write_bytes(other)
        assert planfile.read(tmp_path).plan == plan
    (tmp_path / "plan.json").write_bytes(b"".join(pieces).replace(b'"id":"j3-1a2b"', b'"id":3', 1))
    with pytest.raises(PlanError, match=r"Expected `str`, got `int` - at `\$\.jobs\[3\]\.job\.id`"):
        planfile.read(tmp_path)


def test_what_jobs_share_is_drawn_once_and_what_is_written_otherwise_is_not_shared() -> None:
    """As numbers 0.5 and 0.50 are equal; a price list that says one does not say the other."""
    page = html.write(_billed("0.5", "0.50", "0.5"))[0].content.decode()
    assert (page.count(">$0.5<"), page.count(">$0.50<")) == (2, 1)


def test_the_sheet_of_a_million_cells_is_what_the_library_would_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes with our cells, and with the library's own."""
    plan = _billed("0.5", "0.000016", "7")
    ours = workbook.write(plan)[0].content
    monkeypatch.setattr(workbook._PlainCells, "_write_cell", xlsxwriter.worksheet.Worksheet._write_cell)
    assert ours == workbook.write(plan)[0].content
