"""What may be said about a job or a server, and in which words: what belongs to nothing, or means nothing, is an error.

A topic is the last part of an answer's id (`report-1a2b/timeout`, `web01/care-hours`); a rule, a shape, the choice or `emit`
obeys it. Topics that a rule makes from what it saw (`service-mysql`, `cloud-bucket-dumps`) exist where it saw that.
"""

from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches

from migrator import chains
from migrator.cloud_calls import BY_HAND, ROLE, cloud_calls, is_not_allowed, role_topic, topic
from migrator.model.plan import Decisions, JobPlan, Plan

TOPICS = (
    "claim keep target size shape timeout dst timezone notify schedule-accepted memory cpu scratch state output data service "
    "network address repeatable items parallelism date-test random-sleep egress-gib after runner user background"
).split()
SERVER_TOPICS = (
    "server-cost",
    "reserved-until",
    "services",
    "timezone",
    "care-hours",
    "backup-gib",
    "few-runs",
    "cloud-identity",
)
EVERYTHING = "all"  # `all/dst`, `all/claim`: the answers that are about every job
ACCEPTED = "accepted"
# what an account really has, where the default would be exceeded: one for each quota of quotas.py
QUOTAS = (
    "quota-lambda-runs",
    "quota-fargate-vcpu",
    "quota-eventbridge-schedules",
    "quota-container-apps-cores",
    "quota-flex-memory",
    "quota-cloud-scheduler-jobs",
    "quota-cloud-run-executions",
    "quota-cloud-run-jobs",
    "quota-event-rules",
    "quota-call-rules",
    "quota-bucket-bindings",
    "quota-iam-roles",
    "quota-role-assignments",
    "quota-service-bus-queues",
    "quota-event-subscriptions",
    "quota-service-accounts",
    "quota-storage-accounts",
    "quota-cloud-run-services",
)
FOR_ALL = ("dst", "claim", *QUOTAS)
YES_OR_NO = ("yes", "no")
KEPT_WHERE = ("object-storage", "shared-disk", "not-needed")
SERVICE = ("stays", "moves", "remote")
WORDS: dict[str, tuple[str, ...]] = {
    "dst": ("accept", "guard", "utc"),
    "keep": YES_OR_NO,
    "claim": ("on", "off"),
    "runner": ("python", "sh"),
    "cpu": ("waits", "computes"),
    "network": ("private", "public"),
    "address": ("yes", "nat", "no"),
    "repeatable": YES_OR_NO,
    "schedule-accepted": YES_OR_NO,
    "notify": ("output", "failure", "none"),
    "state": KEPT_WHERE,
    "output": KEPT_WHERE,
    "data": ("copy", "share", "stay"),
    "user": ("stay", "by-hand"),
    "background": ("ends", "stays"),
    "service": SERVICE,
    "cloud-identity": ("own-role", "keys"),
    ROLE: (BY_HAND, "unknown"),
}
FAMILIES = ("service", ROLE)  # topics that a rule makes from what it saw
NUMBERS = frozenset({"timeout", "memory", "scratch", "items", "parallelism"})
AMOUNTS = frozenset({"server-cost", "care-hours", "backup-gib", "egress-gib"})  # which may be 0
OPEN = frozenset({"unknown", ""})  # the default of a question that nobody can answer yet


def nearest(word: str, known: Collection[str]) -> str:
    """`; did you mean X?`, or nothing where nothing is near.

    >>> nearest("organization", ["organisation", "answers"])
    '; did you mean organisation?'
    """
    near = get_close_matches(word, known, 1, 0.5)
    return f"; did you mean {near[0]}?" if near else ""


def meaningless(decided: Decisions, values: Mapping[str, Collection[str]]) -> dict[str, str]:
    """The answers in a word that means nothing, whatever the plan: answer id -> message.

    `values`: what may be said about a topic of a job, where that is a closed list that is not ours (targets, shapes)."""
    said = {key: _meaningless(key.rpartition("/")[2], value, values) for key, value in decided.answers.items()}
    return {key: f"{key}: {message}" for key, message in said.items() if message is not None}


def wrong(decided: Decisions, plan: Plan) -> dict[str, str]:
    """What of the answers belongs to nothing in a plan, and chains that cannot be: answer id -> message."""
    if not decided.answers:
        return {}
    about_jobs = {key.rpartition("/")[0] for key in decided.answers}
    runs: dict[str, float | None] = {}
    jobs: dict[str, JobPlan] = {}  # those that something is said about
    asked: set[str] = set()
    for entry in plan.jobs:  # once: of many servers each look makes them anew
        runs[entry.job.id] = entry.usage.monthly_runs if entry.usage else None
        asked |= {question.id for question in entry.placement.questions}
        if entry.job.id in about_jobs:
            jobs[entry.job.id] = entry
    hosts = {entry.host.name for entry in plan.hosts}
    asked |= {question.id for entry in plan.hosts for question in entry.questions}
    found: dict[str, str] = {}
    for key in decided.answers:
        about, _, name = key.rpartition("/")
        if about == EVERYTHING:
            known: Collection[str] = FOR_ALL
        elif about in hosts:
            known = (*SERVER_TOPICS, *_services(plan, about))
        elif about in jobs:
            known = (*TOPICS, *_calls(jobs[about]))
        elif key in asked:
            continue
        else:
            near = nearest(about or key, sorted(runs.keys() | hosts))
            found[key] = f"{key}: no job or server of this plan is called {about or key!r}{near}"
            continue
        if name not in known and key not in asked:
            found[key] = f"{key}: {name!r} is nothing that can be decided there{nearest(name, known)}"
    return found | chains.wrong(decided.answers, runs)


def _meaningless(name: str, value: str, values: Mapping[str, Collection[str]]) -> str | None:
    """Why a word means nothing for a topic; None if it does."""
    family = next((word for word in FAMILIES if name.startswith(f"{word}-")), name)
    words = values.get(name) or WORDS.get(family)
    if words is not None and value.strip() not in words:
        return f"{value!r} is no {name}{nearest(value, words) or '.'} Possible: {', '.join(words)}"
    if name in NUMBERS and value.strip() not in OPEN and not _number(value, above=True):
        return f"{value!r} is no number above 0"
    if name in QUOTAS and value.strip() != ACCEPTED and not _number(value, above=True):
        return f"{value!r} is neither {ACCEPTED} nor a number above 0"
    if name in AMOUNTS and value.strip() not in OPEN and not _number(value, above=False):
        return f"{value!r} is no amount"
    return None


def _number(text: str, *, above: bool) -> bool:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return False
    return number.is_finite() and (number > 0 if above else number >= 0)


def _services(plan: Plan, host: str) -> set[str]:
    """The topics about services of this server that its jobs use."""
    return {
        f"service-{fact.value.split(':')[0]}"
        for entry in plan.jobs
        if entry.job.host == host
        for fact in entry.facts
        if fact.kind in {"database", "local-socket"}
    }


def _calls(entry: JobPlan) -> set[str]:
    """The topics about the job's calls of a cloud: names that variables hide, and who allows what nothing emitted does."""
    calls = cloud_calls(entry.facts)
    hidden = {topic(name, text) for call in calls for name, text in call.parameters.items()}
    return hidden | {role_topic(call) for call in calls if is_not_allowed(call)}
