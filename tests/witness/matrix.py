"""Shape x target x language: which witness looks at each combination, or why it is not offered.

The combinations, and the trees that the witnesses look at, come from the same functions of `every_combination`: a witness that
takes its trees from there looks at every cell of them. `pytest tests/test_witness_matrix.py --update` writes it into README.md.
"""

from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import NamedTuple

import emit_samples as samples
import every_combination as every
from every_combination import Cell, Tree

from migrator.emit.tree import emit
from migrator.workflow_services import SERVICES, UNPROVED

EVERY = "every"  # what the trees of the generated plan are called


class Witness(NamedTuple):
    """A test, by its file and its name. `runs`: it executes what was emitted, and does not only read it; `emits`: what it looks
    at it emits itself, and takes no shared tree."""

    name: str
    file: str
    test: str
    what: str
    looks_at: Callable[[Cell], bool]
    runs: bool = False
    emits: bool = False


@cache
def emitted(cell: Cell) -> frozenset[str]:
    """The names of the files of its jobs, in all variants."""
    paths = [
        file.path
        for file in emit(
            samples.plan(*every.entries(cell), answers=every.answers_of(cell)), samples.SCRIPTS, samples.PLACES, cell.language
        ).out_files
    ]
    return frozenset(path.rsplit("/", 1)[-1] for path in paths if path.startswith("jobs/"))


def everything(cell: Cell) -> bool:
    """Every cell."""
    return bool(cell)


def with_file(name: str) -> Callable[[Cell], bool]:
    """Cells that emit such a file."""
    return lambda cell: name in emitted(cell)


def written_in(language: str) -> Callable[[Cell], bool]:
    """Cells of a language."""
    return lambda cell: cell.language == language


# tools that the issue names and that meet nothing that is emitted: said here, so that no cell is taken for forgotten
NOT_APPLICABLE = (
    (
        "functions-framework runs nothing that is emitted",
        "Google gets images with a server of their own, no functions of its framework; it reads the same requests (envelope).",
    ),
    (
        "`gcloud run jobs replace` meets nothing that is emitted",
        "Cloud Run's jobs and services are Terraform's, no YAML is written for gcloud; their planned bodies are held against "
        "Google's API descriptions, and the commands of jobs.sh that gcloud carries out against a loopback stub (gcloud).",
    ),
    (
        "Fargate's and Batch's tasks, Cloud Run's and Container Apps' jobs",
        "their images are run by podman with limits (image); no emulator of these services starts them. A workflow of Fargate is "
        "executed with ECS's answers from a file, its job by what the interpreter hands over to ECS (tasks).",
    ),
)

LINT, POLICIES, WORKFLOW, IMAGE = "test_emit_lint.py", "test_emit_policies.py", "test_emit_workflow.py", "test_emit_image.py"
WITNESSES = (
    Witness(
        "lint", LINT, "test_shellcheck_takes_every_script",
        "shellcheck, yamllint, hadolint, ruff, mypy, `make check`", everything,
    ),
    Witness(
        "policies", POLICIES, "test_checkov_says_nothing_that_has_no_reason",
        "checkov and trivy: mended, or a reason in accepted_policies.toml", everything,
    ),
    Witness(
        "workflow", WORKFLOW, "test_act_runs_the_check",
        "actionlint, zizmor, and run by act with stubbed actions", everything, runs=True,
    ),
    Witness(
        "terraform", "test_emit_terraform.py", "test_the_api_s_own_description_takes_every_value",
        "fmt, validate and plan with the providers' schemas; planned values against botocore, Google's API descriptions, "
        "enums of Azure's SDK and ranges of the providers' pages (value_rules.py)",
        written_in("terraform"),
    ),
    Witness(
        "sam", "test_emit_sam.py", "test_cfn_lint_takes_what_is_made_of_it",
        "cfn-lint on source and translated template, `sam validate --lint`, `sam build`, aws-croniter", written_in("sam"),
    ),
    Witness(
        "bicep", "test_emit_bicep.py", "test_the_sdk_s_models_take_every_body",
        "pycep, tree-sitter, every name and value of every body against the models of Azure's SDK", written_in("bicep"),
    ),
    Witness(
        "kubernetes", "test_emit_kubernetes.py", "test_the_schemas_take_every_document",
        "the API's schemas, kustomize, words, names and schedules", written_in("kubernetes"),
    ),
    Witness(
        "pythons", LINT, "test_every_python_compiles_it_and_passes_the_job_s_own_test",
        "compiled, and a job's own test run, by Python 3.9 to 3.13", with_file("job.json"), runs=True,
    ),
    Witness(
        "image", IMAGE, "test_every_dockerfile_builds_and_its_runner_starts",
        "Dockerfile built unchanged by buildah; run by podman with limits", with_file("Dockerfile"), runs=True,
    ),
    Witness(
        "pod", IMAGE, "test_the_pod_of_a_cronjob_runs", "the CronJob's pod run by podman", written_in("kubernetes"), runs=True,
    ),
    Witness(
        "lambda", "test_emit_lambda.py", "test_each_does_what_its_line_did_and_a_second_delivery_what_its_readme_says",
        "zip and image under AWS's Lambda emulator", lambda cell: cell.target == "aws_lambda", runs=True,
    ),
    Witness(
        "asl", "test_emit_step_functions.py", "test_the_validator_takes_every_definition",
        "workflows of Step Functions: asl-validator, and the same in both languages",
        lambda cell: cell.shape == "workflow" and cell.target.startswith("aws_"),
    ),
    Witness(
        "function", "../test_azure_functions.py", "test_the_emitted_app_is_what_azure_s_library_takes_and_runs_the_job",
        "imported and called with Microsoft's azure-functions",
        lambda cell: cell.target == "azure_functions" and cell.shape == "scheduled_batch", runs=True,
    ),
    Witness(
        "messages", "../test_azure_queue.py", "test_what_another_worker_has_waits_until_that_one_s_time_is_over",
        "called with Microsoft's azure-functions as its host does, with stand-ins of Service Bus and Blob Storage",
        lambda cell: cell.target == "azure_functions" and cell.shape in {"fan_out", "event_glue"}, runs=True,
    ),
    Witness(
        "durable", "test_durable_functions.py", "test_the_links_of_a_chain_run_in_their_order_each_once",
        "called by Microsoft's azure-functions-durable and its in-memory backend (durabletask), Azurite's queue between two apps",
        lambda cell: cell.target == "azure_functions" and cell.shape == "workflow", runs=True, emits=True,
    ),
    Witness(
        "service", IMAGE, "test_an_image_answers_what_pub_sub_pushes_to_it",
        "the image of event glue run by podman with its template's arguments, and pushed to",
        lambda cell: cell.target == "gcp_pubsub_push" and cell.shape == "event_glue", runs=True,
    ),
    Witness(
        "push", "../test_pubsub_push.py", "test_two_workers_never_have_the_same_item_and_a_killed_one_loses_none",
        "called and pushed to as Cloud Scheduler and Pub/Sub do, with stand-ins of Cloud Storage and Pub/Sub",
        lambda cell: cell.target == "gcp_pubsub_push", runs=True,
    ),
    Witness(
        "envelope", "test_google_functions.py", "test_google_s_framework_and_an_emitted_service_find_the_same_in_what_is_sent",
        "Pub/Sub's and Eventarc's requests, read alike by Google's functions-framework and the emitted service",
        lambda cell: cell.target == "gcp_pubsub_push" and cell.shape == "event_glue", runs=True, emits=True,
    ),
    Witness(
        "tasks", "test_localstack_tasks.py", "test_a_workflow_ends_as_its_container_does",
        "executed by LocalStack's interpreter with ECS's answers from a file: a container that ends well, one that does not, one "
        "that is not started; the job runs by what was handed over to its container",
        lambda cell: cell.shape == "workflow" and cell.target == "aws_fargate", runs=True,
    ),
    Witness(
        "stack", "test_localstack.py", "test_the_schedules_read_back_are_the_plan_s",
        "deployed to LocalStack by SAM, invoked, workflows executed, failed, deleted",
        lambda cell: cell.language == "sam" and cell.shape in {"scheduled_batch", "workflow"}, runs=True,
    ),
    Witness(
        "make", "test_emit_make.py", "test_a_change_set_is_planned_read_and_applied",
        "`make plan` and `make apply`: Terraform's workspaces, saved plans and values; SAM's change sets on LocalStack",
        lambda cell: cell.target == "aws_lambda" and cell.shape == "scheduled_batch", runs=True, emits=True,
    ),
    Witness(
        "gcloud", "test_emit_gcloud.py", "test_a_run_by_hand_leaves_the_schedule_as_it_was",
        "a run by hand, by the real gcloud, against a Cloud Scheduler of ours",
        lambda cell: cell.target == "gcp_cloud_run_service" and cell.shape == "scheduled_batch", runs=True, emits=True,
    ),
    Witness(
        "call", "test_localstack_call.py", "test_the_event_of_its_schedule_becomes_the_line_s_request",
        "deployed to LocalStack; its schedule's event on the bus becomes the request that a listener takes",
        lambda cell: cell.language == "sam" and cell.target == "aws_api_destination", runs=True, emits=True,
    ),
)  # fmt: skip


def of(cell: Cell) -> tuple[Witness, ...]:
    """Who looks at a combination that is offered."""
    return tuple(witness for witness in WITNESSES if witness.looks_at(cell))


def unseen(
    passed: Mapping[tuple[str, str], Collection[tuple[str, Tree]]], excused: Collection[tuple[str, str]] = ()
) -> list[str]:
    """What the matrix claims and no test did. `passed`: by file and test, the trees that it looked at; `excused`: tests whose
    tool is missing. Witnesses among the quick tests are left to `make test`."""
    found = []
    for cell in every.offered():
        for one in of(cell):
            test, tree = (one.file, one.test), Tree(every.TARGETS[cell.target].PROVIDER, cell.language)
            if one.file.startswith("../") or (test in excused and test not in passed):
                continue
            if test not in passed:
                found.append(f"{one.name} of {' '.join(cell)}: {one.file}::{one.test} did not pass")
            elif not one.emits and (EVERY, tree) not in passed[test]:
                found.append(f"{one.name} of {' '.join(cell)}: {one.file}::{one.test} did not look at {'/'.join(tree)}")
    return found


def is_unproved(cell: Cell) -> bool:
    """Whether a part of it runs in a service that no witness is."""
    made = (resource for entry in every.entries(cell) for resource in entry.placement.option.resources)
    return any(resource.values.get("unproved") for resource in made)


def table() -> str:
    """Markdown: a row for each shape and target, a column for each language; then the legend."""
    languages = tuple(dict.fromkeys(cell.language for cell in every.cells()))
    lines = [f"| shape | target | {' | '.join(languages)} |", "|---|---|" + "---|" * len(languages)]
    for shape, target in dict.fromkeys((cell.shape, cell.target) for cell in every.cells()):
        texts = [_text(Cell(shape, target, language)) for language in languages]
        lines.append(f"| {shape} | {target} | {' | '.join(texts)} |")
    common = ", ".join(witness.name for witness in WITNESSES if witness.looks_at is everything)
    lines += ["", f"Cells in bold have these, too: {common}. A dash: this target is not written in that language."]
    lines += [
        "Temporal is a proposal that the report prices (its worker is a server of all month); nothing is written for it.",
        "Files that a job keeps lie in the provider's object storage; on Kubernetes on a PersistentVolumeClaim, whichever of "
        "`object-storage` and `shared-disk` is answered: a cluster has no object store of its own, and the key of another is "
        "not ours.",
        "",
    ]
    lines += ["*Unproved*: a part of it runs in a service that no witness is.", ""]
    lines += [f"{SERVICES[provider]}: {text}." for provider, text in UNPROVED.items()]
    lines += [""]
    lines += [*(f"{tool}: {why}" for tool, why in NOT_APPLICABLE), ""]
    lines += ["| witness | looks at | test |", "|---|---|---|"]
    lines += [f"| {one.name} | {one.what} | `{one.file}::{one.test}` |" for one in WITNESSES]
    return "\n".join(lines) + "\n"


def _text(cell: Cell) -> str:
    target = every.TARGETS[cell.target]
    why = every.not_offered(cell)
    if target.LANGUAGES and cell.language not in target.LANGUAGES:
        return "-"
    if why is not None:
        return why
    text = f"**{', '.join(witness.name for witness in of(cell) if witness.looks_at is not everything)}**"
    return text + (" - *unproved*" if is_unproved(cell) else "")
