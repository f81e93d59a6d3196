"""Where a job's image carries the runner's POSIX sh form instead of Python: because the user said so, and what it then lacks.

Line: `<job id>/runner: sh` in decisions.yaml. The places create no claim, no lease and no daily check for such a job.
"""

import base64
import json
from collections.abc import Collection, Mapping

from migrator.model.option import Resource
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

# of those, where a shell would have to sign a notice's request; elsewhere the platform sends the log's line, or nothing does
SIGNED = frozenset({"aws_ecs_task_definition", "aws_batch_job_definition"})


def is_asked(job_id: str, answers: Mapping[str, str]) -> bool:
    """True where the user wants it.

    >>> is_asked("night-1a2b", {"night-1a2b/runner": "sh"}), is_asked("night-1a2b", {})
    (True, False)
    """
    return answers.get(f"{job_id}/{TOPIC}") == SH


def is_told_of_failures_only(resources: Collection[Resource]) -> bool:
    """True where only a rule of the platform sends a notice, and it sees how a container ended, not what it wrote.

    AWS wants a publisher's request signed (Signature Version 4): HMAC-SHA256 five times, the key of each the digest of the
    one before. A POSIX shell has no HMAC, and its variables hold no NUL, so no digest."""
    return any(one.kind in SIGNED for one in resources)


def lacking(
    entry: JobPlan, job_json: bytes, scripts: Collection[bytes], answers: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """What the job needs of the runner and a shell cannot give it, each in a few words; () where nothing is lacking.

    `scripts`: the texts of the job's own. `answers`: whether a notice of each output was asked for, not only left as cron had it.
    """
    job, resources = json.loads(job_json), entry.placement.option.resources
    shape = next((one for one in entry.shapes if one.kind == entry.placement.option.shape), None)
    needs = {} if shape is None else {need.kind: need.choice for need in shape.adds}
    forbids = any(one.values.get("concurrency_policy") == "Forbid" for one in resources)
    texts = [job["shell"], job["working_directory"] or "", job["timezone"]]
    asked = (answers or {}).get(f"{job['job_id']}/notify") == "output" and is_told_of_failures_only(resources)
    found = [
        (
            "a notice of what it writes (notify: output), which AWS takes signed only",
            asked and is_told_of_failures_only(resources),
        ),
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
