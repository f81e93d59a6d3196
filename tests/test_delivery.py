"""What stands around the jobs: images before what runs them, the commands of the day after, how each server is left."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import emit_samples as samples
import msgspec
import pytest
from ruamel.yaml import YAML

from migrator import files
from migrator.emit import day_two, shells
from migrator.emit.tree import emit
from migrator.model.plan import Organisation, Plan
from migrator.render import literal

STUB = """#!/bin/sh
line=${0##*/}; for word; do line="$line <$word>"; done; printf '%s\\n' "$line" >> "$SEEN"
case "${0##*/} $*" in
  docker*inspect*) for image; do :; done  # pushed elsewhere before, as well
    for name in "elsewhere.test/$image" "$image"; do echo "${name%:*}@sha256:$(printf %064d 0)"; done ;;
  aws*get-schedule*) echo '{"Arn": "x", "Name": "n", "State": "ENABLED", "LastModificationDate": "y"}' ;;
  aws*update-schedule*) cat >> "$SEEN" ;;
  terraform*plan*) echo planned > plan.bin ;;
  aws*describe-stack-resource*) echo physical-name ;;
esac
"""


def written(root: Path, plan: Plan, iac: str = "auto") -> Path:
    result = emit(plan, samples.SCRIPTS, samples.PLACES, iac)
    assert result.left_out == ()
    files.write(root, result.out_files)
    return root


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {iac: written(tmp_path_factory.mktemp(iac), samples.every_target(), iac) for iac in ("auto", "terraform", "bicep")}


class Tools:
    """Every cloud's tool as a stub that writes down how it was called."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.seen = folder / "bin", folder / "seen"
        self.folder.mkdir()
        for name in ("aws", "gcloud", "az", "kubectl", "docker", "sam", "terraform", "systemctl", "curl", "sleep"):
            (self.folder / name).write_text(STUB)
            (self.folder / name).chmod(0o755)

    def run(self, *words: str | Path, cwd: Path, **more: str) -> "subprocess.CompletedProcess[str]":
        self.seen.write_text("")
        environment = {"PATH": f"{self.folder}:{Path(sys.executable).parent}:/usr/bin:/bin", "SEEN": str(self.seen), **more}
        return subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=60)

    def calls(self) -> list[str]:
        return self.seen.read_text().splitlines()


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    return Tools(tmp_path)


VERBS = ("run", "run-for", "pause", "resume", "logs")
CALLED = {"aws-lambda": "aws", "aws-fargate": "aws", "aws-batch": "aws", "gcp": "gcloud", "azure": "az", "kubernetes": "kubectl"}


@pytest.mark.parametrize("iac", ["auto", "terraform", "bicep"])
def test_every_verb_of_every_job_calls_its_cloud_s_tool_with_whole_words(iac: str, trees: dict[str, Path], tools: Tools) -> None:
    jobs = sorted(path.name for path in (trees[iac] / "jobs").iterdir() if (path / "runner").is_dir())
    assert len(jobs) > 15
    for job in jobs:
        for verb in VERBS:
            at = ["2026-11-24T01:30:00Z"] if verb == "run-for" else []
            done = tools.run(
                "sh", "jobs.sh", verb, job, *at, cwd=trees[iac], PREFIX="acme-", STACK="cron", SUBNETS="subnet-1,subnet-2"
            )
            if job.startswith("gcp-cloud-run-service") and verb == "run-for":
                assert done.returncode == 1
                continue
            assert done.returncode == 0, (job, verb, done.stderr)
            tool = next(tool for start, tool in CALLED.items() if job.startswith(start))
            assert any(call.startswith(tool + " ") for call in tools.calls()), (job, verb)
            if verb == "run-for":
                assert any("2026-11-24T01:30:00Z" in call for call in tools.calls()), (job, verb)
            if verb == "pause" and tool == "aws":
                assert '"State": "DISABLED"' in tools.seen.read_text()
                assert "Arn" not in tools.seen.read_text().split("{")[-1]


def test_a_verb_or_a_job_that_there_is_none_is_one_clear_line(trees: dict[str, Path], tools: Tools) -> None:
    assert "./jobs.sh run JOB" in tools.run("sh", "jobs.sh", "delete", "x", cwd=trees["auto"]).stderr
    done = tools.run("sh", "jobs.sh", "run", "nosuch", cwd=trees["auto"])
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_the_makefile_pushes_an_image_before_it_plans_and_hands_its_digest_over(
    trees: dict[str, Path], tools: Tools, tmp_path: Path
) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(trees["terraform"], tree)
    refused = tools.run("make", "plan-aws", "AWS_REGISTRY=1.dkr.ecr.eu-west-1.amazonaws.com/jobs", cwd=tree)
    assert refused.returncode != 0
    assert "backend.tf.example" in refused.stdout + refused.stderr
    shutil.copy(tree / "aws/terraform/backend.tf.example", tree / "aws/terraform/backend.tf")
    done = tools.run(
        "make", "deploy-aws", "AWS_REGISTRY=1.dkr.ecr.eu-west-1.amazonaws.com/jobs", "TAG=t", cwd=tree, BASE="debian@sha256:1"
    )
    assert done.returncode == 0, done.stderr
    verbs = [" ".join(call.replace("<", "").replace(">", "").split()[:2]) for call in tools.calls()]
    order = [
        verb
        for verb in dict.fromkeys(verbs)
        if verb in {"docker build", "docker push", "docker inspect", "terraform init", "terraform plan", "terraform apply"}
    ]
    assert order == ["docker build", "docker push", "docker inspect", "terraform init", "terraform plan", "terraform apply"]
    assert any("<--build-arg> <BASE=debian@sha256:1>" in call for call in tools.calls())
    images = json.loads((tree / "aws/terraform/images.auto.tfvars.json").read_text())["images"]
    pushed = "1.dkr.ecr.eu-west-1.amazonaws.com/jobs/aws-fargate-plain-1a2b"
    assert images["aws-fargate-plain-1a2b"] == f"{pushed}@sha256:{'0' * 64}"
    assert "aws-lambda-plain-1a2b" not in images  # a zip


def test_digests_are_written_for_bicep_and_kustomize_too(trees: dict[str, Path], tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(trees["bicep"], tree)
    digest = "sha256:" + "1" * 64

    def told(job: str, name: str) -> None:
        line = f"{job} registry.test/jobs/{job}@{digest}\n"
        subprocess.run([sys.executable, "digests.py", name], cwd=tree, input=line, text=True, check=True, timeout=60)

    told("azure-container-apps-job-plain-1a2b", "azure/bicep/images.parameters.json")
    found = json.loads((tree / "azure/bicep/images.parameters.json").read_text())["parameters"]["images"]["value"]
    assert found == {"azure-container-apps-job-plain-1a2b": f"registry.test/jobs/azure-container-apps-job-plain-1a2b@{digest}"}
    for _ in range(2):  # again and again
        told("kubernetes-cron-job-plain-1a2b", "kubernetes/kustomization.yaml")
    text = (tree / "kubernetes/kustomization.yaml").read_text()
    assert text.count(f'    newName: "registry.test/jobs/kubernetes-cron-job-plain-1a2b"\n    digest: "{digest}"\n') == 1
    lost = subprocess.run(
        [sys.executable, "digests.py", "x.json"],
        cwd=tree,
        input="job registry/x:latest\n",
        text=True,
        check=False,
        capture_output=True,
        timeout=60,
    )
    assert lost.returncode != 0
    assert "no digest; was it pushed?" in lost.stderr


CRONTAB = "# shop\nMAILTO=x\n30\t4 * * *\tshop  /srv/shop/bin/night.sh %p\n15 5 * * * shop x\n"


@pytest.fixture
def server(tmp_path: Path, tools: Tools) -> "tuple[Path, Path]":
    """What is emitted for two jobs, and the server's file that they stand in."""
    entries = []
    for number, hour in ((3, 4), (4, 5)):
        entry = samples.entry("aws_lambda", f"job{number}-1a2b", hour=hour)
        location = msgspec.structs.replace(entry.job.location, path="/etc/cron.d/shop", line=number)
        entries.append(msgspec.structs.replace(entry, job=msgspec.structs.replace(entry.job, location=location)))
    tree = written(tmp_path / "tree", samples.plan(*entries))
    file = tmp_path / "root/etc/cron.d/shop"
    file.parent.mkdir(parents=True)
    file.write_text(CRONTAB.replace("15 5", "30 5"))
    file.chmod(0o640)
    return tree / "cutover", file


def test_a_line_is_switched_off_and_on_again_byte_for_byte(server: "tuple[Path, Path]", tools: Tools, tmp_path: Path) -> None:
    folder, file = server
    before = file.read_bytes()
    for _ in range(2):  # again does nothing more
        done = tools.run("sh", "web01.sh", "off", "job3-1a2b", cwd=folder, ROOT=str(tmp_path / "root"))
        assert done.returncode == 0, done.stderr
    lines = file.read_text().splitlines()
    assert lines[2] == "# moved by migrator: 30\t4 * * *\tshop  /srv/shop/bin/night.sh %p"
    assert lines[3].startswith("30 5")
    assert file.stat().st_mode & 0o777 == 0o640
    for _ in range(2):
        assert tools.run("sh", "web01.sh", "on", "job3-1a2b", cwd=folder, ROOT=str(tmp_path / "root")).returncode == 0
    assert file.read_bytes() == before


def test_a_line_that_is_not_the_plan_s_any_more_is_left_alone(server: "tuple[Path, Path]", tools: Tools, tmp_path: Path) -> None:
    folder, file = server
    file.write_text("# one more line\n" + file.read_text())
    before = file.read_bytes()
    done = tools.run("sh", "web01.sh", "off", "job3-1a2b", cwd=folder, ROOT=str(tmp_path / "root"))
    assert done.returncode == 1
    assert "is not the line of the plan any more; look for: 30 4 * * * shop" in done.stderr
    assert file.read_bytes() == before
    assert tools.run("sh", "web01.sh", "off", "nosuch", cwd=folder).returncode == 2


def test_the_page_names_the_line_its_owner_the_order_and_the_way_back(server: "tuple[Path, Path]", tmp_path: Path) -> None:
    page = (server[0] / "web01.md").read_text()
    assert page.index("job3-1a2b") < page.index("job4-1a2b")
    assert "`/etc/cron.d/shop:3`" in page
    assert (
        page.index("./jobs.sh run job3-1a2b")
        < page.index("sh web01.sh off job3-1a2b")
        < page.index("enabled_jobs")
        < page.index("Back:")
    )
    entry = samples.entry("aws_lambda", "owned-1a2b")
    owned = msgspec.structs.replace(entry, job=msgspec.structs.replace(entry.job, managed_by="Ansible"))
    text = (written(tmp_path / "owned", samples.plan(owned)) / "cutover/web01.md").read_text()
    assert "**Ansible writes it**: change it there" in text


def test_timers_and_run_parts_are_switched_off_as_their_daemons_have_it(tools: Tools, tmp_path: Path) -> None:
    entries = []
    for number, (scheduler, path) in enumerate(
        (("systemd_timer", "/etc/systemd/system/shop.timer"), ("run_parts", "/etc/cron.daily/shop"))
    ):
        entry = samples.entry("aws_lambda", f"job{number}-1a2b")
        location = msgspec.structs.replace(entry.job.location, path=path, line=None)
        job = msgspec.structs.replace(entry.job, location=location, scheduler=scheduler)
        entries.append(msgspec.structs.replace(entry, job=job))
    tree = written(tmp_path / "tree", samples.plan(*entries))
    script = tmp_path / "root/etc/cron.daily/shop"
    script.parent.mkdir(parents=True)
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    assert tools.run("sh", "web01.sh", "off", "job0-1a2b", cwd=tree / "cutover").returncode == 0
    assert tools.calls() == ["systemctl <disable> <--now> <shop.timer>"]
    for verb, runs in (("off", False), ("on", True)):
        assert tools.run("sh", "web01.sh", verb, "job1-1a2b", cwd=tree / "cutover", ROOT=str(tmp_path / "root")).returncode == 0
        assert os.access(script, os.X_OK) == runs or not os.geteuid()
        assert bool(script.stat().st_mode & 0o111) == runs


def test_a_stack_is_split_before_its_quota_and_each_part_stands_alone() -> None:
    entries = [samples.entry("aws_lambda", f"job{number:03}-1a2b") for number in range(100)]
    templates = shells.files("aws", "sam", entries, "us-east-1")
    parts = templates.parts
    assert len(parts) > 1
    assert [entry.job.id for part in parts for entry in part] == [entry.job.id for entry in entries]
    out = {file.path: file.content.decode() for file in templates.out_files}
    assert sorted(out) == [f"aws/sam/template-{number:02}.yaml" for number in range(1, len(parts) + 1)]
    for text in out.values():
        kinds = [line for line in text.splitlines() if line.startswith("    Type: AWS::")]
        assert len(kinds) <= 500
        assert text.count("Type: AWS::SNS::Topic\n") == 1
    made = day_two.commands(entries[-1], "sam", f"-{len(parts):02}")
    assert made is not None
    assert f'"$STACK-{len(parts):02}"' in made.run


@pytest.mark.parametrize("environments", [(), ("staging", "live")])
def test_the_readme_names_exactly_the_subjects_that_the_workflow_s_jobs_have(environments: tuple[str, ...]) -> None:
    """GitHub's token says the environment of a job that has one, else the branch; nobody else is to be let in."""
    plan = samples.every_target()
    organisation = msgspec.structs.replace(plan.decisions.organisation, environments=environments)
    plan = msgspec.structs.replace(plan, decisions=msgspec.structs.replace(plan.decisions, organisation=organisation))
    tree = {file.path: file.content.decode() for file in emit(plan, samples.SCRIPTS, samples.PLACES).out_files}
    workflow = YAML(typ="safe").load(tree[".github/workflows/deploy.yml"])
    named = {job.get("environment") for job in workflow["jobs"].values()}
    if environments:
        assert named == {"${{ inputs.environment }}"}
        options = workflow["on"]["workflow_dispatch"]["inputs"]["environment"]["options"]
        subjects = [f"environment:{name}" for name in options]
    else:
        subjects = sorted("ref:refs/heads/main" if name is None else f"environment:{name}" for name in named)
    page = tree["README.md"]
    assert sorted(re.findall(r"^- `repo:OWNER/REPO:(.*)`$", page, re.MULTILINE)) == sorted(subjects)
    (condition,) = re.findall(r'^  `"StringEquals": (.*)`\.$', page, re.MULTILINE)
    said = json.loads(condition)
    assert said["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
    assert sorted(said["token.actions.githubusercontent.com:sub"]) == sorted(f"repo:OWNER/REPO:{one}" for one in subjects)
    (allowed,) = re.findall(r"`assertion\.sub in \[(.*)\]`", page)
    assert sorted(allowed.replace("'", "").split(", ")) == sorted(f"repo:OWNER/REPO:{one}" for one in subjects)


def test_code_owners_are_those_that_github_takes_each_a_word_of_its_own() -> None:
    said = ("@acme/ops", "Team Blue", "ops@example.com", "# x", "@a\n* @evil", "@b c", "${{ x }}", "@me")
    for owners, line in ((said, "* @acme/ops ops@example.com @me"), (said[:1], "* @acme/ops"), (said[1:2], None)):
        plan = samples.plan(samples.entry("aws_lambda", "night-1a2b"))
        decided = msgspec.structs.replace(plan.decisions, organisation=Organisation(owners=owners))
        made = {
            file.path: file.content
            for file in emit(msgspec.structs.replace(plan, decisions=decided), samples.SCRIPTS, samples.PLACES).out_files
        }
        found = made.get(".github/CODEOWNERS")
        assert (None if found is None else found.decode().splitlines()[1:]) == (None if line is None else [line])


def test_what_the_organisation_says_is_the_default_of_the_templates() -> None:
    nasty = 'it\'s "${HOME}" %{x}'
    own = Organisation(
        network="net", subnets=("subnet-a", "subnet-b"), security_groups=("sg-1",),
        permissions_boundary="arn:aws:iam::1:policy/b", kms_key="arn:aws:kms:::key/1", name_prefix="acme-", tags={"cost": nasty},
        owners=("@acme/ops", "ops@example.com"),
    )  # fmt: skip
    for target, expected in (
        (
            "aws_fargate",
            [
                "acme-",
                "in net",
                "subnet-a",
                "subnet-b",
                "sg-1",
                "arn:aws:iam::1:policy/b",
                "arn:aws:kms:::key/1",
                literal("hcl", nasty),
                '"ops@example.com"',
            ],
        ),
        ("gcp_cloud_run_job", ["acme-", "net", "subnet-a", literal("hcl", nasty), '"ops@example.com"']),
        ("azure_container_apps_job", ["acme-", "of net", "subnet-a", literal("hcl", nasty), '"ops@example.com"']),
    ):
        provider = next(place.provider for name, place in samples.PLACES.items() if name == target)
        main = next(
            file
            for file in shells.files(provider, "terraform", [samples.entry(target, "x-1a2b")], None, own).out_files
            if file.path.endswith("main.tf")
        )
        assert [word for word in expected if word not in main.content.decode()] == []
