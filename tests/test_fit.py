"""Needs against limits: what fits, what does not, and which size is the smallest that does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator import fit
from migrator.assumptions import DEFAULT
from migrator.model.finding import Need
from migrator.model.option import AtMost, Limit, Offered, OneOf, Part, Shape, Size

LIMITS = (
    Limit(need="duration_s", answer=AtMost(amount=900), source="page", as_of="2026", condition="900 s a run"),
    Limit(need="memory_mib", answer=AtMost(amount=10240), source="page", as_of="2026"),
    Limit(need="architecture", answer=OneOf(choices=("x86_64", "arm64")), source="page", as_of="2026"),
    Limit(need="root", answer=Offered(offered=False, how="one unprivileged user"), source="page", as_of="2026"),
    Limit(need="stdin", answer=Offered(offered=True, how="fed"), source="page", as_of="2026"),
)
SIZES = tuple(
    Size(name=str(mib), memory_mib=mib, vcpu=mib / 1769, timeout_s=900, scratch_mib=512) for mib in (128, 512, 1769, 3008)
)


@pytest.mark.parametrize(
    ("need", "message", "hard"),
    [
        (Need(kind="duration_s", amount=900), None, None),
        (Need(kind="duration_s", amount=901), "run time: 901 s asked; at most 900 s (900 s a run)", True),
        (Need(kind="duration_s", amount=901, soft=True), "run time: 901 s asked; at most 900 s (900 s a run)", False),
        (Need(kind="duration_s"), None, None),
        (Need(kind="architecture", choice="riscv64"), "architecture: riscv64 asked; x86_64, arm64 offered", True),
        (Need(kind="architecture", choice="arm64"), None, None),
        (Need(kind="root", soft=True), "root privileges: not offered; one unprivileged user", False),
        (Need(kind="stdin"), None, None),
        (Need(kind="host_access"), "the machine itself: nothing is promised about it", True),
    ],
)
def test_a_need_meets_its_limit_or_says_why_not(need: Need, message: str | None, hard: bool | None) -> None:
    found = fit.misfits((need,), LIMITS, None)
    assert [(misfit.message, misfit.hard) for misfit in found] == ([] if message is None else [(message, hard)])


def test_a_need_above_the_size_is_a_misfit() -> None:
    (misfit,) = fit.misfits((Need(kind="memory_mib", amount=600),), LIMITS, SIZES[1])
    assert misfit.message == "memory: 600 MiB asked; size 512 has 512 MiB"


@pytest.mark.parametrize(
    ("memory", "needs", "name"),
    [
        (100, (), "128"),
        (128, (), "128"),
        (129, (), "512"),
        (100, (Need(kind="vcpu", amount=1),), "1769"),
        (100, (Need(kind="scratch_mib", amount=4000),), "3008"),  # none holds it: the largest, so that the misfit says why
        (9000, (), "3008"),
    ],
)
def test_the_smallest_size_that_fits_is_chosen(memory: float, needs: tuple[Need, ...], name: str) -> None:
    size = fit.size_for(SIZES, needs, memory)
    assert size is not None
    assert size.name == name


def test_no_size_where_none_is_sold() -> None:
    assert fit.size_for((), (), 512) is None


def shape(peak: float | None, **more: object) -> Shape:
    part = Part(name="job", monthly_invocations=30, duration_s=None, billed_s=None, memory_mib=peak)
    return Shape(kind="scheduled_batch", faithful=True, parts=(part,), **more)  # type: ignore[arg-type]


def test_memory_is_measured_needed_or_assumed() -> None:
    assert fit.memory_mib(shape(None), (), DEFAULT) == (512.0, False)
    assert fit.memory_mib(shape(200), (), DEFAULT) == (260.0, True)
    assert fit.memory_mib(shape(None), (Need(kind="memory_mib", amount=2048),), DEFAULT) == (2048, False)


def test_a_shape_relieves_and_adds_needs_and_the_larger_of_two_wins() -> None:
    needs = (
        Need(kind="duration_s", amount=100),
        Need(kind="duration_s", amount=300, rule="growth"),
        Need(kind="single_flight"),
        Need(kind="root", soft=True),
        Need(kind="root"),
    )
    got = fit.needs_of(needs, shape(None, relieves=("single_flight",), adds=(Need(kind="at_most_once", soft=True),)))
    assert [(need.kind, need.amount, need.soft) for need in got] == [
        ("duration_s", 300, False),
        ("root", None, False),
        ("at_most_once", None, True),
    ]
    assert fit.duration_s(got) == 300


@given(st.floats(1, 20000), st.floats(1, 20000))
def test_a_larger_need_never_gets_a_smaller_size(one: float, other: float) -> None:
    small, large = (fit.size_for(SIZES, (), memory) for memory in sorted((one, other)))
    assert small is not None
    assert large is not None
    assert small.memory_mib <= large.memory_mib
