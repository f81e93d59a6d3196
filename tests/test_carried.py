"""What an object store carries for a job: only what the user said, and each role only reaches its own job's objects."""

import json
import re
from pathlib import Path

import emit_samples as samples
import msgspec
import pytest
from click.testing import CliRunner

from migrator import carried, unmet
from migrator.commands.emit import command as emit_command
from migrator.commands.plan import command as plan_command
from migrator.emit import job_file
from migrator.emit.tree import emit
from migrator.model.finding import Evidence, Fact, FactKind, Finding, Need, ScriptFile

JOB = samples.job("night-1a2b")
EVIDENCE = Evidence(snippet="open(path)")
SAID = {f"{JOB.id}/state": "object-storage", f"{JOB.id}/output": "object-storage", f"{JOB.id}/data": "share"}
STORED = ["aws_lambda", "aws_fargate", "gcp_cloud_run_job", "azure_container_apps_job"]


def fact(kind: FactKind, value: str) -> Fact:
    return Fact(kind=kind, value=value, evidence=EVIDENCE)


def paths(*facts: Fact, **answers: str) -> list[tuple[str, bool, bool]]:
    said = {f"{JOB.id}/{topic}": word for topic, word in answers.items()} or SAID
    return [tuple(one) for one in carried.paths(JOB, facts, (), said)]


def test_nothing_is_carried_that_the_user_did_not_ask_for() -> None:
    state, output, data = fact("state", "/data/a"), fact("writes-path", "/data/b"), fact("lists-path", "/data/in")
    assert paths(state, output, data, state="not-needed") == []
    assert paths(state, output, data, state="object-storage") == [("/data/a", True, False)]
    assert paths(state, output, data, output="object-storage") == [("/data/b", True, False)]
    assert paths(state, output, data, data="share") == [("/data/in", True, True)]
    assert [path for path, *_ in paths(state, output, data)] == ["/data/a", "/data/b", "/data/in"]


@pytest.mark.parametrize(
    "path",
    [
        "$out", "relative", "/top", "/tmp/x", "/var/cache/x", "/dev/sda", "/srv/$(date)", "/srv/a?b", "/srv/${x}/y", "/x/y\n",
        "/home/x/.ssh/id",
    ],
)  # fmt: skip
def test_a_path_that_no_policy_or_store_could_name_is_not_carried(path: str) -> None:
    assert paths(fact("state", path), fact("lists-path", path)) == []


def test_a_job_s_own_script_is_no_data() -> None:
    own = ScriptFile(path="/srv/shop/state", sha256="a" * 64, language="shell", lines=1)
    assert carried.paths(JOB, [fact("state", own.path)], [own], SAID) == ()


def test_a_dump_of_a_new_name_each_time_is_not_read_again() -> None:
    assert paths(fact("writes-path", "/srv/dumps/shop-*.sql")) == [("/srv/dumps/shop-*.sql", False, False)]


def test_jobs_of_one_server_share_their_objects_and_others_do_not() -> None:
    other = msgspec.structs.replace(JOB, id="other", user="root")
    elsewhere = msgspec.structs.replace(JOB, host="web 02/x")
    assert carried.prefix(JOB) == carried.prefix(other) == "files/web01"
    assert carried.prefix(elsewhere) == "files/web-02-x"


def finding(rule: str, *snippets: str) -> Finding:
    need = Need(kind="persistent_files", soft=True, rule=rule)
    evidence = tuple(Evidence(snippet=snippet) for snippet in snippets) or (EVIDENCE,)
    return Finding(rule=rule, level="warning", message="", evidence=evidence, needs=(need,))


def test_an_answer_meets_the_need_only_for_paths_that_are_carried() -> None:
    facts = (fact("writes-path", "/data/out.csv"), fact("writes-path", "$other"))
    (left,) = unmet.unmet(JOB, facts, [finding("output-files")], (), SAID, carried=["/data/out.csv"])
    assert left.startswith("leaves $other on")
    assert "its name is known only when it runs" in left
    assert unmet.unmet(JOB, facts[:1], [finding("output-files")], (), SAID, carried=["/data"]) == ()
    (left,) = unmet.unmet(JOB, facts[:1], [finding("output-files")], (), SAID)  # Kubernetes: no store
    assert "leaves /data/out.csv on" in left


@pytest.mark.parametrize("target", STORED)
def test_a_job_with_state_is_emitted_with_its_store_its_grants_and_its_paths(target: str) -> None:
    entry = samples.entry(target, "keeps-1a2b", keeps=True)
    entry = msgspec.structs.replace(entry, findings=(finding("local-state", *samples.KEPT),))
    result = emit(samples.plan(entry, answers={"keeps-1a2b/state": "object-storage"}), samples.SCRIPTS, samples.PLACES)
    assert result.left_out == ()
    files = {file.path: file.content.decode() for file in result.out_files}
    job = json.loads(files["jobs/keeps-1a2b/job.json"])
    assert job["state"]["prefix"] == "files/web01"
    assert sorted(one["path"] for one in job["state"]["paths"]) == sorted(samples.KEPT)
    assert job["lock"]["instants"] is True
    templates = "".join(text for path, text in files.items() if not path.startswith("jobs/"))
    assert "MIGRATOR_STORE" in templates
    assert "last-run" in templates or target.startswith("azure")  # a role on Azure is given for a container


def test_without_the_answer_no_file_is_carried_and_a_store_holds_claims_only() -> None:
    for target in STORED:
        plain = samples.entry(target, "plain-1a2b")
        made = {resource.kind: resource.values for resource in plain.placement.option.resources}
        assert "aws_s3_bucket" not in made
        assert job_file.state(plain) == {}
        for kind in {"gcp_storage_bucket", "azure_storage_account"} & made.keys():
            assert made[kind]["usage"]["gib"] == 0  # type: ignore[index]
        if "gcp_service_account" in made:
            touched = [one.values["prefixes"] for one in plain.placement.option.resources if one.kind == "gcp_service_account"]
            assert ["locks/plain-1a2b/"] in touched


@pytest.mark.parametrize("language", ["terraform", "bicep"])
def test_claims_expire_on_azure_below_the_containers_of_each_server(language: str) -> None:
    plan = samples.plan(samples.entry("azure_container_apps_job", "plain-1a2b"))
    done = emit(plan, samples.SCRIPTS, samples.PLACES, language)
    text = "".join(file.content.decode() for file in done.out_files if file.path.startswith("azure/"))
    assert text.count("from-web01/locks/") == 1
    assert re.search(r"(delete_after_days_since_creation_greater_than *= *8|daysAfterCreationGreaterThan: 8)", text)


def test_a_sample_s_job_that_remembers_something_can_move_once_that_is_answered(tmp_path: Path) -> None:
    (tmp_path / "decisions.yaml").write_text("version: 1\nanswers:\n  all/dst: utc\n  sync-crm-6fa47320/state: object-storage\n")
    for command, arguments in (
        (plan_command, [samples.ROOT / "samples/etl02", "-o", tmp_path / "plan", "--decisions", tmp_path / "decisions.yaml"]),
        (emit_command, [tmp_path / "plan", "-o", tmp_path / "tree", "--job", "sync-crm-6fa47320"]),
    ):
        done = CliRunner().invoke(command, [str(argument) for argument in arguments], standalone_mode=False)
        assert done.exception is None, done.output
    job = json.loads((tmp_path / "tree/jobs/sync-crm-6fa47320/job.json").read_text())
    assert job["state"] == {
        "prefix": "files/etl02.example.org",
        "paths": [{"path": "/var/lib/etl/crm-cursor.json", "fetch": True, "folder": False}],
    }
