"""Calls of a cloud's API as the inspectors note them, and which of their resources hide behind a variable until the user says.

Line: a fact `cloud-call aws s3:put-object` with the detail `bucket=example-backups key=db/shop-$(...).sql.gz`.
"""

import re
from collections.abc import Iterable, Mapping

from migrator.model.finding import Fact, Question
from migrator.model.job import Job
from migrator.model.value import Value

# What is only known when a script runs: `$X`, `${X}`, `$(...)`, backquotes, `{day}` and `%Y` of a format.
RUNTIME = re.compile(r"\$\{[^}]*\}|\$\([^)]*\)|\$\w+(?:\.\w+|\[[^\]]*\]|\(\))*|`[^`]*`|\{[^{}]*\}|%[A-Za-z]")
DATED = re.compile(r"\$\(date\b[^)]*\)|\$\(\.\.\.\)|%[A-Za-z]")
# Names that are data, made anew by every run: their beginning is enough, and without an answer it is all of them.
DATA = frozenset(
    "key object blob log-stream-name db-snapshot-identifier target-db-snapshot-identifier snapshot-identifier snapshot-id "
    "snapshot-ids image-id db-cluster-snapshot-identifier snapshot-name resources".split()
)
# What holds such names.
HOLDERS = frozenset({"bucket", "log-group-name", "container"})
# Parameters that say something else than which resource is meant.
BESIDE = frozenset({"region", "project", "owners", "namespace"})


# Acts of Azure that a built-in role allows on one place, and the names of that place.
AZURE_PLACES = {
    **dict.fromkeys(("blob:read", "blob:write", "blob:delete"), ("account", "container")),
    **dict.fromkeys(("queue:add", "queue:process", "queue:read"), ("account", "queue")),
    **dict.fromkeys(("secret:read", "secret:write"), ("vault", "secret")),
}
GOOGLE_PERMISSION = re.compile(r"[a-z]+(?:\.[A-Za-z]+)+")
ROLE, BY_HAND = "cloud-role", "by-hand"  # who gives the right for a call that nothing emitted allows


class CloudCall(Value, frozen=True, kw_only=True):
    """One call: of `aws`, `gcp` or `azure`; `parameters` only those that name resources, as they are written."""

    provider: str
    operation: str
    parameters: dict[str, str]
    fact: Fact


def cloud_calls(facts: Iterable[Fact]) -> tuple[CloudCall, ...]:
    """The calls in their order, each once."""
    found: dict[tuple[str, str | None], CloudCall] = {}
    for fact in facts:
        provider, _, operation = fact.value.partition(" ")
        if fact.kind == "cloud-call" and operation:
            call = CloudCall(provider=provider, operation=operation, parameters=parameters(fact.detail or ""), fact=fact)
            found.setdefault((fact.value, fact.detail), call)
    return tuple(found.values())


def parameters(detail: str) -> dict[str, str]:
    """The parameters of a call's detail.

    >>> parameters("bucket=example-backups key=db/$(...)=x.gz")
    {'bucket': 'example-backups', 'key': 'db/$(...)=x.gz'}
    """
    return dict(pair.split("=", 1) for pair in detail.split(" ") if "=" in pair)


def is_not_allowed(call: CloudCall) -> bool:
    """True for a call that no emitted identity is given a right for, whatever is answered about names: a command that manages
    Azure or Google, or one that does not say on what.
    """
    if call.provider == "azure":
        return any(not call.parameters.get(name) for name in AZURE_PLACES.get(call.operation, ("a place",)))
    return call.provider == "gcp" and GOOGLE_PERMISSION.fullmatch(call.operation) is None


def role_topic(call: CloudCall) -> str:
    """The topic of the question who allows such a call: `cloud-role-azure-vm-start`."""
    return f"{ROLE}-" + re.sub(r"[^a-z0-9]+", "-", f"{call.provider} {call.operation}".lower()).strip("-")


def role_question(call: CloudCall, job: Job) -> Question:
    """Who gives the job's identity the right for a call that nothing emitted allows."""
    on = f" ({call.fact.detail})" if call.fact.detail else ""
    return Question(
        id=f"{job.id}/{role_topic(call)}",
        text=f"Who lets {job.name} do {call.provider} {call.operation}{on} elsewhere? Nothing that is emitted does.",
        hint="by-hand: somebody gives the job's identity a role for this before it is switched on; without it this call fails",
        default="unknown",
        choices=(BY_HAND, "unknown"),
        job_id=job.id,
    )


def pattern(text: str) -> str:
    """A name with `*` for what is only known when it runs.

    >>> pattern("db/shop-$(...).sql.gz"), pattern("$BUCKET"), pattern("runs")
    ('db/shop-*.sql.gz', '*', 'runs')
    """
    return re.sub(r"\*+", "*", RUNTIME.sub("*", text))


def is_hidden(parameter: str, text: str) -> bool:
    """True where a script's variable stands for the name, or for a part of it that is no date.

    >>> is_hidden("bucket", "$BUCKET"), is_hidden("key", "db/$f.gz"), is_hidden("table-name", "runs-$(...)")
    (True, False, False)
    """
    if parameter in BESIDE:
        return False
    if parameter in DATA:
        return pattern(text).startswith("*")
    return "*" in pattern(DATED.sub("-", text)) or pattern(text) == "*"


def topic(parameter: str, text: str) -> str:
    """The topic of the question about a hidden name.

    >>> topic("bucket", "$BUCKET")
    'cloud-bucket-bucket'
    """
    word = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40].strip("-") or "unnamed"
    return f"cloud-{parameter}-{word}"


def with_answers(call: CloudCall, job_id: str, answers: Mapping[str, str]) -> CloudCall:
    """The call with the names that the user stated instead of the variables."""
    said = {
        name: answers.get(f"{job_id}/{topic(name, text)}", text) if is_hidden(name, text) else text
        for name, text in call.parameters.items()
    }
    return CloudCall(
        provider=call.provider,
        operation=call.operation,
        parameters={name: said[name].strip() or text for name, text in call.parameters.items()},
        fact=call.fact,
    )


def _is_below(name: str, call: CloudCall) -> bool:
    """True for an object of a bucket that is known: which objects they are changes with the data, not with the server."""
    return name in DATA and any(other in HOLDERS and not is_hidden(other, text) for other, text in call.parameters.items())


def question(call: CloudCall, job: Job, answers: Mapping[str, str]) -> Question | None:
    """Which resource the first hidden name of a call stands for; None where all are known or answered."""
    for name, text in call.parameters.items():
        key = f"{job.id}/{topic(name, text)}"
        if is_hidden(name, text) and not answers.get(key, "").strip() and not _is_below(name, call):
            what = name.replace("-", " ")
            return Question(
                id=key,
                text=f"Which {what} does {job.name} mean by {text} in its call {call.provider} {call.operation}?",
                hint="its name, or the beginning of the names with * behind; its role is allowed only this"
                + ("; * = all of them" if name in DATA else "; without an answer its role is not allowed this call"),
                default="*" if name in DATA else "",
                job_id=job.id,
            )
    return None
