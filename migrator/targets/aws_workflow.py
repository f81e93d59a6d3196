"""A job behind a workflow of Step Functions: its schedule starts the workflow, and the workflow the job, once.

The end of a job that went well starts the workflows of those that come after it; these have no schedule of their own.
"""

from migrator import chains
from migrator.model.finding import Dossier, Translation
from migrator.model.option import Part, Resource
from migrator.targets import aws_parts

KIND = "aws_sfn_state_machine"
# What a run may take beyond the runner's own deadline: the function's end, a container's start and its grace.
FUNCTION_MARGIN_S = 30
CONTAINER_MARGIN_S = 600
MEETS_INTERVAL_S, MEETS_ATTEMPTS = 60, 15  # a start that meets a running one waits for a quarter of an hour, as an event would
# https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html: how it learns that a task has ended
TASKS = "arn:${Partition}:ecs:${Region}:${Account}:task/*"
TASK_RULE = "arn:${Partition}:events:${Region}:${Account}:rule/StepFunctionsGetEventsForECSTaskRule"


def around_function(
    dossier: Dossier, translation: Translation | None, part: Part, function: Resource, timeout_s: float, *, meeting: str | None
) -> tuple[Resource, ...]:
    """The workflow around a function. `meeting`: what becomes of a start that meets a running one, where only one may run."""
    started = aws_parts.reference("aws_lambda_function", function.name)
    grants = [aws_parts.statement("StartFunction", ["lambda:InvokeFunction"], [started])]
    values: dict[str, object] = {"function": started, "task": None, "meeting": meeting}
    return _workflow(dossier, translation, part, grants, values, int(timeout_s) + FUNCTION_MARGIN_S)


def around_task(
    dossier: Dossier,
    translation: Translation | None,
    part: Part,
    task: dict[str, object],
    cluster: dict[str, object],
    start: list[dict[str, object]],
    timeout_s: float,
) -> tuple[Resource, ...]:
    """The workflow around a container. `task`: its definition's, cluster's and container's names; `start`: who may start it."""
    grants = [
        *start,
        aws_parts.statement("StopTask", ["ecs:DescribeTasks", "ecs:StopTask"], [], arns=[TASKS], cluster=cluster),
        aws_parts.statement("HearOfItsEnd", ["events:DescribeRule", "events:PutRule", "events:PutTargets"], [], arns=[TASK_RULE]),
    ]
    values: dict[str, object] = {"function": None, "task": task, "meeting": None}
    return _workflow(dossier, translation, part, grants, values, int(timeout_s) + CONTAINER_MARGIN_S)


def _workflow(
    dossier: Dossier,
    translation: Translation | None,
    part: Part,
    grants: list[dict[str, object]],
    values: dict[str, object],
    timeout_s: int,
) -> tuple[Resource, ...]:
    """Its role, the workflow itself, and schedules with a role that may start nothing else."""
    job, name = dossier.job, aws_parts.identifier(dossier.job, "workflow")
    topic = aws_parts.reference("aws_sns_topic", aws_parts.NOTICES)
    followers = chains.after(job.id, dossier.answers)
    machines = [aws_parts.reference(KIND, aws_parts.named(one, "workflow")) for one in followers]
    role = aws_parts.role(
        job,
        "workflow_role",
        "states.amazonaws.com",
        f"Runs {job.name} and tells its failure",
        [
            *grants,
            aws_parts.statement("SendNotices", ["sns:Publish"], [topic]),
            *([aws_parts.statement("StartWhatFollows", ["states:StartExecution"], machines)] if machines else []),
        ],
    )
    machine = aws_parts.resource(
        KIND,
        name,
        machine_name=f"{aws_parts.cloud_name(job)}-workflow",
        job_id=job.id,
        comment=aws_parts.description(job),
        subject=aws_parts.plain(f"{job.name} failed", 100),
        timeout_s=timeout_s,
        role=role.name,
        role_id=role.values["logical_id"],
        topic=topic["name"],
        topic_id=topic["logical_id"],
        followers=[
            {"job_id": one, "state": f"Start {aws_parts.shortened(one)}", **machine}
            for one, machine in zip(followers, machines, strict=True)
        ],
        meets={"interval_s": MEETS_INTERVAL_S, "attempts": MEETS_ATTEMPTS},
        usage={
            "executions": part.monthly_invocations,
            "transitions": 3 + len(followers),
            "lasts_s": part.billed_s,
        },
        **values,
    )
    if chains.before(job.id, dossier.answers) is not None or translation is None:
        return (role, machine)
    target = aws_parts.reference(KIND, name)
    starts = [aws_parts.statement("StartWorkflow", ["states:StartExecution"], [target])]
    schedules = aws_parts.schedules(
        dossier, translation, part.monthly_invocations, aws_parts.execution, starts, {"target": target}
    )
    return (role, machine, *schedules)
