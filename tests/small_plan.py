"""A small plan made by hand, for tests of reports, review and diff."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from migrator import __version__
from migrator.assumptions import DEFAULT, assumed
from migrator.model.finding import Fact, Finding, Proof, Question, Translation
from migrator.model.job import Accounting, Host, Job, Schedule
from migrator.model.option import CostItem, Option, Placement, PriceBook, Rejected, Size
from migrator.model.plan import Decisions, HostPlan, JobPlan, Plan, Request, Savings
from migrator.model.source import Evidence, Location, Problem
from migrator.model.usage import RunSample, Spread, Usage

AS_OF = datetime(2026, 11, 24, tzinfo=UTC)


def item(name: str = "GB-seconds", cost: str | None = "1.25") -> CostItem:
    return CostItem(
        name=name,
        unit="GB-second",
        monthly_quantity=None if cost is None else Decimal(75000),
        unit_price=Decimal("0.0000166667"),
        monthly_cost=None if cost is None else Decimal(cost),
        source="list price",
        as_of="2024-07-01",
        price_key="aws/Lambda/duration/us-east-1",
    )


def job(number: int, command: str, host: str = "web01", name: str | None = None) -> Job:
    return Job(
        id=f"job-{number:08x}",
        host=host,
        name=name or f"job {number}",
        location=Location(host=host, path="/etc/cron.d/jobs", line=number + 1),
        scheduler="system_crontab",
        schedule=Schedule(grammar="debian", expressions=("30 2 * * 1",), timezone="Europe/Berlin"),
        user="root",
        command=command,
        logged_as=command,
    )


def usage(job_id: str, seconds: float) -> Usage:
    spread = Spread(count=30, p50=seconds, p95=seconds * 1.2, p99=seconds * 1.3, max=seconds * 1.4)
    runs = tuple(RunSample(started_at=AS_OF - timedelta(days=n), duration_s=seconds, exit_status=0) for n in range(1, 31))
    return Usage(
        job_id=job_id, observed_days=30.0, observed_runs=30, monthly_runs=4.35, duration_s=spread, sampled_runs=runs,
        log_quality="exact", sources=("/var/log/syslog",), upper_s=seconds * 1.5, upper_confidence=0.95,
    )  # fmt: skip


def job_plan(number: int, command: str = "/srv/report.sh", seconds: float = 10.0, **kwargs: str) -> JobPlan:
    made = job(number, command, **kwargs)
    option = Option(
        job_id=made.id,
        shape="scheduled_batch",
        target="aws_lambda",
        size=Size(name="512", memory_mib=512, vcpu=0.29),
        dialect="eventbridge",
        monthly_cost=Decimal("1.25"),
        items=(item(),),
        timeout_s=60.0,
    )
    return JobPlan(
        job=made,
        usage=usage(made.id, seconds * (number + 1)),
        facts=(Fact(kind="command", value=command, evidence=Evidence(snippet=command, location=made.location)),),
        scripts=(),
        translations=(
            Translation(
                dialect="eventbridge",
                timezone="Europe/Berlin",
                expressions=("cron(30 2 ? * MON *)",),
                guard=None,
                proof=Proof(status="equal", differing=0, compared="400 years"),
            ),
        ),
        findings=(
            Finding(rule="mail-output", level="warning", message=f"{made.location}: {command} [mail-output]", job_id=made.id),
        ),
        shapes=(),
        placement=Placement(
            job_id=made.id,
            verdict="move",
            option=option,
            reasons=("fits and is cheapest",),
            rejected=(
                Rejected(shape="scheduled_batch", target="aws_fargate", size="256", reason="dearer", monthly_cost=Decimal(2)),
            ),
            questions=(
                Question(
                    id=f"{made.id}/notify",
                    text="Who reads its mail?",
                    hint=command,
                    default="failure",
                    choices=("output", "failure"),
                ),
            ),
        ),
        next_firings=(AS_OF + timedelta(days=6),),
        smallest_gap_s=604800.0,
        schedule_in_words="at 02:30 on Monday",
    )


def plan(jobs: tuple[JobPlan, ...] | None = None) -> Plan:
    jobs = jobs if jobs is not None else (job_plan(0), job_plan(1, "/srv/long.sh", 1000.0))
    hosts = sorted({entry.job.host for entry in jobs})
    return Plan(
        migrator=__version__,
        as_of=AS_OF,
        request=Request(),
        hosts=tuple(
            HostPlan(
                host=Host(name=name, timezone="Europe/Berlin", release="Debian 12", instance_type="t3.small", region="us-east-1"),
                savings=Savings(
                    host=name,
                    can_go=True,
                    now_items=(item("instance t3.small", "15.18"),),
                    now_monthly_cost=Decimal("15.18"),
                    then_monthly_cost=Decimal("2.50"),
                    banked_monthly=Decimal("12.68"),
                    if_all_moved_monthly=Decimal("12.68"),
                    low_monthly=Decimal(11),
                    high_monthly=Decimal(14),
                    confidence=0.9,
                    order=tuple(entry.job.id for entry in jobs if entry.job.host == name),
                    summary=f"{name} can go: $12.68 a month",
                ),
                busy_minutes_of_week=tuple(1 if minute % 97 < 5 else 0 for minute in range(10080)),
            )
            for name in hosts
        ),
        jobs=jobs,
        problems=(
            Problem(location=Location(host=hosts[0], path="/etc/cron.d/bad", line=3), message="found `61`; minutes end at 59"),
        ),
        accounting=(
            Accounting(host=hosts[0], path="/etc/cron.d/jobs", lines=3, job=2, setting=0, comment=1, blank=0, problem=0),
        ),
        unmatched=(),
        digests=(),
        decisions=Decisions(),
        assumptions=assumed(DEFAULT),
        prices=PriceBook(),
        tzdata="2026.1",
    )
