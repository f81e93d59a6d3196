"""HTTP call: the job does nothing but call a URL; a scheduler can do that without any function.

For: one request of a curl or wget of which every word is understood, and nothing else of note.
Against: it needs a lock, a secret stands in it, what it prints is mailed, or its schedule needs a guard (no runner keeps one).
Not at all: it reads or writes files, pipes the answer on, or is understood only in part.
Only proposed: what the URL answers, and how long it takes to, is not in the crontab.
Source: the schedulers' HTTP targets; curl(1).
"""

from migrator import one_request
from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier
from migrator.model.option import Part, Shape, ShapeKind, Wire
from migrator.model.source import Evidence
from migrator.shapes.workload import evidence, of, said, whole

KIND: ShapeKind = "http_call"
LEAST_BREAK_EVEN = 380_000  # requests a month; benchmarks/crossover.py, us-east-1
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})  # the schedulers refuse a body with any other
CALLERS = frozenset({"curl", "wget"})
BESIDE = CALLERS | {
    "sleep",
    "flock",
    "timeout",
    "nice",
    "ionice",
    "true",
    "logger",
    "env",
    "sh",
    "bash",
    "echo",
    "cd",
    "test",
    "[",
}


def cut(dossier: Dossier, assumptions: Assumptions) -> Shape | None:  # noqa: ARG001
    """The shape for a bare call of one URL; None otherwise."""
    urls, requests = of(dossier, "url"), of(dossier, "http-request")
    programs = {fact.value.rsplit("/", 1)[-1] for fact in of(dossier, "command", "interpreter")}
    request = one_request.http_request(requests)
    if len({fact.value for fact in urls}) != 1 or request is None or programs - BESIDE:
        return None
    if request.method not in (METHODS if request.body is None else WITH_BODY):
        return None
    if of(dossier, "script", "loop", "database", "state", "cloud-cli", "container", "mail", "sudo", "service-control"):
        return None
    piped = tuple(fact for fact in of(dossier, "output") if fact.value == "piped")
    writes = tuple(fact for fact in of(dossier, "writes-path") if not fact.value.startswith(("/dev/", "/tmp/", "/var/log/")))  # noqa: S108
    if piped or writes:
        return None
    against: list[Evidence] = list(evidence(of(dossier, "lock")))
    if "@secret:" in requests[0].value:
        against.append(said("a secret stands in the request: only a scheduler that takes it by reference can send it"))
    if any(fact.value == "mailed" and fact.detail != "stderr" for fact in of(dossier, "output")):
        against.append(said("cron mailed what the URL answered; a scheduler keeps only whether it worked"))
    guarded = [translation.dialect for translation in dossier.translations if translation.guard is not None]
    if guarded:
        against.append(said(f"its schedule needs a guard in {', '.join(guarded)}, and there is no runner to keep it"))
    job = whole(dossier)
    part = Part(
        name="call",
        monthly_invocations=job.monthly_invocations,
        duration_s=job.duration_s,
        billed_s=0.0,
        memory_mib=None,
    )
    return Shape(
        kind=KIND,
        faithful=False,
        evidence_for=(*evidence(requests), *_far_from_servers(job.monthly_invocations)),
        evidence_against=tuple(against),
        parts=(part,),
        wires=(Wire(kind="http", from_part="schedule", to_part="call"),),
        relieves=("memory_mib", "vcpu", "scratch_mib", "runtime", "stdin"),
        summary="the scheduler calls the URL itself; no program runs",
    )


def _far_from_servers(monthly_calls: float | None) -> tuple[Evidence, ...]:
    """The crossover check for a function behind the URL: what this job alone would make of it."""
    if monthly_calls is None or monthly_calls >= LEAST_BREAK_EVEN:
        return ()
    text = (
        f"{monthly_calls:,.0f} calls a month: a function behind the URL stays cheaper than two small servers and a load balancer "
        f"up to {LEAST_BREAK_EVEN:,} calls even at 5 s and 1,769 MiB each (docs/crossover.md)"
    )
    return (said(text),)
