"""What one does with a job after it has moved: run it now, for a past instant, pause and resume it, read its logs.

Each command is the provider's own tool, for what the templates create. `$PREFIX` is name_prefix, `$STACK` the stack, `$REGION`
the region, `$GROUP` the resource group, `$SUBNETS` and `$SECURITY_GROUPS` what containers of AWS need, `$WORKSPACE` the log
workspace, `$AT` the instant, or the item that a run by hand is for where no schedule starts the job.
"""

import json
from collections.abc import Callable, Mapping
from typing import NamedTuple

from migrator.errors import EmitError
from migrator.model.option import Resource
from migrator.model.plan import JobPlan
from migrator.runner.switch import JOBS_VERSION

FORCED = "MIGRATOR_RUN_NOW"
INSTANT = "MIGRATOR_SCHEDULED_TIME"


class DayTwo(NamedTuple):
    """Shell commands; `pause` and `resume` None: the templates do it, through `enabled_jobs`."""

    run: str
    run_for: str | None  # None: nobody but the scheduler says for which instant a call is
    logs: str
    pause: str | None = None
    resume: str | None = None
    redrive: str | None = None  # what lies among the dead letters goes back into the queue; None: there is no queue


def commands(entry: JobPlan, language: str, stack: str = "") -> DayTwo | None:
    """The commands for what the job runs on; None where nothing runs a program of ours.

    `stack`: what follows `$STACK` in the name of the job's CloudFormation stack, where there are several. Raises `EmitError` for
    a plan of another version.
    """
    resources = entry.placement.option.resources
    found = _of_runner(resources, language, stack)
    flow = next((one for one in resources if one.kind in WORKFLOWS), None)
    if found is not None and any(one.kind == "aws_lambda_event_source_mapping" for one in resources):
        found = _sqs(found, resources, stack if language == "sam" else None)
    names = next((queue for one in resources if isinstance(queue := one.values.get("queue"), dict)), None)
    if found is not None and names is not None:
        found = _pubsub(found, resources, names)
    if found is None or flow is None:
        return found
    run, run_for = WORKFLOWS[flow.kind](flow, stack if language == "sam" else None)
    return found._replace(run=run, run_for=run_for)


def _of_runner(resources: tuple[Resource, ...], language: str, stack: str) -> DayTwo | None:
    """The commands for what runs the program."""
    for resource in resources:
        made = KINDS.get(resource.kind)
        if made is not None:
            schedules = [one for one in resources if one.kind in SCHEDULES]
            try:
                return made(resource, schedules, stack if language == "sam" else None)
            except KeyError as error:
                raise EmitError(
                    f"{resource.name}: has no {error}; the plan was made by another version, so run `migrator plan` again"
                ) from error
    return None


def _lambda(function: Resource, schedules: list[Resource], stack: str | None) -> DayTwo:
    """`stack`: CloudFormation gives the names there; None: Terraform does."""

    def named(resource: Resource, key: str) -> str:
        if stack is None:
            return f'"${{PREFIX}}{resource.values[key]}"'
        return f'"$(physical "$STACK{stack}" {resource.values["logical_id"]})"'

    name = named(function, "function_name")
    before = "${PREFIX}" if stack is None else f"$STACK{stack}/"

    def invoke(event: str) -> str:
        return f"aws lambda invoke --function-name {name} --cli-binary-format raw-in-base64-out --payload {event} /dev/stdout"

    return DayTwo(
        invoke("""'{"run_now": true}'"""),
        invoke(r'"{\"run_now\": true, \"scheduled_time\": \"$AT\"}"'),
        f'aws logs tail "/aws/lambda/{before}{function.values["function_name"]}" --since 1d --format short',
        " && ".join(f"schedule_state DISABLED {named(one, 'schedule_name')}" for one in schedules) or None,
        " && ".join(f"schedule_state ENABLED {named(one, 'schedule_name')}" for one in schedules) or None,
    )


def _sqs(found: DayTwo, resources: tuple[Resource, ...], stack: str | None) -> DayTwo:
    """Dead letters are moved by SQS itself; where no schedule starts the job, a run by hand is a message."""
    queues = {one.name: one for one in resources if one.kind == "aws_sqs_queue"}
    items, dead_letters = next(
        (one, queues[str(dead["name"])]) for one in queues.values() if isinstance(dead := one.values["dead_letters"], dict)
    )

    def url(queue: Resource) -> str:
        if stack is not None:
            return f'"$(physical "$STACK{stack}" {queue.values["logical_id"]})"'
        return f'"$(aws sqs get-queue-url --queue-name "${{PREFIX}}{queue.values["queue_name"]}" --query QueueUrl --output text)"'

    asked = f"--queue-url {url(dead_letters)} --attribute-names QueueArn --query Attributes.QueueArn --output text"
    found = found._replace(redrive=f'aws sqs start-message-move-task --source-arn "$(aws sqs get-queue-attributes {asked})"')
    if any(one.kind in SCHEDULES for one in resources):
        return found
    return found._replace(run=f'item && aws sqs send-message --queue-url {url(items)} --message-body "$AT"', run_for=None)


def _step_functions(machine: Resource, stack: str | None) -> tuple[str, str]:
    """The whole workflow, and what comes after it: `states` is asked for its ARN by name."""
    if stack is None:
        query = f"stateMachines[?name=='${{PREFIX}}{machine.values['machine_name']}'].stateMachineArn"
        arn = f'"$(aws stepfunctions list-state-machines --query "{query}" --output text)"'
    else:
        arn = f'"$(physical "$STACK{stack}" {machine.values["logical_id"]})"'

    def start(at: str) -> str:
        said = r"{\"execution_id\": \"by hand\", \"expression\": 0, \"run_now\": \"1\", \"scheduled_time\": \"" + at + r"\"}"
        return f'aws stepfunctions start-execution --state-machine-arn {arn} --input "{said}"'

    return start(""), start("$AT")


def _google_workflow(workflow: Resource, _: str | None) -> tuple[str, str]:
    """The whole workflow, and what comes after it."""
    start = f'gcloud workflows run "${{PREFIX}}{workflow.values["workflow_name"]}" --location "$REGION" --data'
    return f"""{start} '{{"run_now": "1"}}'""", f'{start} "{{\\"run_now\\": \\"1\\", \\"scheduled_time\\": \\"$AT\\"}}"'


def _fargate(task: Resource, schedules: list[Resource], _: str | None) -> DayTwo:
    family, container = task.values["family"], str(task.values["container"])

    def start(*variables: tuple[str, str]) -> str:
        said = [{"name": container, "environment": [{"name": name, "value": value} for name, value in variables]}]
        text = _quoted(json.dumps({"containerOverrides": said}))
        public = "DISABLED" if task.values.get("no_own_address") else "${PUBLIC:-ENABLED}"
        network = f'"awsvpcConfiguration={{subnets=[$SUBNETS],securityGroups=[$SECURITY_GROUPS],assignPublicIp={public}}}"'
        return (
            f'aws ecs run-task --cluster "${{PREFIX}}migrated-jobs" --task-definition "${{PREFIX}}{family}" '
            f"--launch-type FARGATE --network-configuration {network} --overrides {text}"
        )

    return DayTwo(
        start((FORCED, "1")),
        start((FORCED, "1"), (INSTANT, "$AT")),
        f'aws logs tail "/ecs/${{PREFIX}}{family}" --since 1d --format short',
        _each(schedules, lambda one: f"schedule_state DISABLED {one}"),
        _each(schedules, lambda one: f"schedule_state ENABLED {one}"),
    )


def _batch(definition: Resource, schedules: list[Resource], _: str | None) -> DayTwo:
    name = definition.values["definition_name"]

    def submit(*variables: tuple[str, str]) -> str:
        said = {"environment": [{"name": variable, "value": value} for variable, value in variables]}
        text = _quoted(json.dumps(said))
        return (
            f'aws batch submit-job --job-name "${{PREFIX}}{name}" --job-queue "${{PREFIX}}migrated-jobs" '
            f'--job-definition "${{PREFIX}}{name}" --container-overrides {text}'
        )

    return DayTwo(
        submit((FORCED, "1")),
        submit((FORCED, "1"), (INSTANT, "$AT")),
        f'aws logs tail "/aws/batch/${{PREFIX}}{name}" --since 1d --format short',
        _each(schedules, lambda one: f"schedule_state DISABLED {one}"),
        _each(schedules, lambda one: f"schedule_state ENABLED {one}"),
    )


def _cloud_run(job: Resource, schedules: list[Resource], _: str | None) -> DayTwo:
    name = f'"${{PREFIX}}{job.values["job_name"]}"'
    execute = f'gcloud run jobs execute {name} --region "$REGION" --wait --update-env-vars'
    where = f'resource.type=\\"cloud_run_job\\" resource.labels.job_name=\\"${{PREFIX}}{job.values["job_name"]}\\"'
    return DayTwo(
        f"{execute} {FORCED}=1",
        f'{execute} "{FORCED}=1,{INSTANT}=$AT"',
        f"gcloud logging read \"{where}\" --freshness 1d --format 'value(timestamp,jsonPayload.message)'",
        *_google_switches(schedules),
    )


def _google_switches(schedules: list[Resource]) -> tuple[str | None, str | None]:
    """Cloud Scheduler's pause and resume of each schedule."""
    return (
        _each(schedules, lambda one: f'gcloud scheduler jobs pause {one} --location "$REGION"'),
        _each(schedules, lambda one: f'gcloud scheduler jobs resume {one} --location "$REGION"'),
    )


def _pubsub(found: DayTwo, resources: tuple[Resource, ...], names: Mapping[str, str]) -> DayTwo:
    """Dead letters are published again. Where no schedule starts the job, a run by hand is a message, and a pause has nothing
    pushed any more: the queue keeps what comes for a week."""
    items, dead = (f'"${{PREFIX}}{names[name]}"' for name in ("items", "dead_letters"))
    found = found._replace(redrive=f"redrive {dead} {items}")
    if any(one.kind in SCHEDULES for one in resources):
        return found
    worker = next(one for one in resources if one.kind == "gcp_cloud_run_v2_service")
    service = f'"${{PREFIX}}{worker.values["service_name"]}"'
    called = f'gcloud run services describe {service} --region "$REGION" --format "value(status.url)"'
    return found._replace(
        run=f'item && gcloud pubsub topics publish {items} --message="$AT"',
        run_for=None,
        pause=f'gcloud pubsub subscriptions modify-push-config {items} --push-endpoint=""',
        resume=f'push_to {items} "$({called})" "${{PREFIX}}cron-messages"',
    )


def _cloud_run_service(service: Resource, schedules: list[Resource], _: str | None) -> DayTwo:
    """Only Cloud Scheduler reaches the service: its schedule is told to force a run, is run, and told to leave it again."""
    own = f'resource.labels.service_name=\\"${{PREFIX}}{service.values["service_name"]}\\"'
    where = f'resource.type=\\"cloud_run_revision\\" {own}'
    first = f'"${{PREFIX}}{schedules[0].values["schedule_name"]}" --location "$REGION"' if schedules else ""
    update = f"gcloud scheduler jobs update http {first}"
    number = schedules[0].values.get("expression_number") if schedules else None
    kept = "" if number is None else f"X-Migrator-Expression={number}"
    # what is sent replaces all headers, and gcloud's --remove-headers crashes (528: "'NoneType' object does not support ...")
    started = (
        f"{update} --update-headers {','.join(filter(None, (kept, 'X-Migrator-Run-Now=1')))} && gcloud scheduler jobs run {first}"
    )
    left = f"{update} --clear-headers" + (f" && {update} --update-headers {kept}" if kept else "")
    return DayTwo(
        f"{started}; started=$?; sleep 5; {left} && exit $started",
        None,
        f"gcloud logging read \"{where}\" --freshness 1d --format 'value(timestamp,jsonPayload.message)'",
        *_google_switches(schedules),
    )


def _container_app(job: Resource, others: list[Resource], _: str | None) -> DayTwo:
    """The CLI has no word for a pause; Azure's own API suspends a job, which nothing starts then."""
    name = f'"${{PREFIX}}{job.values["job_name"]}"'
    where = f'--name {name} --resource-group "$GROUP"'

    def start(variables: str, names: str) -> str:
        update = f"az containerapp job update {where} --output none"
        return f"{update} --set-env-vars {variables} && az containerapp job start {where}; {update} --remove-env-vars {names}"

    def switch(verb: str) -> str:
        names = dict.fromkeys(str(one.values["job_name"]) for one in [job, *others] if one.kind == "azure_container_app_job")
        place = "/subscriptions/{subscriptionId}/resourceGroups/$GROUP/providers/Microsoft.App/jobs"
        each = (f"{place}/${{PREFIX}}{one}/{verb}?api-version={JOBS_VERSION}" for one in names)
        return " && ".join(f'az rest --method post --url "{url}" --output none' for url in each)

    own = f"ContainerGroupName_s startswith '${{PREFIX}}{job.values['job_name']}'"
    query = f"ContainerAppConsoleLogs_CL | where {own} | project TimeGenerated, Log_s"
    return DayTwo(
        start(f"{FORCED}=1", FORCED),
        start(f'{FORCED}=1 "{INSTANT}=$AT"', f"{FORCED} {INSTANT}"),
        f'az monitor log-analytics query --workspace "$WORKSPACE" --analytics-query "{query}" --timespan P1D --output tsv',
        switch("suspend"),
        switch("resume"),
    )


def _function_app(app: Resource, _: list[Resource], __: str | None) -> DayTwo:
    """A run by hand is asked of the app itself, with its master key; after 230 s the answer is lost, and the run goes on."""
    begins = f"${{PREFIX}}{app.values['app_name']}"
    name = f'"$(app "{begins}")"'
    many = app.values["expressions"]
    timers = [f"schedule_{number}" for number in range(len(many) if isinstance(many, list | tuple) else 0)]
    has_queue = bool(app.values["queue"])

    def switch(word: str, disabled: str) -> str | None:
        functions = [*timers, *(["work"] if has_queue else [])]
        settings = [f"AzureWebJobs.{one}.Disabled={disabled}" for one in functions]
        if timers:
            settings.insert(0, f"MIGRATOR_SCHEDULES={word}")
        where = f'--name {name} --resource-group "$GROUP"'
        return (
            f"az functionapp config appsettings set {where} --output none --settings {' '.join(settings)}" if settings else None
        )

    query = f"AppTraces | where AppRoleName startswith '{begins}' | project TimeGenerated, Message"
    started_by_messages = has_queue and not timers
    return DayTwo(
        f'item && call_app {name} "$AT"' if started_by_messages else f"call_app {name} '{{}}'",
        None if started_by_messages else f'call_app {name} "{{\\"scheduled_time\\": \\"$AT\\"}}"',
        f'az monitor log-analytics query --workspace "$WORKSPACE" --analytics-query "{query}" --timespan P1D --output tsv',
        switch("off", "true"),
        switch("on", "false"),
        f"call_app {name} '{{}}' redrive" if has_queue else None,
    )


def _cron_job(job: Resource, others: list[Resource], _: str | None) -> DayTwo:
    names = [str(one.values["cron_job_name"]) for one in [job, *others] if one.kind == "kubernetes_cron_job"]
    name = names[0]

    def start(variables: str) -> str:
        made = f'kubectl create job --from="cronjob/{name}" "{name}-$(date +%H%M%S)" --dry-run=client --output yaml'
        return f"{made} | kubectl set env --local --filename - {variables} --output yaml | kubectl create --filename -"

    newest = "kubectl get jobs --sort-by .metadata.creationTimestamp --output name"

    def switch(value: str) -> str:
        each = dict.fromkeys(names)
        return " && ".join(f'kubectl patch cronjob {one} --patch \'{{"spec": {{"suspend": {value}}}}}\'' for one in each)

    return DayTwo(
        start(f"{FORCED}=1"),
        start(f'{FORCED}=1 "{INSTANT}=$AT"'),
        f'kubectl logs --tail -1 "$({newest} | grep "/{name}-" | tail -n 1)"',
        switch("true"),
        switch("false"),
    )


def _api_destination(call: Resource, schedules: list[Resource], stack: str | None) -> DayTwo:
    """A run by hand is an event like the schedule's; a call that worked leaves nothing behind, one that failed its event."""

    def named(one: Resource) -> str:
        if stack is None:
            return f'"${{PREFIX}}{one.values["schedule_name"]}"'
        return f'"$(physical "$STACK{stack}" {one.values["logical_id"]})"'

    values = call.values
    bus = "${PREFIX}cron-calls" if stack is None else f"$STACK{stack}-cron-calls"
    said = [{"Source": values["event_source"], "DetailType": values["job_id"], "Detail": "{}", "EventBusName": bus}]
    queue = '"$(aws sqs get-queue-url --queue-name "${PREFIX}cron-failed-calls" --query QueueUrl --output text)"'
    if stack is not None:
        queue = f'"$(physical "$STACK{stack}" {values["failed_id"]})"'
    columns = ", ".join(f"MessageAttributes.{name}.StringValue" for name in ("ERROR_CODE", "ERROR_MESSAGE"))
    query = f"Messages[?contains(Body, '{values['job_id']}')].[Attributes.SentTimestamp, {columns}]"
    received = f"aws sqs receive-message --queue-url {queue} --max-number-of-messages 10 --visibility-timeout 0"
    return DayTwo(
        f"aws events put-events --entries {_quoted(json.dumps(said))}",
        None,
        f'{received} --attribute-names SentTimestamp --message-attribute-names All --query "{query}" --output text',
        " && ".join(f"schedule_state DISABLED {named(one)}" for one in schedules) or None,
        " && ".join(f"schedule_state ENABLED {named(one)}" for one in schedules) or None,
    )


def _scheduler_call(_: Resource, schedules: list[Resource], __: str | None) -> DayTwo:
    """Cloud Scheduler's own log says how each call ended."""
    names = [f"${{PREFIX}}{one.values['schedule_name']}" for one in schedules]
    one_of = " OR ".join(f'\\"{name}\\"' for name in names)
    where = f'resource.type=\\"cloud_scheduler_job\\" resource.labels.job_id=({one_of})'
    return DayTwo(
        f'gcloud scheduler jobs run "{names[0]}" --location "$REGION"',
        None,
        f"gcloud logging read \"{where}\" --freshness 1d --format 'value(timestamp,severity,jsonPayload.status)'",
        *_google_switches(schedules),
    )


def _logic_app(_: Resource, schedules: list[Resource], __: str | None) -> DayTwo:
    """Azure's own API, through `az rest`: a run by hand is one of the first workflow's trigger."""

    def asked(one: Resource, method: str, path: str, more: str = "") -> str:
        place = "/subscriptions/{subscriptionId}/resourceGroups/$GROUP/providers/Microsoft.Logic/workflows"
        url = f"{place}/${{PREFIX}}{one.values['workflow_name']}/{path}?api-version=2019-05-01"
        return f'az rest --method {method} --url "{url}"{more}'

    columns = "value[].[properties.startTime, properties.status, properties.error.message]"
    return DayTwo(
        asked(schedules[0], "post", "triggers/schedule/run"),
        None,
        " && ".join(asked(one, "get", "runs", f' --query "{columns}" --output tsv') for one in schedules),
        " && ".join(asked(one, "post", "disable") for one in schedules),
        " && ".join(asked(one, "post", "enable") for one in schedules),
    )


def _quoted(text: str) -> str:
    """A word in double quotes, so that variables in it are still set."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _each(schedules: list[Resource], command: Callable[[str], str]) -> str | None:
    names = [f'"${{PREFIX}}{schedule.values["schedule_name"]}"' for schedule in schedules if "schedule_name" in schedule.values]
    return " && ".join(command(name) for name in names) or None


KINDS: Mapping[str, Callable[[Resource, list[Resource], str | None], DayTwo]] = {
    "aws_lambda_function": _lambda,
    "aws_ecs_task_definition": _fargate,
    "aws_batch_job_definition": _batch,
    "gcp_cloud_run_v2_job": _cloud_run,
    "gcp_cloud_run_v2_service": _cloud_run_service,
    "azure_container_app_job": _container_app,
    "azure_function_app": _function_app,
    "kubernetes_cron_job": _cron_job,
    "aws_api_destination": _api_destination,
    "gcp_cloud_scheduler_http_job": _scheduler_call,
    "azure_logic_app_workflow": _logic_app,
}
WORKFLOWS: Mapping[str, Callable[[Resource, str | None], tuple[str, str]]] = {
    "aws_sfn_state_machine": _step_functions,
    "gcp_workflows_workflow": _google_workflow,
}
SCHEDULES = frozenset(
    {
        "aws_scheduler_schedule",
        "gcp_cloud_scheduler_job",
        "gcp_cloud_scheduler_http_job",
        "azure_container_app_job",
        "azure_logic_app_workflow",
        "kubernetes_cron_job",
    }
)
