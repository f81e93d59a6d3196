"""Two halves of a work at the same time: what comes back is what each would return alone, also when the copy is killed."""

import os
import signal
from pathlib import Path

import pytest

from migrator import considered, pipeline, planfile
from migrator.assumptions import DEFAULT
from migrator.model.plan import Decisions, Request
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
