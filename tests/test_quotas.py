"""What all jobs together ask of an account, against peaks counted by hand."""

from datetime import UTC, datetime, timedelta

import pytest
from aws_jobs import changed
from small_plan import job_plan, plan

from migrator import resources, targets, topics
from migrator.model.job import Schedule
from migrator.model.option import Resource
from migrator.model.plan import Decisions, JobPlan, QuotaPeak
from migrator.quotas import ALL, SAM_PLACES, peaks
from migrator.reports import html, markdown
from migrator.review import open_questions

AS_OF = datetime(2026, 11, 24, 12, tzinfo=UTC)


def moving(number: int, when: str, kind: str, seconds: float, **usage: object) -> JobPlan:
    """A job of UTC whose longest usual run takes `seconds`."""
    made = job_plan(number)
    resource = Resource(kind=kind, name="x", values={"usage": usage})
    spread = changed(made.usage.duration_s, p99=seconds)  # type: ignore[union-attr]
    return changed(
        made,
        job=changed(made.job, schedule=Schedule(grammar="debian", expressions=(when,), timezone="UTC")),
        usage=changed(made.usage, duration_s=spread),
        placement=changed(
            made.placement, option=changed(made.placement.option, resources=(resource,), region="us-east-1", timeout_s=None)
        ),
    )


def told(*jobs: JobPlan) -> QuotaPeak:
    (peak,) = peaks(jobs, AS_OF)
    return peak


def test_midnight_is_named_with_its_minute_and_its_jobs() -> None:
    """Three jobs of 4 vCPU at midnight, each for ten minutes; one at noon; one that begins when the last of them has ended."""
    night = [moving(n, "0 0 * * *", "aws_ecs_task_definition", 600, vcpu=4.0) for n in range(3)]
    noon = moving(3, "0 12 * * *", "aws_ecs_task_definition", 600, vcpu=4.0)
    after = moving(4, "10 0 * * *", "aws_ecs_task_definition", 600, vcpu=4.0)
    peak = told(*night, noon, after)
    assert (peak.peak, peak.amount, peak.exceeded) == (12.0, 6.0, True)
    assert peak.at == datetime(2026, 11, 25, tzinfo=UTC)
    assert peak.jobs == tuple(sorted(one.job.id for one in night))
    assert "over 20 minutes" in peak.summary  # 12 of 6, for ten minutes
    assert "2026-11-25 00:00 UTC" in peak.summary


def test_a_job_that_asks_for_more_than_there_is_cannot_be_spread() -> None:
    (peak,) = peaks([moving(0, "0 0 * * *", "aws_ecs_task_definition", 600, vcpu=8.0)], AS_OF)
    assert peak.summary.endswith(f"choose a smaller size for {peak.jobs[0]} (answer {peak.jobs[0]}/size)")


def test_runs_that_are_long_meet_although_they_begin_apart() -> None:
    jobs = [moving(n, f"{n * 10} 3 * * *", "aws_ecs_task_definition", 3000, vcpu=2.0) for n in range(4)]
    peak = told(*jobs)
    assert peak.peak == 8.0
    assert peak.at == datetime(2026, 11, 25, 3, 30, tzinfo=UTC)
    brief = [moving(n, f"{n * 10} 3 * * *", "aws_ecs_task_definition", 599, vcpu=2.0) for n in range(4)]
    assert peaks(brief, AS_OF) == ()


def test_the_first_of_a_month_is_seen() -> None:
    monthly = [moving(n, "0 0 1 * *", "aws_ecs_task_definition", 60, vcpu=4.0) for n in range(2)]
    assert told(*monthly).at == datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(("count", "exceeded"), [(10, None), (11, False), (1001, True)])
def test_an_account_may_be_new(count: int, exceeded: bool | None) -> None:
    one = moving(0, "0 0 * * *", "aws_lambda_function", 10)
    found = peaks([one] * count, AS_OF)
    assert [peak.exceeded for peak in found] == ([] if exceeded is None else [exceeded])
    assert all(peak.peak == count for peak in found)
    if exceeded is False:
        assert "a new account may have only 10" in found[0].summary
    if exceeded:
        assert len(found[0].jobs) == 20
        assert found[0].more_jobs == 981


def test_schedules_of_a_region_are_counted_whenever_they_fire() -> None:
    one = moving(0, "0 0 * * *", "gcp_cloud_scheduler_job", 10)
    other = moving(1, "0 5 * * *", "gcp_cloud_scheduler_http_job", 10)
    assert peaks([*[one] * 999, other], AS_OF) == ()
    peak = told(*[one] * 1000, other)
    assert (peak.peak, peak.at) == (1001.0, None)
    assert "into 2 projects or regions" in peak.summary


def test_what_stays_and_what_has_no_calendar_asks_nothing() -> None:
    busy = [moving(n, "0 0 * * *", "aws_ecs_task_definition", 60, vcpu=4.0) for n in range(2)]
    assert peaks(busy, AS_OF)
    assert peaks([changed(one, placement=changed(one.placement, verdict="stay")) for one in busy], AS_OF) == ()
    boot = changed(busy[0].job.schedule, expressions=("@reboot",))
    assert peaks([changed(one, job=changed(one.job, schedule=boot)) for one in busy], AS_OF) == ()


def test_what_runs_and_what_is_kept_on_cloud_run_is_counted() -> None:
    """1,000 running executions and 1,000 jobs of a project in a region."""
    apart = [moving(n, f"{n} 0 * * *", "gcp_cloud_run_v2_job", 30) for n in range(2)]
    at_one_time = peaks([apart[0]] * 1001, AS_OF)
    assert [(peak.quota, peak.peak) for peak in at_one_time] == [
        ("Cloud Run jobs", 1001.0),
        ("running executions of Cloud Run jobs", 1001.0),
    ]
    kept = told(*[apart[0]] * 600, *[apart[1]] * 401)
    assert (kept.quota, kept.peak, kept.at) == ("Cloud Run jobs", 1001.0, None)


def test_every_quota_counts_what_a_plan_really_holds() -> None:
    """A kind that no target makes would be counted never; identities are of an account, not of a region."""
    assert {quota.kind for quota in ALL} <= {module.__name__.rsplit(".", 1)[-1] for module in resources.ALL}
    many = told(*[moving(0, "0 0 * * *", "gcp_service_account", 30)] * 101)
    assert many.summary.endswith("emit them apart (`emit --job`) into 2 projects")
    one = moving(0, "0 0 * * *", "gcp_service_account", 30)
    option = one.placement.option
    own = Resource(kind="gcp_service_account", name="x", values={"prefixes": ["locks/x/", "files/a", "files/b"]})
    scheduler = Resource(kind="gcp_service_account", name="cron_scheduler", values={"shared": True, "prefixes": []})
    both = changed(one, placement=changed(one.placement, option=changed(option, resources=(own, scheduler))))
    assert peaks([both] * 100, AS_OF) == (), "one account each, and the scheduler's, which is there once"
    assert [(peak.quota, peak.peak) for peak in peaks([both] * 501, AS_OF)] == [
        ("grants on the bucket of all jobs", 1503.0),
        ("service accounts", 501.0),
    ]
    for kind, where in (("aws_cloudwatch_event_rule", "the default bus"), ("aws_api_destination", "the bus of calls")):
        calls = [moving(0, "0 0 * * *", kind, 30)] * 301
        assert f"301 EventBridge rules of {where} in us-east-1; the quota is 300" in told(*calls).summary
    events = [moving(0, "0 0 * * *", "azure_eventgrid_subscription", 30)] * 501
    assert told(*events).summary.endswith(
        "the quota is 500: ask for more, or emit them apart (`emit --job`) into 2 storage accounts"
    )
    assert peaks(events[:500], AS_OF) == ()
    queues = [moving(0, "0 0 * * *", "azure_servicebus_queue", 30)] * 10_001
    assert told(*queues).amount == 10_000
    apps = [moving(0, "0 0 * * *", "azure_function_storage", 30)] * 251
    assert told(*apps).amount == 250
    assert peaks(apps[:250], AS_OF) == ()


def test_what_is_exceeded_is_asked_and_the_answer_counts() -> None:
    night = [moving(n, "0 0 * * *", "aws_ecs_task_definition", 600, vcpu=4.0) for n in range(3)]
    (asked,) = peaks(night, AS_OF)
    assert asked.question is not None
    assert (asked.question.id, asked.question.default) == ("all/quota-fargate-vcpu", "6")
    whole = changed(plan(), quotas=(asked,))
    assert asked.question in open_questions(whole)
    assert "all/quota-fargate-vcpu: 6" in html.write(whole)[0].content.decode()
    assert peaks(night, AS_OF, {"all/quota-fargate-vcpu": "12"}) == (), "twelve are needed, twelve are there"
    (less,) = peaks(night, AS_OF, {"all/quota-fargate-vcpu": "11"})
    assert (less.amount, less.exceeded, less.question) == (11.0, True, None)
    (taken,) = peaks(night, AS_OF, {"all/quota-fargate-vcpu": "accepted"})
    assert (taken.amount, taken.question) == (6.0, None), "told still, asked no more"
    grown = peaks([moving(0, "0 0 * * *", "aws_lambda_function", 10)] * 11, AS_OF, {"all/quota-lambda-runs": "1000"})
    assert grown == (), "what new accounts begin with is no matter once its own is known"


def test_each_quota_can_be_answered_and_only_in_numbers() -> None:
    assert {quota.topic for quota in ALL} == set(topics.QUOTAS)
    for said, wrong in (("12", False), ("accepted", False), ("many", True), ("0", True), ("", True)):
        decided = Decisions(answers={"all/quota-fargate-vcpu": said})
        assert bool(topics.meaningless(decided, {})) == wrong, said
    misspelt = topics.wrong(Decisions(answers={"all/quota-fargate-vcpus": "1"}), plan())
    assert "did you mean quota-fargate-vcpu?" in misspelt["all/quota-fargate-vcpus"]


def test_a_stack_of_cloudformation_is_counted_in_resources() -> None:
    one = moving(0, "0 0 * * *", "aws_lambda_function", 10)
    option = changed(one.placement.option, target="aws_lambda")
    made = [Resource(kind="aws_iam_role", name=f"role_{number}") for number in range(501)]

    def kept(resources: list[Resource], target: str = "aws_lambda") -> list[QuotaPeak]:
        found = changed(one, placement=changed(one.placement, option=changed(option, resources=tuple(resources), target=target)))
        return [peak for peak in peaks([found, found], AS_OF) if peak.quota == "resources of a stack"]

    (peak,) = kept(made)
    assert (peak.peak, peak.amount, peak.question) == (501.0, 500.0, None)
    assert kept(made[:500]) == [], "what jobs share is there once"
    assert kept(made, "aws_fargate") == [], "which is emitted as Terraform only"
    assert {place.NAME for place in targets.ALL if "sam" in place.LANGUAGES} == SAM_PLACES


def test_every_quota_has_a_page_a_date_and_says_when_it_holds() -> None:
    for quota in ALL:
        assert quota.source.startswith("https://")
        assert quota.as_of >= "2023"
        assert quota.condition


def test_the_reports_say_it_with_its_page() -> None:
    peak = told(*[moving(n, "0 0 * * *", "aws_ecs_task_definition", 60, vcpu=4.0) for n in range(2)])
    whole = changed(plan(), quotas=(peak,), as_of=AS_OF + timedelta(0))
    for report in (html, markdown):
        text = report.write(whole)[0].content.decode()
        assert "8 vCPU go on at once at 2026-11-25 00:00 UTC" in text.replace("\\", "")
        assert "API\\_ComputeResource" in text or "API_ComputeResource" in text
