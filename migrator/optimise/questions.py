"""What only a person can say and what would change a placement, its bill or its files; the rest has a safe default."""

from decimal import Decimal

from migrator.assumptions import Assumptions
from migrator.model.finding import Finding, Question
from migrator.model.option import Option, Verdict
from migrator.optimise.candidate import STAYING, Candidate, hard, known_cost

MONEY_TOPICS = frozenset({"memory", "cpu", "items"})  # answers that only move the bill


def questions(candidate: Candidate, verdict: Verdict, chosen: Option, assumptions: Assumptions) -> tuple[Question, ...]:
    """The questions of one placement, sorted by id."""
    asked: dict[str, Question] = {}
    for finding in candidate.findings:
        if finding.question is not None and _matters(finding, candidate, verdict, chosen, assumptions):
            asked.setdefault(finding.question.id, finding.question)
    cut = _shape_question(candidate, chosen, assumptions) if verdict not in {"drop", "delete"} else None
    if cut is not None:
        asked.setdefault(cut.id, cut)
    return tuple(asked[key] for key in sorted(asked))


def _matters(finding: Finding, candidate: Candidate, verdict: Verdict, chosen: Option, assumptions: Assumptions) -> bool:
    assert finding.question is not None
    topic = finding.question.id.rpartition("/")[2]
    if verdict in {"drop", "delete"}:
        return topic == "keep"
    if verdict == "stay":  # only what holds it here
        holding = {m.need for option in candidate.options if option.target != STAYING for m in option.misfits if m.hard}
        return finding.verdict is not None or any(not need.soft and need.kind in holding for need in finding.needs)
    if topic in MONEY_TOPICS:
        return known_cost(chosen) >= Decimal(str(assumptions.question_monthly_usd)) or (
            topic == "cpu" and _too_slow_if_it_computes(chosen)
        )
    return True


def _too_slow_if_it_computes(chosen: Option) -> bool:
    """True where the share of a processor would stretch a run that computes beyond the place's limit."""
    size = chosen.size
    if size is None or size.timeout_s is None or chosen.timeout_s is None:
        return False
    return chosen.timeout_s / min(size.vcpu, 1.0) > size.timeout_s


def _shape_question(candidate: Candidate, chosen: Option, assumptions: Assumptions) -> Question | None:
    """How to cut the job, where another shape has a place that is a good deal cheaper, or has one at all."""
    better = [shape for shape in candidate.shapes if not shape.faithful]
    worth = Decimal(str(assumptions.question_monthly_usd))
    gains = {}
    for shape in better:
        fitting = [
            option
            for option in candidate.options
            if option.shape == shape.kind and option.target != STAYING and not hard(option) and option.monthly_cost is not None
        ]
        if not fitting:
            continue
        least = min(known_cost(option) for option in fitting)
        if chosen.target == STAYING and not any(finding.verdict == "stay" for finding in candidate.findings):
            gains[shape.kind] = f"it can leave the server, for ${least:,.2f} a month"
        elif chosen.target != STAYING and known_cost(chosen) - least >= worth:
            gains[shape.kind] = f"${least:,.2f} instead of ${known_cost(chosen):,.2f} a month"
    if not gains:
        return None
    job = candidate.job
    offered = {option.shape for option in candidate.options}  # a shape that no place takes is no answer
    kinds = tuple(dict.fromkeys(shape.kind for shape in candidate.shapes if shape.kind in offered))
    return Question(
        id=f"{job.id}/shape",
        text=f"How should {job.name} be cut?",
        hint="; ".join(f"{shape.kind}: {shape.summary}: {gains[shape.kind]}" for shape in better if shape.kind in gains),
        default=next((shape.kind for shape in candidate.shapes if shape.faithful), kinds[0]),
        choices=kinds,
        job_id=job.id,
    )
