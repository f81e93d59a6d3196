"""The lists, queries, templates and settings that a job's programs read and that were installed with them."""

import hashlib
import posixpath
from collections.abc import Collection, Iterable
from typing import NamedTuple

from migrator import redact, secret_names
from migrator.model.finding import Fact, ScriptFile
from migrator.model.source import HostFiles, Location
from migrator.unmet import STATIC, is_static

LANGUAGE = "data"  # of a file that is no program
WRITTEN = frozenset({"writes-path", "state", "deletes-path"})
MOST = 60


class Taken(NamedTuple):
    """A file as a script is kept, its redacted text, and its secrets."""

    file: ScriptFile
    text: bytes
    secrets: tuple[Fact, ...]


def taken(
    files: HostFiles, host: str, facts: Iterable[Fact], scripts: Collection[str], names: Collection[str]
) -> tuple[Taken, ...]:
    """The small UTF-8 files of the tree that the job reads, does not write, and that lie with its program.

    `scripts`: the paths of the job's scripts; `names`: secrets that other texts of the job have already.
    """
    facts = tuple(facts)
    written = {fact.value for fact in facts if fact.kind in WRITTEN}
    folders = tuple(posixpath.dirname(script) + "/" for script in scripts if script.count("/") > 2)
    found: dict[str, Taken] = {}
    for fact in facts:
        path = fact.value
        if fact.kind != "reads-path" or path in written or path in found or path in scripts or len(found) >= MOST:
            continue
        if not (is_static(path) or (path.endswith(STATIC) and path.startswith(folders))) or files.stat(path) is None:
            continue
        raw = files.content(path)
        text, escaped = redact.escape_bytes(raw or b"")
        if raw is None or b"\0" in raw or escaped:
            continue
        clean = redact.redact(text, Location(host=host, path=path, line=1), frozenset(names)).text
        stored = clean.encode("utf-8")
        file = ScriptFile(
            path=path,
            sha256=hashlib.sha256(stored).hexdigest(),
            language=LANGUAGE,
            lines=len(clean.splitlines()),
            executable=False,
        )
        secrets = tuple(Fact(kind="secret", value=name, evidence=fact.evidence) for name in sorted(secret_names.marked([stored])))
        found[path] = Taken(file, stored, secrets)
    return tuple(found.values())
