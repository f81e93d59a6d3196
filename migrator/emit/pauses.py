"""What `jobs.sh pause` and `resume` tell the daily check, so that nothing is called missed that a person switched off.

An entry `paused INSTANT` or `resumed INSTANT` beside the claims of the job (`runner/paused.py`), written with the provider's own
tool by the functions `told_aws`, `told_gcp` and `told_azure` of `jobs.sh`. On Kubernetes the check asks the CronJob itself.
"""

from collections.abc import Callable, Mapping, Sequence

from migrator.emit import daily_check
from migrator.model.option import Resource
from migrator.model.plan import JobPlan
from migrator.runner.daily_check import MARKS


def command(entry: JobPlan, word: str, jobs: Sequence[str], stack: str | None) -> str | None:
    """The command that says `word`, `paused` or `resumed`; None where nothing has to be told.

    `jobs`: whose runs end with that schedule; `stack`: what follows `$STACK`, where CloudFormation gives the names."""
    if daily_check.of(entry) is None:
        return None
    for resource in entry.placement.option.resources:
        place = PLACES.get(resource.kind)
        if place is not None and (told := place(resource, word, stack)) is not None:
            return f"{told} {' '.join(jobs)}"
    return None


def _table(table: Resource, word: str, stack: str | None) -> str:
    if stack is None:
        return f'told_aws {word} "${{PREFIX}}{table.values["table_name"]}"'
    return f'told_aws {word} "$(physical "$STACK{stack}" {table.values["logical_id"]})"'


def _bucket(_: Resource, word: str, __: str | None) -> str:
    return f"told_gcp {word}"


def _container(container: Resource, word: str, _: str | None) -> str | None:
    name = str(container.values["container"])
    return None if name == MARKS else f"told_azure {word} {name}"


PLACES: Mapping[str, Callable[[Resource, str, str | None], str | None]] = {
    "aws_dynamodb_table": _table,
    "gcp_storage_bucket": _bucket,
    "azure_storage_container": _container,
}
