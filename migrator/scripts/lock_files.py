"""Which version of a Python library a project's lock file pins, where nothing is installed in the tree.

Line: `requests==2.31.0` in requirements.txt; `[[package]]` of poetry.lock, uv.lock and pdm.lock; `"default"` of Pipfile.lock.
Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/, https://peps.python.org/pep-0751/ (what it replaces)
"""

import json
import posixpath
import re
import tomllib
from collections.abc import Iterable

from migrator.model.source import HostFiles

PINNED = re.compile(
    r"(?m)^\s{0,8}(?P<name>[A-Za-z0-9][\w.-]{0,80})(?:\[[^\]\n]{0,80}\])?\s{0,4}==\s{0,4}(?P<version>[\w.!+]{1,40})"
)
TOML_LOCKS = ("poetry.lock", "uv.lock", "pdm.lock")
MAX_PARENTS = 3
MAX_BYTES = 2_000_000


def pinned(files: HostFiles, scripts: Iterable[str]) -> dict[str, str]:
    """`name==version` by module name (the distribution's own, with underscores), from the folders of the scripts upwards."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    for script in scripts:
        folder = posixpath.dirname(script)
        for _ in range(MAX_PARENTS):
            if folder in seen or folder in {"/", ""}:
                break
            seen.add(folder)
            for name, version in _of_folder(files, folder):
                found.setdefault(re.sub(r"[-.]+", "_", name).lower(), f"{name}=={version}")
            folder = posixpath.dirname(folder)
    return found


def _of_folder(files: HostFiles, folder: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name in TOML_LOCKS:
        try:
            packages = tomllib.loads(_text(files, f"{folder}/{name}")).get("package", [])
        except tomllib.TOMLDecodeError:
            continue
        known = [one for one in packages if isinstance(one, dict)] if isinstance(packages, list) else []
        pairs += [(str(one.get("name", "")), str(one.get("version", ""))) for one in known]
    try:
        default = json.loads(_text(files, f"{folder}/Pipfile.lock") or "{}").get("default", {})
    except (ValueError, AttributeError, RecursionError):
        default = {}
    if isinstance(default, dict):
        pairs += [
            (name, str(one.get("version", "")).removeprefix("==")) for name, one in default.items() if isinstance(one, dict)
        ]
    pairs += [(match["name"], match["version"]) for match in PINNED.finditer(_text(files, f"{folder}/requirements.txt"))]
    return [pair for pair in pairs if re.fullmatch(r"[\w.-]{1,80}", pair[0]) and re.fullmatch(r"[\w.!+]{1,40}", pair[1])]


def _text(files: HostFiles, path: str) -> str:
    raw = files.content(path) if files.stat(path) is not None else None
    return (raw or b"")[:MAX_BYTES].decode("utf-8", "replace")
