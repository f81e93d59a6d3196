"""What is emitted, what is left out and why, and that a person's edits are kept."""

# ruff: noqa: E501 - tables of cases read best in long lines

import base64
import json
import re
from pathlib import Path

import emit_samples as samples
import msgspec
import pytest
from click.testing import CliRunner

from migrator import files, planfile, render, targets
from migrator.commands.emit import command
from migrator.emit import job_file, job_folder, packages, schedule_text, secret_store, shells
from migrator.emit.tree import EmitResult, emit
from migrator.errors import EmitError
from migrator.model.finding import Evidence, Fact, ScriptFile
from migrator.model.job import Schedule, Setting
from migrator.model.plan import Plan
from migrator.model.source import Location
from migrator.schedule.proof import only_at_zone_changes


def emitted(plan: Plan, iac: str = "auto", job_ids: tuple[str, ...] = ()) -> EmitResult:
    return emit(plan, samples.SCRIPTS, samples.PLACES, iac, job_ids)


def one(job_id: str = "night-1a2b", **more: object) -> Plan:
    answers = more.pop("answers", None)
    return samples.plan(samples.entry("aws_lambda", job_id, **more), answers=answers)


def by_path(result: EmitResult) -> dict[str, bytes]:
    return {file.path: file.content for file in result.out_files}


def test_a_job_has_its_folder_and_its_provider_s_templates() -> None:
    paths = {path for path in by_path(emitted(one())) if "/runner/" not in path}
    assert paths == {
        ".github/workflows/check.yml", ".github/workflows/deploy.yml", ".gitignore", "Makefile", "README.md", "jobs.sh", "ruff.toml",
        "aws/terraform/backend.tf.example", "cutover/web01.md", "cutover/web01.sh",
        "aws/terraform/main.tf", "aws/terraform/night-1a2b.tf", "aws/terraform/shared.tf",
        "daily-check/aws/checks.json", "daily-check/aws/handler.py", "daily-check/aws/test_checks.py",
        "jobs/night-1a2b/README.md", "jobs/night-1a2b/handler.py", "jobs/night-1a2b/job.json", "jobs/night-1a2b/test_job.py",
        "jobs/night-1a2b/files/srv/shop/bin/night.sh",
    }  # fmt: skip


def test_the_runner_is_copied_verbatim() -> None:
    found = {path.split("/")[-1]: content for path, content in by_path(emitted(one())).items() if "/runner/" in path}
    folder = Path(job_file.__file__).parent.parent / "runner"
    assert found == {file.name: file.read_bytes() for file in folder.glob("*.py")}


def test_the_job_file_holds_the_command_and_cron_s_environment() -> None:
    value = json.loads(by_path(emitted(one(secret=True)))["jobs/night-1a2b/job.json"])
    environment = {name: base64.b64decode(text).decode() for name, text in value["environment"]}
    assert environment == {
        "SHELL": "/bin/sh", "HOME": "/srv/shop", "PATH": "/usr/bin:/bin", "LOGNAME": "shop", "GREETING": samples.NASTY,
        "MAILTO": "ops@example.com",  # cron hands it to the job, too
    }  # fmt: skip
    assert base64.b64decode(value["command_b64"]) == b"/srv/shop/bin/night.sh --password @secret:SHOP_PASSWORD@"
    assert base64.b64decode(value["stdin_b64"]) == b"hello\n"
    assert value["secrets"] == ["SHOP_PASSWORD"]
    assert (value["working_directory"], value["timezone"], value["notify"]) == ("/srv/shop", "Europe/Berlin", "output")
    assert value["files"] == ["/srv/shop/bin/night.sh"]
    assert value["calendar"]["calendars"][0]["hours"] == [4]


def test_each_daemon_s_own_environment() -> None:
    base = samples.job("x-1")
    for grammar, path, user in (
        ("debian", "/usr/bin:/bin", None),
        ("cronie", "/usr/bin:/bin:/usr/sbin:/sbin", "shop"),
        ("systemd-cron", "/usr/bin:/bin", None),
    ):
        schedule = msgspec.structs.replace(base.schedule, grammar=grammar)
        found = dict(job_file.environment(msgspec.structs.replace(base, schedule=schedule), samples.HOST))
        assert (found["PATH"], found.get("USER")) == (path, user), grammar


def test_settings_win_but_for_logname() -> None:
    settings = tuple(Setting(name=name, value="x") for name in ("PATH", "HOME", "LOGNAME"))
    found = dict(job_file.environment(samples.job("x-1", environment=settings), samples.HOST))
    assert (found["PATH"], found["HOME"], found["LOGNAME"]) == ("x", "x", "shop")


@pytest.mark.parametrize(
    ("mail_to", "answers", "want"),
    [(None, {}, "output"), ("a@b", {}, "output"), ("", {}, "failure"), ("", {"x-1/notify": "none"}, "none")],
)  # fmt: skip
def test_when_a_notice_is_sent(mail_to: str | None, answers: dict[str, str], want: str) -> None:
    assert job_file.notify(samples.job("x-1", mail_to=mail_to), answers) == want


def test_a_schedule_that_is_not_proved_is_left_out_until_it_is_accepted() -> None:
    result = emitted(one(status="differs"))
    assert result.emitted == ()
    (left,) = result.left_out
    assert left.blocking
    assert "night-1a2b/dst: accept" in left.reason
    assert "missing 2027-03-28 03:00:00+02:00" in left.reason
    for answer in ("night-1a2b/schedule-accepted", "night-1a2b/dst", "all/dst"):
        word = "yes" if "accepted" in answer else "accept"
        assert emitted(one(status="differs", answers={answer: word})).emitted == ("night-1a2b",), answer
    assert emitted(one(status="differs", answers={"night-1a2b/dst": "guard", "all/dst": "accept"})).emitted == ()


WITH_LANGUAGE = [(t.NAME, language) for t in targets.ALL for language in t.LANGUAGES]
RUNNING = [(name, language) for name, language in WITH_LANGUAGE if name in samples.RUNNING]


@pytest.mark.parametrize("choice", ["accept", "guard", "utc"])
@pytest.mark.parametrize(("target", "iac"), RUNNING, ids=str)
def test_a_choice_that_the_plan_was_made_with_is_emitted(target: str, iac: str, choice: str) -> None:
    entry = samples.entry(target, "x-1", choice=choice, hour=2)
    result = emitted(samples.plan(entry), iac)
    assert result.emitted == ("x-1",), result.left_out
    files = by_path(result)
    proof = schedule_text.prove_again(entry, iac, files["jobs/x-1/job.json"], files["jobs/x-1/runner/guard.py"], samples.AS_OF)
    assert proof.status == "equal" or (choice == "accept" and only_at_zone_changes(proof))


@pytest.mark.parametrize(("target", "iac"), RUNNING, ids=str)
def test_the_guard_that_is_executed_is_the_emitted_file(target: str, iac: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy that no longer makes up for the missing hour is found out, although the module that it was copied from is right."""
    entry = samples.entry(target, "x-1", choice="guard", hour=2)
    (chosen,) = entry.translations
    emits = emitted(samples.plan(entry), iac).emitted
    right = job_folder.runner_files()
    spoilt = tuple((n, c.replace(b"CATCH_UP_FROM_MINUTES = 6", b"CATCH_UP_FROM_MINUTES = 99")) for n, c in right)
    assert spoilt != right
    monkeypatch.setattr(job_folder, "runner_files", lambda: spoilt)
    if chosen.guard is None:  # this platform does what cron does
        assert emitted(samples.plan(entry), iac).emitted == emits
        return
    (left,) = emitted(samples.plan(entry), iac).left_out
    assert "the guard file decides otherwise than its calendar" in left.reason


@pytest.mark.parametrize(("target", "iac"), WITH_LANGUAGE, ids=str)
def test_what_is_proved_is_the_text_of_the_templates(target: str, iac: str) -> None:
    """A template that writes another expression is found out: the job is not emitted, whatever the plan's proof says."""
    entry = samples.entry(target, "x-1")
    wrong = tuple(
        msgspec.structs.replace(r, values=r.values | {"expression": str(r.values["expression"]).replace("30", "31", 1)})
        if r.values.get("expression")
        else msgspec.structs.replace(
            r, values=r.values | {"expressions": [one.replace("30", "31", 1) for one in r.values["expressions"]]}
        )
        if r.values.get("expressions")
        else msgspec.structs.replace(
            r, values=r.values | {"recurrence": json.loads(json.dumps(r.values["recurrence"]).replace("30", "31"))}
        )
        if r.values.get("recurrence")
        else r
        for r in entry.placement.option.resources
    )
    option = msgspec.structs.replace(entry.placement.option, resources=wrong)
    entry = msgspec.structs.replace(entry, placement=msgspec.structs.replace(entry.placement, option=option))
    (left,) = emitted(samples.plan(entry, answers={"x-1/dst": "accept"}), iac).left_out
    assert left.blocking
    assert "not proved equal" in left.reason


@pytest.mark.parametrize(("target", "iac"), RUNNING, ids=str)
def test_where_two_expressions_meet_each_says_which_it_is(target: str, iac: str) -> None:
    """The 13th and Fridays in cron's way, either or: platforms whose fields say "and" need two, which meet on a Friday the 13th."""
    when = Schedule(grammar="debian", expressions=("5 4 13 * 5",), timezone="UTC")
    entry = samples.entry(target, "x-1", when=when)
    found = emitted(samples.plan(entry), iac)
    assert found.emitted == ("x-1",), found.left_out
    option, templates = entry.placement.option, shells.LANGUAGES[iac]
    texts = [
        shells.fragment(r, entry, templates, iac)
        for r in option.resources
        if r.kind in schedule_text.KINDS and (r.values.get("expression") or r.values.get("expressions"))
    ]
    said = [one for text in texts for one in schedule_text.said(text)]
    assert len(said) == (1 if target in {"gcp_cloud_run_job", "gcp_cloud_run_service", "kubernetes_cron_job"} else 2)
    if len(said) > 1:
        assert [one.number for one in said] == list(range(len(said)))


@pytest.mark.parametrize(("verdict", "answers", "count"), [
    ("stay", {}, 0), ("drop", {}, 0), ("delete", {}, 0), ("insufficient-data", {}, 0),
    ("insufficient-data", {"night-1a2b/target": "aws_lambda"}, 1), ("move", {}, 1),
])  # fmt: skip
def test_a_verdict_decides_what_is_emitted(verdict: str, answers: dict[str, str], count: int) -> None:
    result = emitted(one(verdict=verdict, answers=answers))
    assert len(result.emitted) == count
    assert not any(left.blocking for left in result.left_out)
    assert ("fits" in by_path(result)["README.md"].decode()) == (count == 0)


def test_an_unknown_job_id_is_an_error() -> None:
    with pytest.raises(EmitError, match="no-such"):
        emitted(one(), job_ids=("no-such",))


def test_shared_resources_are_written_once() -> None:
    plan = samples.plan(samples.entry("aws_fargate", "a-1"), samples.entry("aws_fargate", "b-2"))
    text = b"".join(content for path, content in by_path(emitted(plan)).items() if path.endswith(".tf")).decode()
    assert text.count('resource "aws_ecs_cluster"') == 1
    assert text.count('resource "aws_sns_topic" ') == 1


@pytest.mark.parametrize("job_id", ["job-1a2b", "7z-1a2b", "notices-1a2b"])
def test_a_job_s_own_resources_stand_in_its_own_file(job_id: str) -> None:
    found = by_path(emitted(samples.plan(samples.entry("aws_lambda", job_id))))
    assert b"aws_lambda_function" in found[f"aws/terraform/{job_id}.tf"]
    assert b'"aws_sns_topic" "notices"' in found["aws/terraform/shared.tf"]
    assert job_id.replace("-", "_").encode() not in found["aws/terraform/shared.tf"]


def test_the_same_plan_gives_the_same_bytes_in_any_order() -> None:
    entries = [samples.entry("aws_lambda", "a-1"), samples.entry("aws_fargate", "b-2", secret=True)]
    assert emitted(samples.plan(*entries)).out_files == emitted(samples.plan(*entries[::-1])).out_files


def injected(text: str, name: str) -> bool:
    """Whether a template puts the secret into the environment under this name; a comment does not count."""
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(("#", "//")))
    return re.search(rf"(?:name\s*[:=]\s*[\"']{name}[\"']|^\s*{name}\s*[:=])", code, re.MULTILINE) is not None


@pytest.mark.parametrize(("target", "iac"), RUNNING, ids=str)
def test_every_secret_of_the_job_file_is_injected_and_its_readme_says_what_to_create(target: str, iac: str) -> None:
    entry = samples.entry(target, "x-1", secret=True, in_script=True)
    found = {path: content.decode() for path, content in by_path(emitted(samples.plan(entry), iac)).items()}
    names = json.loads(found["jobs/x-1/job.json"])["secrets"]
    assert names == ["FTP_PASSWORD", "SHOP_PASSWORD"]
    templates = "\n".join(text for path, text in found.items() if not path.startswith(("jobs/", "README", "Makefile", ".g")))
    for name in names:
        assert injected(templates, name), name
        assert f"| `{name}` |" in found["jobs/x-1/README.md"]
    for secret in secret_store.to_create(entry.placement.option.resources):
        assert secret.id in templates
        assert f"| `{secret.id}` |" in found["jobs/x-1/README.md"]
        assert secret.command in found["jobs/x-1/README.md"]


def test_a_plan_whose_templates_would_lose_a_secret_is_left_out() -> None:
    entry = samples.entry("aws_lambda", "x-1", in_script=True)
    kept = tuple(r for r in entry.placement.option.resources if r.kind != "aws_secretsmanager_secret")
    option = msgspec.structs.replace(entry.placement.option, resources=kept)
    entry = msgspec.structs.replace(entry, placement=msgspec.structs.replace(entry.placement, option=option))
    (left,) = emitted(samples.plan(entry)).left_out
    assert left.blocking
    assert "FTP_PASSWORD" in left.reason


def test_no_secret_value_and_no_machine_path_is_emitted() -> None:
    for path, content in by_path(emitted(one(secret=True))).items():
        assert str(Path(__file__).parent.parent).encode() not in content, path


def test_a_target_without_the_language_keeps_its_own() -> None:
    plan = samples.plan(samples.entry("aws_lambda", "a-1"), samples.entry("aws_fargate", "b-2"))
    paths = set(by_path(emitted(plan, "sam")))
    assert "aws/sam/template.yaml" in paths
    assert "aws/terraform/b-2.tf" in paths
    assert "aws/terraform/a-1.tf" not in paths


def test_every_language_of_every_target_has_its_shell() -> None:
    for target in targets.ALL:
        for language in target.LANGUAGES:
            shell = "languages/" + shells.LANGUAGES[language].shell.format(provider=target.PROVIDER)
            assert render.source(shell), f"{target.NAME}: {shell} is missing"


@pytest.mark.parametrize("target", [one for one in targets.ALL if "terraform" in one.LANGUAGES], ids=lambda one: one.NAME)
def test_a_root_declares_and_allows_what_its_jobs_use_and_nothing_else(target: targets.Target) -> None:
    entries = [samples.entry(target.NAME, "a-1")]
    made = shells.files(target.PROVIDER, "terraform", entries, None)
    text = "\n".join(file.content.decode() for file in made.out_files)
    declared = set(re.findall(r'^variable "(\w+)"', text, re.MULTILINE))
    rest = re.sub(r'^variable "\w+" \{$.*?^\}$', "", text, flags=re.MULTILINE | re.DOTALL)
    assert declared == set(re.findall(r"\bvar\.(\w+)", rest))
    # who may publish to the notices' topic beside the jobs' roles: EventBridge, where a rule of it does
    assert ("events.amazonaws.com" in text) == ('resource "aws_cloudwatch_event_rule"' in text)


def test_a_script_path_cannot_leave_the_tree() -> None:
    assert job_file.server_path("/srv/../../../etc/x") == "/etc/x"
    assert job_file.server_path("//a//b") == "/a/b"


def test_programs_become_packages() -> None:
    seen = Evidence(snippet="")
    facts = [
        Fact(kind="command", value=value, evidence=seen)
        for value in ("mysqldump", "/usr/bin/rsync", "gzip", "/opt/bin/x", "echo")
    ]
    facts.append(Fact(kind="interpreter", value="php8.2", evidence=seen))
    assert packages.needed(facts, "/bin/zsh") == (
        "ca-certificates", "default-mysql-client", "php-cli", "python3", "rsync", "tzdata", "zsh"
    )  # fmt: skip
    assert packages.unknown(facts) == ("/opt/bin/x",)


def test_a_user_name_or_home_that_is_no_plain_word_does_not_reach_the_dockerfile() -> None:
    entry = samples.entry("aws_fargate", "a-1")
    entry = msgspec.structs.replace(entry, job=msgspec.structs.replace(entry.job, user="x; rm -rf /"))
    found = {file.path: file.content for file in job_folder.files(entry, samples.HOST, samples.SCRIPTS, {})}
    assert b"rm -rf /;" not in found["jobs/a-1/Dockerfile"]
    assert b"--shell /bin/sh job\n" in found["jobs/a-1/Dockerfile"]


def test_what_a_node_script_imports_is_installed_at_the_version_of_its_lock_file() -> None:
    entry = samples.entry("aws_fargate", "a-1")
    place = Location(host="web01", path="/srv/tick/tick.js", line=1)
    seen = Evidence(snippet="require", location=place)
    names = {"axios": "npm axios@1.6.2", "@acme/util": "npm @acme/util@0.1.0", "odd": "npm odd@1.0; rm -rf /", "left-pad": None}
    facts = tuple(Fact(kind="library", value=name, evidence=seen, detail=detail) for name, detail in names.items())
    script = ScriptFile(path=place.path, sha256=entry.scripts[0].sha256, language="node", lines=1)
    entry = msgspec.structs.replace(entry, facts=facts, scripts=(*entry.scripts, script))
    found = {file.path: file.content.decode() for file in job_folder.files(entry, samples.HOST, samples.SCRIPTS, {})}
    dockerfile, readme = found["jobs/a-1/Dockerfile"], found["jobs/a-1/README.md"]
    stage, image = dockerfile.split("FROM ${BASE}\n")
    assert stage.endswith("--omit=dev --no-audit --no-fund @acme/util@0.1.0 axios@1.6.2\n\n# hadolint ignore=DL3006\n")
    assert " npm " not in image
    assert "COPY --from=node /srv/tick/node_modules/ /srv/tick/node_modules/\n" in image
    assert "rm -rf" not in dockerfile.replace("rm -rf /var/lib/apt/lists/*", "")
    by_hand = [line for line in readme.splitlines() if "nothing here installs it" in line]
    assert by_hand == [
        f"- the library `{name}`: nothing here installs it; add it to the Dockerfile." for name in ("left-pad", "odd")
    ]


def write_plan(folder: Path, plan: Plan) -> Path:
    files.write(folder, planfile.files(plan, (), samples.SCRIPTS))
    return folder


def call(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(command, [str(argument) for argument in arguments], standalone_mode=False)
    assert done.exception is None, done.exception
    return done.return_value, done.output


def test_a_language_that_a_target_does_not_have_is_said(tmp_path: Path) -> None:
    folder = write_plan(tmp_path / "plan", samples.plan(samples.entry("aws_lambda", "a-1")))
    _, said = call(folder, "-o", tmp_path / "tree", "--iac", "bicep")
    assert "aws_lambda: has no bicep templates; written in terraform instead" in said
    _, said = call(folder, "-o", tmp_path / "other", "--iac", "sam")
    assert "instead" not in said


def test_the_command_writes_twice_the_same_and_says_what_is_left_out(tmp_path: Path) -> None:
    plan = samples.plan(samples.entry("aws_lambda", "a-1"), samples.entry("aws_lambda", "b-2", status="differs"))
    folder, tree = write_plan(tmp_path / "plan", plan), tmp_path / "tree"
    code, said = call(folder, "-o", tree)
    assert code == 1
    assert "b-2: left out" in said
    assert (tree / "jobs/a-1/job.json").is_file()
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tree.rglob("*") if path.is_file()}
    assert call(folder, "-o", tree)[0] == 1
    assert before == {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tree.rglob("*") if path.is_file()}
    assert call(folder, "-o", tmp_path / "one", "--job", "a-1")[0] == 0


def test_check_fails_where_something_is_left_out(tmp_path: Path) -> None:
    folder = write_plan(tmp_path / "plan", one(verdict="stay"))
    assert call(folder, "-o", tmp_path / "tree")[0] == 0
    assert call(folder, "-o", tmp_path / "tree", "--check")[0] == 1


def test_a_user_that_the_base_image_has_is_not_made_again() -> None:
    entry = samples.entry("aws_fargate", "a-1")
    entry = msgspec.structs.replace(entry, job=msgspec.structs.replace(entry.job, user="www-data"))
    found = {file.path: file.content.decode() for file in job_folder.files(entry, samples.HOST, samples.SCRIPTS, {})}
    assert "useradd" not in found["jobs/a-1/Dockerfile"]
    assert "\nUSER 33\n" in found["jobs/a-1/Dockerfile"]


def test_a_shape_without_programs_is_left_out_and_said() -> None:
    entry = samples.entry("aws_lambda", "a-1")
    option = msgspec.structs.replace(entry.placement.option, shape="host_chore")
    entry = msgspec.structs.replace(entry, placement=msgspec.structs.replace(entry.placement, option=option))
    (left,) = emitted(samples.plan(entry)).left_out
    assert left.blocking
    assert "host_chore" in left.reason


@pytest.mark.parametrize(("target", "iac"), WITH_LANGUAGE, ids=str)
def test_a_plan_of_before_a_template_gained_a_value_is_one_line_that_says_what_to_do(target: str, iac: str) -> None:
    """Whatever value a plan lacks, no traceback: take each one away in turn."""
    entry = samples.entry(target, "x-1", secret=True)
    option = entry.placement.option
    for at, resource in enumerate(option.resources):
        for lost in resource.values:
            fewer = msgspec.structs.replace(resource, values={k: v for k, v in resource.values.items() if k != lost})
            old = msgspec.structs.replace(option, resources=(*option.resources[:at], fewer, *option.resources[at + 1 :]))
            placement = msgspec.structs.replace(entry.placement, option=old)
            try:
                emitted(samples.plan(msgspec.structs.replace(entry, placement=placement)), iac)
            except EmitError as error:  # not every value is asked for, so there is not always an error
                assert re.fullmatch(".*plan` again", str(error))  # noqa: PT017


def test_folders_that_a_job_writes_into_are_its_own_and_the_system_s_stay() -> None:
    seen = Evidence(snippet="")
    written = (
        "/var/lib/etl/cursor.json", "/srv/shop/out/a/b.csv", "/etc/passwd", "/tmp/x/y", "/var/log/shop.log", "/data/$X/y", "/var/lib/x",
        "/srv/../etc/cron.d/x", "/dev/shm/a", "/opt/app/my file",
    )  # fmt: skip
    facts = tuple(Fact(kind="writes-path", value=path, evidence=seen) for path in written)
    assert job_folder.written_folders(facts) == ["/srv/shop/out/a", "/var/lib/etl"]
    entry = samples.entry("gcp_cloud_run_job", "x-1")
    docker = by_path(emitted(samples.plan(msgspec.structs.replace(entry, facts=(*entry.facts, *facts[:2])))))
    both = b"/srv/shop/out/a /var/lib/etl"
    assert b"RUN mkdir -p " + both + b" \\\n && chown 10001:10001 " + both + b"\n" in docker["jobs/x-1/Dockerfile"]
    assert b"mkdir" not in by_path(emitted(samples.plan(entry)))["jobs/x-1/Dockerfile"]


def test_the_page_says_what_looks_at_the_runs_and_how_long_google_keeps_what_they_wrote() -> None:
    def page(target: str) -> str:
        found = emit(samples.plan(samples.entry(target, "a-1")), samples.SCRIPTS, samples.PLACES).out_files
        return " ".join(next(file.content.decode() for file in found if file.path == "README.md").split())

    asks, keeps = "which it asks about a job that did not run", "Google keeps the logs for 30 days"
    places = ("aws_fargate", "gcp_cloud_run_job", "azure_container_apps_job", "gcp_scheduler_http_target")
    said = [page(target) for target in places]
    looks = "each morning it compares the records of the runs with the calendars"
    assert [looks in text for text in said] == [asks in text for text in said] == [True, True, True, False]
    assert [keeps in text for text in said] == [False, True, False, False]
