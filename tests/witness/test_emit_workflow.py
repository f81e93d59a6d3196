"""The emitted GitHub workflow: linted by actionlint and zizmor, and run by act, with stubs for the actions that would be fetched.

act runs its steps on this machine: only what we emitted is run.
"""

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import every_combination as every
import pytest
import tools
from conftest import EVERY, SAMPLES, Maker
from every_combination import Tree
from ruamel.yaml import YAML

pytestmark = pytest.mark.timeout(300)
STUB = """\
name: stub
description: stands for an action that cannot be fetched here
runs: {using: composite, steps: [{shell: bash, run: "true"}]}
"""


# a run takes seconds: of the samples one tree each; what only reads has all
RUN = [*((EVERY, tree) for tree in every.trees()), *((of, Tree("aws", "terraform")) for of in SAMPLES)]
READ = [(of, tree) for of in (EVERY, *SAMPLES) for tree in every.trees()]


def named(pair: tuple[str, Tree]) -> str:
    return "-".join([pair[0], *pair[1]])


@pytest.fixture(scope="module", params=READ, ids=named)
def any_tree(request: pytest.FixtureRequest, made: Maker) -> Path:
    return made(*request.param)


@pytest.fixture(scope="module", params=RUN, ids=named)
def tree(request: pytest.FixtureRequest, made: Maker) -> Path:
    return made(*request.param)


def workflows(tree: Path) -> list[Path]:
    found = sorted((tree / ".github/workflows").glob("*.yml"))
    assert found
    return found


def test_actionlint_takes_it(any_tree: Path) -> None:
    tools.passes([tools.BIN / "actionlint", "-shellcheck", tools.BIN / "shellcheck", *workflows(any_tree)], any_tree)


def test_zizmor_finds_no_hole(any_tree: Path) -> None:
    tools.passes([tools.BIN / "zizmor", "--offline", "--quiet", *workflows(any_tree)], any_tree)


def test_no_credential_is_left_in_a_checkout(any_tree: Path) -> None:
    for path in workflows(any_tree):
        for job in YAML(typ="safe").load(path)["jobs"].values():
            for step in job["steps"]:
                if step.get("uses", "").startswith("actions/checkout@"):
                    assert step["with"]["persist-credentials"] is False


# what a team writes down for Terraform, beside what the workflow hands over
VAULT = "/subscriptions/0/resourceGroups/jobs/providers/Microsoft.KeyVault/vaults/shop"
NETWORK = {
    "subnet_ids": "subnet-1",
    "security_group_ids": "sg-1",
    "lambda_subnet_ids": "subnet-1",
    "lambda_security_group_ids": "sg-1",
}
SETTINGS = {  # as `terraform fmt` has them
    "azure": f'key_vault_id = "{VAULT}"\n',
    "aws": "".join(f'{name:25} = ["{value}"]\n' for name, value in NETWORK.items()),
}


def repository(tree: Path, folder: Path) -> Path:
    """The tree as what it is for: a repository that act checks out."""
    copy = folder / "tree"
    shutil.copytree(tree, copy)
    for terraform in copy.glob("*/terraform"):
        (terraform / "settings.auto.tfvars").write_text(SETTINGS.get(terraform.parent.name, ""))
        (terraform / "backend.tf").write_text('terraform {\n  backend "local" {}\n}\n')
    for command in (
        ["git", "init", "-q"],
        ["git", "add", "-A"],
        ["git", "-c", "user.name=w", "-c", "user.email=w@example.com", "commit", "-qm", "w"],
    ):
        tools.passes(command, copy)
    return copy


def acted(event: Sequence[str], workflow: str, copy: Path, stubs: Mapping[str, str], own: Mapping[str, str]) -> str:
    """What act says when it runs a workflow whose actions are stubs; `stubs`: their text by their name, "" for all others."""
    act = tools.program("act", "the emitted workflow when it runs")
    words = []
    for job in YAML(typ="safe").load(copy / ".github/workflows" / workflow)["jobs"].values():
        for uses in (step["uses"] for step in job["steps"] if "uses" in step and "checkout" not in step["uses"]):
            name = uses.partition("@")[0]
            folder = copy.parent / "actions" / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "action.yml").write_text(stubs.get(name, STUB))
            words += ["--local-repository", f"{uses}={folder}"]
    handed = [word for name, value in own.items() for word in ("--env", f"{name}={value}")]
    command = [act, *event, "-W", f".github/workflows/{workflow}", "-P", "ubuntu-24.04=-self-hosted", "--action-offline-mode"]
    home = {"HOME": str(copy.parent), "XDG_CACHE_HOME": str(copy.parent / "cache")}
    return tools.passes([*command, *words, *handed], copy, {**own, **home})


# what cannot be had here, on GitHub's machines it is: that they are asked
ASKED = """\
#!/bin/sh
echo "asked: ${0##*/} $*" >&2
"""


def test_act_runs_the_check(tree: Path, tmp_path: Path, terraform_environment: dict[str, str]) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("az", "kubectl"):
        (programs / name).write_text(ASKED)
        (programs / name).chmod(0o755)
    path = f"{programs}:{tools.BIN}:{os.environ['PATH']}"
    own = {"TF_REATTACH_PROVIDERS": terraform_environment["TF_REATTACH_PROVIDERS"], "PATH": path}
    said = acted(["push"], "check.yml", repository(tree, tmp_path), {}, own)
    assert "Job succeeded" in said
    assert "Main make check" in said
    assert said.count("The configuration is valid.") == len([*tree.glob("*/terraform")])
    bicep = [f"az bicep build --file {path.relative_to(tree)} --stdout" for path in sorted(tree.glob("*/bicep/*.bicep"))]
    kustomize = ["kubectl kustomize kubernetes"] if (tree / "kubernetes").is_dir() else []
    assert sorted(re.findall(r"asked: (.*)", said)) == bicep + kustomize


# the clouds' tools as they answer; terraform is the real one, and says which plan it made and which it applied
CALLED = """\
#!/bin/sh
line=${0##*/}; for word; do line="$line $word"; done; printf '%s\\n' "$line" >>"$SEEN"
case "${0##*/} $*" in
  docker*inspect*) for image; do :; done; echo "${image%:*}@sha256:$(printf %064d 0)" ;;
  kubectl*kustomize*) echo "kind: List" ;;
  sam*deploy*) printf 'Waiting\\n\\nChangeset created successfully. arn:aws:cfn:x:1:changeSet/%s\\n\\n' "$(date +%N)" ;;
  aws*describe-stacks*) echo REVIEW_IN_PROGRESS ;;
esac
"""
TERRAFORM = """\
#!/bin/sh
[ "$1" != apply ] || echo "terraform applies $(sha256sum plan.bin)" >>"$SEEN"
"$REAL_TERRAFORM" "$@" || exit
[ "$1" != plan ] || echo "terraform planned $(sha256sum plan.bin)" >>"$SEEN"
"""
KEEP = """\
name: keep
description: stands for actions/upload-artifact
inputs: {name: {required: true}, path: {required: true}, if-no-files-found: {}, retention-days: {}}
runs:
  using: composite
  steps: [{shell: bash, run: 'cp "${{ inputs.path }}" "$KEPT/${{ inputs.name }}.tar"'}]
"""
BRING = """\
name: bring
description: stands for actions/download-artifact
inputs: {name: {required: true}}
runs:
  using: composite
  steps: [{shell: bash, run: 'cp "$KEPT/${{ inputs.name }}.tar" .'}]
"""
VARIABLES = {
    "AWS_REGION": "us-east-1", "AWS_ROLE": "role", "AWS_REGISTRY": "1.dkr.ecr.us-east-1.amazonaws.com/jobs", "STACK": "cron",
    "GCP_PROJECT": "p", "GCP_REGISTRY": "us-docker.pkg.dev/p/jobs", "AZURE_REGISTRY": "r.azurecr.io/jobs", "AZURE_GROUP": "jobs",
    "KUBERNETES_REGISTRY": "r/jobs", "KUBECONFIG_COMMAND": "true",
}  # fmt: skip


def test_act_applies_the_plan_that_was_read(tree: Path, tmp_path: Path, terraform_environment: dict[str, str]) -> None:
    """Two jobs: one plans, one applies what that one made; nothing is planned, built or pushed a second time."""
    folder, seen, kept = tmp_path / "bin", tmp_path / "seen", tmp_path / "kept"
    folder.mkdir()
    kept.mkdir()
    for name in ("aws", "az", "docker", "gcloud", "kubectl", "sam", "terraform"):
        (folder / name).write_text(TERRAFORM if name == "terraform" else CALLED)
        (folder / name).chmod(0o755)
    own = {
        "TF_REATTACH_PROVIDERS": terraform_environment["TF_REATTACH_PROVIDERS"], "SEEN": str(seen), "KEPT": str(kept),
        "PATH": f"{folder}:{tools.BIN}:{os.environ['PATH']}", "CHECKPOINT_DISABLE": "1",
        "REAL_TERRAFORM": str(tools.program("terraform", "the emitted workflow when it runs")),
    }  # fmt: skip
    event = ["workflow_dispatch", "--input", "apply=true"]
    event += [word for name, value in VARIABLES.items() for word in ("--var", f"{name}={value}")]
    stubs = {"actions/upload-artifact": KEEP, "actions/download-artifact": BRING}
    said = acted(event, "deploy.yml", repository(tree, tmp_path), stubs, own)
    calls = seen.read_text().splitlines()
    groups = [path.name for path in kept.iterdir()]
    assert said.count("Job succeeded") == 2 * len(groups), said[-3000:]
    planned = [line.split()[2] for line in calls if line.startswith("terraform planned ")]
    assert planned == [line.split()[2] for line in calls if line.startswith("terraform applies ")]
    changes = [line.split()[-1] for line in calls if "execute-change-set" in line]
    applies = [
        at for at, line in enumerate(calls) if re.search("terraform applies|execute-change-set|group create|kubectl apply", line)
    ]
    assert applies
    assert len(set(planned)) + len(set(changes)) + len(
        [line for line in calls if re.search("group create|kubectl apply", line)]
    ) == len(applies)
    assert not [line for line in calls[applies[0] :] if re.match("docker|sam|terraform planned|kubectl kustomize", line)]
