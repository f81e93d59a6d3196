"""`migrator review` asks most money first, takes scripted answers, refuses wrong ones, and loses nothing to an interrupt."""

import re
import shutil
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from small_plan import job_plan, plan

from migrator import decisions_file, planfile, review
from migrator.model.finding import Question
from migrator.model.plan import Decisions, Plan

SAMPLES = Path(__file__).parent.parent / "samples"


def migrator(*args: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "migrator", *map(str, args)]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("review") / "plan"
    process = migrator("plan", SAMPLES / "web01", "-o", folder, "--provider", "aws", "--as-of", "2026-11-24")
    assert process.returncode == 0, process.stderr
    return folder


@pytest.fixture
def folder(planned: Path, tmp_path: Path) -> Path:
    shutil.copytree(planned, tmp_path / "plan")
    return tmp_path / "plan"


def answers(folder: Path) -> dict[str, str]:
    return decisions_file.read(folder / "decisions.yaml").decisions.answers


def open_ids(folder: Path) -> list[str]:
    plan = planfile.read(folder).plan
    return [question.id for question in review.open_questions(plan)]


def test_a_scripted_answer_is_written_and_obeyed_and_its_consequence_shown(folder: Path) -> None:
    before = next(
        e for e in planfile.read(folder).plan.jobs if e.placement.verdict == "move" and e.job.id.startswith("mysqldump")
    )
    process = migrator("review", folder, "--no-ask", "--answer", f"{before.job.id}/memory=3000")
    assert answers(folder) == {f"{before.job.id}/memory": "3000"}
    after = next(entry for entry in planfile.read(folder).plan.jobs if entry.job.id == before.job.id)
    assert after.placement.option.size is not None
    assert after.placement.option.size.memory_mib >= 3000
    assert (after.placement.option.monthly_cost or 0) > (before.placement.option.monthly_cost or 0)
    assert re.search(r"\$\d.* -> \$\d", process.stderr), "the consequence is shown at once"
    assert process.returncode == 1, "questions are still open"


def test_answers_from_a_pipe_are_taken_one_by_one_and_the_end_of_it_stops(folder: Path) -> None:
    asked = open_ids(folder)
    process = migrator("review", folder, stdin="\n\n")
    assert process.returncode == 0
    assert len(answers(folder)) == 2
    assert set(answers(folder)) < set(asked)


def test_every_default_can_be_taken_and_what_has_none_is_left_open(folder: Path) -> None:
    process = migrator("review", folder, stdin="\n" * 200)
    assert process.returncode == 0
    plan = planfile.read(folder).plan
    asked = [question for entry in (*plan.jobs, *plan.hosts) for question in getattr(entry, "placement", entry).questions]
    assert [question.id for question in asked if question.default and question.id not in answers(folder)] == []
    assert set(open_ids(folder)) - set(answers(folder)) == {question.id for question in asked if not question.default}


def test_a_question_can_be_skipped_and_is_not_asked_again(folder: Path) -> None:
    asked = open_ids(folder)
    process = migrator("review", folder, stdin="-\n" * (len(asked) + 3))
    assert answers(folder) == {}
    assert sorted(name for name in asked for _ in range(process.stderr.count(f"  {name} ["))) == sorted(asked)


def test_a_wrong_choice_is_refused_and_asked_again(folder: Path) -> None:
    process = migrator("review", folder, stdin="sometimes\nyes\nq\n")
    assert "'sometimes' is none of the choices: " in process.stderr
    assert "sometimes" not in answers(folder).values()


def test_an_interrupt_loses_no_answer(folder: Path) -> None:
    command = [sys.executable, "-m", "migrator", "review", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        for _ in range(300):
            if answers(folder):
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert len(answers(folder)) == 1
    assert len(planfile.read(folder).plan.decisions.answers) == 1, "plan.json and decisions.yaml agree"


def test_the_same_answers_give_the_same_plan(folder: Path, planned: Path, tmp_path: Path) -> None:
    job_id = planfile.read(folder).plan.jobs[0].job.id
    pairs = [f"{job_id}/memory=1024", f"{job_id}/notify=failure"]
    other = tmp_path / "other"
    shutil.copytree(planned, other)
    migrator("review", folder, "--no-ask", "--answer", pairs[0], "--answer", pairs[1])
    migrator("review", other, "--no-ask", "--answer", pairs[1], "--answer", pairs[0])
    assert (folder / "plan.json").read_bytes() == (other / "plan.json").read_bytes()
    assert (folder / "decisions.yaml").read_bytes() == (other / "decisions.yaml").read_bytes()


def test_an_answer_written_into_decisions_yaml_by_hand_is_obeyed_and_kept(folder: Path) -> None:
    job_id = planfile.read(folder).plan.jobs[0].job.id
    file = folder / "decisions.yaml"
    file.write_text(file.read_text().replace("answers:\n", f"answers:\n  {job_id}/memory: 2048\n", 1))
    process = migrator("review", folder, "--no-ask", "--answer", f"{job_id}/notify=failure")
    assert process.returncode == 1, process.stderr
    assert answers(folder) == {f"{job_id}/memory": "2048", f"{job_id}/notify": "failure"}
    assert planfile.read(folder).plan.decisions.answers == answers(folder)


def test_the_prompts_tell_what_each_choice_would_change(folder: Path) -> None:
    before = open_ids(folder).index(next(name for name in open_ids(folder) if name.endswith("/dst")))
    process = migrator("review", folder, stdin="-\n" * before + "?\nq\n")
    told = re.findall(r"guard: Nightly sales report: .* with a guard: equal$", process.stderr, re.MULTILINE)
    assert len(told) == 1
    assert answers(folder) == {}


def test_an_answer_without_an_id_is_wrong_usage(folder: Path) -> None:
    assert migrator("review", folder, "--answer", "yes").returncode == 2


def _asking(*questions: Question) -> Plan:
    entry = job_plan(0)
    placement = msgspec.structs.replace(entry.placement, questions=questions)
    return plan((msgspec.structs.replace(entry, placement=placement),))


def _question(name: str, money: float | None) -> Question:
    return Question(id=name, text="?", hint="", default="x", job_id="job-00000000", monthly_money=money)


def test_the_question_with_most_money_comes_first() -> None:
    asked = _asking(_question("a", 1.0), _question("b", 20.0), _question("c", 3.0))
    first = review.next_question(asked, frozenset())
    assert first is not None
    assert first.id == "b"
    second = review.next_question(asked, frozenset({"b"}))
    assert second is not None
    assert second.id == "c"
    done = msgspec.structs.replace(asked, decisions=Decisions(answers={"a": "1", "b": "1", "c": "1"}))
    assert review.next_question(done, frozenset()) is None
    assert asked.jobs[0].placement.option.monthly_cost == Decimal("1.25")


def test_planning_again_keeps_the_decisions_that_lie_in_the_folder(folder: Path) -> None:
    job_id = planfile.read(folder).plan.jobs[0].job.id
    file = folder / "decisions.yaml"
    file.write_text(f"version: 1\nanswers:\n  {job_id}/memory: 2048 # measured by hand\n")
    said = file.read_bytes()
    process = migrator("plan", SAMPLES / "web01", "-o", folder, "--provider", "aws", "--as-of", "2026-11-24")
    assert process.returncode == 0, process.stderr
    assert file.read_bytes() == said, "a person's file is not written over"
    assert planfile.read(folder).plan.decisions.answers == {f"{job_id}/memory": "2048"}


def test_free_text_that_only_deciding_can_refuse_is_refused_and_asked_again(folder: Path) -> None:
    last = open_ids(folder)[-1]
    assert last == "web01/few-runs"
    skipped = "-\n" * (len(open_ids(folder)) - 1)
    process = migrator("review", folder, stdin=f"{skipped}0.5\n2\n")
    assert process.returncode == 0, process.stderr
    assert "'0.5' is neither accepted nor a number from 1 on" in process.stderr
    assert answers(folder) == {"web01/few-runs": "2"}
