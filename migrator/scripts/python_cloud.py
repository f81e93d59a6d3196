"""Which buckets, queues, topics and tables a Python program's cloud calls name.

Line: `boto3.client("s3").upload_file("/srv/day.csv", "example-exports", "day.csv")` names `s3://example-exports`.
Source: https://boto3.amazonaws.com/v1/documentation/api/latest/reference/services/index.html
"""

from collections.abc import Mapping, Sequence

from migrator.scripts.reading import Notes
from migrator.scripts.words import Word

KEYWORDS = {
    "Bucket": "s3://",
    "QueueUrl": "sqs:",
    "QueueName": "sqs:",
    "TopicArn": "sns:",
    "TableName": "dynamodb:",
    "FunctionName": "lambda:",
    "SecretId": "secretsmanager:",
    "StreamName": "kinesis:",
}
# Method: which argument names the bucket, table or queue.
METHODS = {
    "upload_file": (1, "s3://"),
    "upload_fileobj": (1, "s3://"),
    "download_file": (0, "s3://"),
    "download_fileobj": (0, "s3://"),
    "Bucket": (0, "s3://"),
    "Table": (0, "dynamodb:"),
    "bucket": (0, "gs://"),
    "get_bucket": (0, "gs://"),
    "get_container_client": (0, "blob:"),
    "get_queue_by_name": (0, "sqs:"),
}
LIBRARIES = ("boto3", "google.cloud", "azure.storage")
UPLOADS_OF_BUCKET = 2  # Bucket(...).upload_file(file, key) has no bucket among its arguments


def note(
    notes: Notes, method: str, arguments: Sequence[Word], named: Mapping[str, Word], row: int, imported: Sequence[str]
) -> None:
    """A fact for each resource that a call names, with the call as its action, where the program imports a cloud's library."""
    if not any(name == library or name.startswith(f"{library}.") for name in imported for library in LIBRARIES):
        return
    found = [(scheme, named[keyword]) for keyword, scheme in KEYWORDS.items() if keyword in named]
    if method in METHODS:
        at, scheme = METHODS[method]
        if len(arguments) > at and not (at == 1 and len(arguments) <= UPLOADS_OF_BUCKET):
            found.append((scheme, arguments[at]))
    for scheme, word in found:
        name = word.text.rstrip("/").rpartition("/")[2] if scheme == "sqs:" else word.text.rpartition(":")[2]
        if name:
            notes.add("cloud-resource", f"{scheme}{name}", row, word.is_known, detail=method)
