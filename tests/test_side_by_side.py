"""Two halves of a work at the same time: what comes back is what each would return alone, also when the copy is killed."""

import os
import signal
from pathlib import Path

import msgspec
import pytest

from migrator import considered, one_server, pipeline, planfile, size_curve
from migrator.assumptions import DEFAULT
from migrator.model.plan import Decisions, Request, Survey
from migrator.prices import bundled
from migrator.side_by_side import both
from migrator.sources.opening import open_source

SAMPLES = Path(__file__).parent.parent / "samples"


def test_the_second_half_is_done_by_another_process_and_both_come_back() -> None:
    first, second = both(os.getpid, lambda: (os.getpid(), "x" * 1_000_000))
    assert first == os.getpid()
    assert second[0] != first
    assert second[1] == "x" * 1_000_000


def test_a_half_that_was_killed_is_done_here() -> None:
    here = os.getpid()

    def killed_elsewhere() -> int:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return os.getpid()

    assert both(lambda: 1, killed_elsewhere) == (1, here)


def test_an_error_of_either_half_is_raised(capfd: pytest.CaptureFixture[str]) -> None:
    def wrong() -> int:
        raise ValueError("no")

    for halves in ((wrong, lambda: 1), (lambda: 1, wrong)):
        with pytest.raises(ValueError, match="no"):
            both(*halves)
    assert "Traceback" not in capfd.readouterr().err, "the user is not told twice"


def test_a_plan_of_which_another_process_considers_half_is_the_same_to_the_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    """On every kind of place: what comes back as JSON's types is what was sent."""
    surveys = tuple(pipeline.observe(files, None).survey for name in ("legacy04",) for files in open_source(str(SAMPLES / name)))

    def planned() -> bytes:
        plan = pipeline.decide(surveys, bundled.read(), DEFAULT, Decisions(), Request(provider="all"))
        return planfile.plan_file(plan).content

    alone = planned()
    monkeypatch.setattr(considered, "MANY", range(1, 1000))
    assert planned() == alone


def test_servers_decided_in_two_processes_and_packed_make_the_same_plan_to_the_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    """As those of hundreds of servers are. Three curves are drawn in all, whichever process meets the dearest jobs first."""
    (files,) = open_source(str(SAMPLES / "edge03"))
    raw = planfile.survey_bytes(pipeline.observe(files, None).survey)
    names = (b"edge03", b"edge04", b"edge05")
    surveys = tuple(msgspec.json.decode(raw.replace(b"edge03", name), type=Survey) for name in names)
    monkeypatch.setattr(size_curve, "MOST_JOBS", 3)

    def planned() -> bytes:
        plan = pipeline.decide(surveys, bundled.read(), DEFAULT, Decisions(), Request())
        assert isinstance(plan.jobs, tuple) == (planfile.MOST_IN_ONE_FILE > 1)
        assert sum(bool(entry.size_curve) for entry in plan.jobs) == 3
        return planfile.plan_file(plan).content

    alone = planned()
    monkeypatch.setattr(one_server, "LEAST_AT_A_TIME", 1)
    monkeypatch.setattr(planfile, "MOST_IN_ONE_FILE", 1)
    assert planned() == alone
