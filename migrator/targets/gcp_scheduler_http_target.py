"""Cloud Scheduler's HTTP target: the scheduler calls the URL itself, and nothing of the job runs anywhere."""

import math

from migrator import one_request
from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Translation
from migrator.model.option import Limit, Resource, Shape, ShapeKind, Size
from migrator.one_request import HttpRequest
from migrator.targets import calling, naming

NAME = "gcp_scheduler_http_target"
TITLE = "Google Cloud Scheduler, HTTP target"
PROVIDER = "gcp"
DIALECT: str | None = "cloud-scheduler"
LANGUAGES: tuple[str, ...] = ("terraform",)
SHAPES: tuple[ShapeKind, ...] = ("http_call",)
SOURCE = "https://docs.cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#HttpTarget"
DEFAULT_REGION: str | None = "us-central1"

AS_OF = "2026-11-26"
DEADLINE_SOURCE = (
    "https://docs.cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#Job.FIELDS.attempt_deadline"
)
SHORTEST_DEADLINE_S, LONGEST_DEADLINE_S = 15, 1800
LONGEST_URL, LARGEST_BODY_BYTES = 2083, 1_000_000  # as of a job's whole payload: https://docs.cloud.google.com/scheduler/quotas
NAME_LIMIT = 36
LEDGER = {
    "request": "the same; User-Agent is the scheduler's own",
    "worked": "when the answer is 200 to 299",
    "failed": "told to whoever gets the notices",
    "attempts": "one",
    "twice": "possible, if rare: Google delivers at least once",
}


def limits(assumptions: Assumptions) -> tuple[Limit, ...]:  # noqa: ARG001
    """What one request from the public internet can do."""
    twice = "Cloud Scheduler delivers at least once even without retries; make a second call of the same instant harmless"
    return calling.limits(
        SOURCE,
        AS_OF,
        LONGEST_DEADLINE_S,
        DEADLINE_SOURCE,
        {
            "single_flight": ("the next call is sent while an earlier one still waits", SOURCE),
            "at_most_once": (twice, SOURCE),
            "sub_minute": ("Cloud Scheduler's finest step is one minute", SOURCE),
            "fixed_address": ("Google's addresses change", SOURCE),
        },
    )


def sizes() -> tuple[Size, ...]:
    """One: a request, whatever the job's program took."""
    return calling.sizes(LONGEST_DEADLINE_S)


def cannot_send(request: HttpRequest) -> str | None:
    """Why Cloud Scheduler cannot send this request as the job's program did; None if it can."""
    if one_request.secrets(request):
        return "a secret stands in its request, and Cloud Scheduler keeps requests in plain text; a program gets it by name"
    if len(request.url) > LONGEST_URL:
        return f"its URL has {len(request.url):,} characters, and Cloud Scheduler takes at most {LONGEST_URL:,}"
    if request.body is not None and len(request.body.encode()) > LARGEST_BODY_BYTES:
        return "its body is larger than 1 MB, which is all that Cloud Scheduler keeps of a job"
    return None


def timeout_s(p_max_s: float | None, assumptions: Assumptions) -> float:
    """How long the answer is waited for: the longest run with headroom, 15 s to 30 minutes."""
    if p_max_s is None:
        return float(LONGEST_DEADLINE_S)
    longest = math.ceil(p_max_s * assumptions.run_time_headroom)
    return float(min(max(longest, SHORTEST_DEADLINE_S), LONGEST_DEADLINE_S))


def resources(
    dossier: Dossier,
    shape: Shape,  # noqa: ARG001
    size: Size,  # noqa: ARG001
    translation: Translation | None,
    timeout_s: float,
    region: str,  # noqa: ARG001
) -> tuple[Resource, ...]:
    """One schedule for each expression, paused until the user switches it on, and who is told of failed calls."""
    request = calling.request_of(dossier)
    if translation is None or request is None:
        return ()
    job, many = dossier.job, len(translation.expressions) > 1
    own = request.timeout_s
    deadline = timeout_s if own is None else min(max(own, SHORTEST_DEADLINE_S), LONGEST_DEADLINE_S)
    return (
        Resource(kind="gcp_monitoring_notification_channel", name="cron_notices", values={"shared": True}),
        Resource(kind="gcp_monitoring_http_alert", name="cron_call_failed", values={"shared": True, "channel": "cron_notices"}),
        *(
            Resource(
                kind="gcp_cloud_scheduler_http_job",
                name=naming.numbered(naming.identifier(job, "schedule"), number, many, "_"),
                values={
                    "schedule_name": naming.numbered(naming.short_name(job, NAME_LIMIT), number, many),
                    "job_id": job.id,
                    "description": naming.described(job, 499),
                    "expression": expression,
                    "timezone": translation.timezone,
                    "attempt_deadline": f"{math.ceil(deadline)}s",
                    "method": request.method,
                    "url": request.url,
                    "headers": request.headers,
                    "body": request.body,
                    "ledger": LEDGER,
                    "usage": {"jobs": 1},
                },
            )
            for number, expression in enumerate(translation.expressions, 1)
        ),
    )
