"""decisions.yaml: what is said is kept and obeyed, what is misspelt or stale is refused with its line and the nearest match."""

import io
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from migrator import decisions_file, planfile, topics
from migrator.assumptions import Assumptions
from migrator.commands.plan import command as plan
from migrator.commands.review import command as review
from migrator.errors import PlanError
from migrator.model.plan import Decisions, Organisation, Plan

CRONTAB = "30 2 * * * /opt/report.sh\n*/5 * * * * /usr/local/bin/poll --queue\n"
REPORT, POLL = "report", "poll"


def write(folder: Path, text: str) -> Path:
    file = folder / "decisions.yaml"
    file.write_text(text)
    return file


def refused(folder: Path, text: str) -> list[str]:
    with pytest.raises(PlanError) as error:
        decisions_file.read(write(folder, text))
    return [line.removeprefix(str(folder / "decisions.yaml")) for line in str(error.value).splitlines()]


def test_an_answer_may_stand_at_its_job_its_server_or_alone(tmp_path: Path) -> None:
    text = """\
version: 1
answers: {all/dst: guard}
jobs:
  report-1: {target: aws_fargate, size: "1 vCPU, 2048 MiB", timeout: 1800, drop: no}
  old-2: {drop: yes}
servers:
  web01: {cost: 41.10, reserved-until: 2027-03-31, care-hours: 2}
"""
    assert decisions_file.read(write(tmp_path, text)).decisions.answers == {
        "all/dst": "guard",
        "report-1/target": "aws_fargate",
        "report-1/size": "1 vCPU, 2048 MiB",
        "report-1/timeout": "1800",
        "report-1/keep": "yes",
        "old-2/keep": "no",
        "web01/server-cost": "41.1",
        "web01/reserved-until": "2027-03-31",
        "web01/care-hours": "2",
    }


def test_the_organisation_is_said_once(tmp_path: Path) -> None:
    text = """\
organisation:
  network: vpc-0a
  subnets: [subnet-1, subnet-2]
  security-groups: sg-1
  permissions-boundary: arn:aws:iam::123456789012:policy/edge
  kms-key: arn:aws:kms:eu-west-1:123456789012:key/1
  name-prefix: acme-
  tags: {cost-centre: 4711, team: shop}
  owners: [ops@example.com]
  environments: [staging, production]
  discounts: {aws: 12.5}
  server-costs: {t3.medium: 19.50}
  care-hour-usd: 90
  reserved-until: 2027-03-31
assumptions: {run_time_headroom: 1.5, enough_runs: 3}
"""
    got = decisions_file.read(write(tmp_path, text)).decisions
    assert got.organisation == Organisation(
        network="vpc-0a",
        subnets=("subnet-1", "subnet-2"),
        security_groups=("sg-1",),
        permissions_boundary="arn:aws:iam::123456789012:policy/edge",
        kms_key="arn:aws:kms:eu-west-1:123456789012:key/1",
        name_prefix="acme-",
        tags={"cost-centre": "4711", "team": "shop"},
        owners=("ops@example.com",),
        environments=("staging", "production"),
        discounts={"aws": Decimal("12.5")},
        server_costs={"t3.medium": Decimal("19.5")},
        care_hour_usd=Decimal(90),
        reserved_until="2027-03-31",
    )
    assert got.assumptions == {"run_time_headroom": 1.5, "enough_runs": 3.0}


@pytest.mark.parametrize(
    ("text", "where", "near"),
    [
        ("awnsers: {}\n", ":1:", "answers"),
        ("version: 1\njobs:\n  a-1:\n    traget: host\n", ":4:", "target"),
        ("servers:\n  web01: {reserved-untill: 2027-01-01}\n", ":2:", "reserved-until"),
        ("organisation:\n  netwrk: vpc-1\n", ":2:", "network"),
        ("assumptions:\n  run_time_headrom: 2\n", ":2:", "run_time_headroom"),
        ("assumptions: {upper_confidence: 95}\n", ":1:", "a share below 1"),
        ("assumptions: {run_time_headroom: much}\n", ":1:", "no number"),
        ("organisation: {discounts: {aws: 120}}\n", ":1:", "below 100"),
        ("organisation: {reserved-until: soon}\n", ":1:", "a day"),
        ("organisation: {reserved-until: 2027-02-30}\n", ":", "day is out of range"),
        ("organisation: {name-prefix: much-too-long-}\n", ":1:", "at most 8"),
        ("organisation:\n  environments: ['${{ secrets.X }}']\n", ":2:", "as Terraform names a workspace"),
        ("answers: {a/target: [x]}\n", ":1:", "one word or number"),
        ("answers: {a/target: host}\njobs: {a: {target: aws_lambda}}\n", ":2:", "say it once"),
        ("jobs: [a]\n", ":1:", "a mapping"),
        ("jobs: {a: {drop: perhaps}}\n", ":1:", "yes or no"),
    ],
)
def test_what_is_wrong_has_its_line_and_the_nearest_match(tmp_path: Path, text: str, where: str, near: str) -> None:
    (line,) = refused(tmp_path, text)
    assert line.startswith(where)
    assert near in line


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    assert len(refused(tmp_path, "jobs:\n  a: {traget: x}\nservers:\n  b: {cots: 1}\nassumptions: {x: 1}\n")) == 3


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40)
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\x85\u2028\u2029\ufeff"), max_size=90
)


@settings(deadline=None)
@given(
    st.dictionaries(st.tuples(TEXTS, st.sampled_from(topics.TOPICS)), TEXTS, max_size=5),
    st.dictionaries(st.sampled_from(Assumptions.__struct_fields__), st.floats(0.001, 0.999), max_size=3),
    st.dictionaries(TEXTS, TEXTS, max_size=3),
    st.lists(TEXTS, max_size=3),
)
def test_what_is_written_is_read_back_whole(
    tmp_path_factory: pytest.TempPathFactory,
    answers: dict[tuple[str, str], str],
    assumptions: dict[str, float],
    tags: dict[str, str],
    owners: list[str],
) -> None:
    said = Decisions(
        answers={f"{about}/{topic}": value for (about, topic), value in answers.items()},
        organisation=Organisation(tags=tags, owners=tuple(owners), name_prefix="x-", discounts={"aws": Decimal("7.5")}),
        assumptions=assumptions,
    )
    file = tmp_path_factory.mktemp("said") / "decisions.yaml"
    file.write_bytes(decisions_file.out_file((), said).content)
    assert decisions_file.read(file).decisions == said


@given(st.one_of(NAMES, st.from_regex(r"[a-z0-9_.-]{1,50}(/[a-z-]{1,60})?", fullmatch=True)), TEXTS)
def test_an_answer_is_written_as_the_library_writes_it(key: str, value: str) -> None:
    stream = io.StringIO()
    YAML(typ="rt").dump({key: value}, stream)
    assert decisions_file._entry(key, value) == stream.getvalue().splitlines()


def planned(folder: Path, decided: str = "", *options: str) -> tuple[int, str, Plan | None]:
    file = write(folder, decided)
    arguments = ["-", "-o", str(folder / "plan"), "--decisions", str(file), "--as-of", "2026-11-24", *options]
    result = CliRunner().invoke(plan, arguments, input=CRONTAB, standalone_mode=False)
    if result.exception is not None:
        return 3, str(result.exception), None
    return result.return_value, result.stderr, planfile.read(folder / "plan").plan


def job_ids(folder: Path) -> dict[str, str]:
    _, _, made = planned(folder)
    assert made is not None
    return {entry.job.name: entry.job.id for entry in made.jobs}


def test_a_stale_or_misspelt_job_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    ids = job_ids(tmp_path)
    before = (tmp_path / "plan" / "plan.json").read_bytes()
    poll = next(one for one in ids.values() if POLL in one)
    spoiled = poll[:-1] + ("0" if poll[-1] != "0" else "1")
    code, said, _ = planned(tmp_path, f"version: 1\njobs:\n  {spoiled}: {{target: host}}\n")
    assert code == 3
    assert (
        f"decisions.yaml:3: {spoiled}/target: no job or server of this plan is called '{spoiled}'; did you mean {poll}?" in said
    )
    assert (tmp_path / "plan" / "plan.json").read_bytes() == before


def test_a_target_that_does_not_exist_is_refused_with_the_nearest(tmp_path: Path) -> None:
    poll = next(one for one in job_ids(tmp_path).values() if POLL in one)
    code, said, _ = planned(tmp_path, f"answers:\n  {poll}/target: aws_lamda\n")
    assert code == 3
    assert "'aws_lamda' is no target; did you mean aws_lambda?" in said


def test_size_timeout_and_target_are_obeyed(tmp_path: Path) -> None:
    report = next(one for one in job_ids(tmp_path).values() if REPORT in one)
    _, _, made = planned(tmp_path, f"jobs:\n  {report}: {{target: aws_lambda, size: 2048mb, timeout: 77}}\n")
    assert made is not None
    option = next(entry.placement.option for entry in made.jobs if entry.job.id == report)
    assert option.size is not None
    assert (option.target, option.size.name, option.timeout_s) == ("aws_lambda", "2048 MB", 77.0)


def test_planning_again_and_reviewing_keep_every_decision(tmp_path: Path) -> None:
    report = next(one for one in job_ids(tmp_path).values() if REPORT in one)
    text = f"jobs:\n  {report}: {{timeout: 77, target: aws_lambda}}\n"
    text += "organisation: {network: vpc-1}\nassumptions: {enough_runs: 3}\n"
    _, _, first = planned(tmp_path, text)
    assert first is not None
    poll = next(entry.job.id for entry in first.jobs if POLL in entry.job.id)
    result = CliRunner().invoke(
        review, [str(tmp_path / "plan"), "--no-ask", "--answer", f"{poll}/timeout=30"], standalone_mode=False
    )
    assert result.exception is None
    kept = decisions_file.read(tmp_path / "plan" / "decisions.yaml").decisions
    assert kept.organisation.network == "vpc-1"
    assert kept.assumptions == {"enough_runs": 3.0}
    assert kept.answers == {**first.decisions.answers, f"{poll}/timeout": "30"}
    _, _, again = planned(tmp_path, (tmp_path / "plan" / "decisions.yaml").read_text())
    assert again is not None
    assert again.decisions == kept


def test_an_assumption_of_the_user_moves_the_plan_and_is_marked(tmp_path: Path) -> None:
    _, _, ours = planned(tmp_path)
    _, _, theirs = planned(tmp_path, "assumptions: {unmeasured_memory_mib: 3000, container_image_gib: 2}\n")
    assert ours is not None
    assert theirs is not None
    assert {one.name for one in theirs.assumptions if one.stated} == {"unmeasured_memory_mib", "container_image_gib"}
    sizes = [entry.placement.option.size.memory_mib for entry in theirs.jobs if entry.placement.option.size is not None]
    assert sizes
    assert min(sizes) >= 3000


def test_a_discount_of_a_provider_that_does_not_exist_is_an_error_with_the_nearest(tmp_path: Path) -> None:
    file = tmp_path / "decisions.yaml"
    file.write_text("version: 1\norganisation:\n  discounts: {awz: 12, gcp: 5}\n")
    with pytest.raises(
        PlanError, match=r"decisions.yaml:3: discounts: no provider 'awz'; did you mean aws\? Known: aws, gcp, azure"
    ):
        decisions_file.read(file)


def test_a_misspelt_type_under_server_costs_is_refused_with_its_line_and_the_nearest(tmp_path: Path) -> None:
    text = "organisation:\n  server-costs:\n    t3.medium: 19.50\n    {}: 7\n"
    code, said, _ = planned(tmp_path, text.format("t3.mediun"), "--instance-type", "t3.large")
    assert code == 3
    assert "decisions.yaml:4: server-costs: no server of this plan and no price list here has 't3.mediun'" in said
    assert "did you mean t3.medium?" in said
    code, _, made = planned(tmp_path, text.format("rack-7"), "--instance-type", "rack-7")  # of no list, but of this plan
    assert made is not None
    assert made.hosts[0].savings.now_monthly_cost == 7


def test_a_misspelt_type_is_named_with_the_nearest_that_has_a_price_and_nothing_is_claimed(tmp_path: Path) -> None:
    job_ids(tmp_path)
    _, _, made = planned(tmp_path, "", "--instance-type", "t3.mediun", "--region", "us-east-1")
    assert made is not None
    asked = next(question for question in made.hosts[0].questions if question.id.endswith("/server-cost"))
    assert "no price list here has t3.mediun, the nearest is t3.medium" in asked.hint
    assert made.hosts[0].savings.now_monthly_cost is None


def test_what_a_server_costs_here_care_and_backup_are_lines_of_its_bill(tmp_path: Path) -> None:
    job_ids(tmp_path)
    _, _, made = planned(tmp_path)
    assert made is not None
    host = made.hosts[0].host.name
    text = (
        f"servers:\n  {host}: {{care-hours: 1.5, backup-gib: 40}}\n"
        "organisation: {server-costs: {t3.medium: 19.50}, care-hour-usd: 80, reserved-until: 2027-03-31}\n"
    )
    _, _, stated = planned(tmp_path, text, "--instance-type", "t3.medium")
    assert stated is not None
    saved = stated.hosts[0].savings
    assert {item.name: item.monthly_cost for item in saved.now_items} == {
        "server, as stated by you": Decimal("19.5"),
        "hours of care": Decimal(120),  # by hand: 1.5 h at 80 USD
        "backup": None,  # no provider is known, so the price is not
    }
    assert saved.reserved_until == "2027-03-31"
