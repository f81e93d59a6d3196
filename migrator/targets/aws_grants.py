"""What a job's role needs for the cloud calls that its facts show: these actions, on the resources that they name, no more.

Line: `aws s3 cp - s3://example-backup/shop-$(date +%F).sql.gz` writes objects `example-backup/shop-*`.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege
"""

from migrator.cloud_calls import DATA, CloudCall, cloud_calls, is_hidden, with_answers
from migrator.model.finding import Dossier
from migrator.targets import aws_parts
from migrator.targets.aws_permissions import permissions


def statements(dossier: Dossier) -> list[dict[str, object]]:
    """Statements for the calls of the job, sorted; a call whose resource a variable hides gives none until it is answered."""
    on: dict[str, set[str]] = {}
    everywhere: set[str] = set()
    for call in called(dossier):
        for permission in permissions(call.operation, call.parameters) or ():
            if permission.arns:
                for arn in permission.arns:
                    on.setdefault(arn, set()).add(permission.action)
            else:
                everywhere.add(permission.action)
    together: dict[tuple[str, ...], list[str]] = {}
    for arn, actions in on.items():
        together.setdefault(tuple(sorted(actions)), []).append(arn)
    found = [
        aws_parts.statement(f"Calls{number}", list(actions), [], arns=sorted(arns))
        for number, (actions, arns) in enumerate(sorted(together.items()), 1)
    ]
    if everywhere:
        found.append(aws_parts.statement("CallsWithoutResource", sorted(everywhere), [], everything=True))
    return found


def called(dossier: Dossier) -> list[CloudCall]:
    """The calls of AWS whose resources are known, with the user's answers in them; none where the server's keys go on."""
    if dossier.answers.get(f"{dossier.job.host}/cloud-identity") == "keys":
        return []
    found = []
    for call in cloud_calls(dossier.facts):
        if call.provider != "aws":
            continue
        known = with_answers(call, dossier.job.id, dossier.answers)
        if not any(
            is_hidden(name, text) and name not in DATA and text == call.parameters[name]
            for name, text in known.parameters.items()
        ):
            found.append(known)
    return found
