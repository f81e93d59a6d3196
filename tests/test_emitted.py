"""What is emitted passes the linters of its own language, and what is emitted runs."""

import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, ClassVar

import emit_samples as samples
import hcl2
import pytest
from cfnlint.decode.cfn_yaml import loads as cfn_loads
from pycep import BicepParser
from ruamel.yaml import YAML

from migrator import files
from migrator.emit.shells import LANGUAGES
from migrator.emit.tree import AUTO, emit

BIN = Path(sys.executable).parent
TREES = (AUTO, *(language for language in LANGUAGES if language != "terraform"))


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every target, with and without a secret, in every language."""
    found = {}
    for iac in TREES:
        found[iac] = tmp_path_factory.mktemp(iac)
        result = emit(samples.every_target(), samples.SCRIPTS, samples.PLACES, iac)
        assert result.left_out == ()
        files.write(found[iac], result.out_files)
    return found


def passes(*command: object, **more: Any) -> str:
    environment = {**os.environ, "AWS_DEFAULT_REGION": "us-east-1", "CHECKPOINT_DISABLE": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("TF_CLI_CONFIG_FILE", None)
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, env=environment, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not here: the format of .tf files is not checked")
def test_terraform_is_formatted(trees: dict[str, Path]) -> None:
    passes("terraform", "fmt", "-check", "-diff", "-recursive", trees[AUTO])


def test_terraform_parses_and_every_reference_has_its_resource(trees: dict[str, Path]) -> None:
    found = sorted(trees[AUTO].rglob("*.tf"))
    assert {path.parent.parent.name for path in found} == {"aws", "gcp", "azure"}
    for path in found:
        with path.open() as stream:
            hcl2.load(stream)


def test_what_the_plan_cannot_know_is_a_variable_that_says_why(trees: dict[str, Path]) -> None:
    told = dict[str, int]()
    for provider in ("aws", "gcp", "azure"):
        main = (trees[AUTO] / provider / "terraform/main.tf").read_text()
        variables = re.findall(r'^variable "(\w+)" \{\n(.*?)^\}', main, re.MULTILINE | re.DOTALL)
        assert [name for name, body in variables if not re.search(r'\bdescription += ".{15,}"', body)] == []
        told[provider] = len(variables)
    with (trees["sam"] / "aws/sam/template.yaml").open() as stream:
        parameters = cfn_loads(stream.read())["Parameters"]
    assert [name for name, body in parameters.items() if len(body.get("Description", "")) < 15] == []
    lines = (trees["bicep"] / "azure/bicep/main.bicep").read_text().splitlines()
    at = [number for number, line in enumerate(lines) if line.startswith("param ")]
    assert [
        lines[number] for number in at if not any(line.startswith("@description('") for line in lines[number - 4 : number])
    ] == []
    assert min(*told.values(), len(parameters), len(at)) >= 5


def test_providers_are_pinned_everything_is_tagged_and_nothing_is_tried_twice_by_its_platform(trees: dict[str, Path]) -> None:
    once = {"aws": "maximum_retry_attempts", "gcp": "max_retries", "azure": "replica_retry_limit"}
    for provider, retries in once.items():
        folder = trees[AUTO] / provider / "terraform"
        main = (folder / "main.tf").read_text()
        versions = re.findall(r'source = "hashicorp/\w+", version = "(.*?)"', main)
        assert versions
        assert all(version.startswith("~> ") for version in versions)
        assert re.search(r'\bmigrated-from *= *"cron"', main)
        assert (folder / "backend.tf.example").exists(), "where the state lies"
        texts = [path.read_text() for path in folder.glob("*-*.tf")]
        # the delivery of a schedule may be tried again: the instant is the same
        blocks = [text for text in texts for text in re.split(r"\n(?=resource )", text) if "aws_scheduler_schedule" not in text]
        found = {match for text in blocks for match in re.findall(rf"\b{retries} *= *(\d+)", text)}
        assert found == {"0"}, provider
    assert "'migrated-from': 'cron'" in (trees["bicep"] / "azure/bicep/main.bicep").read_text()
    kinds = (document for path in (trees[AUTO] / "kubernetes").glob("*-*.yaml") for document in YAML(typ="safe").load_all(path))
    jobs = [document["spec"]["jobTemplate"]["spec"] for document in kinds if document["kind"] == "CronJob"]
    assert {(job["backoffLimit"], job["template"]["spec"]["restartPolicy"]) for job in jobs} == {(0, "Never")}


def test_sam_passes_cfn_lint(trees: dict[str, Path]) -> None:
    passes(BIN / "cfn-lint", trees["sam"] / "aws/sam/template.yaml")


def test_bicep_parses(trees: dict[str, Path]) -> None:
    text = (trees["bicep"] / "azure/bicep/main.bicep").read_text()
    # statement by statement: over a long file pycep's expression for strings takes for ever
    parser = BicepParser()
    parts = [parser.parse(text=part + "\n") for part in re.split(r"\n\n(?=\S)", text)]
    assert sum(len(part.get("resources", {})) for part in parts) >= 4


def test_kubernetes_files_are_yaml_and_the_kustomization_names_each(trees: dict[str, Path]) -> None:
    folder = trees[AUTO] / "kubernetes"
    listed = YAML(typ="safe").load(folder / "kustomization.yaml")["resources"]
    assert sorted(listed) == sorted(path.name for path in folder.glob("*.yaml") if path.name != "kustomization.yaml")
    for name in listed:
        kinds = {document["kind"] for document in YAML(typ="safe").load_all(folder / name)}
        assert "CronJob" in kinds


def test_dockerfiles_pass_hadolint(trees: dict[str, Path]) -> None:
    found = sorted(trees[AUTO].rglob("Dockerfile"))
    assert found
    passes(BIN / "hadolint", *found)


def test_python_passes_ruff_with_its_own_defaults(trees: dict[str, Path]) -> None:
    found = sorted(path for path in trees[AUTO].rglob("*.py") if "runner" not in path.parts)
    passes(BIN / "ruff", "check", "--isolated", *found)
    passes(BIN / "ruff", "format", "--isolated", "--check", "--line-length", "120", *found)


def test_workflow_and_makefile_are_readable(trees: dict[str, Path]) -> None:
    workflow = YAML(typ="safe").load(trees[AUTO] / ".github/workflows/check.yml")
    assert workflow["permissions"] == {"contents": "read"}
    assert "terraform fmt" in passes("make", "-n", "check", cwd=trees[AUTO])


def test_the_jobs_own_tests_pass(trees: dict[str, Path]) -> None:
    for folder in sorted((trees[AUTO] / "jobs").iterdir()):
        passes(sys.executable, "-m", "unittest", "-q", cwd=folder)


def test_no_file_holds_a_double_blank_line_or_trailing_blanks(trees: dict[str, Path]) -> None:
    for path in sorted(trees[AUTO].rglob("*")):
        if path.suffix in {".tf", ".yaml", ".bicep", ".md"}:
            text = path.read_text()
            assert "\n\n\n" not in text, path
            assert not any(line.endswith((" ", "\t")) for line in text.splitlines()), path


def zip_job(trees: dict[str, Path]) -> Path:
    return next(path.parent for path in sorted((trees[AUTO] / "jobs").glob("*-plain-*/handler.py")))


def test_a_zip_function_runs_its_job(trees: dict[str, Path]) -> None:
    program = (
        "import handler, json, types\n"
        "context = types.SimpleNamespace(get_remaining_time_in_millis=lambda: 60000)\n"
        "print(json.dumps(handler.handler({'scheduled_time': '2026-11-24T01:30:00Z'}, context)))\n"
    )
    lines = [json.loads(line) for line in passes(sys.executable, "-c", program, cwd=zip_job(trees)).splitlines()]
    said = [line["message"] for line in lines if line.get("stream") == "output"]
    assert said[0] == "hello"
    assert said[1].startswith(f"{samples.NASTY} from ")
    (record,) = [line for line in lines if "migrator_run" in line]
    assert (record["outcome"], record["scheduled_at"]) == ("ok", "2026-11-24T01:30:00+00:00")
    assert lines[-1]["exit_status"] == 0


class RuntimeApi(http.server.BaseHTTPRequestHandler):
    """Lambda's Runtime API for one invocation after the other. Source: docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html."""

    events: ClassVar[list[dict[str, Any]]] = []
    answers: ClassVar[list[tuple[str, dict[str, Any]]]] = []

    def do_GET(self) -> None:
        body = json.dumps(self.events.pop(0)).encode() if self.events else b""
        if not body:
            self.send_response(410)
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", "r1")
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int((time.time() + 30) * 1000)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.answers.append((self.path.rsplit("/", 1)[-1], json.loads(body)))
        self.send_response(202)
        self.end_headers()

    def log_message(self, *arguments: object) -> None: ...


def test_an_image_answers_lambda_s_runtime(trees: dict[str, Path]) -> None:
    folder = zip_job(trees)
    job = json.loads((folder / "job.json").read_text())
    RuntimeApi.events[:], RuntimeApi.answers[:] = [{"scheduled_time": "2026-11-24T01:30:00Z"}] * 2, []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), RuntimeApi) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        subprocess.run(
            [sys.executable, "-m", "runner"], cwd=folder, capture_output=True, check=False, timeout=60,
            env={"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}", "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        server.shutdown()
    assert [way for way, _ in RuntimeApi.answers] == ["response", "response"]
    assert RuntimeApi.answers[0][1]["outcome"] == "ok"
    assert job["job_id"]
