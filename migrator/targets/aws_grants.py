"""What a job's role needs for the cloud calls that its facts show: exact actions on exact S3 objects.

Line: `aws s3 cp - s3://example-backup/shop-$(date +%F).sql.gz` writes objects `example-backup/shop-*`.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

import re

from migrator.model.finding import Dossier
from migrator.targets import aws_parts

CALL = re.compile(r"\baws\b[^|;&]*?\bs3\s+(cp|mv|sync|rm|ls)\s+([^|;&]*)")
# a bucket that stands there in plain text, and the part of the key before anything that is only known when it runs
OBJECT = re.compile(r"^[\"']?s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([A-Za-z0-9._/=-]*)(.*))?[\"']?$")
WORD = re.compile(r"(?:\$\([^)]*\)|\"[^\"]*\"|'[^']*'|[^\s\"'])+")
READ, WRITE, DELETE = ["s3:GetObject"], ["s3:AbortMultipartUpload", "s3:PutObject"], ["s3:DeleteObject"]
LIST = ["s3:ListBucket"]


def s3_statements(dossier: Dossier) -> list[dict[str, object]]:
    """Statements for the buckets that `aws s3` calls name, sorted; a call whose bucket is in a variable gives none."""
    wanted: dict[tuple[str, ...], set[str]] = {}
    for fact in dossier.facts:
        if fact.kind == "cloud-cli" and fact.value == "aws":
            for actions, name in calls(fact.evidence.snippet):
                wanted.setdefault(tuple(actions), set()).add(name)
    return [
        aws_parts.statement("".join(action.removeprefix("s3:") for action in actions), list(actions), [], s3=sorted(names))
        for actions, names in sorted(wanted.items())
    ]


def calls(text: str) -> list[tuple[list[str], str]]:
    """Actions and what they are done to (`bucket` or `bucket/key*`), for each `aws s3` call in a line of shell.

    >>> calls("pg_dump shop | aws s3 cp - s3://example-backup/shop-$(date +%F).gz --quiet")
    [(['s3:AbortMultipartUpload', 's3:PutObject'], 'example-backup/shop-*')]
    >>> calls("aws s3 sync s3://example-in/new/ /srv/in")
    [(['s3:GetObject'], 'example-in/new/*'), (['s3:ListBucket'], 'example-in')]
    >>> calls("aws s3 cp x s3://$BUCKET/x")
    []
    """
    found = []
    for verb, rest in CALL.findall(text):
        places = [word for word in WORD.findall(rest) if not word.startswith("-") or word == "-"][:2]
        many = verb == "sync" or "--recursive" in rest
        for number, word in enumerate(places):
            match = OBJECT.match(word)
            if match is None:
                continue
            bucket, key, unknown = match[1], match[2] or "", (match[3] or "").strip("\"'")
            whole = f"{bucket}/{key}" + ("*" if many or unknown or key.endswith("/") or not key else "")
            last = number == len(places) - 1 and verb not in {"ls", "rm"}
            if verb == "ls":
                found.append((LIST, bucket))
                continue
            found.append((DELETE if verb == "rm" else WRITE if last and number else READ, whole))
            if verb == "mv" and not (last and number):
                found.append((DELETE, whole))
            if many:
                found.append((LIST, bucket))
    return found
