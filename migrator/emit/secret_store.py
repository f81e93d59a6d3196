"""Where a job's secrets are created: the exact id in the provider's store, and the command that makes it."""

from collections.abc import Iterable
from typing import NamedTuple

from migrator.errors import EmitError
from migrator.model.option import Resource


class ToCreate(NamedTuple):
    """One secret that the user creates before the first deployment."""

    variable: str  # the name under which the runner finds it
    store: str
    id: str
    command: str  # reads the value from standard input


def to_create(resources: Iterable[Resource]) -> tuple[ToCreate, ...]:
    """What the templates of these resources read, by variable. Raises `EmitError` for a plan of another version."""
    found: dict[str, ToCreate] = {}
    for resource in resources:
        try:
            found.update((one.variable, one) for one in _of(resource))
        except KeyError as error:
            raise EmitError(
                f"{resource.name}: has no {error}; the plan was made by another version, so run `migrator plan` again"
            ) from error
    return tuple(found[variable] for variable in sorted(found))


def _of(resource: Resource) -> tuple[ToCreate, ...]:
    values = resource.values
    match resource.kind:
        case "aws_secretsmanager_secret":
            name = str(values["secret_name"])
            command = f"aws secretsmanager create-secret --name {name} --secret-string file:///dev/stdin"
            return (ToCreate(str(values["variable"]), "AWS Secrets Manager", name, command),)
        case "gcp_secret_manager_secret":
            name = str(values["secret_id"])
            return (ToCreate(str(values["variable"]), "Secret Manager", name, f"gcloud secrets create {name} --data-file=-"),)
        case "azure_key_vault_secret":
            name = str(values["secret_name"])
            command = f'az keyvault secret set --vault-name "$VAULT" --name {name} --file /dev/stdin'
            return (ToCreate(str(values["variable"]), "Azure Key Vault", name, command),)
        case "kubernetes_cron_job":
            name, keys = str(values["secret_name"]), [str(key) for key in _list(values["secrets"])]
            literals = " ".join(f"--from-file={key}=./{key}" for key in keys)
            command = f"kubectl create secret generic {name} {literals}"
            return tuple(ToCreate(key, "Kubernetes, key " + key, name, command) for key in keys)
    return ()


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []
