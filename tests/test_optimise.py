"""The choice: the cheapest that fits, the user's word before it, staying always possible, and a reason for each loser."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from plan_values import job, option

from migrator.assumptions import DEFAULT
from migrator.model.finding import Finding, Link
from migrator.model.option import Option, Placement, Shape
from migrator.optimise import Candidate, place, weight

STAY = option("host", "0")


def finding(verdict: str, message: str = "why") -> Finding:
    return Finding(rule="a-rule", level="note", message=message, verdict=verdict)  # type: ignore[arg-type]


def choose(*options: Option, findings: tuple[Finding, ...] = (), shapes: tuple[Shape, ...] = (), **answers: str) -> Placement:
    candidate = Candidate(job=job("job-1"), options=(*options, STAY), findings=findings, shapes=shapes, measured=True)
    (placed,) = place((candidate,), {f"job-1/{topic}": said for topic, said in answers.items()}, DEFAULT)
    return placed


def test_the_cheapest_that_fits_is_chosen_and_each_other_one_says_why_it_lost() -> None:
    placed = choose(option("a", "3"), option("b", "2"), option("c", "1", hard=("no root",)))
    assert (placed.verdict, placed.option.target, placed.chosen_by) == ("move", "b", "migrator")
    assert {lost.target: lost.reason for lost in placed.rejected} == {
        "a": "$1.00 a month more",
        "c": "does not fit: no root",
        "host": "the server stays on the bill for as long as this job stays on it",
    }


def test_work_outweighs_cents() -> None:
    placed = choose(option("a", "0.10"), option("b", "0.09", soft=("keep the file elsewhere",)))
    assert placed.option.target == "a"
    assert placed.rejected[0].reason == "cheaper, but asks for work: keep the file elsewhere"


def test_a_known_cost_comes_before_an_unknown_one() -> None:
    placed = choose(option("a", None, known="0"), option("b", "5"))
    assert placed.option.target == "b"
    assert placed.rejected[0].reason == "its whole cost is unknown"


def test_ties_go_to_the_first_target() -> None:
    assert choose(option("a", "1"), option("b", "1")).option.target == "a"


def test_a_dime_a_month_is_a_tie_and_the_first_target_wins() -> None:
    placed = choose(option("a", "0.15"), option("b", "0.10"), option("c", "0.04"))
    assert placed.option.target == "b"
    assert {lost.target: lost.reason for lost in placed.rejected} == {
        "a": "$0.05 a month more",
        "c": "costs $0.06 a month less: a tie; comes later in the order of targets",
        "host": "the server stays on the bill for as long as this job stays on it",
    }


def test_it_stays_where_nothing_fits() -> None:
    placed = choose(option("a", "1", hard=("no root",)))
    assert (placed.verdict, placed.option.target) == ("stay", "host")
    assert placed.reasons == ("no place fits: no root",)


def test_hints_of_rules_end_or_hold_a_job() -> None:
    for hint in ("drop", "delete", "stay"):
        placed = choose(option("a", "1"), findings=(finding(hint),))
        assert (placed.verdict, placed.option.target, placed.reasons[0]) == (hint, "host", "why")


def test_without_evidence_the_place_is_provisional() -> None:
    placed = choose(option("a", "1"), findings=(finding("insufficient-data", "no run was seen"),))
    assert (placed.verdict, placed.option.target) == ("insufficient-data", "a")
    assert placed.reasons[0] == "no run was seen"


def test_deleting_comes_before_insufficient_data() -> None:
    hints = (finding("insufficient-data"), finding("delete", "script gone"))
    assert choose(option("a", "1"), findings=hints).verdict == "delete"


def test_the_user_decides() -> None:
    dear = choose(option("a", "1"), option("b", "9", hard=("no root",)), target="b")
    assert (dear.option.target, dear.chosen_by) == ("b", "user")
    assert "although: no root" in dear.reasons
    assert choose(option("a", "1"), target="host").verdict == "stay"
    assert choose(option("a", "1"), findings=(finding("delete"),), keep="yes").verdict == "move"
    assert choose(option("a", "1"), keep="no").verdict == "delete"
    unknown = choose(option("a", "1"), target="nowhere")
    assert unknown.option.target == "a"
    assert "nowhere was asked for, but it is no option for this job" in unknown.reasons


def test_a_better_shape_is_proposed_and_taken_only_when_the_user_says_so() -> None:
    shapes = (
        Shape(kind="scheduled_batch", faithful=True),
        Shape(kind="event_glue", faithful=False, summary="an object starts it"),
        Shape(kind="workflow", faithful=False, summary="no place takes it, so it is no answer"),
    )
    options = (option("a", "5"), option("a", "1", shape="event_glue"))
    placed = choose(*options, shapes=shapes)
    assert placed.option.shape == "scheduled_batch"
    (question,) = placed.questions
    assert (question.id, question.default, question.choices) == (
        "job-1/shape",
        "scheduled_batch",
        ("scheduled_batch", "event_glue"),
    )
    assert choose(*options, shapes=shapes, shape="event_glue").option.monthly_cost == Decimal(1)


costs = st.lists(st.tuples(st.integers(0, 500), st.booleans(), st.integers(0, 2)), min_size=1, max_size=6)


@given(costs, st.tuples(st.integers(0, 500), st.booleans(), st.integers(0, 2)))
def test_adding_a_target_never_makes_the_choice_worse(given_: list[tuple[int, bool, int]], more: tuple[int, bool, int]) -> None:
    def made(number: int, what: tuple[int, bool, int]) -> Option:
        cents, hard, soft = what
        return option(f"t{number}", str(Decimal(cents) / 100), hard=("x",) if hard else (), soft=("y",) * soft)

    options = [made(number, what) for number, what in enumerate(given_)]
    before, after = choose(*options), choose(*options, made(99, more))
    if before.verdict == "move":
        assert after.verdict == "move"
        tie = Decimal(str(DEFAULT.tie_monthly_usd))
        assert weight(after.option, DEFAULT) <= weight(before.option, DEFAULT) + tie


def test_a_chain_moves_together_or_not_at_all() -> None:
    links = (
        Link(kind="feeds", from_job="a", to_job="b", via="/data/x"),
        Link(kind="feeds", from_job="b", to_job="c", via="/data/y"),
    )
    candidates = tuple(
        Candidate(
            job=job(name),
            options=(
                option("cloud", "1", job_id=name, hard=("no database",) if name == "c" else ()),
                option("host", "0", job_id=name),
            ),
            links=tuple(link for link in links if name in {link.from_job, link.to_job}),
        )
        for name in "abcd"
    )
    placed = place(candidates, {}, DEFAULT)
    assert [entry.verdict for entry in placed] == ["stay", "stay", "stay", "move"]
    assert placed[1].reasons == ("shares files with c, which stays; they can move together only",)
    forced = place(candidates, {"a/target": "cloud"}, DEFAULT)
    assert [entry.verdict for entry in forced] == ["move", "stay", "stay", "move"]


def test_what_stands_in_the_way_is_said_once() -> None:
    service = "a service on the same machine (postgresql): not offered; nothing else runs beside a {}; use a managed service"
    long = "run time: 1,239 s asked; at most 900 s (900 s a run; more only on Managed Instances)"
    everywhere = choose(
        option("a", "1", hard=(service.format("function"), long)), option("b", "2", hard=(service.format("task"),))
    )
    assert everywhere.reasons == (
        "no place fits: it needs a service on the same machine (postgresql), which is not offered: use a managed service",
    )
    each_its_own = choose(
        option("a", "1", hard=("memory: 12 asked; at most 10",)), option("b", "2", hard=("root: not offered; no",))
    )
    assert each_its_own.reasons == (
        "no place fits: memory: 12 asked; at most 10 (a); it needs root, which is not offered: no (b)",
    )
