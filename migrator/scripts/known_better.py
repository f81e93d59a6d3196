"""What other files of the tree add to what a text says: installed versions, hosts of configurations, sourced values."""

import re

from migrator import redact
from migrator.model.finding import Fact
from migrator.model.source import HostFiles
from migrator.scripts.reading import Context, absolute

HOST_OF_CONFIGURATION = re.compile(
    r"""["'](?:db_?)?host(?:name)?["']\s{0,4}(?:=>|:)\s{0,4}["'](?:p:)?([\w.-]{1,200})["']""", re.IGNORECASE
)
SOURCED = re.compile(r"(?m)(?:^|[;&|]|\bthen)[ \t]*(?:\.|source)[ \t]+[\"']?(?P<path>[^\s\"';&|]{1,300})")
SET = re.compile(
    r"(?m)^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_]\w{0,80})=(?P<q>[\"']?)(?P<value>[^\n\"'$`;&|]{0,500})(?P=q)[ \t]*(?:#.*)?$"
)
MAX_SOURCED = 20
MAX_SOURCED_BYTES = 200_000


def sourced_values(files: HostFiles, text: str, context: Context) -> dict[str, str]:
    """The plain values that the files set which a shell text sources: `. /etc/shop.env` makes `$OUT` a path."""
    values: dict[str, str] = {}
    for match in list(SOURCED.finditer(text))[:MAX_SOURCED]:
        path = absolute(match["path"].replace("$HOME", context.variables.get("HOME", "$HOME")), context.working_directory)
        file = files.stat(path) if path.startswith("/") and "$" not in path else None
        raw = files.content(path) if file is not None else None
        if raw is None or len(raw) > MAX_SOURCED_BYTES:
            continue
        for line in SET.finditer(redact.escape_bytes(raw)[0]):
            values[line["name"]] = redact.redact_setting(line["name"], line["value"].strip()).text
    return values


def with_host(fact: Fact, text: str) -> Fact:
    """A database whose host stands in the one array or dictionary of the text that names a host."""
    if fact.kind != "database" or "://" in fact.value or fact.value.startswith(("sqlite", "unknown")):
        return fact
    hosts = {match[1] for match in HOST_OF_CONFIGURATION.finditer(text)}
    if len(hosts) != 1:
        return fact
    return Fact(kind="database", value=f"{fact.value}://{hosts.pop()}", evidence=fact.evidence, certain=False, detail=fact.detail)


def with_version(fact: Fact, versions: dict[str, str]) -> Fact:
    """A library with the distribution that is installed on the server."""
    if fact.kind != "library" or fact.value not in versions:
        return fact
    return Fact(kind="library", value=fact.value, evidence=fact.evidence, certain=fact.certain, detail=versions[fact.value])
