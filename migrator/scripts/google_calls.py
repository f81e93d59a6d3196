"""Which permissions of Google's API a command line uses: gsutil, gcloud (storage, pubsub, secrets, sql, compute, run), bq.

Line: `gcloud pubsub topics publish exports-done --message=ok` -> `gcp pubsub.topics.publish`, `topic=exports-done`
Source: https://cloud.google.com/iam/docs/permissions-reference, https://cloud.google.com/storage/docs/access-control/iam-gsutil
"""

import re

from migrator.scripts.cloud_names import note
from migrator.scripts.noting import Reader
from migrator.scripts.options import split
from migrator.scripts.words import Word

Arguments = tuple[Word, ...]

VALUES = (
    "--project --zone --region --account --message --attribute --secret --snapshot-names --format --filter --limit --instance "
    "--database --cluster --location --description --async --storage-location --max-messages "
    "--impersonate-service-account -I -h -o"
).split()
# `gcloud A B VERB NAME` -> what each needs, and as what the name counts.
GCLOUD: dict[str, tuple[str, tuple[str, ...]]] = {
    "pubsub topics publish": ("topic", ("pubsub.topics.publish",)),
    "pubsub subscriptions pull": ("subscription", ("pubsub.subscriptions.consume",)),
    "pubsub subscriptions ack": ("subscription", ("pubsub.subscriptions.consume",)),
    "secrets versions access": ("", ("secretmanager.versions.access",)),
    "sql export sql": ("instance", ("cloudsql.instances.export", "cloudsql.instances.get")),
    "sql export csv": ("instance", ("cloudsql.instances.export", "cloudsql.instances.get")),
    "sql import sql": ("instance", ("cloudsql.instances.import", "cloudsql.instances.get")),
    "sql backups create": ("", ("cloudsql.backupRuns.create",)),
    "sql backups list": ("", ("cloudsql.backupRuns.list",)),
    "sql backups delete": ("", ("cloudsql.backupRuns.delete",)),
    "compute disks snapshot": ("disk", ("compute.disks.createSnapshot", "compute.snapshots.create")),
    "compute snapshots create": ("", ("compute.snapshots.create",)),
    "compute snapshots list": ("", ("compute.snapshots.list",)),
    "compute snapshots delete": ("snapshot", ("compute.snapshots.delete",)),
    "compute instances start": ("instance", ("compute.instances.start",)),
    "compute instances stop": ("instance", ("compute.instances.stop",)),
    "compute instances list": ("", ("compute.instances.list",)),
    "compute instances describe": ("instance", ("compute.instances.get",)),
    "run jobs execute": ("job", ("run.jobs.run",)),
    "container clusters resize": ("cluster", ("container.clusters.update",)),
    "logging read": ("", ("logging.logEntries.list",)),
    "logging write": ("", ("logging.logEntries.create",)),
}


def gcloud(reader: Reader, arguments: Arguments, row: int) -> None:
    """`gcloud storage` works as gsutil does; the others by the table."""
    parts = split(arguments, tuple(VALUES))
    words = [word for word in parts.operands if word.text not in {"alpha", "beta"}]
    texts = [word.text for word in words]
    project = parts.values("--project")[:1]
    if texts[:1] == ["storage"]:
        _objects(reader, texts[1] if len(texts) > 1 else "", tuple(words[2:]), row, {option for option, _ in parts.options})
        return
    for length in (3, 2):
        known = GCLOUD.get(" ".join(texts[:length]))
        if known is None:
            continue
        what, permissions = known
        name = words[length] if what and len(words) > length else None
        named = [("project", word) for word in project] + ([(what, name)] if name is not None else [])
        if texts[:1] == ["secrets"]:
            named += [("secret", word) for word in parts.values("--secret")]
        if texts[:2] == ["sql", "backups"]:
            named += [("instance", word) for word in parts.values("--instance")]
        for permission in permissions:
            created = permission.endswith("snapshots.create")
            note(reader.notes, f"gcp {permission}", [pair for pair in named if not created or pair[0] == "project"], row)
        return
    words_only = [text for text in texts[:4] if re.fullmatch(r"[a-z][a-z-]*", text)]
    if len(words_only) > 2 and words_only[0] not in {"auth", "config", "components", "info"}:
        note(reader.notes, f"gcp (gcloud {' '.join(words_only[:3])})", [("project", word) for word in project], row)


def gsutil(reader: Reader, arguments: Arguments, row: int) -> None:
    """Copies to and from buckets."""
    parts = split(arguments, ("-h", "-o", "-x", "-a", "-z", "-c", "-s", "-l", "-u"), stop_at_operand=True)
    if parts.operands:
        inner = split(tuple(parts.operands[1:]), ("-x", "-a", "-z", "-s", "-l"))
        options = {option for option, _ in (*parts.options, *inner.options)}
        _objects(reader, parts.operands[0].text, inner.operands, row, options)


def _objects(reader: Reader, verb: str, operands: Arguments, row: int, options: set[str]) -> None:
    far = [(number, word) for number, word in enumerate(operands) if word.text.startswith("gs://")]
    many = verb == "rsync" or bool(options & {"-r", "-R", "--recursive"})

    def say(permission: str, word: Word, whole: bool = True) -> None:
        bucket, _, name = word.text.removeprefix("gs://").partition("/")
        name = name.rstrip("/") + "/*" if name and (many or name.endswith("/")) else name or "*"
        named = [("bucket", word._replace(text=bucket))] + ([("object", word._replace(text=name))] if whole else [])
        note(reader.notes, f"gcp storage.objects.{permission}", named, row)

    for number, word in far:
        if verb in {"cp", "mv", "rsync"}:
            is_target = number == len(operands) - 1 and number > 0
            say("create" if is_target else "get", word)
            if is_target or verb == "mv":
                say("delete", word)  # to put over an object that is there is to delete it
            if many:
                say("list", word, whole=False)
        elif verb in {"rm"}:
            say("delete", word)
            say("list", word, whole=False)
        elif verb in {"cat", "stat", "du", "ls", "hash"}:
            say("get" if verb in {"cat", "stat", "hash"} else "list", word, whole=verb in {"cat", "stat", "hash"})


def bq(reader: Reader, arguments: Arguments, row: int) -> None:
    """Jobs of BigQuery, and the tables that they name."""
    parts = split(arguments, ("--project_id", "--location", "--format", "--destination_table", "--source_format", "--dataset_id"))
    if not parts.operands:
        return
    verb = parts.operands[0].text
    project = [("project", word) for word in parts.values("--project_id")[:1]]
    table = parts.operands[1] if len(parts.operands) > 1 else None
    if verb in {"query", "load", "extract", "cp", "mk"} and verb != "mk":
        note(reader.notes, "gcp bigquery.jobs.create", project, row)
    if table is None or " " in table.text:
        return
    dataset = [*project, ("dataset", table._replace(text=table.text.rpartition(":")[2].partition(".")[0]))]
    for name in {"load": ("updateData", "create", "get"), "extract": ("export", "get"), "rm": ("delete",)}.get(verb, ()):
        note(reader.notes, f"gcp bigquery.tables.{name}", dataset, row)
