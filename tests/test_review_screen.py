"""The screen of `migrator review`, driven by its keys: it asks, tells consequences, keeps answers as the prompts do."""

import asyncio
import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList, Static

from migrator import decisions_file
from migrator.commands.review_screen import ReviewScreen
from migrator.reviewing import Reviewing

SAMPLES = Path(__file__).parent.parent / "samples"
HOSTILE = "[red]not a style[/] \x1b]0;title\x07 \u202edrow"


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("screen") / "plan"
    command = [sys.executable, "-m", "migrator", "plan", str(SAMPLES / "web01"), "-o", str(folder), "--as-of", "2026-11-24"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return folder


@pytest.fixture
def folder(planned: Path, tmp_path: Path) -> Path:
    shutil.copytree(planned, tmp_path / "plan")
    return tmp_path / "plan"


def drive(folder: Path, steps: Callable[[ReviewScreen, Pilot[None]], Awaitable[None]]) -> ReviewScreen:
    """Run the screen without a terminal; the steps begin when the first question's consequences have been told."""
    screen = ReviewScreen(Reviewing(folder))

    async def run() -> None:
        async with screen.run_test(size=(120, 40)) as pilot:
            await settled(screen, pilot)
            await steps(screen, pilot)

    asyncio.run(run())
    return screen


async def settled(screen: ReviewScreen, pilot: Pilot[None]) -> None:
    await screen.workers.wait_for_complete()
    await pilot.pause()


def shown(screen: ReviewScreen, name: str) -> str:
    widget = screen.query_one(name)
    if isinstance(widget, OptionList):
        return "\n".join(str(widget.get_option_at_index(number).prompt) for number in range(widget.option_count))
    assert isinstance(widget, Static)
    return str(widget.content)


def test_the_answers_are_those_that_the_prompts_would_take(folder: Path, planned: Path, tmp_path: Path) -> None:
    async def three_defaults(screen: ReviewScreen, pilot: Pilot[None]) -> None:
        for _ in range(3):
            await pilot.press("enter")
            await settled(screen, pilot)

    drive(folder, three_defaults)
    other = tmp_path / "prompts"
    shutil.copytree(planned, other)
    command = [sys.executable, "-m", "migrator", "review", str(other)]
    subprocess.run(command, input="\n\n\n", check=True, capture_output=True, text=True, timeout=120)
    assert (folder / "decisions.yaml").read_bytes() == (other / "decisions.yaml").read_bytes()
    assert (folder / "plan.json").read_bytes() == (other / "plan.json").read_bytes()
    assert len(decisions_file.read(folder / "decisions.yaml").decisions.answers) == 3


async def at_the_schedule(screen: ReviewScreen, pilot: Pilot[None]) -> None:
    """Leave questions open until one asks what a schedule should do when the clocks change."""
    await pilot.pause()
    for _ in range(20):
        assert screen.asked is not None
        if screen.asked.id.endswith("/dst"):
            return
        await pilot.press("ctrl+s")
        await pilot.pause()
    raise AssertionError("no question about the change of the clocks")


def test_it_tells_what_each_choice_would_change_before_it_is_taken(folder: Path) -> None:
    async def look(screen: ReviewScreen, pilot: Pilot[None]) -> None:
        await at_the_schedule(screen, pilot)
        choices = shown(screen, "#choices")
        assert "guard  (default)" in choices
        assert "with a guard: equal" in choices
        assert "web01 can go" in shown(screen, "#verdicts")

    drive(folder, look)
    assert decisions_file.read(folder / "decisions.yaml").decisions.answers == {}, "looking decides nothing"


def test_another_choice_is_marked_with_the_arrows(folder: Path) -> None:
    async def second(screen: ReviewScreen, pilot: Pilot[None]) -> None:
        await at_the_schedule(screen, pilot)
        await pilot.press("down", "enter")
        await settled(screen, pilot)

    drive(folder, second)
    assert list(decisions_file.read(folder / "decisions.yaml").decisions.answers.values()) == ["accept"]


def test_skipping_leaves_a_question_open_and_stops_when_nothing_is_left(folder: Path) -> None:
    asked = []

    async def skip_all(screen: ReviewScreen, pilot: Pilot[None]) -> None:
        for _ in range(100):
            if not screen.is_running or screen.asked is None or screen.asked.id in asked:
                break
            asked.append(screen.asked.id)
            await pilot.press("ctrl+s")
            await pilot.pause()

    screen = drive(folder, skip_all)
    assert sorted(asked) == sorted(question.id for question in screen.reviewing.open())
    assert decisions_file.read(folder / "decisions.yaml").decisions.answers == {}


def test_free_text_is_typed_and_an_empty_one_refused(folder: Path) -> None:
    async def type_it(screen: ReviewScreen, pilot: Pilot[None]) -> None:
        assert screen.asked is not None
        screen._ask(msgspec.structs.replace(screen.asked, id="nightly-report-51c022a0/memory", choices=(), default="512"))
        await settled(screen, pilot)
        assert "512:" in shown(screen, "#preview")
        field = screen.query_one("#free")
        field.value = ""  # type: ignore[attr-defined]
        await pilot.press("enter")
        assert "an empty answer says nothing" in shown(screen, "#said")
        await pilot.press("3", "0", "0", "0", "enter")
        await settled(screen, pilot)

    drive(folder, type_it)
    assert decisions_file.read(folder / "decisions.yaml").decisions.answers == {"nightly-report-51c022a0/memory": "3000"}


def test_hostile_text_is_text(folder: Path) -> None:
    async def look(screen: ReviewScreen, pilot: Pilot[None]) -> None:
        assert screen.asked is not None
        screen._ask(msgspec.structs.replace(screen.asked, text=HOSTILE, hint=HOSTILE, choices=(HOSTILE,), default=HOSTILE))
        await settled(screen, pilot)
        for name in ("#text", "#hint", "#choices"):
            assert r"[red]not a style[/] \x1b]0;title\x07 \u202edrow" in shown(screen, name)

    drive(folder, look)


def test_on_a_real_terminal_it_draws_keeps_the_answer_and_leaves_the_terminal(folder: Path) -> None:
    parent, child = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "110", "LINES": "35"}
    command = [sys.executable, "-m", "migrator", "review", str(folder)]
    with subprocess.Popen(command, stdin=child, stdout=child, stderr=child, env=environment, start_new_session=True) as process:
        os.close(child)
        seen = _until(parent, b"Enter takes the marked answer")
        assert b"\x1b[?1049h" in seen, "the alternate screen is entered"
        os.write(parent, b"\r")
        for _ in range(200):
            if decisions_file.read(folder / "decisions.yaml").decisions.answers:
                break
            _until(parent, b"\0", seconds=0.1)
        os.write(parent, b"\x11")  # ctrl+q
        seen = _until(parent, b"answers are in")
        assert b"\x1b[?1049l" in seen, "and left"
        assert process.wait(timeout=30) == 0
    os.close(parent)
    assert len(decisions_file.read(folder / "decisions.yaml").decisions.answers) == 1


def _until(parent: int, wanted: bytes, seconds: float = 60.0) -> bytes:
    """What the terminal got up to `wanted`, or within so many seconds."""
    seen, end = b"", time.monotonic() + seconds
    while wanted not in seen and time.monotonic() < end:
        if select.select([parent], [], [], 0.1)[0]:
            try:
                part = os.read(parent, 65536)
            except OSError:  # the other side is gone
                break
            seen += part
    return seen
