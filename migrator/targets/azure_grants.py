"""What a job's identity may do for the Azure calls that its facts show: the narrowest built-in role
on the container or queue.

Line: `az storage blob upload --account-name examplestore --container-name backups ...`: Storage Blob Data Contributor on it.
Source: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles (ids)
"""

import re

from migrator.cloud_calls import cloud_calls, is_hidden, with_answers
from migrator.model.finding import Dossier

# act -> the built-in role, its id; write and delete have no narrower one
ROLES = {
    "blob:read": ("Storage Blob Data Reader", "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"),
    "blob:write": ("Storage Blob Data Contributor", "ba92f5b4-2d11-453d-a403-e96b0029c9fe"),
    "blob:delete": ("Storage Blob Data Contributor", "ba92f5b4-2d11-453d-a403-e96b0029c9fe"),
    "queue:add": ("Storage Queue Data Message Sender", "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a"),
    "queue:process": ("Storage Queue Data Message Processor", "8a0f0c08-91a1-4084-bc3d-661d67233fed"),
    "queue:read": ("Storage Queue Data Reader", "19e7f393-937e-4f77-808e-94535e297925"),
}
ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
INNER = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,61}[a-z0-9])")


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
        service = call.operation.partition(":")[0]
        inner = known.get("container" if service == "blob" else "queue", "")
        account = known.get("account", "")
        if any(is_hidden(name, text) for name, text in known.items()):
            continue
        if ACCOUNT.fullmatch(account) and INNER.fullmatch(inner):
            found.add((account, service, inner, *role))
    return [
        {"account": account, "service": service, "inner": inner, "role": role, "role_id": role_id}
        for account, service, inner, role, role_id in sorted(found)
    ]
