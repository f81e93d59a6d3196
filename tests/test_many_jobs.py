"""Thousands of jobs in one plan: stacks that keep to their quota, whole chains, a README that says what to ask for."""

import re

import emit_samples as samples
import pytest
from aws_jobs import changed
from ruamel.yaml import YAML

from migrator.emit import shells
from migrator.emit.tree import emit
from migrator.model.plan import QuotaPeak


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
