"""A review under way: the open questions of a plan one by one, what each answer would change, and every answer kept at once.

The plain prompts and the screen of `migrator review` are both driven by this.
"""

from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import msgspec

from migrator import deciding, decisions_file, plan_folder, planfile, review
from migrator.diff import Change, changes
from migrator.model.finding import Question
from migrator.model.plan import Decisions, Plan
from migrator.prices import bundled, user_book
from migrator.reports import verdict_words

TOLD = ("placement", "translation", "cost", "savings")
MOST_JOBS = 100  # beyond so many jobs a plan takes seconds to decide: the consequences are told where they are asked for


class Consequence(NamedTuple):
    """One answer, and what it would change; no changes: the plan stays as it is but for the question."""

    answer: str
    changes: tuple[Change, ...]


class Reviewing:
    """The state of a review. `take` writes plan, reports and decisions.yaml before it returns: an interrupt loses nothing."""

    def __init__(self, path: Path) -> None:
        """Of a plan folder, or of the plan.json in it. Raises `PlanError`."""
        self._folder = planfile.plan_path(path).parent
        self._surveys = planfile.read_surveys(path)
        own = self._folder / planfile.PRICES
        self._prices = user_book.over(bundled.read(), user_book.read(own)) if own.is_file() else bundled.read()
        self._skipped: frozenset[str] = frozenset()
        self.plan = planfile.read(path).plan
        if self.decisions_file.is_file():  # edited by hand since the plan was made: that counts, and must not be lost
            said = decisions_file.read(self.decisions_file)
            if said.decisions != self.plan.decisions:
                self.plan = self._decided(said.decisions, said.lines)

    @property
    def decisions_file(self) -> Path:
        """Where the answers are kept."""
        return self._folder / "decisions.yaml"

    @property
    def quick(self) -> bool:
        """True where the consequences of a question can be told before anybody asks for them."""
        return len(self.plan.jobs) <= MOST_JOBS

    def question(self) -> Question | None:
        """The open question with the most money behind it that was not skipped; None if nothing is left to ask."""
        return review.next_question(self.plan, self._skipped)

    def open(self) -> tuple[Question, ...]:
        """Every question without an answer, skipped ones too, in the order of asking."""
        return review.open_questions(self.plan)

    def verdicts(self) -> tuple[str, ...]:
        """The verdict on each server in a sentence, as the plan stands now."""
        jobs_of = verdict_words.by_host(self.plan)
        return tuple(verdict_words.sentence(host, jobs_of.get(host.host.name, ())) for host in self.plan.hosts)

    def skip(self, question: Question) -> None:
        """Ask it no more in this review; it stays open."""
        self._skipped |= {question.id}

    def consequence(self, question: Question, answer: str) -> Consequence:
        """What the answer would change, without keeping it: placement, cost and fit are decided again."""
        return Consequence(answer, _told(self.plan, self._answered(question.id, answer, unsaid=True)))

    def consequences(self, question: Question) -> tuple[Consequence, ...]:
        """Of each choice; of the default where the answer is free text."""
        answers = question.choices or ((question.default,) if question.default else ())
        return tuple(self.consequence(question, answer) for answer in answers)

    def take(self, key: str, answer: str) -> tuple[Change, ...]:
        """Decide again with one more answer and write everything; returns what it changed."""
        before, self.plan = self.plan, self._answered(key, answer)
        said = decisions_file.out_file(self.open(), self.plan.decisions)
        plan_folder.write(self._folder, self.plan, lambda: chain(planfile.plan_files(self.plan), (said,)))
        return _told(before, self.plan)

    def _answered(self, key: str, answer: str, *, unsaid: bool = False) -> Plan:
        answers = {**self.plan.decisions.answers, key: answer}
        return self._decided(msgspec.structs.replace(self.plan.decisions, answers=answers), unsaid=unsaid)

    def _decided(self, decisions: Decisions, lines: Mapping[str, int] = {}, *, unsaid: bool = False) -> Plan:
        return deciding.decide(
            self._surveys,
            self._prices,
            decisions,
            self.plan.request,
            file=self.decisions_file if lines else None,
            lines=lines,
            unsaid=unsaid,
        )


def _told(before: Plan, after: Plan) -> tuple[Change, ...]:
    return tuple(change for change in changes(before, after) if change.kind in TOLD)


def in_words(change: Change) -> str:
    """`Nightly report: move: aws_fargate -> move: aws_lambda`."""
    return f"{change.name}: {change.before or 'nothing'} -> {change.after or 'nothing'}"
