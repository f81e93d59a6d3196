"""What a job's identity may do for the Azure calls that its facts show: the narrowest built-in role
on the container, the queue or the secret.

Line: `az storage blob upload --account-name examplestore --container-name backups ...`: Storage Blob Data Contributor on it.
Source: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles (ids)
"""

import re
from typing import NamedTuple

from migrator.cloud_calls import AZURE_PLACES, cloud_calls, is_hidden, with_answers
from migrator.model.finding import Dossier

# act -> the built-in role, its id; write and delete have no narrower one
ROLES = {
    "blob:read": ("Storage Blob Data Reader", "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"),
    "blob:write": ("Storage Blob Data Contributor", "ba92f5b4-2d11-453d-a403-e96b0029c9fe"),
    "blob:delete": ("Storage Blob Data Contributor", "ba92f5b4-2d11-453d-a403-e96b0029c9fe"),
    "queue:add": ("Storage Queue Data Message Sender", "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a"),
    "queue:process": ("Storage Queue Data Message Processor", "8a0f0c08-91a1-4084-bc3d-661d67233fed"),
    "queue:read": ("Storage Queue Data Reader", "19e7f393-937e-4f77-808e-94535e297925"),
    "secret:read": ("Key Vault Secrets User", "4633458b-17de-408a-b874-0445c86b69e6"),
    "secret:write": ("Key Vault Secrets Officer", "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"),
}


class Holder(NamedTuple):
    """Where a place lies: its holder's type, what stands between, and how names of both look."""

    of: str
    inner_type: str
    between: str  # in the id of a resource
    between_names: str  # in Bicep's name of a child
    name: re.Pattern[str]
    inner: re.Pattern[str]


CONTAINER = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,61}[a-z0-9])")
STORAGE = ("Microsoft.Storage/storageAccounts", re.compile(r"[a-z0-9]{3,24}"))
HOLDERS = {
    "blob": Holder(STORAGE[0], "blobServices/containers", "blobServices/default/containers", "default/", STORAGE[1], CONTAINER),
    "queue": Holder(STORAGE[0], "queueServices/queues", "queueServices/default/queues", "default/", STORAGE[1], CONTAINER),
    "secret": Holder(
        "Microsoft.KeyVault/vaults", "secrets", "secrets", "",
        re.compile(r"[a-zA-Z](?!.*--)[a-zA-Z0-9-]{1,22}[a-zA-Z0-9]"), re.compile(r"[0-9a-zA-Z-]{1,127}"),
    ),
}  # fmt: skip


def grants(dossier: Dossier) -> list[dict[str, object]]:
    """One for each role and place, sorted; none for names that a variable hides, until they are answered."""
    if dossier.answers.get(f"{dossier.job.host}/cloud-identity") == "keys":
        return []
    found = set()
    for call in cloud_calls(dossier.facts):
        role = ROLES.get(call.operation)
        if call.provider != "azure" or role is None:
            continue
        known = with_answers(call, dossier.job.id, dossier.answers).parameters
        if any(is_hidden(name, text) for name, text in known.items()):
            continue
        service, (outer, inner) = call.operation.partition(":")[0], AZURE_PLACES[call.operation]
        holder = HOLDERS[service]
        if holder.name.fullmatch(known.get(outer, "")) and holder.inner.fullmatch(known.get(inner, "")):
            found.add((known[outer], service, known[inner], *role))
    return [
        {
            "account": account,
            "inner": inner,
            "of": HOLDERS[service].of,
            "type": f"{HOLDERS[service].of}/{HOLDERS[service].inner_type}",
            "below": f"{HOLDERS[service].between}/{inner}",
            "child": f"{account}/{HOLDERS[service].between_names}{inner}",
            "role": role,
            "role_id": role_id,
        }
        for account, service, inner, role, role_id in sorted(found)
    ]
