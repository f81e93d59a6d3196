"""A small job on AWS for tests: its dossier, shape and translation."""

from typing import TypeVar

import msgspec

from migrator.model.finding import Dossier, Fact, FactKind, Proof, Translation
from migrator.model.job import Host, Job, Schedule
from migrator.model.option import Part, Shape
from migrator.model.source import Evidence, Location
from migrator.model.usage import Spread, Usage
from migrator.model.value import Value

Any_ = TypeVar("Any_", bound=Value)


def changed(value: Any_, **fields: object) -> Any_:
    """The same value with other fields."""
    return msgspec.structs.replace(value, **fields)


def fact(kind: FactKind, value: str, detail: str | None = None) -> Fact:
    """A fact without a place."""
    return Fact(kind=kind, value=value, detail=detail, evidence=Evidence(snippet=value))


JOB = Job(
    id="nightly-report-3f2a1b",
    host="web01",
    name="nightly-report",
    location=Location(host="web01", path="/etc/crontab", line=3),
    scheduler="system_crontab",
    schedule=Schedule(grammar="debian", expressions=("30 2 * * *",), timezone="Europe/Berlin"),
    user="www-data",
    command="python3 /opt/report/nightly.py",
    logged_as="python3 /opt/report/nightly.py",
)
SPREAD = Spread(count=60, p50=720, p95=730, p99=735, max=740)
MONTHLY_RUNS = 30.436875
FACTS = (fact("interpreter", "python3"),)
TRANSLATION = Translation(
    dialect="eventbridge",
    timezone="Europe/Berlin",
    expressions=("cron(30 2 * * ? *)", "cron(30 3 ? * MON *)"),
    guard=None,
    proof=Proof(status="equal"),
)
DOSSIER = Dossier(
    job=JOB,
    host=Host(name="web01"),
    usage=Usage(job_id=JOB.id, observed_days=60, observed_runs=60, monthly_runs=MONTHLY_RUNS, duration_s=SPREAD),
    facts=FACTS,
    translations=(TRANSLATION,),
    smallest_gap_s=86400,
)
SHAPE = Shape(
    kind="scheduled_batch",
    faithful=True,
    parts=(Part(name="main", monthly_invocations=MONTHLY_RUNS, duration_s=SPREAD, billed_s=720, memory_mib=None),),
)
FAN_OUT = Shape(
    kind="fan_out",
    faithful=False,
    parts=(
        Part(name="dispatcher", monthly_invocations=MONTHLY_RUNS, duration_s=None, billed_s=5, memory_mib=None),
        Part(
            name="worker", monthly_invocations=MONTHLY_RUNS * 100, duration_s=None, billed_s=7.2, memory_mib=None, parallelism=4
        ),
    ),
)
GLUE = Shape(
    kind="event_glue",
    faithful=False,
    parts=(Part(name="handler", monthly_invocations=200, duration_s=None, billed_s=2, memory_mib=None),),
)
