"""Which calls of a cloud's API a command line makes: aws, s3cmd, s4cmd, s5cmd, rclone, gsutil, gcloud, bq, az.

Line: `aws s3 sync /srv/media s3://example-media/ --delete` puts and deletes objects, and lists the bucket.
Source: the reference pages of each command.
"""

import re
from collections.abc import Callable

from migrator.scripts.cloud_names import is_naming, note, objects
from migrator.scripts.google_calls import bq, gcloud, gsutil
from migrator.scripts.noting import Reader, note_path
from migrator.scripts.options import split
from migrator.scripts.words import Word

Arguments = tuple[Word, ...]
Named = list[tuple[str, Word]]

GLOBAL = (
    "--region",
    "--profile",
    "--output",
    "--query",
    "--endpoint-url",
    "--cli-read-timeout",
    "--cli-connect-timeout",
    "--color",
)
S3_VALUES = (
    "--exclude --include --acl --storage-class --sse --sse-kms-key-id --content-type --cache-control --metadata --expires "
    "--expected-size --page-size --expires-in --grants --content-encoding --request-payer --website-redirect"
).split()
RCLONE_VALUES = tuple(
    "--config --transfers --checkers --include --exclude --log-file --log-level --max-age --min-age --bwlimit --backup-dir "
    "--filter-from".split()
)
AZ_VALUES = tuple(
    "--account-name --container-name --queue-name --name -n -c -f -s -d --file --source --destination --account-key --auth-mode "
    "--vault-name --id --ids --resource-group -g --share-name --pattern --destination-path --content --subscription".split()
)
AZ_BLOB = {
    **dict.fromkeys(("upload", "upload-batch", "sync"), "write"),
    **dict.fromkeys(("download", "download-batch", "list", "show", "exists"), "read"),
    **dict.fromkeys(("delete", "delete-batch"), "delete"),
}
AZ_SECRET = {"show": "read", "download": "read", "set": "write"}
FLAGS = frozenset(
    "--recursive --quiet --delete --dryrun --no-progress --only-show-errors --with-decryption --no-reboot --debug --no-paginate "
    "--no-sign-request --follow-symlinks --no-follow-symlinks --size-only --exact-timestamps --human-readable --summarize "
    "--skip-final-snapshot --force --dry-run --no-verify-ssl --no-cli-pager --wait".split()
)
S3_SERVICES = {"s3api": "s3"}
KEYS_OF_TOOLS = {"s3cmd": ("-c", "--config"), "rclone": ("--config",), "s5cmd": ("--credentials-file",)}


def read(reader: Reader, name: str, arguments: Arguments, variables: dict[str, Word], row: int) -> None:
    """Note every call of one command, and whose keys it uses."""
    if (act := READERS.get(name)) is not None:
        act(reader, arguments, row)
    identity(reader, name, arguments, variables, row)


def identity(reader: Reader, name: str, arguments: Arguments, variables: dict[str, Word], row: int) -> None:
    """Keys that a command is told to use: a profile, a file, an identity."""
    for option in KEYS_OF_TOOLS.get(name, ()):
        for word in split(arguments, (option,)).values(option):
            reader.notes.add("cloud-identity", word.text, row, word.is_known, detail="file of keys")
    if name == "aws":
        for word in split(arguments, ("--profile",)).values("--profile"):
            reader.notes.add("cloud-identity", f"profile {word.text}", row, word.is_known, detail="file of keys")
    if name == "az" and [word.text for word in arguments[:1]] == ["login"]:
        own = any(word.text in {"--identity", "-i"} for word in arguments)
        reader.notes.add("cloud-identity", "instance identity" if own else "az login", row)
    for variable in FILES:
        if variable in variables:
            reader.notes.add("cloud-identity", variables[variable].text, row, variables[variable].is_known, "file of keys")


FILES = ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "GOOGLE_APPLICATION_CREDENTIALS", "BOTO_CONFIG", "CLOUDSDK_CONFIG")


def _aws(reader: Reader, arguments: Arguments, row: int) -> None:
    service, operation, rest = _head(arguments)
    if not operation or not re.fullmatch(r"[a-z][a-z0-9-]*", operation.text):
        return
    if service == "s3":
        _s3(reader, operation.text, rest, row)
        return
    service = S3_SERVICES.get(service, service)
    verb = operation.text
    if verb == "wait" and rest:
        return  # asks the describe calls that its command already says
    named: Named = []
    at = 0
    while at < len(rest):
        option, _, value = rest[at].text.partition("=")
        if not option.startswith("--"):
            at += 1
            continue
        following = rest[at + 1] if at + 1 < len(rest) and not rest[at + 1].text.startswith("--") else None
        if value:
            following = rest[at]._replace(text=value)
        elif following is not None:
            at += 1
        at += 1
        parameter = option.removeprefix("--")
        if following is not None and is_naming(service, parameter):
            named.append((parameter, following))
    if (service, verb) in {("s3", "get-object"), ("lambda", "invoke")} and rest and not rest[-1].text.startswith("-"):
        note_path(reader.notes, "writes-path", rest[-1], reader.words.folder, row, None, reader.context.variables)
    if verb == "get-login-password" and service == "ecr":
        verb = "get-authorization-token"
    note(reader.notes, f"aws {service}:{verb}", named, row)


def _head(arguments: Arguments) -> tuple[str, Word | None, Arguments]:
    """Service, operation, and what stands behind; options of `aws` itself may stand anywhere."""
    words: list[Word] = []
    at = 0
    while at < len(arguments) and len(words) < 2:
        if arguments[at].text.startswith("--"):
            at += 1 if "=" in arguments[at].text or arguments[at].text in FLAGS else 2
            continue
        words.append(arguments[at])
        at += 1
    before = arguments[: max(at - 2, 0)]
    return (words[0].text if words else "", words[1] if len(words) > 1 else None, (*arguments[at:], *before))


def _s3(reader: Reader, verb: str, rest: Arguments, row: int) -> None:
    """The high-level commands: what they ask the API for."""
    parts = split(rest, (*GLOBAL, *S3_VALUES))
    texts = {option for option, _ in parts.options}
    transfer(reader, verb, parts.operands, row, many=verb == "sync" or "--recursive" in texts, deletes="--delete" in texts)
    for key in parts.values("--sse-kms-key-id"):
        for operation in ("generate-data-key", "decrypt"):  # decrypt: the parts of a large object
            note(reader.notes, f"aws kms:{operation}", [("key-id", key)], row)


def transfer(reader: Reader, verb: str, operands: Arguments, row: int, *, many: bool, deletes: bool = False) -> None:
    """Copies to, from and between buckets, and what else is done to `s3://` names."""
    notes = reader.notes
    far = [
        (number, _whole(word, many)) for number, word in enumerate(operands[:2] if verb in COPIES else operands) if _is_s3(word)
    ]
    if verb in COPIES:
        for number, word in far:
            is_target = number == 1
            note(notes, f"aws s3:{'put' if is_target else 'get'}-object", objects(word), row)
            if verb == "mv" and not is_target:
                note(notes, "aws s3:delete-object", objects(word), row)
            if many:
                note(notes, "aws s3:list-objects-v2", objects(word)[:1], row)
            if deletes and is_target:
                note(notes, "aws s3:delete-object", objects(word), row)
        return
    operation = {
        "rm": "delete-object",
        "ls": "list-objects-v2",
        "presign": "get-object",
        "mb": "create-bucket",
        "rb": "delete-bucket",
    }
    if verb == "ls" and not far:
        note(notes, "aws s3:list-buckets", [], row)
    for _, word in far:
        if verb in operation:
            whole = objects(word) if verb in {"rm", "presign"} else objects(word)[:1]
            note(notes, f"aws s3:{operation[verb]}", whole, row)
        if verb == "rm" and many:
            note(notes, "aws s3:list-objects-v2", objects(word)[:1], row)


COPIES = frozenset({"cp", "mv", "sync"})


def _is_s3(word: Word) -> bool:
    return word.text.strip("\"'").startswith("s3://")


def _whole(word: Word, many: bool) -> Word:
    """A folder where many objects are meant."""
    text = word.text.strip("\"'")
    return word._replace(text=text + ("/" if many and not text.endswith(("/", "*")) else ""))


def _s3cmd(reader: Reader, arguments: Arguments, row: int) -> None:
    values = (
        "-c",
        "--config",
        "--exclude",
        "--include",
        "--storage-class",
        "--add-header",
        "--region",
        "--host",
        "--host-bucket",
    )
    parts = split(arguments, (*values, "--endpoint-url", "--profile", "--credentials-file", "--numworkers"))
    if not parts.operands:
        return
    verb = parts.operands[0].text
    texts = {option for option, _ in parts.options}
    if any(option.startswith(("--host", "--endpoint")) for option in texts):
        return  # another provider's store that speaks the same language
    alike = {"put": "cp", "get": "cp", "del": "rm", "dsync": "sync", "la": "ls", "du": "ls", "move": "mv"}
    words = tuple(parts.operands[1:])
    if verb == "get" and len(words) == 1:
        words = (*words, Word("-", True))
    many = verb in {"sync", "dsync", "du"} or bool(texts & {"-r", "--recursive"})
    transfer(reader, alike.get(verb, verb), words, row, many=many, deletes="--delete-removed" in texts)


def _rclone(reader: Reader, arguments: Arguments, row: int) -> None:
    """A remote whose name says that it is S3 (`s3:bucket/path`, `:s3:bucket`); other remotes stand in rclone's own settings."""
    parts = split(arguments, RCLONE_VALUES)
    if not parts.operands:
        return
    verb = {"copy": "sync", "copyto": "cp", "move": "mv", "moveto": "mv", "delete": "rm", "purge": "rm", "lsf": "ls", "lsl": "ls"}
    name = parts.operands[0].text
    words = tuple(
        word._replace(text=re.sub(r"^:?(?:s3|aws|amazon)[\w-]*(?:,[^:]*)?:/*", "s3://", word.text, flags=re.IGNORECASE))
        for word in parts.operands[1:]
    )
    act = verb.get(name, name)
    if act not in {"sync", "cp", "mv", "rm", "ls"}:
        return
    many = name not in {"copyto", "moveto"} and act != "ls"
    transfer(reader, act, words, row, many=many, deletes=name == "sync")


def _az(reader: Reader, arguments: Arguments, row: int) -> None:
    """Storage with data actions; other parts of `az` are management calls, said as they are."""
    parts = split(arguments, AZ_VALUES)
    texts = [word.text for word in parts.operands[:4]]
    account = next(iter(parts.values("--account-name")), None)
    container = next(iter(parts.values("--container-name", "-c")), None)
    if texts[:2] == ["storage", "blob"] and len(texts) > 2:
        act = AZ_BLOB.get(texts[2])
        if container is None and texts[2].endswith("-batch"):
            container = next(
                iter(parts.values(*(("--destination", "-d") if texts[2] == "upload-batch" else ("--source", "-s")))), None
            )
        named = [("account", account), ("container", container)]
        said = f"blob:{act}" if act else f"storage blob {texts[2]}"
        note(reader.notes, f"azure {said}", [(key, word) for key, word in named if word is not None], row)
    elif texts[:2] == ["storage", "message"] and len(texts) > 2:
        act = {"put": "add", "get": "process", "peek": "read", "delete": "process", "clear": "process"}.get(texts[2])
        queue = next(iter(parts.values("--queue-name")), None)
        named = [("account", account), ("queue", queue)]
        said = f"queue:{act}" if act else f"storage message {texts[2]}"
        note(reader.notes, f"azure {said}", [(key, word) for key, word in named if word is not None], row)
    elif texts[:2] == ["keyvault", "secret"] and len(texts) > 2 and texts[2] in AZ_SECRET:
        vault, secret = (next(iter(parts.values(*options)), None) for options in (("--vault-name",), ("--name", "-n")))
        by_id = next(iter(parts.values("--id")), None)
        match = re.match(r"https://([\w-]+)\.vault\.[\w.]+/secrets/([\w-]+)", by_id.text) if by_id is not None else None
        if match is not None:
            vault, secret = Word(match[1], True), Word(match[2], True)
        named = [("vault", vault), ("secret", secret)]
        note(reader.notes, f"azure secret:{AZ_SECRET[texts[2]]}", [(key, word) for key, word in named if word is not None], row)
    elif texts and texts[0] not in {"login", "account", "version", "config", "logout", "extension"} and len(texts) > 1:
        name, group = (next(iter(parts.values(*options)), None) for options in (("--name", "-n"), ("--resource-group", "-g")))
        named = [("resource-group", group), ("name", name)]
        words = [text for text in texts if re.fullmatch(r"[a-z][a-z-]*", text)]
        note(reader.notes, f"azure {' '.join(words)}", [(key, word) for key, word in named if word is not None], row)


READERS: dict[str, Callable[[Reader, Arguments, int], None]] = {
    "aws": _aws,
    "s3cmd": _s3cmd,
    "s4cmd": _s3cmd,
    "s5cmd": _s3cmd,
    "rclone": _rclone,
    "gcloud": gcloud,
    "gsutil": gsutil,
    "bq": bq,
    "az": _az,
}
