"""Which calls of a cloud's API a Python program makes: boto3 clients and resources, google-cloud, azure.

Line: `boto3.client("s3").upload_file("/srv/day.csv", "example-exports", "day.csv")` puts `example-exports/day.csv`.
Source: https://boto3.amazonaws.com/v1/documentation/api/latest/reference/services/index.html,
https://cloud.google.com/python/docs/reference, https://learn.microsoft.com/python/api/overview/azure/storage-blob-readme
"""

import ast
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from migrator.scripts.cloud_names import is_naming, kebab, note
from migrator.scripts.reading import Notes
from migrator.scripts.words import Word

Named = list[tuple[str, Word]]

# Which service a client is of that was made elsewhere, by a parameter that only this service has.
BY_PARAMETER = {
    "Bucket": "s3",
    "QueueUrl": "sqs",
    "TopicArn": "sns",
    "TableName": "dynamodb",
    "FunctionName": "lambda",
    "SecretId": "secretsmanager",
    "logGroupName": "logs",
    "StreamName": "kinesis",
    "DeliveryStreamName": "firehose",
    "DBInstanceIdentifier": "rds",
    "DBSnapshotIdentifier": "rds",
    "stateMachineArn": "stepfunctions",
}
SERVICES = {"stepfunctions": "stepfunctions", "states": "stepfunctions", "elb": "elbv2"}
# boto3's own helpers: what they ask for, and where bucket and key stand among their arguments.
TRANSFERS = {
    "upload_file": ("put-object", 1, 2),
    "upload_fileobj": ("put-object", 1, 2),
    "download_file": ("get-object", 0, 1),
    "download_fileobj": ("get-object", 0, 1),
}
OF_BUCKET = {"upload_file": ("put-object", 1), "upload_fileobj": ("put-object", 1), "download_file": ("get-object", 0),
             "download_fileobj": ("get-object", 0), "put_object": ("put-object", -1)}  # fmt: skip
OF_OBJECT = {"delete": "delete-object", "get": "get-object", "put": "put-object", "upload_file": "put-object",
             "download_file": "get-object", "upload_fileobj": "put-object", "download_fileobj": "get-object"}  # fmt: skip
PLACES = {"Bucket": ("bucket", "name"), "Table": ("table-name", "name"), "Queue": ("queue-url", "url"),
          "Topic": ("topic-arn", "arn"), "get_queue_by_name": ("queue-name", "QueueName")}  # fmt: skip
NO_CALLS = frozenset("get_paginator get_waiter close exceptions meta can_paginate load reload wait_until_exists".split())
GOOGLE_BLOB = {
    **dict.fromkeys(("upload_from_string", "upload_from_filename", "upload_from_file", "open"), ("create", "delete")),
    **dict.fromkeys(("download_as_bytes", "download_as_text", "download_to_filename", "download_to_file", "exists"), ("get",)),
    "delete": ("delete",),
}
# methods of Google's clients that ask their service for nothing
GOOGLE_NO_CALLS = frozenset(
    "bucket blob dataset table batch close generate_signed_url from_service_account_json from_service_account_info "
    "from_service_account_file".split()
)
AZURE_BLOB = {"upload_blob": "write", "download_blob": "read", "delete_blob": "delete", "list_blobs": "read", "exists": "read"}
AZURE_QUEUE = {"send_message": "add", "receive_message": "process", "receive_messages": "process", "peek_messages": "read"}
AZURE_SECRET = {"get_secret": "read", "set_secret": "write"}
IDENTITIES = {
    "DefaultAzureCredential": "instance identity",
    "ManagedIdentityCredential": "instance identity",
    "InstanceMetadataProvider": "instance profile",
}


class Made(NamedTuple):
    """What a variable of the program stands for: a client, or one bucket, table, queue, object of a cloud."""

    service: str
    what: str
    named: tuple[tuple[str, Word], ...] = ()


class Cloud:
    """The part of the visitor that follows clients and their calls."""

    notes: Notes
    aliases: dict[str, str]
    made: dict[str, Made]

    def _word(self, node: ast.AST | None, depth: int = 0) -> Word:
        raise NotImplementedError

    def _dotted(self, node: ast.AST) -> str:
        raise NotImplementedError

    def cloud_made(self, node: ast.AST | None, depth: int = 0) -> Made | None:
        """What an expression makes, as far as it is a client or a place of a cloud."""
        if depth > 12 or node is None:
            return None
        if isinstance(node, ast.Name):
            return self.made.get(node.id)
        if isinstance(node, ast.Await):
            return self.cloud_made(node.value, depth + 1)
        if not isinstance(node, ast.Call):
            return None
        dotted = self._dotted(node.func)
        last = dotted.rpartition(".")[2]
        arguments = [self._word(argument) for argument in node.args]
        named = {keyword.arg: self._word(keyword.value) for keyword in node.keywords if keyword.arg}
        if last in {"client", "resource"} and re.match(r"boto3\.|aioboto3\.|.*\bSession\(\)\.", dotted):
            service = arguments[0] if arguments else named.get("service_name", Word("", False))
            region = named.get("region_name")
            kept = (("region", region),) if region is not None and region.is_known else ()
            return Made(SERVICES.get(service.text, service.text), last, kept) if service.is_known else None
        if dotted.startswith(("google.cloud.", "googleapiclient.", "azure.")) and "()" not in dotted:
            return _other(dotted, last, arguments, named)
        if not isinstance(node.func, ast.Attribute):
            return None
        inner = node.func.value
        if isinstance(inner, ast.Attribute) and inner.attr in {"objects", "object_versions"}:
            held = self.cloud_made(inner.value, depth + 1)
            return Made("s3", "objects", held.named) if held and held.what == "Bucket" else None
        held = self.cloud_made(inner, depth + 1)
        return _place(held, last, arguments, named) if held is not None else None

    def cloud_call(self, node: ast.Call, arguments: Sequence[Word], named: Mapping[str, Word], row: int) -> None:
        """Note what a call asks a cloud for; whose keys it uses."""
        dotted = self._dotted(node.func)
        last = dotted.rpartition(".")[2]
        if last in IDENTITIES:
            self.notes.add("cloud-identity", IDENTITIES[last], row)
        if (profile := named.get("profile_name")) is not None:
            self.notes.add("cloud-identity", f"profile {profile.text}", row, profile.is_known, detail="file of keys")
        if last == "from_service_account_json" and arguments:
            self.notes.add("cloud-identity", arguments[0].text, row, arguments[0].is_known, detail="file of keys")
        if not isinstance(node.func, ast.Attribute) or not self._knows_clouds():
            return
        method, inner = node.func.attr, node.func.value
        if isinstance(inner, ast.Attribute) and inner.attr == "objects" and method in {"filter", "all", "delete", "limit"}:
            bucket = self.cloud_made(inner.value)
            if bucket is not None and bucket.what == "Bucket":
                note(self.notes, "aws s3:list-objects-v2", bucket.named, row)
            return
        held = self.cloud_made(inner)
        if held is None and isinstance(inner, ast.Attribute):  # a group of calls: machines.virtual_machines.begin_start
            held = self.cloud_made(inner.value)
            held, method = (held, f"{inner.attr}.{method}") if held and held.service == "azure other" else (None, method)
        if held is None:
            service = next((BY_PARAMETER[name] for name in named if name in BY_PARAMETER), None)
            held = Made(service, "client") if service and any(alias.startswith("boto") for alias in self._modules()) else None
        if held is not None:
            _say(self.notes, held, method, arguments, named, row)

    def _modules(self) -> tuple[str, ...]:
        return tuple(self.aliases.values())

    def _knows_clouds(self) -> bool:
        return any(
            name.split(".")[0] in {"boto3", "aioboto3", "botocore", "google", "googleapiclient", "azure"}
            for name in self._modules()
        )


def _place(held: Made, method: str, arguments: Sequence[Word], named: Mapping[str, Word]) -> Made | None:
    """A bucket, table, queue or object of a client."""
    first = arguments[0] if arguments else None
    if held.what == "resource" and method in PLACES:
        parameter, keyword = PLACES[method]
        name = first or named.get(keyword)
        return Made(held.service, "Queue" if "queue" in parameter else method, (*held.named, (parameter, name))) if name else None
    if held.service == "s3" and method == "Object":
        words = list(arguments) if held.what == "resource" else [held.named[-1][1], *arguments]
        return Made("s3", "object", tuple(zip(("bucket", "key"), words, strict=False)))
    if held.what == "client" and method == "get_paginator" and first is not None:
        return Made(held.service, f"paginator {first.text}", held.named)
    if held.service == "gcs" and method in {"bucket", "get_bucket"} and first is not None:
        return Made("gcs", "bucket", (("bucket", first),))
    if held.service == "gcs" and method in {"blob", "get_blob"} and first is not None:
        return Made("gcs", "blob", (*held.named, ("object", first)))
    if held.service == "azure blob" and method in {"get_container_client", "get_blob_client"}:
        container = named.get("container") or first
        return Made(held.service, "client", (*held.named, ("container", container))) if container is not None and all(
            key != "container" for key, _ in held.named
        ) else held  # fmt: skip
    if held.service == "azure queue" and method == "get_queue_client" and (queue := named.get("queue") or first) is not None:
        return Made(held.service, "client", (*held.named, ("queue", queue)))
    return None


def _other(dotted: str, last: str, arguments: Sequence[Word], named: Mapping[str, Word]) -> Made | None:
    """Clients of google-cloud and azure."""
    first = arguments[0] if arguments else None
    project = (("project", named["project"]),) if "project" in named else ()
    if dotted.startswith("google.cloud.storage") and last == "Client":
        return Made("gcs", "client")
    if dotted.startswith("google.cloud.bigquery") and last == "Client":
        return Made("bigquery", "client", project)
    if last in {"PublisherClient", "SubscriberClient"}:
        return Made("pubsub", last)
    if last == "SecretManagerServiceClient":
        return Made("secretmanager", "client")
    if dotted.startswith("google.cloud.") and last.endswith("Client"):  # of a service that is not read
        return Made(f"google {dotted.split('.')[2]}", last)
    if dotted.startswith("googleapiclient.") and last == "build" and first is not None:
        return Made("google apis", first.text if first.is_known else "build")
    url = named.get("account_url") or named.get("vault_url") or first or Word("", False)
    match = re.match(r"https://([\w-]+)\.(blob|queue|vault)\.", url.text)
    account = url._replace(text=match[1]) if match else Word("$account", False)
    if last == "from_connection_string":
        last = dotted.split(".")[-2]
    if last in {"BlobServiceClient", "ContainerClient", "BlobClient"}:
        container = named.get("container_name")
        return Made("azure blob", "client", (("account", account), *((("container", container),) if container else ())))
    if last in {"QueueServiceClient", "QueueClient"}:
        queue = named.get("queue_name")
        return Made("azure queue", "client", (("account", account), *((("queue", queue),) if queue else ())))
    if last == "SecretClient":
        return Made("azure secret", "client", (("vault", account),))
    if dotted.startswith("azure.") and last.endswith("Client"):
        return Made("azure other", last)
    return None


def _say(notes: Notes, held: Made, method: str, arguments: Sequence[Word], named: Mapping[str, Word], row: int) -> None:
    """One call of a client or a place."""
    if held.service in {"gcs", "bigquery", "pubsub", "secretmanager"} or held.service.startswith("google "):
        _google(notes, held._replace(service=held.service.removeprefix("google ")), method, arguments, named, row)
    elif held.service.startswith("azure "):
        _azure(notes, held, method, arguments, row)
    elif held.what == "object" and method in OF_OBJECT:
        note(notes, f"aws s3:{OF_OBJECT[method]}", held.named, row)
    elif held.what == "Bucket" and method in OF_BUCKET:
        operation, at = OF_BUCKET[method]
        key = named.get("Key") or (arguments[at] if 0 <= at < len(arguments) else None)
        note(notes, f"aws s3:{operation}", (*held.named, *((("key", key),) if key is not None else ())), row)
    elif held.what in {"Table", "Queue", "Topic"}:
        operation = {"send_messages": "send-message-batch", "receive_messages": "receive-message"}.get(method, kebab(method))
        if method not in NO_CALLS and method != "batch_writer":
            note(notes, f"aws {held.service}:{operation}", held.named, row)
        elif method == "batch_writer":
            note(notes, "aws dynamodb:batch-write-item", held.named, row)
    elif held.what.startswith("paginator ") and method == "paginate":
        _client(notes, held, held.what.partition(" ")[2], (), named, row)
    elif held.what == "client" and method not in NO_CALLS:
        _client(notes, held, method, arguments, named, row)


def _client(notes: Notes, held: Made, method: str, arguments: Sequence[Word], named: Mapping[str, Word], row: int) -> None:
    if held.service == "s3" and method in TRANSFERS:
        operation, *places = TRANSFERS[method]
        found: Named = []
        for parameter, keyword, at in zip(("bucket", "key"), ("Bucket", "Key"), places, strict=True):
            word = named.get(keyword) or (arguments[at] if at < len(arguments) else None)
            if word is not None:
                found.append((parameter, word))
        note(notes, f"aws s3:{operation}", [*held.named, *found], row)
        return
    if method == "generate_presigned_url":
        return
    said = [(kebab(name), word) for name, word in named.items()]
    note(
        notes,
        f"aws {held.service}:{kebab(method)}",
        [*held.named, *((name, word) for name, word in said if is_naming(held.service, name))],
        row,
    )


def _google(notes: Notes, held: Made, method: str, arguments: Sequence[Word], named: Mapping[str, Word], row: int) -> None:
    if held.what == "blob" and method in GOOGLE_BLOB:
        for permission in GOOGLE_BLOB[method]:
            note(notes, f"gcp storage.objects.{permission}", held.named, row)
    elif held.service == "gcs" and method == "get_bucket":  # unlike `bucket` it asks whether there is one
        note(notes, "gcp storage.buckets.get", [("bucket", word)] if (word := _first(arguments)) is not None else [], row)
    elif held.what == "bucket" and method == "get_blob":
        named_object = [("object", word)] if (word := _first(arguments)) is not None else []
        note(notes, "gcp storage.objects.get", [*held.named, *named_object], row)
    elif held.service == "gcs" and method == "list_blobs":
        bucket = held.named or ((("bucket", arguments[0]),) if arguments else ())
        note(notes, "gcp storage.objects.list", bucket, row)
    elif held.service == "bigquery" and method in {"query", "query_and_wait"}:
        note(notes, "gcp bigquery.jobs.create", held.named, row)
    elif held.service == "bigquery" and method.startswith(("load_table_from", "insert_rows")):
        if method.startswith("load"):
            note(notes, "gcp bigquery.jobs.create", held.named, row)
        table = arguments[1] if method.startswith("load") and len(arguments) > 1 else (arguments[0] if arguments else None)
        if table is not None:
            dataset = table._replace(text=table.text.rpartition(".")[0].rpartition(".")[2] or table.text)
            note(notes, "gcp bigquery.tables.updateData", [*held.named, ("dataset", dataset)], row)
    elif held.what == "PublisherClient" and method == "publish":
        note(notes, "gcp pubsub.topics.publish", _last_name("topic", named.get("topic") or _first(arguments)), row)
    elif held.what == "SubscriberClient" and method in {"acknowledge", "modify_ack_deadline"}:
        pass  # what may be pulled may be acknowledged
    elif held.what == "SubscriberClient" and method in {"pull", "subscribe"}:
        subscription = named.get("subscription") or _first(arguments)
        note(notes, "gcp pubsub.subscriptions.consume", _last_name("subscription", subscription), row)
    elif held.service == "secretmanager" and method == "access_secret_version":
        name = named.get("name") or _first(arguments)
        match = re.search(r"secrets/([\w-]+)", name.text) if name is not None else None
        secret = Word(match[1], True) if match else Word("$secret", False)
        note(notes, "gcp secretmanager.versions.access", [("secret", secret)], row)
    elif method not in GOOGLE_NO_CALLS and not method.endswith("_path"):  # what it needs nobody here knows: a person is asked
        module = {"gcs": "google.cloud.storage", "apis": "googleapiclient"}.get(held.service, f"google.cloud.{held.service}")
        note(notes, f"gcp ({module} {held.what}.{method})", [], row)


def _azure(notes: Notes, held: Made, method: str, arguments: Sequence[Word], row: int) -> None:
    service = held.service.removeprefix("azure ")
    act = {"blob": AZURE_BLOB, "queue": AZURE_QUEUE, "secret": AZURE_SECRET}.get(service, {}).get(method)
    if service == "secret" and act is not None:
        name = _first(arguments)
        note(notes, f"azure secret:{act}", [*held.named, *((("secret", name),) if name is not None else ())], row)
    elif act is not None:
        note(notes, f"azure {service}:{act}", held.named, row)
    elif method not in {"close", "from_connection_string"} and not re.fullmatch(r"get_\w+_client", method):
        client = held.what if service == "other" else f"{service.capitalize()}Client"
        note(notes, f"azure ({client}.{method})", held.named, row)


def _first(arguments: Sequence[Word]) -> Word | None:
    return arguments[0] if arguments else None


def _last_name(kind: str, word: Word | None) -> Named:
    """`projects/p/topics/t` by its last part."""
    return [] if word is None else [(kind, word._replace(text=word.text.rpartition("/")[2] or "$" + kind))]
