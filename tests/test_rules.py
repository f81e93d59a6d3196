"""Every rule has its page, speaks on one case and is silent on another; what it says follows the one grammar."""

from pathlib import Path
from typing import get_args

import msgspec
import pytest
from cases import Case, read_cases, rewrite
from dossiers import dossier
from hypothesis import given
from hypothesis import strategies as st

from migrator import rules, shapes
from migrator.assumptions import DEFAULT
from migrator.model.finding import Fact, FactKind, Finding
from migrator.model.source import Evidence
from migrator.rules import Rule, growth

FOLDER = Path(__file__).parent / "cases" / "rules"
BY_NAME = {rule.NAME: rule for rule in rules.ALL}
CASES = [(path.stem, case) for path in sorted(FOLDER.glob("*.txt")) for case in read_cases(path)]


def shown(findings: tuple[Finding, ...]) -> str:
    lines = []
    for finding in findings:
        lines.append(f"{finding.level}: {finding.message}")
        for need in finding.needs:
            amount = "" if need.amount is None else f" {need.amount:g}"
            lines.append(f"  need {need.kind}{amount}{f' {need.choice}' if need.choice else ''}{' (soft)' if need.soft else ''}")
        if finding.verdict:
            lines.append(f"  verdict {finding.verdict}")
        if finding.question:
            choices = f" of {' | '.join(finding.question.choices)}" if finding.question.choices else ""
            lines.append(f"  asks {finding.question.id}{choices} [{finding.question.default}]")
    return "\n".join(lines) or "silent"


@pytest.mark.parametrize(("name", "case"), CASES, ids=[f"{name}: {case.name}" for name, case in CASES])
def test_a_rule_says_what_its_case_wants(name: str, case: Case, update: bool) -> None:
    rule = next(rule for rule in rules.ALL if rule.__name__.rsplit(".", 1)[-1] == name)
    said = shown(rule.check(dossier(case.parts["job"]), DEFAULT))
    if update:
        rewrite(case.path, {case.name: said})
    else:
        assert said == case.parts["want"].strip(), f"{case.path}:{case.line}"


@pytest.mark.parametrize("rule", rules.ALL, ids=lambda rule: rule.NAME)
def test_a_rule_has_a_page_a_speaking_and_a_silent_case(rule: Rule) -> None:
    module = rule.__name__.rsplit(".", 1)[-1]
    assert rule.NAME.replace("-", "_") == module
    for heading in ("Finds:", "Why:", "Do:", "Not:", "Source:"):
        assert heading in (rule.__doc__ or ""), f"{module}: its page has no {heading}"
    wants = [case.parts["want"].strip() for case in read_cases(FOLDER / f"{module}.txt")]
    assert any(want != "silent" for want in wants), f"{module}: no case on which it speaks"
    assert any(want == "silent" for want in wants) or module == "memory", f"{module}: no case on which it is silent"


@pytest.mark.parametrize(("name", "case"), CASES, ids=[f"{name}: {case.name}" for name, case in CASES])
def test_every_message_follows_the_grammar(name: str, case: Case) -> None:
    """`where: what was found; the limit or law; what to do [rule]`, and every finding rests on evidence."""
    for rule in rules.ALL:
        for finding in rule.check(dossier(case.parts["job"]), DEFAULT):
            assert finding.message.startswith("/"), finding.message
            assert finding.message.endswith(f" [{rule.NAME}]"), finding.message
            assert finding.message.count("; ") >= 1, finding.message
            assert "\n" not in finding.message
            assert finding.rule == rule.NAME
            assert finding.evidence
            if finding.question:
                assert finding.question.id.startswith(("job-1/", "web01/"))
                assert not finding.question.choices or finding.question.default in finding.question.choices


def test_names_are_unique_and_there_are_enough() -> None:
    assert len(BY_NAME) == len(rules.ALL) >= 25


KINDS = get_args(FactKind)
values = st.one_of(
    st.text(max_size=40), st.sampled_from(["/srv/x", "/tmp/x", "mysql://", "[::1", "10.0.0.1", "0x1", "1e400", "nan"])
)
given_facts = st.lists(st.tuples(st.sampled_from(KINDS), values, st.booleans()), max_size=8)


@given(given_facts, values, st.dictionaries(st.sampled_from(["keep", "timeout", "memory", "scratch", "items", "data"]), values))
def test_no_fact_and_no_answer_crashes_a_rule_or_a_shape(
    facts: list[tuple[FactKind, str, bool]], command: str, answers: dict[str, str]
) -> None:
    plain = dossier("runs: count=60 p50=100 max=130")
    known = tuple(
        Fact(kind=kind, value=value, certain=certain, evidence=Evidence(snippet=value)) for kind, value, certain in facts
    )
    hostile = msgspec.structs.replace(
        plain,
        facts=known,
        job=msgspec.structs.replace(plain.job, command=command),
        answers={f"job-1/{topic}": said for topic, said in answers.items()},
    )
    for rule in rules.ALL:
        for finding in rule.check(hostile, DEFAULT):
            assert len(finding.message.splitlines()) == 1
            assert len(finding.message) < 2500
    for reader in shapes.ALL:
        reader.cut(hostile, DEFAULT)


def test_growth_says_when_a_limit_is_reached() -> None:
    # by hand: 700 s with headroom reach 900 s after (900 / 700 - 1) / 0.04 = 7.1 months at four percent of today's a month
    assert growth._reached(700.0, 0.04) == "; with headroom it reaches 15 min in about 7 months"
    assert growth._reached(700.0, 0.005) == "", "in five years is not said"
