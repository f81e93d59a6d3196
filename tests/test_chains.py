"""A chain of jobs made one workflow: who starts whom, what is refused, and what is emitted of it."""

import json
import subprocess
from decimal import Decimal
from pathlib import Path

import emit_samples as samples
import every_combination as every
import pytest
from aws_jobs import changed
from every_combination import Cell

from migrator import chains, topics
from migrator.emit.tree import EmitResult, emit
from migrator.model.finding import Dossier
from migrator.model.option import Resource, ShapeKind
from migrator.model.plan import Decisions
from migrator.prices import bundled
from migrator.reports import html, markdown
from migrator.resources import aws_sfn_state_machine, azure_function_app, azure_task_hub, gcp_workflows_workflow

CELL = Cell("workflow", "aws_lambda", "sam")
HEAD, NEXT = every.job_id(CELL, "plain"), every.job_id(CELL, every.FOLLOWER)
ANSWERS = every.answers_of(CELL)


def emitted(language: str = "terraform", left: str = "") -> EmitResult:
    entries = [entry for entry in every.entries(CELL) if entry.job.id != left]
    return emit(samples.plan(*entries, answers=ANSWERS), samples.SCRIPTS, samples.PLACES, language)


def text(result: EmitResult, path: str) -> str:
    return next(file.content.decode() for file in result.out_files if file.path == path)


def test_the_second_of_a_chain_has_no_schedule_and_the_first_starts_it() -> None:
    done = emitted()
    first, second = (text(done, f"aws/terraform/{job_id}.tf") for job_id in (HEAD, NEXT))
    assert "aws_scheduler_schedule" in first
    assert "aws_scheduler_schedule" not in second
    machine = f"aws_sfn_state_machine.{NEXT.replace('-', '_')}_workflow.arn"
    assert f"StateMachineArn = {machine}" in first
    assert first.count(machine) == 2, "it is started, and its role may start it and nothing else"


def test_the_second_of_a_chain_is_asked_about_the_first_one_s_instants() -> None:
    done = emitted()
    first, second = (json.loads(text(done, f"jobs/{job_id}/job.json")) for job_id in (HEAD, NEXT))
    assert (second["calendar"], second["guard"]) == (first["calendar"], first["guard"])
    assert second["scheduled_by"] == "eventbridge"


def test_the_readme_and_the_cut_over_say_what_starts_it() -> None:
    done = emitted()
    assert f"the end of `{HEAD}` starts it" in text(done, f"jobs/{NEXT}/README.md")
    assert NEXT in text(done, f"jobs/{HEAD}/README.md")
    page = text(done, "cutover/web01.md")
    assert f"Nothing is switched on: the end of `{HEAD}` starts it" in page
    assert page.index(f"off {NEXT}") < page.index(f"off {HEAD}"), "the head's schedule starts all, so it is switched on last"


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_a_follower_is_paused_by_who_starts_it(verb: str, tmp_path: Path) -> None:
    (tmp_path / "jobs.sh").write_text(text(emitted(), "jobs.sh"))
    done = subprocess.run(["sh", "jobs.sh", verb, NEXT], check=False, cwd=tmp_path, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert done.stderr == f"jobs.sh: {NEXT}: the end of {HEAD} starts it; {verb} {HEAD}, which starts them all\n"


def test_what_is_torn_from_its_chain_is_left_out_and_said() -> None:
    done = emitted(left=NEXT)
    (left,) = done.left_out
    assert (left.job_id, left.blocking) == (HEAD, True)
    assert NEXT in left.reason


def test_each_is_tried_once_with_a_deadline_and_one_failure_route() -> None:
    template = text(emitted("sam"), "aws/sam/template.yaml")
    machine = template[template.index("Type: AWS::StepFunctions::StateMachine") :].split("\n\n")[0]
    assert "TimeoutSeconds: 330" in machine, "30 s beyond the function's 300"
    assert machine.count("MaxAttempts: 0") == machine.count("Type: Task") - 1, "every task but the notice itself"
    assert machine.count("Next: Tell") == machine.count("Catch:")


@pytest.mark.parametrize(
    ("answers", "what"),
    [
        ({"a/after": "b"}, "no job of this plan is called 'b'"),
        ({f"{NEXT}/after": HEAD, f"{HEAD}/after": NEXT}, "a circle starts never"),
        ({f"{NEXT}/after": HEAD, f"{HEAD}/shape": "fan_out"}, "a chain is a workflow"),
    ],
)
def test_a_chain_that_cannot_be_is_one_line(answers: dict[str, str], what: str) -> None:
    entries = [*every.entries(CELL), samples.entry("aws_lambda", "a")]
    found = topics.wrong(Decisions(answers=answers), samples.plan(*entries))
    assert any(what in message for message in found.values()), found


def test_a_job_that_starts_more_seldom_than_the_one_before_is_refused() -> None:
    wrong = chains.wrong({"b/after": "a"}, {"a": 30.4375, "b": 4.348})
    assert wrong == {"b/after": "b/after: b starts 4.3 times a month and a 30.4 times: each end would start it"}
    assert chains.wrong({"b/after": "a"}, {"a": 30.4375, "b": 30.4375}) == {}


def test_a_workflow_costs_its_transitions_and_says_what_express_would() -> None:
    """By hand, 30 runs of 12 s: start, Run, Done and what starts the next are 4 transitions at $0.000025. Express: 30 requests at
    $0.000001, and 30 x 12 s / 3600 x 0.0625 GB at $0.060012 a GB-hour = $0.000375."""
    usage: dict[str, object] = {"executions": 30, "transitions": 4, "lasts_s": 12}
    machine = Resource(kind="aws_sfn_state_machine", name="a", values={"function": {"name": "a"}, "usage": usage})
    (item,) = aws_sfn_state_machine.cost(machine, "us-east-1", bundled.read())
    assert item.monthly_cost == Decimal("0.003")
    assert item.note == "Express: $0.0004 a month, and may run twice for one start"
    (task,) = aws_sfn_state_machine.cost(changed(machine, values={"function": None, "usage": usage}), "us-east-1", bundled.read())
    assert task.note == "no Express workflow: it waits for no container"
    long = changed(machine, values=machine.values | {"usage": usage | {"lasts_s": 301}})
    (slow,) = aws_sfn_state_machine.cost(long, "us-east-1", bundled.read())
    assert slow.note == "no Express workflow: it ends after 5 minutes"


GOOGLE = Cell("workflow", "gcp_cloud_run_job", "terraform")


def test_a_chain_on_google_is_a_workflow_for_each_job_and_says_that_it_is_unproved() -> None:
    head, following = every.job_id(GOOGLE, "plain"), every.job_id(GOOGLE, every.FOLLOWER)
    entries, answers = every.entries(GOOGLE), every.answers_of(GOOGLE)
    done = emit(samples.plan(*entries, answers=answers), samples.SCRIPTS, samples.PLACES, "terraform")
    assert done.left_out == ()
    first, second = (text(done, f"gcp/terraform/{job_id}.tf") for job_id in (head, following))
    assert first.count('resource "google_cloud_scheduler_job"') == 1
    assert "google_cloud_scheduler_job" not in second
    workflow = f"google_workflows_workflow.{following.replace('-', '_')}_workflow.name"
    assert first.count(workflow) == 1
    assert "executions.create" not in second
    assert "roles/run.jobsExecutorWithOverrides" in first
    assert "cron_scheduler.member" not in second, "the scheduler starts the head only"
    for job_id in (head, following):
        readme = text(done, f"jobs/{job_id}/README.md")
        assert "| **not proved** | unproved: no witness runs Google Workflows" in readme
    one, other = (json.loads(text(done, f"jobs/{job_id}/job.json")) for job_id in (head, following))
    assert (other["calendar"], other["guard"]) == (one["calendar"], one["guard"])
    script = text(done, "jobs.sh")
    assert 'gcloud workflows run "${PREFIX}' in script


def test_what_the_readme_calls_unproved_both_reports_call_so_too() -> None:
    entries, answers = every.entries(GOOGLE), every.answers_of(GOOGLE)
    plan = samples.plan(*entries, answers=answers)
    for report, mark in ((markdown, "- **Not proved**: "), (html, "<b>Not proved:</b> ")):
        (page,) = (out.content.decode() for out in report.write(plan))
        assert page.count(mark + "unproved: no witness runs Google Workflows") == len(entries)
        (proved,) = (out.content.decode() for out in report.write(samples.plan(samples.entry("aws_lambda", "night-1a2b"))))
        assert mark not in proved


def test_a_workflow_on_google_is_billed_by_its_steps_and_says_what_is_not_known() -> None:
    """100 executions of two steps and a follower's: 300 x $0.00001 = 0.003."""
    made = Resource(kind="gcp_workflows_workflow", name="a", values={"usage": {"executions": 100.0, "steps": 3}})
    (item,) = gcp_workflows_workflow.cost(made, "us-central1", bundled.read())
    assert item.monthly_cost == Decimal("0.003")
    assert item.quality == "unverified"
    assert "unproved" in str(item.note)
    (unknown,) = gcp_workflows_workflow.cost(
        changed(made, values={"usage": {"executions": None, "steps": 3}}), "us-central1", bundled.read()
    )
    assert unknown.monthly_cost is None


AZURE = Cell("workflow", "azure_functions", "bicep")


@pytest.mark.parametrize("language", ["terraform", "bicep"])
def test_a_chain_on_azure_is_an_app_for_each_job_and_says_that_it_is_unproved(language: str) -> None:
    head, following = every.job_id(AZURE, "plain"), every.job_id(AZURE, every.FOLLOWER)
    entries, answers = every.entries(AZURE), every.answers_of(AZURE)
    done = emit(samples.plan(*entries, answers=answers), samples.SCRIPTS, samples.PLACES, language)
    assert done.left_out == ()
    for job_id in (head, following):
        readme = text(done, f"jobs/{job_id}/README.md")
        assert "| **not proved** | unproved: no witness runs Azure's Functions host" in readme
        assert "azure-functions-durable\n" in text(done, f"jobs/{job_id}/requirements.txt")
        assert '"hubName": "migrator"' in text(done, f"jobs/{job_id}/host.json")
    first, second = (text(done, f"jobs/{job_id}/function_app.py") for job_id in (head, following))
    assert "MIGRATOR_NEXT_0" in first
    assert "timer_trigger" in first
    assert "queue_trigger" not in first
    assert "MIGRATOR_NEXT_0" not in second
    assert "timer_trigger" not in second, "the second of a chain has no schedule"
    assert "queue_trigger" in second
    one, other = (json.loads(text(done, f"jobs/{job_id}/job.json")) for job_id in (head, following))
    assert (other["calendar"], other["guard"]) == (one["calendar"], one["guard"])
    assert one["lock"]["instants"], "an activity may be started twice"
    templates = "\n".join(file.content.decode() for file in done.out_files if file.path.startswith(f"azure/{language}/"))
    queue = f"{following.replace('-', '_')}_hub_starts"
    assert templates.count(f"{queue}.name") == (2 if language == "terraform" else 1)
    script = text(done, "jobs.sh")
    assert f"{head}/run) call_app" in script
    assert f"{following}/pause" in script


def test_a_single_flight_workflow_on_azure_holds_a_lease_for_its_timer_only_starts_it() -> None:
    """Where the timer itself runs the job, the platform keeps two runs apart."""
    held_by: dict[ShapeKind, str | None] = {"scheduled_batch": None, "workflow": "skip"}
    for shape, held in held_by.items():
        entry = every.entry(Cell(shape, "azure_functions", "terraform"), "locked")
        (app,) = (one for one in entry.placement.option.resources if one.kind == "azure_function_app")
        assert app.values["lock"]["single_flight"] == held  # type: ignore[index]


def test_a_chain_on_azure_is_billed_by_its_executions_and_by_what_its_task_hub_says_and_keeps() -> None:
    """By hand, of 100 runs of 2 s on 0.5 GB, one follower: a start, three turns and a word to it are five executions beside the
    run, of a second each at least. (2 + 5) x 0.5 GB x 100 = 350 GB-s and 600 executions. The hub: the instance, the work and its
    result, the word and its result are five messages of three operations, and one is written into the follower's queue: 16 at
    $0.0000004. The history: two, and three for each turn: 11 at $0.000000036. Two queues are asked every ten seconds of
    730.485 hours: 525,949.2 at $0.0000004."""
    entry = every.entry(AZURE, "plain")
    shape = every.shape_of("workflow")
    shape = changed(shape, parts=(changed(shape.parts[0], monthly_invocations=100.0, billed_s=2.0),))
    job = Dossier(
        job=entry.job, host=samples.HOST, usage=entry.usage, facts=entry.facts, scripts=(), answers=every.answers_of(AZURE)
    )
    target = every.TARGETS["azure_functions"]
    whole_day = changed(entry.translations[0], guard=None)
    made = target.resources(job, shape, target.sizes()[0], whole_day, 300.0, "eastus")
    book = bundled.read()
    lines = {
        line.name: line
        for kind in (azure_function_app, azure_task_hub)
        for one in made
        if one.kind == kind.KIND
        for line in kind.cost(one, "eastus", book)
    }
    assert lines["Functions execution time"].monthly_quantity == Decimal(350)
    assert lines["Functions executions"].monthly_quantity == Decimal(600)
    assert lines["task hub's messages"].monthly_cost == Decimal("0.00064")
    assert lines["task hub's history"].monthly_cost == Decimal("0.0000396")
    assert lines["task hub asked for work"].monthly_cost == Decimal("0.21037968")
    hub = [lines[name] for name in lines if name.startswith("task hub")]
    assert {line.quality for line in hub} == {"unverified"}
    assert all("assumed" in str(line.note) for line in hub)
    (made_hub,) = (one for one in made if one.kind == azure_task_hub.KIND)
    unknown = changed(made_hub, values={"usage": {"messages": None, "entries": None, "asked": 1.0}})
    assert [line.monthly_cost is None for line in azure_task_hub.cost(unknown, "eastus", book)] == [True, True, False]
