"""How calls of cloud APIs are written down: operations and parameters in the words of the `aws` command, whatever called them.

Line: `client.put_item(TableName="runs")`, `aws dynamodb put-item --table-name runs` -> `aws dynamodb:put-item`, `table-name=runs`
"""

import re
from collections.abc import Iterable

from migrator.scripts.reading import Notes
from migrator.scripts.words import Word

# Parameters that name a resource; of all services, in the words of the `aws` command.
NAMING = frozenset(
    "bucket key queue-url queue-name topic-arn target-arn table-name index-name function-name secret-id stream-name "
    "delivery-stream-name log-group-name log-stream-name db-instance-identifier db-snapshot-identifier "
    "db-cluster-identifier db-cluster-snapshot-identifier source-db-snapshot-identifier target-db-snapshot-identifier "
    "snapshot-identifier cluster-identifier instance-id instance-ids volume-id volume-ids snapshot-id snapshot-ids image-id "
    "group-id group-ids subnet-id allocation-id network-interface-id launch-template-id resources distribution-id "
    "hosted-zone-id key-id auto-scaling-group-name auto-scaling-group-names target-group-arn load-balancer-arn cluster service "
    "task-definition state-machine-arn repository-name role-arn alarm-name alarm-names dashboard-name work-group job-queue "
    "job-definition job-name stack-name replication-group-id cache-cluster-id snapshot-name file-system-id project-name "
    "backup-vault-name from-email-address document-name event-bus-name database-name region".split()
)
# Services whose `--name`, `--id`, `--source` or `--path` names the resource; elsewhere it is only a label.
NAMED_BY = {
    "name": frozenset({"ssm", "secretsmanager", "sns", "events", "glue"}),
    "names": frozenset({"ssm"}),
    "path": frozenset({"ssm"}),
    "id": frozenset({"cloudfront", "route53"}),
    "source": frozenset({"ses"}),
}


def kebab(name: str) -> str:
    """A name of the API as the `aws` command writes it.

    >>> kebab("DBInstanceIdentifier"), kebab("ListObjectsV2"), kebab("put_item"), kebab("logGroupName")
    ('db-instance-identifier', 'list-objects-v2', 'put-item', 'log-group-name')
    """
    name = re.sub(r"(V\d+)$", r"-\1", name).replace("_", "-")
    name = re.sub(r"([^-])([A-Z][a-z]+)", r"\1-\2", name)
    return re.sub(r"-+", "-", re.sub(r"([a-z\d])([A-Z])", r"\1-\2", name)).lower()


def is_naming(service: str, parameter: str) -> bool:
    """True for a parameter that says which resource is meant."""
    return parameter in NAMING or service in NAMED_BY.get(parameter, frozenset())


def note(notes: Notes, call: str, named: Iterable[tuple[str, Word]], row: int) -> None:
    """A call with the parameters that name resources. What stands inside `$( )` is left out: it may be long, and hold blanks."""
    for name, word in named:
        if name == "queue-url" and word.text.startswith("http"):
            notes.add_url(word.text, row, word.is_known)
    parts = [(name, written(word.text)) for name, word in named if word.text]
    certain = all(word.is_known and "$" not in word.text for _, word in named if word.text)
    notes.add("cloud-call", call, row, certain, detail=" ".join(f"{name}={text}" for name, text in parts) or None)


def written(text: str) -> str:
    """A name on one line without blanks.

    >>> written("db/shop-$(date +%F).gz"), written('"$BUCKET"')
    ('db/shop-$(...).gz', '$BUCKET')
    """
    text = re.sub(r"\$\((?:[^()]|\([^()]*\))*\)|`[^`]*`", "$(...)", text.strip("\"'"))
    return re.sub(r"[\s\x00-\x1f]+", "", text)[:200]


def objects(word: Word) -> list[tuple[str, Word]]:
    """Bucket and key of `s3://bucket/key`; a folder means all that is below it.

    >>> [(n, w.text) for n, w in objects(Word("s3://example-in/new/", True))]
    [('bucket', 'example-in'), ('key', 'new/*')]
    """
    bucket, _, key = word.text.partition("://")[2].partition("/")
    return [
        ("bucket", word._replace(text=bucket)),
        ("key", word._replace(text=f"{key}*" if key.endswith("/") or not key else key)),
    ]
