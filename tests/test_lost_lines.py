"""Logs of which lines were lost (benchmarks/pairing.py): a run has its own length, or bounds that hold it, or none; hardly ever
another's. Before: 2.5 % of the lengths of an overlapping job, 10 % of those of a job that outlasts the process numbers."""

import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from pairing import FORMS, NAMES, SHAPES, judged, log, lossy

from migrator.model.usage import Event
from migrator.runs.pairings import pair

MINUTES = 300
# of each form: the least share of runs with a length of their own or bounds, if 2 % of the lines are lost
TIMED = {"cronie": 0.9, "cronie+pam": 0.97, "L1": 0.8, "L3": 0.97, "L3 alone": 0.9, "L15": 0.95}


@pytest.mark.parametrize("form", FORMS)
def test_lost_lines_give_no_run_another_s_length(form: str) -> None:
    every = Counter[str]()
    for name, shape in SHAPES.items():
        if "wraps" not in name:
            whole = log(form, shape, MINUTES, 11)
            every += judged(whole, pair(lossy(whole.events, 0.02, 12)))
    runs = sum(every[kind] for kind in NAMES)
    assert runs > 4_500
    assert every["wrong"] <= 0.001 * runs, every
    assert every["exact"] + every["bounded"] >= TIMED[form] * runs, every


@pytest.mark.parametrize("name", ["1 job, overlaps", "1 job, 70 min"])
def test_the_end_of_a_run_whose_start_was_lost_is_not_the_next_one_s(name: str) -> None:
    whole = log("cronie", SHAPES[name], 600, 0)
    found = judged(whole, pair(lossy(whole.events, 0.05, 100)))
    assert found["wrong"] == 0
    assert found["exact"] > 0.9 * (found["exact"] + found["none"])


@pytest.mark.parametrize("form", ["cronie+pam", "L3"])
def test_an_end_from_before_the_log_is_not_that_of_a_run_whose_session_is_there(form: str) -> None:
    """Runs of 200 minutes on a machine whose numbers begin again after 160: nothing is lost, and no length is wrong."""
    whole = log(form, SHAPES["1 job, wraps"], 700, 3)
    found = judged(whole, pair(whole.events))
    assert found["wrong"] == 0
    assert found["exact"] > 0.95 * (found["exact"] + found["none"])


def test_anacron_s_end_of_another_day_is_not_the_run_s() -> None:
    more = "parent", None, None, None, None, None, 10**6, 0
    events = [
        Event(kind, at_s * 10**6, "h", "anacron", "root", "anacron:cron.daily", pid, *more)  # type: ignore[arg-type]
        for kind, at_s, pid in (("start", 100, 7), ("end", 90_000, 8))
    ]
    assert [run.duration_s for run in pair(events)] == [None]
    assert [run.duration_s for run in pair([events[0], events[1]._replace(pid=7)])] == [89_900]
