"""Servers whose truth is known: what a month after the plan really costs there, beside what a log of the days before it shows.

The estimator knows nothing of how these run times are drawn: constant, log-normal, of two kinds, growing, of a heavy tail, by the
weekday. Memory is measured for half of the jobs; of the others nobody says anything. Real prices are mostly the list's, and off
by 2 to 8 % where they are not. True bills are computed here from the price list's figures, typed by hand, not by the code under
test; everything that the simulator draws comes from its seed.
"""

import math
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

import msgspec
from plan_values import job as plain_job

from migrator import pipeline
from migrator.assumptions import DEFAULT
from migrator.model.finding import Fact, JobFacts
from migrator.model.job import Disk, Host
from migrator.model.plan import Decisions, Request, Survey
from migrator.model.source import Evidence
from migrator.prices import bundled
from migrator.tables import Run
from migrator.usage import summary

AS_OF = datetime(2026, 11, 24, tzinfo=UTC)
BOOK = bundled.read()
MONTH_DAYS = 30.436875
# cron expression -> days between firings
SCHEDULES = {"*/5 * * * *": 5 / 1440, "7 * * * *": 1 / 24, "30 2 * * *": 1.0, "15 4 * * 1": 7.0, "0 5 1 * *": MONTH_DAYS}
SIZES_MB = (128, 256, 512, 1024, 1769, 2048, 3072, 4096, 6144, 8192, 10240)
INSTANCES = {"t3.micro": 0.0104, "t3.small": 0.0208, "t3.medium": 0.0416, "t3.large": 0.0832}  # us-east-1, USD an hour
HOURS = 730.485


class Simulated(NamedTuple):
    """What the plan says of one server's saving once all has moved, and what it really is. USD a month."""

    low: float
    said: float
    high: float
    true: float
    certain: bool

    @property
    def holds(self) -> bool:
        """Whether the interval has the truth in it, to half a cent."""
        return self.low - 0.005 <= self.true <= self.high + 0.005


Course = Callable[[random.Random, float], float]  # how long a run takes at a day; day 0 is the day of the plan


def course(draw: random.Random) -> Course:
    """How long the runs of a job take, by one of six laws."""
    middle = math.exp(draw.uniform(math.log(1.5), math.log(60)))
    kind = draw.choice(("constant", "log-normal", "two kinds", "growing", "heavy tail", "weekdays"))
    if kind == "constant":
        return lambda r, _: middle * r.uniform(0.98, 1.02)
    if kind == "log-normal":
        sigma = draw.uniform(0.2, 0.9)
        return lambda r, _: middle * math.exp(r.gauss(0, sigma))
    if kind == "two kinds":
        share, times = draw.uniform(0.03, 0.3), draw.uniform(5, 20)
        return lambda r, _: middle * r.uniform(0.9, 1.1) * (times if r.random() < share else 1.0) / 3
    if kind == "growing":
        monthly = draw.uniform(-0.02, 0.08)
        return lambda r, day: middle * (1 + monthly * day / MONTH_DAYS) * math.exp(r.gauss(0, 0.15))
    if kind == "heavy tail":
        alpha = draw.uniform(2.1, 3.0)  # Pareto: the variance is finite, and just so
        return lambda r, _: middle / 2 * r.paretovariate(alpha)
    weekend = draw.uniform(0.2, 0.6)
    return lambda r, day: middle * r.uniform(0.9, 1.1) * (weekend if (AS_OF + timedelta(days=day)).weekday() >= 5 else 1.0)


def capped(seconds: float) -> float:
    """No job of these hangs for longer than four minutes."""
    return min(max(seconds, 0.05), 240.0)


def true_mean(take: Course, seed: str) -> float:
    """The mean of the month after the plan, from many runs that nobody saw."""
    unseen = random.Random(seed)
    return sum(capped(take(unseen, MONTH_DAYS * step / 6000)) for step in range(6000)) / 6000


def off(draw: random.Random) -> float:
    """How a real price differs from the list's."""
    return 1.0 if draw.random() < 0.8 else 1 + draw.choice((-1, 1)) * draw.uniform(0.02, 0.08)


def simulate(seed: int) -> Simulated:
    """One server, planned, and its truth."""
    draw = random.Random(f"server {seed}")
    days = draw.uniform(14, 60)
    instance = draw.choice(tuple(INSTANCES))
    certain = draw.random() < 0.5
    jobs, runs, facts, true_jobs = [], [], [], 0.0
    names = ("requests", "duration", "starts", "written", "stored", "machine", "disk", "address", "locks")
    real = {name: off(draw) for name in names}
    for number in range(draw.randint(1, 8)):
        expression = draw.choice(tuple(SCHEDULES))
        gap = SCHEDULES[expression]
        job = plain_job(f"job-{number}")
        schedule = msgspec.structs.replace(job.schedule, expressions=(expression,), timezone="UTC")
        jobs.append(
            msgspec.structs.replace(job, schedule=schedule, command=f"/opt/work-{number}.sh", logged_as=f"/opt/work-{number}.sh")
        )
        told = Evidence(snippet=f"/opt/work-{number}.sh")
        facts.append(JobFacts(job_id=job.id, facts=(Fact(kind="interpreter", value="sh", evidence=told),)))
        take = course(draw)
        needs_mib = math.exp(draw.gauss(math.log(260), 0.6))
        measured = draw.random() < 0.5
        day = -days + draw.random() * min(gap, days / 3)
        while day < 0:
            started = AS_OF + timedelta(days=day)
            took = capped(take(draw, day))
            runs.append(_run(job.id, started, took, needs_mib * draw.uniform(0.94, 1.0) if measured else None))
            day += gap
        monthly = MONTH_DAYS / gap
        # what a person would configure who knows the job: its peak and the same headroom
        size = next((mb for mb in SIZES_MB if mb >= needs_mib * 1.3), SIZES_MB[-1])
        billed = true_mean(take, f"server {seed}, job {number}, later")
        cold_s = draw.uniform(0.2, 0.5) if gap > 1 / 96 else 0.0  # a fresh function's start is billed, too
        output = 1e-9 * math.exp(draw.gauss(math.log(1200), 0.8))  # GB a run
        true_jobs += monthly * (
            0.0000002 * real["requests"]
            + 0.0000166667 * real["duration"] * (billed + cold_s) * size / 1024
            + 0.000001 * real["starts"]
            + output * (0.50 * real["written"] + 0.03 * real["stored"])
            + 2 * 0.000000625 * real["locks"]  # the instant is claimed and the run recorded: two writes of a table
        )
    checks_s = math.exp(draw.gauss(math.log(5), 0.8))  # of the daily check, a function of 256 MB, once for all jobs
    true_jobs += MONTH_DAYS * (0.0000166667 * real["duration"] * checks_s * 256 / 1024 + 0.000001 * real["starts"])
    host = Host(
        name="web01", timezone="UTC", provider="aws", region="us-east-1", instance_type=instance, services=(),
        disks=(Disk(size_gib=20.0, kind="gp3"),), public_ipv4_count=1,
    )  # fmt: skip
    bill = HOURS * INSTANCES[instance] * real["machine"] + 20 * 0.08 * real["disk"] + HOURS * 0.005 * real["address"]
    seen = (int((AS_OF - timedelta(days=days)).timestamp() * 1e6), int(AS_OF.timestamp() * 1e6))
    found = summary(sorted(runs, key=lambda run: run.started_at_us), host, tuple(jobs), seen)
    survey = Survey(host=host, as_of=AS_OF, jobs=tuple(jobs), usage=found.usage, facts=tuple(facts))
    answers = {f"{job.id}/target": "aws_lambda" for job in jobs} | {f"{job.id}/dst": "utc" for job in jobs}
    request = Request(server_monthly_cost=Decimal(f"{bill:.6f}") if certain else None)
    plan = pipeline.decide((survey,), BOOK, DEFAULT, Decisions(answers=answers), request)
    saved = plan.hosts[0].savings
    assert saved.low_monthly is not None, saved
    assert saved.high_monthly is not None
    assert saved.if_all_moved_monthly is not None
    said = float(saved.if_all_moved_monthly)
    return Simulated(float(saved.low_monthly), said, float(saved.high_monthly), bill - true_jobs, certain)


def _run(job_id: str, started: datetime, took_s: float, peak_mib: float | None) -> Run:
    begin = int(started.timestamp() * 1e6)
    return Run(
        "web01",
        job_id,
        "app",
        "/opt/work.sh",
        begin,
        begin + int(took_s * 1e6),
        took_s,
        took_s,
        0,
        None,
        peak_mib,
        "test",
        "exact",
    )
