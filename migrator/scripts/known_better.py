"""What other files of the tree add to what a text says: installed versions, hosts of configurations, sourced values."""

import re
from collections.abc import Iterable, Mapping

from migrator import redact
from migrator.model.finding import Fact
from migrator.model.job import Host
from migrator.model.source import Evidence, HostFiles
from migrator.path_kind import lifetime
from migrator.scripts.reading import Context, absolute

HOST_OF_CONFIGURATION = re.compile(
    r"""["'](?:db_?)?host(?:name)?["']\s{0,4}(?:=>|:)\s{0,4}["'](?:p:)?([\w.-]{1,200})["']""", re.IGNORECASE
)
SOURCED = re.compile(r"(?m)(?:^|[;&|]|\bthen)[ \t]*(?:\.|source)[ \t]+[\"']?(?P<path>[^\s\"';&|]{1,300})")
SET = re.compile(
    r"(?m)^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_]\w{0,80})=(?P<q>[\"']?)(?P<value>[^\n\"'$`;&|]{0,500})(?P=q)[ \t]*(?:#.*)?$"
)
KEYS = {
    "aws": (".aws/credentials", ".aws/config", ".s3cfg", ".config/rclone/rclone.conf"),
    "gcp": (".config/gcloud/credentials.db", ".config/gcloud/application_default_credentials.json", ".boto"),
    "azure": (".azure/msal_token_cache.json", ".azure/accessTokens.json"),
}
METADATA = "169.254.169.254"
SIZES = "/migrator/sizes.txt"
CHANGES = frozenset({"writes-path", "deletes-path", "state"})
TOUCHED = frozenset({"reads-path", "writes-path", "lists-path", "deletes-path", "state"})
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


def sizes(files: HostFiles) -> dict[str, int]:
    """KiB by path, as `du -skx` said on the server when the bundle was made; empty where the tree is no bundle.

    Line: `4404816<TAB>/srv/shop/exports`
    """
    raw = files.content(SIZES) if files.exists(SIZES) else None
    found: dict[str, int] = {}
    for line in (raw or b"").decode("utf-8", "replace").splitlines()[:1000]:
        if match := re.fullmatch(r"(\d{1,15})\t(/.{1,1000})", line):
            found[match[2]] = int(match[1])
    return found


def volumes(files: HostFiles, facts: Iterable[Fact], known: Mapping[str, int]) -> tuple[Fact, ...]:
    """How large the paths are that a job touches: a file of the tree by its own size, else what the server said."""
    found: dict[str, Fact] = {}
    for fact in facts:
        if fact.kind not in TOUCHED or not fact.value.startswith("/") or fact.value in found:
            continue
        kib = known.get(fact.value.rstrip("/"))
        if kib is None and not fact.value.endswith("/") and (file := files.stat(fact.value)) is not None and file.size:
            content = files.entries(fact.value)  # a folder's own size says nothing
            kib = None if content or file.mode is None else -(-file.size // 1024)
        if kib is not None:
            found[fact.value] = Fact(kind="data-size", value=fact.value, evidence=fact.evidence, detail=f"{kib} KiB")
    return tuple(found.values())


def composer_roots(facts: Iterable[Fact]) -> list[tuple[str, Evidence]]:
    """The folders of the applications whose `vendor/autoload.php` a job reads in."""
    return [
        ((fact.detail or "").removesuffix("/vendor/autoload.php"), fact.evidence)
        for fact in facts
        if fact.kind == "library" and fact.value == "composer" and (fact.detail or "").endswith("/vendor/autoload.php")
    ]


def lifetimes(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """How long each path lives that a job changes: its place and its name say so; what is read before it is written is state."""
    found: dict[str, Fact] = {}
    kept = tuple(facts)
    state = {fact.value for fact in kept if fact.kind == "state"}
    for fact in kept:
        if fact.kind in CHANGES and fact.value.startswith("/") and fact.value not in found:
            word = lifetime(fact.value)
            if word is not None:
                word = "state" if fact.value in state and word == "data" else word
                found[fact.value] = Fact(
                    kind="persistence", value=fact.value, evidence=fact.evidence, certain=fact.certain, detail=word
                )
    return tuple(found.values())


def identities(files: HostFiles, host: Host, home: str | None, facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """Whose rights the cloud calls of a job use, where its text does not say: files of keys in its user's home, which are not
    opened; else the instance's own, where the server is one of that cloud."""
    stated = {fact.value for fact in facts if fact.kind == "cloud-identity" and fact.detail == "file of keys"}
    found: dict[str, Fact] = {}
    for fact in facts:
        provider = fact.value.partition(" ")[0]
        if fact.kind != "cloud-call" or provider in found or stated:
            continue
        places = [f"{(home or '').rstrip('/')}/{name}" for name in KEYS.get(provider, ())]
        path = next((place for place in places if home and files.exists(place)), None)
        if path is not None:
            found[provider] = Fact(kind="cloud-identity", value=path, evidence=fact.evidence, detail="file of keys")
        elif host.provider == provider or any(METADATA in other.value for other in facts if other.kind == "url"):
            found[provider] = Fact(kind="cloud-identity", value="instance profile", evidence=fact.evidence, certain=False)
    return tuple(found.values())


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
