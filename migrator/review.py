"""The open questions of a plan one by one, most money first."""

from decimal import Decimal

from migrator.model.finding import Question
from migrator.model.plan import Plan


def open_questions(plan: Plan) -> tuple[Question, ...]:
    """Every question without an answer once: about servers first, then most money first, last what has no money in it."""
    asked = [question for host in plan.hosts for question in host.questions]
    cost: dict[str, Decimal] = {}
    for entry in plan.jobs:
        asked += entry.placement.questions
        cost[entry.job.id] = entry.placement.option.monthly_cost or Decimal(0)
    asked += [peak.question for peak in plan.quotas if peak.question is not None]

    def money(question: Question) -> float:
        return question.monthly_money if question.monthly_money is not None else float(cost.get(question.job_id or "", 0))

    unanswered = {question.id: question for question in asked if question.id not in plan.decisions.answers}

    def order(question: Question) -> tuple[bool, bool, float, str]:
        return (question.monthly_money == 0, question.job_id is not None, -money(question), question.id)

    return tuple(sorted(unanswered.values(), key=order))


def next_question(plan: Plan, skipped: frozenset[str]) -> Question | None:
    """The first open question that was not skipped; None if all are answered or skipped."""
    return next((question for question in open_questions(plan) if question.id not in skipped), None)


def refused(question: Question, answer: str) -> str | None:
    """Why an answer cannot be taken; None if it can."""
    if question.choices and answer not in question.choices:
        return f"{answer!r} is none of the choices: {', '.join(question.choices)}"
    return None if answer.strip() else "an empty answer says nothing; `-` skips the question"
