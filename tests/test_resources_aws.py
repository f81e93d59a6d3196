"""AWS resources: bills made by hand, and fragments that Terraform and CloudFormation tools accept, whatever a job is called."""

import json
import re
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import hcl2
import pytest
from aws_jobs import DOSSIER, FAN_OUT, GLUE, JOB, SHAPE, TRANSLATION, changed, fact
from cfnlint.api import ManualArgs, lint
from hypothesis import given, settings
from hypothesis import strategies as st
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from migrator import render, resources
from migrator.errors import PriceError
from migrator.model.finding import Dossier, Fact, Need
from migrator.model.job import Job, Secret
from migrator.model.option import CostItem, Part, Resource, Shape
from migrator.model.plan import Organisation
from migrator.model.source import Evidence
from migrator.pricebook import total
from migrator.prices import bundled
from migrator.targets import Target, aws_fargate, aws_lambda, aws_parts

BOOK = bundled.read()
KINDS = {kind.KIND: kind for kind in resources.ALL}
HOSTILE = "a\"b'${x} %{if} {{ v }} {% raw %} \\ $(id) `id` \x07 é 漢 #"
FILES = {"terraform": "terraform.tf.j2", "sam": "sam.yaml.j2"}
LOCKED = (Need(kind="single_flight", choice="wait"), Need(kind="at_most_once", soft=True))
SECRET = Secret(name="MYSQL_PASSWORD", kind="password")


def part(runs: float | None, seconds: float | None) -> Part:
    return changed(SHAPE.parts[0], monthly_invocations=runs, billed_s=seconds)


def made(
    target: Target, memory_mib: int, runs: float | None, seconds: float | None, dossier: Dossier = DOSSIER
) -> tuple[Resource, ...]:
    size = next(size for size in target.sizes() if size.memory_mib >= memory_mib)
    return target.resources(dossier, changed(SHAPE, parts=(part(runs, seconds),)), size, TRANSLATION, 900, "us-east-1")


def bill(created: tuple[Resource, ...], region: str = "us-east-1") -> dict[str, CostItem]:
    items = [item for resource in created for item in KINDS[resource.kind].cost(resource, region, BOOK)]
    return {item.name: item for item in items}


def test_the_classic_case_a_nightly_job_of_twelve_minutes_against_its_t3_medium() -> None:
    """21,914.55 s a month: 10,957.275, 21,914.55 and 37,858.24 GB-s at 0.0000166667, against 730.485 h at 0.0416."""
    server = Decimal("730.485") * Decimal("0.0416")
    for memory, cost, factor in [(512, "0.182621615", 166), (1024, "0.365243230", 83), (1769, "0.630971948", 48)]:
        duration = bill(made(aws_lambda, memory, 30.436875, 720))["Lambda duration"].monthly_cost
        assert duration is not None
        assert duration == pytest.approx(Decimal(cost), abs=Decimal("1e-9"))
        assert round(server / duration) == factor


@pytest.mark.parametrize(
    ("memory_mib", "runs", "seconds", "gb_s"),
    [
        (1024, 1000, 1, "1000"),
        (512, 1000, 1, "500"),
        (1024, 1000, 0.0101, "11"),  # 10.1 ms are billed as 11 ms
        (1024, 1000, 0.010, "10"),
        (128, 43829.1, 60, "328718.25"),
    ],
)
def test_lambda_bills_milliseconds_times_memory(memory_mib: int, runs: float, seconds: float, gb_s: str) -> None:
    assert bill(made(aws_lambda, memory_mib, runs, seconds))["Lambda duration"].monthly_quantity == Decimal(gb_s)


def test_lambda_duration_changes_price_at_six_billion() -> None:
    # 1 GB x 1 s x 6,000,000,001 runs: 6,000,000,000 x 0.0000166667 + 1 x 0.000015
    lines = bill(made(aws_lambda, 1024, 6_000_000_001, 1))
    assert lines["Lambda duration"].monthly_cost == Decimal("100000.2")
    assert lines["Lambda duration above 6,000,000,000"].monthly_cost == Decimal("0.000015")


def test_a_container_is_billed_for_a_minute_at_least_its_start_included() -> None:
    # 0.25 vCPU, 0.5 GB: 5 s + 30 s start < 60 s -> 100 runs x 60 s = 1.6667 h
    short = bill(made(aws_fargate, 512, 100, 5))
    hours = Decimal(100 * 60) / 3600
    assert short["Fargate vCPU"].monthly_cost == hours * Decimal("0.25") * Decimal("0.04048")
    assert short["Fargate memory"].monthly_cost == hours * Decimal("0.5") * Decimal("0.004445")
    assert short["public IPv4 address while it runs"].monthly_cost == hours * Decimal("0.005")
    # 3,570 s + 30 s = 1 h: 100 h
    long = bill(made(aws_fargate, 512, 100, 3570))
    assert long["Fargate vCPU"].monthly_cost == Decimal("1.012000")


def test_a_fan_out_is_billed_for_both_parts_its_messages_and_the_polls_of_its_queue() -> None:
    size = next(size for size in aws_lambda.sizes() if size.memory_mib == 1024)
    created = aws_lambda.resources(DOSSIER, FAN_OUT, size, TRANSLATION, 60, "us-east-1")
    items = [item for resource in created for item in KINDS[resource.kind].cost(resource, "us-east-1", BOOK)]
    durations = [item.monthly_quantity for item in items if item.name == "Lambda duration"]
    # 30.436875 x 5 s, and 3,043.6875 x 7.2 s, at 1 GB
    assert durations == [Decimal("152.184375"), Decimal("21914.55")]
    # 3,043.6875 messages x 3 requests; 730.485 h x 3,600 / 20 s x 5 polls; 0.40 a million
    assert [item.monthly_cost for item in items if item.name == "queue requests"] == [Decimal("0.003652425")]
    assert [item.monthly_cost for item in items if item.name == "queue polls"] == [Decimal("0.2629746")]
    assert [item.monthly_cost for item in items if item.name == "alarm of dead letters"] == [Decimal("0.10")]


def test_what_lies_among_dead_letters_is_told() -> None:
    """SQS counts what it moves itself as sent nowhere, so the alarm is about what lies there:
    docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html."""
    size = next(size for size in aws_lambda.sizes() if size.memory_mib == 1024)
    created = aws_lambda.resources(DOSSIER, FAN_OUT, size, TRANSLATION, 60, "us-east-1")
    (dead,) = [one.name for one in created if one.kind == "aws_sqs_queue" and one.name.endswith("_dead_letters")]
    (alarm,) = re.findall(r'resource "aws_cloudwatch_metric_alarm".*?\n}', written("terraform", created, JOB), re.DOTALL)
    assert f"{{ QueueName = aws_sqs_queue.{dead}.name }}" in alarm
    assert re.search(r'metric_name +\W+ApproximateNumberOfMessagesVisible"', alarm)
    assert re.search(r'statistic += "Maximum"', alarm)
    template = written("sam", created, JOB)
    assert "MetricName: ApproximateNumberOfMessagesVisible" in template
    assert "Statistic: Maximum" in template


def test_a_lock_is_billed_by_its_writes() -> None:
    """100 runs: an instant to claim and to record, a lease to take and to give back; 0.625 a million."""
    for target, writes in [(aws_lambda, 200), (aws_fargate, 400)]:
        size = target.sizes()[0]
        created = target.resources(
            DOSSIER, changed(SHAPE, parts=(part(100, 5),), adds=LOCKED), size, TRANSLATION, 60, "us-east-1"
        )
        line = bill(created)["lock writes"]
        assert (line.monthly_quantity, line.monthly_cost) == (writes, writes * Decimal("0.000000625"))


def test_every_line_of_the_bill_has_a_source_and_a_date() -> None:
    job = changed(JOB, secrets=(SECRET,))
    for target in (aws_lambda, aws_fargate):
        for line in bill(made(target, 512, 30, 10, changed(DOSSIER, job=job))).values():
            assert line.source
            assert line.as_of
            assert line.price_key


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "eu-central-1"])
def test_everything_has_a_price_in_every_region_of_the_price_book(region: str) -> None:
    for target, dossier, shape in jobs():
        for size in target.sizes()[-2:]:  # both architectures
            created = target.resources(dossier, shape, size, TRANSLATION, 60, region)
            assert total(bill(created, region).values()) is not None


def test_a_region_without_prices_is_named() -> None:
    with pytest.raises(PriceError, match="'eu-north-9'; the price book knows eu-central-1, eu-west-1, us-east-1"):
        bill(made(aws_lambda, 512, 30, 10), "eu-north-9")


def test_an_unknown_number_of_runs_is_an_unknown_cost() -> None:
    for target in (aws_lambda, aws_fargate):
        lines = bill(made(target, 512, None, None))
        assert total(lines.values()) is None
        assert not any(line.monthly_cost == 0 for line in lines.values() if line.monthly_quantity is None)


@given(st.floats(1, 1e6), st.floats(1, 1e6), st.floats(0.001, 900), st.floats(0.001, 900))
@settings(max_examples=30, deadline=None)
def test_cost_never_falls_when_runs_or_time_rise(runs: float, more_runs: float, seconds: float, more_seconds: float) -> None:
    (few, many), (brief, long) = sorted((runs, more_runs)), sorted((seconds, more_seconds))
    for target in (aws_lambda, aws_fargate):
        low, high = total(bill(made(target, 512, few, brief)).values()), total(bill(made(target, 512, many, long)).values())
        assert low is not None
        assert high is not None
        assert low <= high


def written(language: str, created: tuple[Resource, ...], job: Job) -> str:
    return "\n".join(
        render.text(f"resources/{resource.kind}/{FILES[language]}", language, v=resource.values, name=resource.name, job=job)
        for resource in created
        if language in KINDS[resource.kind].LANGUAGES
    )


def jobs() -> list[tuple[Target, Dossier, Shape]]:
    """One of each kind: a zip function, an image function with a lock and a secret, a container with a secret, other shapes."""
    plain = changed(JOB, name=HOSTILE)
    with_secret = changed(JOB, id="sales-php-1a2b", name=HOSTILE, secrets=(SECRET,))
    container = changed(JOB, id="export-9f8e", name=HOSTILE, secrets=(SECRET,))
    php = (
        fact("interpreter", "php8.2"),
        fact("lock", "/run/sales.lock", "skip"),
        Fact(kind="cloud-cli", value="aws", evidence=Evidence(snippet="aws s3 cp - s3://example-backup/shop-$(date +%F).gz")),
    )
    return [
        (aws_lambda, changed(DOSSIER, job=plain), SHAPE),
        (aws_lambda, changed(DOSSIER, job=with_secret, facts=php), changed(SHAPE, adds=LOCKED)),
        (aws_fargate, changed(DOSSIER, job=container, facts=php), changed(SHAPE, adds=LOCKED)),
        (aws_lambda, changed(DOSSIER, job=changed(plain, id="customers-77aa"), facts=php), FAN_OUT),
        (aws_lambda, changed(DOSSIER, job=changed(plain, id="inbox-c0de")), GLUE),
    ]


def created_for(target: Target, dossier: Dossier, shape: Shape) -> tuple[Resource, ...]:
    size = next(size for size in target.sizes() if size.memory_mib >= 512)
    return target.resources(dossier, shape, size, TRANSLATION, 60, "us-east-1")


def terraform_files() -> dict[str, str]:
    files: dict[str, str] = {}
    shared: dict[tuple[str, str], Resource] = {}
    for target, dossier, shape in jobs():
        created = created_for(target, dossier, shape)
        of_all = [one for one in created if one.values.get("shared") or one.name == aws_parts.UNDELIVERED]
        shared.update({(one.kind, one.name): one for one in of_all})
        own = tuple(one for one in created if one not in of_all)
        files[f"{dossier.job.id}.tf"] = written("terraform", own, dossier.job)
    files["shared.tf"] = written("terraform", tuple(shared.values()), JOB)
    around = {"region": "us-east-1", "organisation": Organisation(), "notify": "", "everything": "".join(files.values())}
    return {"main.tf": render.text("languages/terraform/aws.tf.j2", "terraform", **around), **files}


def sam_template() -> str:
    created = {
        (one.kind, one.name): one
        for target, dossier, shape in jobs()
        if target is aws_lambda
        for one in created_for(target, dossier, shape)
    }
    fragments = written("sam", tuple(created.values()), JOB)
    indented = "".join(f"  {line}" if line.strip() else line for line in fragments.splitlines(keepends=True))
    switches = sorted({str(one.values["enabled_by"]) for one in created.values() if "enabled_by" in one.values})
    return render.text(
        "languages/sam/template.yaml.j2",
        "sam",
        fragments=indented,
        switches=switches,
        checked=True,
        organisation=Organisation(),
        notify="",
    )


def test_every_resource_has_a_fragment_for_each_of_its_languages() -> None:
    for kind in resources.ALL:
        if kind.PROVIDER == "aws":
            for language in kind.LANGUAGES:
                assert render.source(f"resources/{kind.KIND}/{FILES[language]}"), f"{kind.KIND}: no {language} fragment"


def test_terraform_files_are_parsed_and_carry_hostile_names_unharmed() -> None:
    for name, text in terraform_files().items():
        parsed: dict[str, Any] = hcl2.loads(text)
        assert parsed, name
        assert "{%" not in text.replace("{% raw %}", "")


def test_scheduler_keywords_reach_scheduler_unescaped() -> None:
    text = terraform_files()[f"{JOB.id}.tf"]
    assert r"\"scheduled_time\": \"<aws.scheduler.scheduled-time>\"" in text
    assert "u003c" not in text


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not on this machine: `terraform fmt` is not covered")
def test_terraform_files_are_formatted_as_terraform_formats_them(tmp_path: Path) -> None:
    for name, text in terraform_files().items():
        (tmp_path / name).write_text(text)
    run = subprocess.run(
        ["terraform", f"-chdir={tmp_path}", "fmt", "-check", "-diff"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_schedules_are_off_at_first_in_both_languages() -> None:
    main = terraform_files()["main.tf"]
    assert re.search(r'variable "schedules_enabled" {[^}]*default     = false', main)
    template = yaml_parse(sam_template())
    assert template["Parameters"]["SchedulesEnabled"]["Default"] == "false"
    switches = {name for name in template["Parameters"] if name.startswith("Enable")}
    assert {template["Parameters"][name]["Default"] for name in switches} == {"false"}
    states = [one["Properties"]["State"] for one in template["Resources"].values() if one["Type"] == "AWS::Scheduler::Schedule"]
    assert len(states) == 7  # three scheduled jobs of two expressions each, and the daily check
    assert all(state["Fn::If"][1:] == ["ENABLED", "DISABLED"] for state in states)
    own = {state["Fn::If"][0] for state in states}
    assert own <= {"AnyOn", *(f"{name.removeprefix('Enable')}On" for name in switches)}
    assert own <= set(template["Conditions"])


def test_a_function_is_tried_once() -> None:
    template = yaml_parse(sam_template())
    configs = [one["Properties"] for one in template["Resources"].values() if one["Type"] == "AWS::Lambda::EventInvokeConfig"]
    assert [config["MaximumRetryAttempts"] for config in configs] == [0, 0, 0, 0]  # three jobs, and the daily check
    assert "maximum_retry_attempts       = 0" in terraform_files()[f"{JOB.id}.tf"]


def test_no_function_sets_a_variable_that_lambda_keeps_for_itself() -> None:
    secrets = tuple(Secret(name=name, kind="key") for name in ("AWS_ACCESS_KEY_ID", "DB_PASSWORD"))
    job = changed(JOB, secrets=secrets)
    for target, language in [(aws_lambda, "sam"), (aws_lambda, "terraform"), (aws_fargate, "terraform")]:
        text = written(language, made(target, 512, 30, 10, changed(DOSSIER, job=job)), job)
        assert re.search(r"\bMIGRATOR_SECRET_AWS_ACCESS_KEY_ID\b", text)
        assert not re.search(r'^ +(\{ name = ")?AWS_ACCESS_KEY_ID\b', text, re.MULTILINE)
        assert re.search(r"\bDB_PASSWORD\b", text)


class ManagedPolicies:
    """No managed policy is used, so none has to be looked up."""

    def load(self) -> dict[str, str]:
        return {}


def test_the_sam_template_and_its_translation_pass_cfn_lint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    text = sam_template()
    assert lint(text, config=ManualArgs(regions=["us-east-1"])) == []
    template = yaml_parse(text)
    for one in template["Resources"].values():
        if one["Type"] == "AWS::Serverless::Function":  # what `sam build` and `sam package` put in
            image = one["Properties"]["PackageType"] == "Image"
            one["Properties"].update(
                {"ImageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/a:b"}
                if image
                else {"CodeUri": {"Bucket": "code-bucket", "Key": "k"}}
            )
    translated = transform(template, {}, ManagedPolicies())
    assert lint(json.dumps(translated), config=ManualArgs(regions=["us-east-1"])) == []
