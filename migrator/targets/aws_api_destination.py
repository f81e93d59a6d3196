"""EventBridge: Scheduler puts an event on a bus, a rule of the bus sends the job's request to an API destination.

EventBridge Scheduler has no HTTP target. A scheduled rule could call the destination without Scheduler, but only in UTC and on
the default bus, and AWS calls it legacy: one way for every time zone is taken instead, at one more event a call ($1 a million).
"""

import re
from collections.abc import Iterable

import msgspec

from migrator import one_request
from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Translation
from migrator.model.option import Limit, Resource, Shape, ShapeKind, Size
from migrator.one_request import HttpRequest
from migrator.targets import aws_parts, calling

NAME = "aws_api_destination"
TITLE = "AWS EventBridge Scheduler, API destination"
PROVIDER = "aws"
DIALECT: str | None = "eventbridge"
LANGUAGES: tuple[str, ...] = ("terraform", "sam")
SHAPES: tuple[ShapeKind, ...] = ("http_call",)
SOURCE = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html"
DEFAULT_REGION: str | None = "us-east-1"

AS_OF = "2026-11-27"
SCHEDULER_SOURCE = "https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html"
TIMEOUT_S = 5  # "a maximum client execution timeout of 5 seconds"; not to be changed
EVENTS = "migrated.cron"  # the source of the events; their detail-type is the job's id
BUS, FAILED, ALARM = "cron_calls", "failed_calls", "failed_calls_alarm"
OWN_HEADER = ("X-Migrated-From", "cron")  # where the request has no header that could be the connection's
# API_CreateApiDestination: what a URL may hold; a * in it stands for a path parameter
URL = re.compile(r"https://(?:%[0-9A-Fa-f]{2}|[-()_.!~';/?:@&=+$,A-Za-z0-9])+")
URL_LONGEST = 2048
# EventBridge takes these out of a request ("Headers included in requests to API destinations"); Content-Type is its own, too
REMOVED = frozenset(
    "a-im accept-charset accept-datetime accept-encoding cache-control connection content-encoding content-length content-md5 "
    "date expect forwarded from host http2-settings if-match if-modified-since if-none-match if-range if-unmodified-since "
    "max-forwards origin pragma proxy-authorization range referer te trailer transfer-encoding upgrade via warning".split()
)
RESOLVED = "{{resolve:"  # CloudFormation has no way to write it as text
HEADER_VALUE = re.compile(r"[\x20-\x7e\t]+")
LEDGER = {
    "request": (
        "method, URL and headers are the same (a blank in the query may come as + instead of %20); Content-Type is "
        "application/json; charset=utf-8, and EventBridge adds User-Agent, Range, Accept-Encoding and Connection: close; no "
        "redirect is followed"
    ),
    "worked": "when the answer is 200 to 299 and comes within 5 s; what the URL does after that is not waited for",
    "failed": "its event lies in the queue cron-failed-calls for 14 days, with status and reason; an alarm tells the notices",
    "attempts": "one: the rule's target does not retry. An event that Scheduler could not put on the bus is put again",
    "twice": "possible, if rare: Scheduler and EventBridge deliver at least once",
}
NO_BODY = "; a request without a body comes with the body {} (AWS does not say that it can send none)"


def limits(assumptions: Assumptions) -> tuple[Limit, ...]:  # noqa: ARG001
    """What one request from the public internet can do."""
    twice = "Scheduler and EventBridge deliver at least once; make a second call of the same instant harmless"
    return calling.limits(
        SOURCE,
        AS_OF,
        TIMEOUT_S,
        SOURCE,
        {
            "single_flight": ("the next call is sent while an earlier one still works", SOURCE),
            "at_most_once": (twice, "https://docs.aws.amazon.com/scheduler/latest/UserGuide/what-is-scheduler.html"),
            "sub_minute": ("Scheduler's finest step is one minute", SCHEDULER_SOURCE),
            "fixed_address": ("AWS's addresses change", SOURCE),
        },
    )


def sizes() -> tuple[Size, ...]:
    """One: a request, whatever the job's program took."""
    return calling.sizes(TIMEOUT_S)


def timeout_s(p_max_s: float | None, assumptions: Assumptions) -> float:  # noqa: ARG001
    """Five seconds, which nobody can change."""
    return float(TIMEOUT_S)


def cannot_send(request: HttpRequest) -> str | None:
    """Why an API destination cannot send this request as the job's program did; None if it can."""
    if not request.url.startswith("https://"):
        return f"{request.url.split('?')[0]}: API destinations call https:// only"
    if one_request.SECRET.search(request.url) or one_request.SECRET.search(request.body or ""):
        return "a secret stands in the URL or the body of its request, and a connection carries one in a header only"
    secret_headers = [name for name, value in request.headers.items() if one_request.SECRET.search(value)]
    if len(secret_headers) > 1:
        return f"secrets stand in {len(secret_headers)} headers ({', '.join(secret_headers)}), and a connection carries one"
    if not URL.fullmatch(request.url) or len(request.url) > URL_LONGEST:
        return "its URL holds characters that API destinations do not take as they are (such as * # | [), or more than 2,048"
    for name, value in request.headers.items():
        if name.lower() in REMOVED:
            return f"EventBridge takes the header {name} out of every request"
        if not HEADER_VALUE.fullmatch(value) or value.startswith("$."):
            return f"the value of its header {name} is no plain text to EventBridge"
    if any(RESOLVED in text for text in (request.body or "", *request.headers.values())):
        return f"{RESOLVED} stands in its request, which CloudFormation would replace"
    if request.body is not None and one_request.json_body(request) is msgspec.UNSET:
        return "API destinations send JSON only, and the body of its request is none"
    if request.body is None and one_request.header(request, "Content-Type") is not None:
        return "its request has a Content-Type and no body, and API destinations always send their own"
    return None


def resources(
    dossier: Dossier,
    shape: Shape,
    size: Size,  # noqa: ARG001
    translation: Translation | None,
    timeout_s: float,  # noqa: ARG001
    region: str,  # noqa: ARG001
) -> tuple[Resource, ...]:
    """The bus, the queue of failed calls and its alarm, once for all; a destination with its connection, rule and roles, and a
    schedule for each expression."""
    request = calling.request_of(dossier)
    if translation is None or request is None:
        return ()
    job = dossier.job
    calls = shape.parts[0].monthly_invocations if shape.parts else aws_parts.monthly_runs(dossier)
    bus = aws_parts.reference("aws_cloudwatch_event_bus", BUS)
    name = aws_parts.identifier(job, "call")
    destination = aws_parts.reference("aws_cloudwatch_event_api_destination", name)
    secrets = aws_parts.secrets(dossier, 0, read_at_deployment=True)
    puts = [aws_parts.statement("PutEvent", ["events:PutEvents"], [bus])]
    calling_role = aws_parts.role(
        job,
        "call_role",
        "events.amazonaws.com",
        f"Sends the request of {job.name}",
        [aws_parts.statement("CallDestination", ["events:InvokeApiDestination"], [destination])],
    )
    key, others = _key(request)
    call = aws_parts.resource(
        "aws_api_destination",
        name,
        destination_name=aws_parts.cloud_name(job),
        job_id=job.id,
        description=aws_parts.description(job),
        method=request.method,
        url=request.url,
        key_name=key[0],
        key_value=[_piece(piece, secrets) for piece in one_request.pieces(key[1])],
        headers=others,
        input="{}" if request.body is None else request.body,
        bus=bus["name"],
        bus_id=bus["logical_id"],
        event_source=EVENTS,
        failed=FAILED,
        failed_id=aws_parts.logical_id(FAILED),
        role=calling_role.name,
        role_id=calling_role.values["logical_id"],
        ledger=LEDGER if request.body is not None else LEDGER | {"request": LEDGER["request"] + NO_BODY},
        usage={"calls": calls},
    )
    values: dict[str, object] = {
        "target": bus,
        "event": {"source": EVENTS, "detail_type": job.id},
    }
    return (
        *secrets,
        aws_parts.notices(),
        *_shared(),
        calling_role,
        call,
        *aws_parts.schedules(dossier, translation, calls, aws_parts.event, puts, values, undelivered=FAILED),
    )


def _shared() -> Iterable[Resource]:
    """What all calls of the tree have together."""
    return (
        aws_parts.resource("aws_cloudwatch_event_bus", BUS, bus_name="cron-calls"),
        aws_parts.resource(
            "aws_sqs_queue",
            FAILED,
            queue_name="cron-failed-calls",
            hidden_s=30,
            dead_letters=None,
            written_by="events.amazonaws.com",
        ),
        aws_parts.queue_alarm(ALARM, "cron-call-failed", FAILED, sent=True),
    )


def _key(request: HttpRequest) -> tuple[tuple[str, str], dict[str, str]]:
    """The header that the connection carries as its API key, since a connection has to have one; and the others but for
    Content-Type, which is EventBridge's. The first with a secret, else Authorization, else the first, else one of our own."""
    headers = {name: value for name, value in request.headers.items() if name.lower() != "content-type"}
    if not headers:
        return OWN_HEADER, {}
    name = min(headers, key=lambda name: (not one_request.SECRET.search(headers[name]), name.lower() != "authorization"))
    return (name, headers[name]), {other: value for other, value in headers.items() if other != name}


def _piece(piece: one_request.Piece, secrets: tuple[Resource, ...]) -> dict[str, object]:
    """A stretch of the key's text, or the secret that stands there."""
    if not piece.is_secret:
        return {"text": piece.text, "secret": None, "secret_name": None}
    found = next(one for one in secrets if one.values["variable"] == piece.text)
    return {"text": None, "secret": found.name, "secret_name": found.values["secret_name"]}
