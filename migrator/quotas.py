"""What all jobs together ask of an account: runs that go on at once, by the proved calendars, and schedules that are kept there.

Each job alone keeps to its place's limits; at midnight they all begin. A quota is of an account and a region, has a page and a
date, and can be raised by asking; what exceeds it is told with the minute, the jobs and how many minutes would spread them, and
asked about: `all/quota-...` takes the number that this account really has, or `accepted`.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from migrator.errors import ScheduleError
from migrator.model.finding import Question
from migrator.model.job import Schedule
from migrator.model.option import Placement, Resource
from migrator.model.plan import JobPlan, QuotaPeak
from migrator.model.usage import Usage
from migrator.schedule.reading import calendar_of
from migrator.schedule.zones import to_minute
from migrator.topics import ACCEPTED, EVERYTHING

WINDOW_DAYS = 35  # every weekday, and every day of a month but its last ones twice
NAMED = 20  # jobs that a peak lists
ASKED = frozenset({"usage", "width"})  # of what a resource says


class Quota(NamedTuple):
    """A number that an account has in a region. `key`: the value of a resource that counts, of a list its length; None: each
    counts one. `at_once`: of what runs at one time; else of what is there. `less`: what new accounts are known to begin with."""

    topic: str  # of the answer that says what this account has
    kind: str
    key: str | None
    name: str
    unit: str
    amount: float
    source: str
    as_of: str
    condition: str
    at_once: bool = True
    less: float | None = None
    apart: str = "projects or regions"  # where what is there beyond it can go
    regional: bool = True


LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
BATCH = "https://docs.aws.amazon.com/batch/latest/APIReference/API_ComputeResource.html"
APPS = "https://learn.microsoft.com/azure/container-apps/quotas"
FLEX = "https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan#regional-subscription-memory-quotas"
SCHEDULES = "https://docs.cloud.google.com/scheduler/quotas"
CLOUD_RUN = "https://docs.cloud.google.com/run/quotas"
SCHEDULER = "https://docs.aws.amazon.com/scheduler/latest/UserGuide/scheduler-quotas.html"
RULES = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html"
POLICIES = "https://docs.cloud.google.com/iam/quotas"
ROLES = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
ACCOUNTS = "https://docs.cloud.google.com/iam/docs/service-accounts-create"
ASSIGNMENTS = "https://learn.microsoft.com/azure/role-based-access-control/troubleshoot-limits"
STORAGE = "https://learn.microsoft.com/azure/storage/common/scalability-targets-standard-account"
QUEUES = "https://learn.microsoft.com/azure/service-bus-messaging/service-bus-quotas"
EVENTS = "https://learn.microsoft.com/azure/event-grid/quotas-limits"
STACK = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"
IN_A_STACK = 500
SAM_PLACES = frozenset({"aws_lambda", "aws_api_destination"})  # what can be emitted as CloudFormation
RAISED = "an account's default in a region; it is raised on request"
ALL: tuple[Quota, ...] = (
    Quota(
        "quota-lambda-runs", "aws_lambda_function", None, "Lambda runs at once", "runs", 1000, LAMBDA, "2026-11-23",
        f"{RAISED}; new accounts may begin with 10 (from memory)", less=10,
    ),
    Quota(
        "quota-fargate-vcpu", "aws_ecs_task_definition", "vcpu", "Fargate vCPUs at once", "vCPU", 6, BATCH, "2026-11-23", RAISED,
    ),
    Quota(
        "quota-eventbridge-schedules",
        "aws_scheduler_schedule", None, "EventBridge schedules", "schedules", 1_000_000, SCHEDULER,
        "2026-11-23", "of an account in a region, by the older pages; newer ones say 10,000,000", at_once=False,
    ),
    Quota(
        "quota-container-apps-cores",
        "azure_container_app_job", "vcpu", "Container Apps cores of an environment", "vCPU", 100, APPS, "2023-01-01",
        "the page of 2023; raised on request",
    ),
    Quota(
        "quota-flex-memory", "azure_function_app", "memory_gb", "Flex Consumption memory at once", "GB", 500, FLEX, "2024-05-24",
        "512,000 MB of a subscription in a region; raised on request",
    ),
    Quota(
        "quota-cloud-scheduler-jobs",
        "gcp_cloud_scheduler_job", None, "Cloud Scheduler jobs", "schedules", 1000, SCHEDULES, "2026-11-23",
        "of a project in a region; 5,000 at most on request (an older page)", at_once=False,
    ),
    Quota(
        "quota-cloud-scheduler-jobs",
        "gcp_cloud_scheduler_http_job", None, "Cloud Scheduler jobs", "schedules", 1000, SCHEDULES, "2026-11-23",
        "of a project in a region; 5,000 at most on request (an older page)", at_once=False,
    ),
    Quota(
        "quota-cloud-run-executions", "gcp_cloud_run_v2_job", None, "running executions of Cloud Run jobs", "executions", 1000,
        CLOUD_RUN, "2026-11-27", "of a project in a region; raised on request by the newer page, fixed by the older one",
    ),
    Quota(
        "quota-cloud-run-jobs", "gcp_cloud_run_v2_job", None, "Cloud Run jobs", "jobs", 1000, CLOUD_RUN, "2026-11-27",
        "of a project in a region; raised on request by the newer page, fixed by the older one", at_once=False,
    ),
    Quota(
        "quota-cloud-run-services", "gcp_cloud_run_v2_service", None, "Cloud Run services", "services", 1000, CLOUD_RUN,
        "2026-11-27", "of a project in a region; raised on request by the newer page, fixed by the older one", at_once=False,
    ),
    Quota(
        "quota-event-rules", "aws_cloudwatch_event_rule", None, "EventBridge rules of the default bus", "rules", 300, RULES,
        "2026-11-27", "of a bus in a region, 100 in some; raised on request", at_once=False, apart="accounts or regions",
    ),
    Quota(
        "quota-call-rules", "aws_api_destination", None, "EventBridge rules of the bus of calls", "rules", 300, RULES,
        "2026-11-27", "of a bus in a region, 100 in some; raised on request", at_once=False, apart="accounts or regions",
    ),
    Quota(
        "quota-iam-roles", "aws_iam_role", None, "IAM roles", "roles", 1000, ROLES, "2026-11-27",
        "of an account, in all regions; 5,000 at most on request (from memory)", at_once=False, apart="accounts", regional=False,
    ),
    Quota(
        "quota-service-accounts", "gcp_service_account", None, "service accounts", "accounts", 100, ACCOUNTS, "2026-11-27",
        "of a project; raised on request", at_once=False, apart="projects", regional=False,
    ),
    Quota(
        "quota-role-assignments", "azure_user_assigned_identity", None, "role assignments, one or more for each identity",
        "assignments", 4000, ASSIGNMENTS, "2026-11-27", "of a subscription, fixed (from memory)", at_once=False,
        apart="subscriptions", regional=False,
    ),
    Quota(
        "quota-bucket-bindings", "gcp_service_account", "prefixes", "grants on the bucket of all jobs", "grants", 1500, POLICIES,
        "2026-11-27", "principals in one policy, each as often as it stands there; fixed (from memory)", at_once=False,
        apart="projects", regional=False,
    ),
    *(
        Quota(
            "quota-role-assignments", kind, None, "role assignments, one or more for each identity", "assignments", 4000,
            ASSIGNMENTS, "2026-11-27", "of a subscription, fixed (from memory)", at_once=False, apart="subscriptions",
            regional=False,
        )
        for kind in ("azure_container_app_job", "azure_function_app")  # the daily check's, of each
    ),
    Quota(
        "quota-role-assignments", "azure_task_hub", None, "role assignments, one or more for each identity", "assignments", 4000,
        ASSIGNMENTS, "2026-11-27", "of a subscription, fixed (from memory)", at_once=False, apart="subscriptions", regional=False,
    ),
    Quota(
        "quota-storage-accounts", "azure_function_storage", None, "storage accounts, one for each function app", "accounts", 250,
        STORAGE, "2026-11-27", "of a subscription in a region (from memory); 500 on request", at_once=False,
        apart="subscriptions",
    ),
    Quota(
        "quota-service-bus-queues", "azure_servicebus_queue", None, "Service Bus queues", "queues", 10_000, QUEUES, "2026-11-27",
        "of a namespace of the Basic tier, fixed; all jobs of a resource group have one", at_once=False, apart="resource groups",
    ),
    Quota(
        "quota-event-subscriptions", "azure_eventgrid_subscription", None, "Event Grid subscriptions", "subscriptions", 500,
        EVENTS, "2026-11-27", "of a topic (from memory); counted as if all were of one storage account's", at_once=False,
        apart="storage accounts",
    ),
)  # fmt: skip


class _Asked(NamedTuple):
    """What one job asks of a quota."""

    entry: JobPlan
    amount: float
    lasts_min: int


def peaks(jobs: Iterable[JobPlan], as_of: datetime, answers: Mapping[str, str] = {}) -> tuple[QuotaPeak, ...]:
    """The quotas that the moving jobs exceed in the 35 days after `as_of`, or that a new account's smaller one would not hold.

    `answers`: what the user said that the account has, in place of its default."""
    jobs = tuple(jobs)
    asked: dict[tuple[str, str], tuple[list[Quota], list[_Asked]]] = {}
    for entry in jobs:
        option = entry.placement.option
        if entry.placement.verdict != "move":
            continue
        for quota in ALL:
            amount = _amount(quota, option.resources)
            if amount:
                quotas, who = asked.setdefault((quota.name, (option.region or "") if quota.regional else "all regions"), ([], []))
                quotas.append(_stated(quota, answers))
                who.append(_Asked(entry, amount, _lasts_min(entry)))
    found = (_peak(quotas[0], region, who, as_of) for (_, region), (quotas, who) in sorted(asked.items(), key=lambda one: one[0]))
    told = tuple(_asking(peak, answers) for peak in found if peak is not None)
    stack = _stack(jobs)
    return told if stack is None else (*told, stack)


def needed(jobs: Iterable[JobPlan]) -> tuple[JobPlan, ...]:
    """What `peaks` asks of jobs, and nothing else of them: those that move, with what their resources take of quotas."""
    return tuple(_bare(entry) for entry in jobs if entry.placement.verdict == "move")


def _bare(entry: JobPlan) -> JobPlan:
    option, usage = entry.placement.option, entry.usage
    made = tuple(
        Resource(
            kind=one.kind, name=one.name, values={name: one.values[name] for name in ("usage", "width") if name in one.values}
        )
        for one in option.resources
    )
    lasts = None
    if usage is not None:
        lasts = Usage(job_id=usage.job_id, observed_days=None, observed_runs=0, monthly_runs=None, duration_s=usage.duration_s)
    placed = Placement(
        job_id=entry.job.id,
        verdict="move",
        option=msgspec.structs.replace(option, resources=made, items=(), misfits=()),
        reasons=(),
    )
    return JobPlan(
        job=msgspec.structs.replace(entry.job, command="", logged_as="", stdin=None, environment=(), secrets=()),
        usage=lasts, facts=(), scripts=(), translations=(), findings=(), shapes=(), placement=placed,
    )  # fmt: skip


def _stated(quota: Quota, answers: Mapping[str, str]) -> Quota:
    """The quota as the user says that it is; what new accounts begin with is no matter then."""
    said = answers.get(f"{EVERYTHING}/{quota.topic}", ACCEPTED).strip()
    return quota if said == ACCEPTED else quota._replace(amount=float(said), less=None, condition="as you say (decisions.yaml)")


def _asking(peak: QuotaPeak, answers: Mapping[str, str]) -> QuotaPeak:
    """With its question, where it was not answered."""
    key = next(f"{EVERYTHING}/{quota.topic}" for quota in ALL if quota.name == peak.quota)
    question = Question(
        id=key,
        text=f"How many {peak.unit} does your quota hold ({peak.quota})?",
        hint=f"{peak.peak:,.4g} are needed, {peak.amount:,.0f} are the default; the number that the console shows, or that you "
        f"were granted; {ACCEPTED}: it will be asked for, or the schedules will be spread, before they are switched on",
        default=f"{peak.amount:.0f}",
        monthly_money=0.0,
    )
    return peak if key in answers else msgspec.structs.replace(peak, question=question)


def _stack(jobs: tuple[JobPlan, ...]) -> QuotaPeak | None:
    """What `emit` with SAM would put into more than one stack: at least as many resources as the plan names, each once."""
    moving = [one for one in jobs if one.placement.verdict == "move" and one.placement.option.target in SAM_PLACES]
    named = {(made.kind, made.name) for one in moving for made in one.placement.option.resources}
    if len(named) <= IN_A_STACK:
        return None
    text = (
        f"{len(named):,} resources or more, and a stack of CloudFormation holds {IN_A_STACK}: with SAM, `emit` writes as many "
        "stacks as it takes; nothing to do, and nothing of it holds for Terraform"
    )
    regions = sorted({one.placement.option.region or "" for one in moving})
    quota = Quota(
        "", "", None, "resources of a stack", "resources", IN_A_STACK, STACK, "2026-11-23", "of each stack", at_once=False
    )
    return _told(quota, ", ".join(regions), float(len(named)), None, moving, text)


def _amount(quota: Quota, resources: tuple[Resource, ...]) -> float:
    """What a job's resources take of a quota: the largest of those that stand for one run, or all that are kept."""
    own = [resource for resource in resources if resource.kind == quota.kind]
    if not own:
        return 0.0
    if not quota.at_once:
        # what all jobs share is there once, and a handful
        held = [one.values.get(quota.key) if quota.key else None for one in own if not one.values.get("shared")]
        return float(sum(len(value) if isinstance(value, list | tuple) else 1 for value in held))
    if quota.key is not None:
        used = [resource.values["usage"] for resource in own]
        return max(float(usage[quota.key]) for usage in used if isinstance(usage, dict))
    pools = [resource.values.get("width") for resource in resources if resource.kind == "aws_lambda_event_source_mapping"]
    return 1.0 + sum(width for width in pools if isinstance(width, int))


def _lasts_min(entry: JobPlan) -> int:
    """Whole minutes of its longest usual run (p99), within its time limit; one where nothing was measured."""
    spread = entry.usage.duration_s if entry.usage else None
    seconds = 60.0 if spread is None or spread.p99 is None else spread.p99
    most = entry.placement.option.timeout_s
    return max(1, ceil((min(seconds, most) if most else seconds) / 60))


def _peak(quota: Quota, region: str, who: list[_Asked], as_of: datetime) -> QuotaPeak | None:
    if not quota.at_once:
        total = sum(one.amount for one in who)
        if total <= quota.amount:
            return None
        says = f"{total:,.0f} {quota.name} in {region}; the quota is {quota.amount:,.0f}"
        many = ceil(total / quota.amount)
        advice = f"ask for more, or emit them apart (`emit --job`) into {many} {quota.apart}"
        return _told(quota, region, total, None, [one.entry for one in who], f"{says}: {advice}")
    start = to_minute(as_of)
    count = WINDOW_DAYS * 1440
    use = np.zeros(count)
    alike: dict[tuple[int, int], list[_Asked]] = {}  # jobs that begin in the same minutes and last as long
    known: dict[Schedule, int] = {}
    for one in who:
        schedule = one.entry.job.schedule
        bits = known.get(schedule)
        if bits is None:
            bits = known[schedule] = _fired(schedule, start, count)
        if bits:
            alike.setdefault((bits, one.lasts_min), []).append(one)
    for (bits, lasts_min), some in alike.items():
        begun = np.cumsum(_unpacked(bits, count))
        begun[lasts_min:] -= begun[:-lasts_min].copy() if lasts_min < count else 0
        use += begun * sum(one.amount for one in some)
    if not alike:
        return None
    minute = int(np.argmax(use))
    most = float(use[minute])
    held = quota.amount if most > quota.amount else quota.less
    if held is None or most <= held:
        return None
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=start + minute)
    running = (
        some for (bits, lasts_min), some in alike.items() if bits >> max(minute - lasts_min + 1, 0) & _last(minute, lasts_min)
    )
    there = sorted((one for some in running for one in some), key=lambda one: (-one.amount, one.entry.job.id))
    longest = max(one.lasts_min for one in there)
    over = ceil(most / held * longest)
    whose = "an account has" if held == quota.amount else "a new account may have only"
    says = f"{most:,.4g} {quota.unit} go on at once at {at:%Y-%m-%d %H:%M} UTC in {region} ({quota.name}); {whose} {held:,.0f}"
    spread = f"spread these {len(there):,} jobs over {over:,} minutes"
    if there[0].amount > held:  # no other hour helps one that asks for more than there is
        spread = f"choose a smaller size for {there[0].entry.job.id} (answer {there[0].entry.job.id}/size)"
    advice = f"ask for more before the schedules go on, or {spread}"
    return _told(quota, region, most, at, [one.entry for one in there], f"{says}: {advice}")


def _last(minute: int, lasts_min: int) -> int:
    """As many bits as there are minutes, up to `minute`, in which what goes on then may have begun."""
    return (1 << min(lasts_min, minute + 1)) - 1


def _fired(schedule: Schedule, start: int, count: int) -> int:
    """A bit for each minute in which it starts; 0 where it has no calendar."""
    try:
        calendar = calendar_of(schedule)
    except ScheduleError:
        return 0
    return 0 if calendar is None else calendar.minutes(start, start + count) & ((1 << count) - 1)


def _unpacked(bits: int, count: int) -> npt.NDArray[np.int32]:
    packed = np.frombuffer(bits.to_bytes((count + 7) // 8, "little"), dtype=np.uint8)
    return np.unpackbits(packed, bitorder="little")[:count].astype(np.int32)


def _told(quota: Quota, region: str, peak: float, at: datetime | None, who: list[JobPlan], text: str) -> QuotaPeak:
    return QuotaPeak(
        quota=quota.name,
        unit=quota.unit,
        amount=quota.amount,
        peak=peak,
        at=at,
        region=region,
        jobs=tuple(entry.job.id for entry in who[:NAMED]),
        more_jobs=max(len(who) - NAMED, 0),
        exceeded=peak > quota.amount,
        summary=text,
        source=quota.source,
        as_of=quota.as_of,
        condition=quota.condition,
    )
