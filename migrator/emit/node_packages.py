"""What a job's Node scripts import from npm: by its own lock file where that came along, else at the versions that facts name."""

import posixpath
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from migrator.emit.package_files import PLAIN_FOLDER, json_object
from migrator.model.finding import Fact, ScriptFile

SOURCE = "https://docs.npmjs.com/cli/commands/npm-ci, https://docs.npmjs.com/cli/configuring-npm/package-lock-json"
PINNED = re.compile(r"npm ((?:@[a-z0-9][a-z0-9._~-]*/)?[a-z0-9][a-z0-9._~-]*@[0-9][0-9A-Za-z.+-]*)")
LIST, LOCK = "package.json", "package-lock.json"
ASKED = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")


class Locked(NamedTuple):
    """An application whose lock file installs all that it imports."""

    folder: str
    dev: bool  # a script imports what the lock file calls a package for developing
    builds: bool  # a package has a program of its own that runs when it is installed, which may call a compiler


def pinned(facts: Iterable[Fact], scripts: Iterable[ScriptFile]) -> dict[str, tuple[str, ...]]:
    """`axios@1.6.2` and the like, sorted, by the folder in whose `node_modules` Node looks first; {} where none is pinned."""
    found: dict[str, set[str]] = {}
    for path, pin, _ in _imports(facts, scripts):
        if pin is not None:
            found.setdefault(posixpath.dirname(path), set()).add(pin)
    return {folder: tuple(sorted(found[folder])) for folder in sorted(found) if PLAIN_FOLDER.fullmatch(folder)}


def locked(facts: Iterable[Fact], scripts: Iterable[ScriptFile], texts: Mapping[str, bytes]) -> tuple[Locked, ...]:
    """The applications whose package.json and package-lock.json came along and agree, so that `npm ci` installs from them.

    `texts`: the bytes of each script by its sha256."""
    scripts = tuple(scripts)
    files = {script.path: texts[script.sha256] for script in scripts if script.path.endswith((f"/{LIST}", f"/{LOCK}"))}
    imports: dict[str, set[str]] = {}
    for path, _, name in _imports(facts, scripts):
        folder = next((above for above in _above(path) if f"{above}/{LIST}" in files), "")
        imports.setdefault(folder, set()).add(name)
    found = []
    for folder in sorted(imports):
        listed, lock = (json_object(files.get(f"{folder}/{name}", b"")) for name in (LIST, LOCK))
        held = lock.get("packages")
        if not isinstance(held, dict) or not PLAIN_FOLDER.fullmatch(folder) or not _agree(listed, held):
            continue
        packages = [one for path, one in held.items() if path]
        dev = any(json_object(held.get(f"node_modules/{name}")).get("dev") for name in imports[folder])
        found.append(Locked(folder, dev=dev, builds=any(one.get("hasInstallScript") for one in packages)))
    return tuple(found)


def covers(locks: Iterable[Locked], folder: str) -> bool:
    """True for a folder whose scripts find their packages in one of these applications."""
    return any(folder == lock.folder or folder.startswith(f"{lock.folder}/") for lock in locks)


def _agree(listed: dict[str, Any], held: dict[str, Any]) -> bool:
    """True where a lock file of version 2 or 3 was made from this very list, and every package of it comes from a registry.

    npm refuses a list that has moved on; a package from a repository or a folder would need that here, too. Version 1 does not
    repeat what was asked for, so that only npm could say.
    """
    root = held.get("")
    if not isinstance(root, dict) or listed.get("workspaces") or not all(isinstance(one, dict) for one in held.values()):
        return False
    if any((root.get(key) or {}) != (listed.get(key) or {}) for key in ASKED):
        return False
    if any(f"node_modules/{name}" not in held for name in listed.get("dependencies") or {}):
        return False
    return all(path.startswith("node_modules/") and not _is_elsewhere(one) for path, one in held.items() if path)


def _is_elsewhere(one: dict[str, Any]) -> bool:
    return bool(one.get("link")) or not str(one.get("resolved", "https:")).startswith(("https:", "http:"))


def _imports(facts: Iterable[Fact], scripts: Iterable[ScriptFile]) -> list[tuple[str, str | None, str]]:
    """Of each import of a Node script: the script, the version as npm takes it if it is known, the name."""
    node = {script.path for script in scripts if script.language == "node"}
    found = []
    for fact in facts:
        at = fact.evidence.location
        if fact.kind == "library" and at is not None and at.path in node:
            match = PINNED.fullmatch(fact.detail or "")
            found.append((at.path, None if match is None else match[1], fact.value))
    return found


def _above(path: str) -> list[str]:
    parts = posixpath.dirname(path).split("/")
    return ["/".join(parts[:number]) for number in range(len(parts), 1, -1)]
