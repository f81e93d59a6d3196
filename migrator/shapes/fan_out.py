"""Fan-out: the job works through a list of independent items; a dispatcher puts them on a queue and a pool takes them.

For: a loop or a parallel run over items (customers, files, rows, hosts) that takes minutes.
Against: the items depend on each other (a shared file is written), or the list is short and the run quick.
The pool is as wide as today's parallelism unless the user says otherwise: the database behind it is the same.
Source: field report, fourth pattern: "each unit independent, latency in seconds to minutes".
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Need
from migrator.model.option import Part, Shape, ShapeKind, Wire
from migrator.model.source import Evidence
from migrator.shapes.workload import constant, evidence, mean_s, of, said, whole

KIND: ShapeKind = "fan_out"
LEAST_S = 60.0  # below a minute nobody waits for the pool
DISPATCH_S = 5.0


def cut(dossier: Dossier, assumptions: Assumptions) -> Shape | None:  # noqa: ARG001
    """The shape for a loop over items that takes at least a minute; None otherwise."""
    loops = tuple(fact for fact in of(dossier, "loop") if not _endless(fact.value))
    wide = of(dossier, "parallelism")
    if not loops and not wide:
        return None
    if of(dossier, "package-chore", "host-only"):
        return None
    usage = dossier.usage
    taken = mean_s(usage)
    if taken is not None and taken < LEAST_S:
        return None
    for_: list[Evidence] = [*evidence(loops), *evidence(wide)]
    if usage is not None and usage.growth_per_month:
        for_.append(said(f"its run time grows by {usage.growth_per_month:.0%} a month, as a list does", "runs"))
    against: list[Evidence] = [*evidence(of(dossier, "state")), *evidence(of(dossier, "lock"))]
    handed = of(dossier, "iteration-dependence")
    if handed:
        against.append(
            said(f"one turn of the loop hands {handed[0].value} to the next", str(handed[0].evidence.location or "script"))
        )
        against += evidence(handed)
    width = _width(dossier)
    items = _items(dossier)
    job = whole(dossier)
    # an item takes as long as it does today, however many the user wants to go on at once later
    each = taken * _today(dossier) / items if taken is not None and items else None
    dispatcher = Part(
        name="dispatcher",
        monthly_invocations=job.monthly_invocations,
        duration_s=constant(DISPATCH_S, 0),
        billed_s=DISPATCH_S,
        memory_mib=None,
    )
    worker = Part(
        name="worker",
        monthly_invocations=job.monthly_invocations * items if job.monthly_invocations is not None and items else None,
        duration_s=constant(each, 0) if each is not None else None,
        billed_s=each,
        memory_mib=job.memory_mib,
        parallelism=width,
    )
    if not items:
        against.append(said("how many items the list has is not known: answer <job id>/items", "question"))
    return Shape(
        kind=KIND,
        faithful=False,
        evidence_for=tuple(for_),
        evidence_against=tuple(against),
        parts=(dispatcher, worker),
        wires=(
            Wire(kind="schedule", from_part="schedule", to_part="dispatcher"),
            Wire(kind="queue", from_part="dispatcher", to_part="worker"),
            Wire(kind="dead-letter", from_part="worker", to_part="dead letters"),
        ),
        # With the number of items known a part's time is known, and the whole job's is nobody's limit any more.
        relieves=("duration_s", "single_flight", "vcpu"),
        adds=(
            Need(kind="duration_s", amount=each * 3 if each is not None else None, rule="fan-out"),
            Need(kind="at_most_once", soft=True, rule="fan-out"),
        ),
        summary=f"one message for each item, a pool of {width}",
    )


def _endless(value: str) -> bool:
    return value.strip().lower() in {"", "true", ":", "1", "while true", "forever"}


def _width(dossier: Dossier) -> int:
    said_ = dossier.answers.get(f"{dossier.job.id}/parallelism", "")
    return max(int(said_), 1) if said_.isdecimal() and 0 < len(said_) < 5 else _today(dossier)


def _today(dossier: Dossier) -> int:
    """How many items the job has in work at once."""
    widths = [int(fact.value) for fact in of(dossier, "parallelism") if fact.value.isdecimal() and 0 < len(fact.value) < 4]
    return max([*widths, 1])


def _items(dossier: Dossier) -> int | None:
    text = dossier.answers.get(f"{dossier.job.id}/items", "")
    return int(text) if text.isdecimal() and 0 < len(text) < 9 and int(text) > 0 else None
