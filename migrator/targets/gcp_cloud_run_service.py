"""Cloud Run service: a container that answers the scheduler's call, billed by tenths of a second instead of whole minutes.

For short, frequent runs it costs a fraction of a Cloud Run job, which is billed for at least a minute. The scheduler says the
instant in a header, so a second delivery can be told from the first.
"""

import msgspec

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Translation
from migrator.model.option import AtMost, Limit, Offered, Resource, Shape, ShapeKind, Size
from migrator.targets import deadline, locking, naming, stores
from migrator.targets import gcp_cloud_run_job as run_job

NAME = "gcp_cloud_run_service"
TITLE = "Google Cloud Run service"
PROVIDER = "gcp"
DIALECT: str | None = "cloud-scheduler"
LANGUAGES: tuple[str, ...] = ("terraform",)
SHAPES: tuple[ShapeKind, ...] = ("scheduled_batch",)
SOURCE = "https://docs.cloud.google.com/run/docs/configuring/request-timeout"
DEFAULT_REGION: str | None = "us-central1"

# the service itself may take an hour, but Cloud Scheduler waits half an hour for the answer
TIMEOUT_LIMIT_S = 1800
HEADER_SOURCE = "https://docs.cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#HttpTarget"
CONCURRENCY_SOURCE = "https://docs.cloud.google.com/run/docs/about-concurrency"


def limits(assumptions: Assumptions) -> tuple[Limit, ...]:
    """As a Cloud Run job, but for the run time and for runs that meet."""
    one = "one instance that takes one request at a time: a call that meets a running one waits, or is refused with 429"
    once = "Cloud Scheduler says each call's instant in a header; the runner claims it in Cloud Storage before it runs"
    own = (
        run_job.limit(
            "duration_s",
            AtMost(amount=TIMEOUT_LIMIT_S),
            SOURCE,
            "the scheduler waits at most 30 minutes for the answer; the service itself may take 60",
        ),
        run_job.limit("single_flight", Offered(offered=True, how=one), CONCURRENCY_SOURCE),
        run_job.limit("at_most_once", Offered(offered=True, how=once), HEADER_SOURCE),
    )
    kept = {limit.need: limit for limit in (*run_job.limits(assumptions), *own)}
    return tuple(kept.values())


def sizes() -> tuple[Size, ...]:
    """The pairs of vCPU and memory of Cloud Run, up to half an hour."""
    return tuple(msgspec.structs.replace(size, timeout_s=float(TIMEOUT_LIMIT_S)) for size in run_job.sizes())


def timeout_s(p_max_s: float | None, assumptions: Assumptions) -> float:
    """The upper bound with headroom in whole minutes, at most half an hour; an unmeasured job gets the assumed time."""
    return min(deadline.whole_minutes(p_max_s, assumptions), float(TIMEOUT_LIMIT_S))


def resources(
    dossier: Dossier,
    shape: Shape,
    size: Size,
    translation: Translation | None,
    timeout_s: float,
    region: str,  # noqa: ARG001
) -> tuple[Resource, ...]:
    """The service, its own account, the secrets it may read, the notices, and one schedule for each expression."""
    job, guesses = dossier.job, dossier.assumptions
    part = shape.parts[0] if shape.parts else None
    runs = naming.monthly_runs(dossier, shape)
    skips = naming.monthly_skips(translation, runs)
    lock = locking.asked(dossier, shape, translation, timeout_s, platform_keeps_apart=True, records=True)
    store = run_job.store_of(dossier, lock, runs)
    account = run_job.account_of(dossier, stores.prefixes(dossier, locked=lock is not None))
    secrets = run_job.secrets_of(dossier, account.name, runs)  # an instance reads them when it starts
    service = Resource(
        kind="gcp_cloud_run_v2_service",
        name=naming.identifier(job),
        values={
            "service_name": naming.short_name(job, run_job.NAME_LIMIT),
            **run_job.container(dossier, size, account, secrets, timeout_s),
            "lock": lock,
            "store": stores.NAME if store else None,
            "usage": {
                **run_job.usage(dossier, size, runs, skips),
                "billed_s": None if part is None or part.billed_s is None else part.billed_s + guesses.service_start_s,
                "skip_s": guesses.service_start_s,
            },
        },
    )
    return (
        *secrets,
        *store,
        Resource(kind="gcp_monitoring_notification_channel", name="cron_notices", values={"shared": True}),
        Resource(kind="gcp_monitoring_alert_policy", name="cron_failures", values={"shared": True, "channel": "cron_notices"}),
        Resource(kind="gcp_monitoring_http_alert", name="cron_call_failed", values={"shared": True, "channel": "cron_notices"}),
        account,
        service,
        *(
            ()
            if translation is None
            else schedules(dossier, translation, service.name, timeout_s, run_job.tried_again(dossier, lock))
        ),
    )


def schedules(dossier: Dossier, translation: Translation, service: str, timeout_s: float, tries: int = 0) -> tuple[Resource, ...]:
    """As a Cloud Run job's, but that they call the service and wait for its answer."""
    made = run_job.schedules(dossier.job, translation, service, tries)
    waits_s = min(timeout_s + run_job.ATTEMPT_DEADLINE_S, TIMEOUT_LIMIT_S)
    return tuple(
        resource
        if resource.kind != "gcp_cloud_scheduler_job"
        else Resource(
            kind=resource.kind,
            name=resource.name,
            values=resource.values | {"run_job": None, "service": service, "attempt_deadline": f"{waits_s:.0f}s"},
        )
        for resource in made
    )
