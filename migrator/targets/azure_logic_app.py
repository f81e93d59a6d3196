"""Azure Logic App (Consumption): a workflow whose recurrence sends the job's request in one HTTP action."""

import math
import re

import msgspec

from migrator import one_request
from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Translation
from migrator.model.option import Limit, Resource, Shape, ShapeKind, Size
from migrator.one_request import HttpRequest
from migrator.targets import azure_container_apps_job as apps
from migrator.targets import calling, naming

NAME = "azure_logic_app"
TITLE = "Azure Logic App (Consumption)"
PROVIDER = "azure"
DIALECT: str | None = "logic-apps"
LANGUAGES: tuple[str, ...] = ("terraform", "bicep")
SHAPES: tuple[ShapeKind, ...] = ("http_call",)
SOURCE = "https://learn.microsoft.com/azure/connectors/connectors-native-http"
DEFAULT_REGION: str | None = "eastus"

AS_OF = "2026-11-27"
LIMITS_SOURCE = "https://learn.microsoft.com/azure/logic-apps/logic-apps-limits-and-configuration"
TIMEOUT_S = 120  # of an outbound synchronous request
NAME_LIMIT = 32  # names have at most 43 characters: name_prefix takes 8, a number 3
METHODS = frozenset({"GET", "PUT", "POST", "PATCH", "DELETE"})
# "Omitted HTTP headers": Logic Apps takes these out of a request, and Content-* where there is no body
REMOVED = re.compile(
    r"accept-(?!version$).*|allow|content-(?!disposition$|encoding$|type$).*|cookie|expires|host|last-modified|origin|set-cookie|"
    r"transfer-encoding",
    re.IGNORECASE,
)
PLAIN_TYPE = re.compile(r"(?:application/x-www-form-urlencoded|text/plain)\s*(?:;.*)?", re.IGNORECASE)
LEDGER = {
    "request": "method, URL, headers and body are the same (JSON is written anew); User-Agent and Accept-* are Logic Apps' own",
    "worked": "when the answer is 200 to 299 and comes within its time; a 202 is not waited for",
    "failed": "the run failed: it is kept with its answer for 90 days, and an alert tells the notices",
    "attempts": "one: the action's retry policy is none",
    "twice": "possible, if rare: Logic Apps promises no more than that an action runs at least once",
}


def limits(assumptions: Assumptions) -> tuple[Limit, ...]:  # noqa: ARG001
    """What one request from the public internet can do."""
    twice = "Logic Apps promises no more than that an action runs at least once; make a second call of the same instant harmless"
    return calling.limits(
        SOURCE,
        AS_OF,
        TIMEOUT_S,
        LIMITS_SOURCE,
        {
            "single_flight": ("the next run is started while an earlier one still waits", SOURCE),
            "at_most_once": (twice, LIMITS_SOURCE),
            "sub_minute": (
                "with times of day a recurrence's finest step is one minute",
                "https://learn.microsoft.com/azure/connectors/connectors-native-recurrence",
            ),
            "fixed_address": ("the addresses of Logic Apps in a region are many, and change", LIMITS_SOURCE),
        },
    )


def sizes() -> tuple[Size, ...]:
    """One: a request, whatever the job's program took."""
    return calling.sizes(TIMEOUT_S)


def timeout_s(p_max_s: float | None, assumptions: Assumptions) -> float:
    """How long the answer is waited for: the longest run with headroom, at most two minutes."""
    if p_max_s is None:
        return float(TIMEOUT_S)
    return float(min(max(math.ceil(p_max_s * assumptions.run_time_headroom), 1), TIMEOUT_S))


def cannot_send(request: HttpRequest) -> str | None:
    """Why an HTTP action cannot send this request as the job's program did; None if it can."""
    if request.method not in METHODS:
        return f"an HTTP action of Logic Apps knows no {request.method}"
    for name in request.headers:
        if REMOVED.fullmatch(name) or (request.body is None and name.lower().startswith("content-")):
            return f"Logic Apps takes the header {name} out of every request{'' if request.body else ' without a body'}"
    for text in (request.url, *request.headers, *request.headers.values(), request.body or ""):
        if "@@" in text or "@" in {piece.text[-1:] for piece in one_request.pieces(text)[:-1] if not piece.is_secret}:
            return "its request holds @ where Logic Apps would read the beginning of an expression"
    if request.body is None:
        return None
    kind = one_request.header(request, "Content-Type") or ""
    if PLAIN_TYPE.fullmatch(kind):
        return None
    value = one_request.json_body(request)
    if not isinstance(value, dict | list) or any(name.startswith("@") for name in _names(value)):
        return f"its body is {kind or 'of no type'}: sent as they are are JSON (objects and lists), forms and plain text only"
    return None


def resources(
    dossier: Dossier,
    shape: Shape,
    size: Size,  # noqa: ARG001
    translation: Translation | None,
    timeout_s: float,
    region: str,  # noqa: ARG001
) -> tuple[Resource, ...]:
    """Who is told of failed calls; the identity that reads the secrets, where there are any; a workflow for each recurrence."""
    request = calling.request_of(dossier)
    if translation is None or request is None:
        return ()
    job, many = dossier.job, len(translation.expressions) > 1
    runs = naming.monthly_runs(dossier, shape)
    own = request.timeout_s
    identity = Resource(
        kind="azure_user_assigned_identity",
        name=naming.identifier(job, "calls"),
        values={
            "identity_name": f"{naming.short_name(job, apps.IDENTITY_LIMIT)}-calls",
            "pulls_images": False,
            "store": None,
            "container": None,
            "grants": [],
        },
    )
    wanted = one_request.secrets(request)
    secrets = tuple(secret for secret in apps.secrets_of(dossier, identity.name, runs) if secret.values["variable"] in wanted)
    plain = PLAIN_TYPE.fullmatch(one_request.header(request, "Content-Type") or "") is not None
    body = request.body if plain else one_request.json_body(request)
    return (
        Resource(kind="azure_monitor_action_group", name=apps.NOTICES, values={"shared": True}),
        *((identity, *secrets) if secrets else ()),
        *(
            Resource(
                kind="azure_logic_app_workflow",
                name=naming.numbered(naming.identifier(job, "calls_url"), number, many, "_"),
                values={
                    "workflow_name": naming.numbered(naming.short_name(job, NAME_LIMIT), number, many),
                    "job_id": job.id,
                    "recurrence": msgspec.json.decode(expression),
                    "timezone": translation.timezone,
                    "method": request.method,
                    "url": said(request.url),
                    "headers": {name: said(value) for name, value in request.headers.items()},
                    "has_body": request.body is not None,
                    "body": None if request.body is None else _said_in(body),
                    "timeout": f"PT{math.ceil(timeout_s if own is None else min(max(own, 1), TIMEOUT_S))}S",
                    "identity": identity.name if secrets else None,
                    "secrets": [
                        {
                            "action": action(str(one.values["variable"])),
                            "secret_name": one.values["secret_name"],
                            "name": one.name,
                        }
                        for one in secrets
                    ],
                    "action_group": apps.NOTICES,
                    "ledger": LEDGER,
                    "usage": {
                        "actions": None if runs is None else runs / len(translation.expressions) * (2 + len(secrets)),
                    },
                },
            )
            for number, expression in enumerate(translation.expressions, 1)
        ),
    )


def action(variable: str) -> str:
    """The name of the action that reads a secret."""
    return f"read_{variable.lower()}"


def said(text: str) -> str:
    """A text in which nothing is an expression of the workflow definition language but the secrets.

    >>> said("a@b.org"), said("@{x}"), said("n=@{x}"), said("Bearer @secret:TOKEN@")
    ('a@b.org', '@@{x}', 'n=@@{x}', "Bearer @{body('read_token')?['value']}")

    Source: https://learn.microsoft.com/azure/logic-apps/logic-apps-workflow-definition-language (`@@` is `@` in front of a text,
    `@@{` is `@{` anywhere)
    """
    found = "".join(
        f"@{{body('{action(piece.text)}')?['value']}}" if piece.is_secret else piece.text.replace("@{", "@@{")
        for piece in one_request.pieces(text)
    )
    return f"@{found}" if text.startswith("@") and not found.startswith("@@") and not found.startswith("@{body(") else found


def _said_in(value: object) -> object:
    """The same for every text in a JSON value."""
    match value:
        case str():
            return said(value)
        case dict():
            return {str(key): _said_in(one) for key, one in value.items()}
        case list():
            return [_said_in(one) for one in value]
    return value


def _names(value: object) -> tuple[str, ...]:
    """The names of all members in a JSON value."""
    match value:
        case dict():
            return tuple(str(name) for name in value) + tuple(name for one in value.values() for name in _names(one))
        case list():
            return tuple(name for one in value for name in _names(one))
    return ()
