"""Where a job's image carries the runner's POSIX sh form instead of Python: because the user said so, and what it then lacks.

Line: `<job id>/runner: sh` in decisions.yaml. The places create no claim, no lease and no daily check for such a job.
"""

import base64
import json
from collections.abc import Collection, Mapping

from migrator.model.plan import JobPlan

TOPIC, SH = "runner", "sh"
MARK = b"@secret:"
# where one container is one run: nothing calls it, and its exit status is the run's
PLACES = frozenset(
    {
        "aws_ecs_task_definition",
        "aws_batch_job_definition",
        "gcp_cloud_run_v2_job",
        "azure_container_app_job",
        "kubernetes_cron_job",
    }
)


def is_asked(job_id: str, answers: Mapping[str, str]) -> bool:
    """True where the user wants it.

    >>> is_asked("night-1a2b", {"night-1a2b/runner": "sh"}), is_asked("night-1a2b", {})
    (True, False)
    """
    return answers.get(f"{job_id}/{TOPIC}") == SH


def lacking(entry: JobPlan, job_json: bytes, scripts: Collection[bytes]) -> tuple[str, ...]:
    """What the job needs of the runner and a shell cannot give it, each in a few words; () where nothing is lacking.

    `scripts`: the texts of the job's own."""
    job, resources = json.loads(job_json), entry.placement.option.resources
    shape = next((one for one in entry.shapes if one.kind == entry.placement.option.shape), None)
    needs = {} if shape is None else {need.kind: need.choice for need in shape.adds}
    forbids = any(one.values.get("concurrency_policy") == "Forbid" for one in resources)
    texts = [job["shell"], job["working_directory"] or "", job["timezone"]]
    found = [
        ("its place, which starts a program by calls", not any(one.kind in PLACES for one in resources)),
        ("the guard of its schedule", job["guard"] is not None),
        ("its instants to be claimed, because a second run would do harm", "at_most_once" in needs),
        ("its lock on all machines", "single_flight" in needs and not (forbids and needs["single_flight"] != "wait")),
        ("the files that outlive its runs", job["state"] is not None),
        ("secrets in the text of its scripts", any(MARK in text for text in scripts)),
        ("the programs of its shape", shape is not None and shape.kind != "scheduled_batch"),
        ("a newline in a setting", any("\n" in text for text in texts) or _has_newline(job["environment"])),
    ]
    return tuple(words for words, lacks in found if lacks)


def _has_newline(environment: list[list[str]]) -> bool:
    """Systemd's units may have one; cron has none."""
    return any("\n" in name or b"\n" in base64.b64decode(value) for name, value in environment)
