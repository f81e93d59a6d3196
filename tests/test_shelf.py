"""Packed groups are read as the tuple of all their entries is."""

import pytest
import small_plan

from migrator.model.plan import JobPlan
from migrator.shelf import Shelf, packed

ENTRIES = tuple(small_plan.job_plan(number, host=f"web{number // 3}") for number in range(7))


def shelf(*ends: int) -> Shelf[JobPlan]:
    found = Shelf(JobPlan)
    for begin, end in zip((0, *ends), (*ends, len(ENTRIES)), strict=True):
        found.put(packed(ENTRIES[begin:end]), end - begin)
    return found


@pytest.mark.parametrize("ends", [(), (3, 6), (0, 3, 3, 7), (1, 2, 3, 4, 5, 6)])
def test_it_is_the_tuple_of_its_entries(ends: tuple[int, ...]) -> None:
    found = shelf(*ends)
    assert len(found) == 7
    assert tuple(found) == ENTRIES
    assert found == ENTRIES
    assert ENTRIES == found  # noqa: SIM300 - the tuple is asked first
    assert found == shelf(4)
    assert found != ENTRIES[:6]
    assert found != (*ENTRIES[:6], ENTRIES[0])
    assert [found[number] for number in (0, 3, 6, -1, -7)] == [ENTRIES[0], ENTRIES[3], ENTRIES[6], ENTRIES[6], ENTRIES[0]]
    assert found[2:5] == ENTRIES[2:5]
    assert found[-2:] == ENTRIES[-2:]
    for number in (7, -8):
        with pytest.raises(IndexError):
            found[number]


def test_a_changed_group_is_changed_and_no_other() -> None:
    found = shelf(3, 6)
    assert found[4] == ENTRIES[4]
    found.change(1, lambda entry: ENTRIES[0])
    assert tuple(found) == (*ENTRIES[:3], *[ENTRIES[0]] * 3, ENTRIES[6])
