"""What a job's service account may do for the Google calls that its facts show: exactly these permissions, where they are named.

Line: `gsutil cp /srv/a.csv gs://example-exports/daily/a.csv` -> a role of the job with storage.objects.create and .delete,
bound to the bucket, for objects that begin with `daily/a.csv`.
Source: https://cloud.google.com/iam/docs/permissions-reference, https://cloud.google.com/iam/docs/creating-custom-roles
"""

import re

from migrator.cloud_calls import DATA, cloud_calls, is_hidden, is_not_allowed, pattern, with_answers
from migrator.model.finding import Dossier

# parameter -> the Terraform resource that binds a role to what it names, and the argument that takes the name
BOUND = {
    "bucket": ("google_storage_bucket_iam_member", "bucket"),
    "topic": ("google_pubsub_topic_iam_member", "topic"),
    "subscription": ("google_pubsub_subscription_iam_member", "subscription"),
    "secret": ("google_secret_manager_secret_iam_member", "secret_id"),
    "dataset": ("google_bigquery_dataset_iam_member", "dataset_id"),
}
NAME = re.compile(r"[A-Za-z0-9][\w.~+%-]{0,254}")
OBJECT = re.compile(r"[\w./=@+-]*")


def grants(dossier: Dossier) -> list[dict[str, object]]:
    """One for each place: its permissions, what binds them, and the beginning of the objects that are meant; sorted.

    `bind` None: bound to the project, because the call names nothing narrower that a role can be bound to."""
    if dossier.answers.get(f"{dossier.job.host}/cloud-identity") == "keys":
        return []
    found: dict[tuple[str, str, str], set[str]] = {}
    for call in cloud_calls(dossier.facts):
        if call.provider != "gcp" or is_not_allowed(call):
            continue
        known = with_answers(call, dossier.job.id, dossier.answers).parameters
        if any(is_hidden(name, text) and name not in DATA for name, text in known.items()):
            continue
        kind = next((name for name in BOUND if NAME.fullmatch(known.get(name, ""))), "")
        start = pattern(known.get("object", "")).partition("*")[0] if kind == "bucket" else ""
        lists = call.operation == "storage.objects.list"
        prefix = start if OBJECT.fullmatch(start) and not lists else ""
        found.setdefault((kind, known.get(kind, ""), prefix), set()).add(call.operation)
    return [
        {
            "bind": BOUND[kind][0] if kind else None,
            "argument": BOUND[kind][1] if kind else None,
            "name": name,
            "prefix": prefix or None,
            "permissions": sorted(permissions),
        }
        for (kind, name, prefix), permissions in sorted(found.items())
    ]
