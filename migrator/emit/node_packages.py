"""What a job's Node scripts import from npm, at the versions that the server's lock file pins, by the folder of the script."""

import posixpath
import re
from collections.abc import Iterable

from migrator.model.finding import Fact, ScriptFile

SOURCE = "https://docs.npmjs.com/cli/commands/npm-install"
PINNED = re.compile(r"npm ((?:@[a-z0-9][a-z0-9._~-]*/)?[a-z0-9][a-z0-9._~-]*@[0-9][0-9A-Za-z.+-]*)")


def pinned(facts: Iterable[Fact], scripts: Iterable[ScriptFile]) -> dict[str, tuple[str, ...]]:
    """`axios@1.6.2` and the like, sorted, by the folder in whose `node_modules` Node looks first; {} where none is pinned.

    What these packages themselves want is npm's choice: their versions stand in the lock file, which does not travel.
    """
    node = {script.path for script in scripts if script.language == "node"}
    found: dict[str, set[str]] = {}
    for fact in facts:
        match, at = PINNED.fullmatch(fact.detail or ""), fact.evidence.location
        if fact.kind == "library" and match is not None and at is not None and at.path in node:
            found.setdefault(posixpath.dirname(at.path), set()).add(match[1])
    return {folder: tuple(sorted(found[folder])) for folder in sorted(found)}
