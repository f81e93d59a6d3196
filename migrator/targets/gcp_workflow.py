"""Google Workflows around a Cloud Run job: a schedule, or the end of the job before it, starts the workflow; that runs the job
once, waits for its end, and starts what comes after it where it ended well.

Unproved: nothing that can be had offline runs Google Workflows. The definition is held against the documented form, and no more.
Source: https://docs.cloud.google.com/workflows/docs/reference/googleapis/run/v2/projects.locations.jobs/run,
https://docs.cloud.google.com/workflows/docs/reference/googleapis/workflowexecutions/v1/projects.locations.workflows.executions/create
"""

import msgspec

from migrator import chains
from migrator.model.finding import Dossier, Translation
from migrator.model.option import Part, Resource
from migrator.targets import naming

KIND = "gcp_workflows_workflow"
SHARED = "workflows"
NAME_LIMIT = 46  # of 64, with name_prefix (8) and "-workflow"
ACCOUNT_LIMIT = 19  # of 30, with name_prefix and "-wf"
MARGIN_S = 900  # the pull of the image, and the end that is heard of late
UNPROVED = (
    "unproved: no witness runs Google Workflows; its definition and its permissions were only held against the documents, and "
    "none of them tells what waiting for the job's end counts as: try it by hand before its schedule goes on, and read the first "
    "bill"
)


def account_name(dossier: Dossier) -> str:
    """The account of the workflow, which alone may start the job."""
    return naming.identifier(dossier.job, "workflow_account")


def around_job(
    dossier: Dossier, translation: Translation | None, part: Part | None, run_job: str, timeout_s: float
) -> tuple[Resource, ...]:
    """The workflow with its account, and what all workflows share. `run_job`: the job that it runs, by its name in templates."""
    job, followers = dossier.job, chains.after(dossier.job.id, dossier.answers)
    runs = None if part is None else part.monthly_invocations
    first = chains.before(job.id, dossier.answers) is None and translation is not None
    account = Resource(
        kind="gcp_service_account",
        name=account_name(dossier),
        values={
            "account_id": f"{naming.short_name(job, ACCOUNT_LIMIT)}-wf",
            "display_name": naming.plain(f"Starts {job.name}", 100),
            "description": "The workflow of this job: may start the job, and the workflows that follow it",
            "prefixes": [],
            "grants": [],
        },
    )
    workflow = Resource(
        kind=KIND,
        name=named(job.id),
        values={
            "workflow_name": f"{naming.short_name(job, NAME_LIMIT)}-workflow",
            "job_id": job.id,
            "description": naming.described(job, 999),
            "account": account.name,
            "run_job": run_job,
            "timeout_s": int(timeout_s) + MARGIN_S,
            "shared_role": SHARED,
            "scheduler": first,
            "unproved": UNPROVED,
            "followers": [{"name": named(one), "step": f"start_{number}"} for number, one in enumerate(followers, 1)],
            "usage": {"executions": runs, "steps": 2 + len(followers)},
        },
    )
    shared = Resource(kind="gcp_workflows_shared", name=SHARED, values={"shared": True, "channel": "cron_notices"})
    return (shared, account, workflow)


def started_by(schedules: tuple[Resource, ...], dossier: Dossier) -> tuple[Resource, ...]:
    """A job's schedules, that they start its workflow instead; () where the end of another job does."""
    if chains.before(dossier.job.id, dossier.answers) is not None:
        return ()
    return tuple(
        one
        if one.kind != "gcp_cloud_scheduler_job"
        else msgspec.structs.replace(one, values={**one.values, "run_job": None, "workflow": named(dossier.job.id)})
        for one in schedules
    )


def named(job_id: str) -> str:
    """The workflow of a job, by its name in templates."""
    return naming.identified(job_id, "workflow")
