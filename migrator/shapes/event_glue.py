"""Event glue: the job asks again and again whether there is work; let the work itself start it.

For: it runs often, nearly always ends at once, and looks into a folder, a queue, a mailbox or a table.
Against: it remembers what it saw (then it is a workflow), or its runs are all as long as each other (then it always finds work).
Source: field report, first pattern: "the work is idempotent, the trigger is truly an event, state lives elsewhere".
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Fact, Need
from migrator.model.option import Part, Shape, ShapeKind, Wire
from migrator.model.source import Evidence
from migrator.shapes.workload import evidence, of, said, whole

KIND: ShapeKind = "event_glue"
SCRATCH = ("/tmp", "/var/tmp", "/run", "/proc", "/etc", "/var/log", "/dev")  # noqa: S108 - names in facts


def cut(dossier: Dossier, assumptions: Assumptions) -> Shape | None:
    """The shape for a frequent job that looks for work; None otherwise."""
    looks = of(dossier, "queue-or-mail") + tuple(fact for fact in of(dossier, "lists-path") if not fact.value.startswith(SCRATCH))
    gap = dossier.smallest_gap_s
    if not looks or gap is None or gap > assumptions.poll_gap_s or of(dossier, "package-chore"):
        return None
    usage = dossier.usage
    for_: list[Evidence] = [said(f"starts every {gap:,.0f} s"), *evidence(looks)]
    against: list[Evidence] = list(evidence(of(dossier, "state")))
    p50 = usage.duration_s.p50 if usage is not None else None
    if p50 is not None:
        quick = p50 <= assumptions.idle_poll_p50_s
        (for_ if quick else against).append(said(f"half of its runs end within {p50:,.1f} s", "runs"))
        if not quick:
            return None
    job = whole(dossier, "handler")
    events = _events(dossier, assumptions)
    handler = Part(
        name="handler",
        monthly_invocations=events,
        duration_s=job.duration_s,
        billed_s=_busy_s(dossier, assumptions),
        memory_mib=job.memory_mib,
    )
    return Shape(
        kind=KIND,
        faithful=False,
        evidence_for=tuple(for_),
        evidence_against=tuple(against),
        parts=(handler,),
        wires=(Wire(kind="event", from_part=_trigger(looks[0]), to_part="handler"),),
        relieves=("sub_minute", "single_flight", "local_files"),
        adds=(Need(kind="at_most_once", soft=True, rule="event-glue"),),
        summary=f"{_trigger(looks[0])} starts it, instead of asking {_often(gap)}",
    )


def _trigger(fact: Fact) -> str:
    if fact.kind == "lists-path":
        return "object created"
    value = fact.value.lower()
    if "imap" in value or "pop3" in value or "mail" in value:
        return "inbound mail"
    return "queue message" if fact.kind == "queue-or-mail" and "sql" not in value and "table" not in value else "row written"


def _often(gap: float) -> str:
    return f"every {gap / 60:,.0f} min" if gap >= 120 else "every minute" if gap >= 60 else f"every {gap:,.0f} s"


def _busy(dossier: Dossier, assumptions: Assumptions) -> tuple[int, int, float]:
    """Of all measured runs: how many there are, how many of them found work, and the seconds of these."""
    usage = dossier.usage
    if usage is None:
        return 0, 0, 0.0
    idle_s = assumptions.idle_poll_p50_s
    if usage.buckets:
        busy = [bucket for bucket in usage.buckets if bucket.low_s >= idle_s]
        return sum(bucket.runs for bucket in usage.buckets), sum(one.runs for one in busy), sum(one.sum_s for one in busy)
    known = [run.duration_s for run in usage.sampled_runs if run.duration_s is not None]  # a plan of an older version
    found = [seconds for seconds in known if seconds > idle_s]
    return len(known), len(found), sum(found)


def _events(dossier: Dossier, assumptions: Assumptions) -> float | None:
    """Events a month: the share of runs that found work, times the runs; None: too few runs to tell."""
    usage = dossier.usage
    if usage is None or usage.monthly_runs is None:
        return None
    known, busy, _ = _busy(dossier, assumptions)
    return usage.monthly_runs * busy / known if known >= 30 else None


def _busy_s(dossier: Dossier, assumptions: Assumptions) -> float | None:
    _, busy, seconds = _busy(dossier, assumptions)
    return seconds / busy if busy else None
