"""Which version of a Composer or npm package an application's lock file pins.

Line: `{"packages": [{"name": "guzzlehttp/guzzle", "version": "7.8.1"}]}` (composer.lock);
`{"packages": {"node_modules/axios": {"version": "1.6.2"}}}` (package-lock.json);
`axios@^1.0.0:` and below it `version "1.6.2"` (yarn.lock);
`axios:` and below it `specifier: ^1.0.0`, `version: 1.6.2(debug@4.3.4)` (pnpm-lock.yaml)
Source: getcomposer.org/doc/01-basic-usage.md (the lock file); docs.npmjs.com/cli/configuring-npm/package-lock-json;
classic.yarnpkg.com/lang/en/docs/yarn-lock, yarnpkg.com (version 2 and later: YAML of the same shape);
pnpm.io/git#lockfiles (what the application asks for itself, of lockfileVersion 5 to 9)
"""

import json
import posixpath
import re
from collections.abc import Iterable

from migrator.model.finding import Fact
from migrator.model.source import Evidence, HostFiles, Location

MAX_BYTES = 10_000_000
MAX_PARENTS = 4
MOST = 200
NAME = re.compile(r"(?:@[\w.-]{1,80}/)?[\w.-]{1,100}")
COMPOSER_NAME = re.compile(r"[a-z0-9][\w.-]{0,80}/[\w.-]{1,80}")
VERSION = re.compile(r"v?\d[\w.+-]{0,60}|dev-[\w./-]{1,60}")
YARN = re.compile(
    r"(?m)^\"?(?P<name>(?:@[\w.-]{1,80}/)?[\w.-]{1,100})@[^\n]{1,400}:\n"
    r"(?:[ \t]+[^\n]{0,400}\n){0,3}?[ \t]+version:? \"?(?P<version>[\w.+-]{1,60})\"?"
)

PNPM = re.compile(
    r"(?m)^(?P<by> {2,8})['\"]?(?P<name>(?:@[\w.-]{1,80}/)?[\w.-]{1,100})['\"]?:\n(?P=by)  specifier: [^\n]{1,300}\n"
    r"(?P=by)  version: ['\"]?(?P<version>[\w.+-]{1,60})"
)
PNPM_5 = re.compile(r"(?m)^(?:d|devD|optionalD)ependencies:\n(?P<lines>(?: {2}\S[^\n]{1,300}\n){1,2000})")
PNPM_5_LINE = re.compile(r"(?m)^ {2}['\"]?(?P<name>(?:@[\w.-]{1,80}/)?[\w.-]{1,100})['\"]?: (?P<version>\d[\w.+-]{0,60})")


def npm(files: HostFiles, scripts: Iterable[str]) -> dict[str, str]:
    """`npm axios@1.6.2` by package, from npm's, yarn's or pnpm's lock in the folders of the scripts and above them."""
    found: dict[str, str] = {}
    for folder in _folders(scripts):
        locked = (*_package_lock(_text(files, f"{folder}/package-lock.json")), *_yarn(files, folder), *_pnpm(files, folder))
        for name, version in locked:
            if NAME.fullmatch(name) and VERSION.fullmatch(version):
                found.setdefault(name, f"npm {name}@{version}")
    return found


def composer(files: HostFiles, root: str, evidence: Evidence, host: str) -> tuple[Fact, ...]:
    """A fact for each package that the application asks for itself (composer.json), else for each that is locked."""
    path = f"{root}/composer.lock"
    text = _text(files, path)
    locked = _object(text).get("packages", [])
    asked = _object(_text(files, f"{root}/composer.json")).get("require", {})
    wanted = set(asked) if isinstance(asked, dict) else set()
    found = []
    for one in locked if isinstance(locked, list) else ():
        name, version = (str(one.get("name", "")), str(one.get("version", ""))) if isinstance(one, dict) else ("", "")
        if COMPOSER_NAME.fullmatch(name) and VERSION.fullmatch(version) and (not wanted or name in wanted):
            at = text.find(f'"{name}"')
            place = Location(host=host, path=path, line=text.count("\n", 0, max(at, 0)) + 1)
            where = Evidence(snippet=f"{name} {version}", location=place) if at >= 0 else evidence
            found.append(Fact(kind="library", value=name, evidence=where, detail=f"composer {name}:{version}"))
    return tuple(found[:MOST])


def _folders(scripts: Iterable[str]) -> list[str]:
    found: list[str] = []
    for script in scripts:
        folder = posixpath.dirname(script)
        for _ in range(MAX_PARENTS):
            if folder in {"/", ""} or folder in found:
                break
            found.append(folder)
            folder = posixpath.dirname(folder)
    return found


def _package_lock(text: str) -> list[tuple[str, str]]:
    """Of all three versions of the format."""
    whole = _object(text)
    pairs = []
    for key in ("packages", "dependencies"):
        held = whole.get(key, {})
        for path, one in held.items() if isinstance(held, dict) else ():
            name = path.removeprefix("node_modules/")
            if isinstance(one, dict) and name and "node_modules/" not in name and not _is_elsewhere(one):
                pairs.append((name, str(one.get("version", ""))))
    return pairs


def _is_elsewhere(one: dict[str, object]) -> bool:
    """True for what comes from a repository or a folder: a package of that name and version in a registry is another one."""
    sources = (str(one.get(key, "")) for key in ("resolved", "version"))
    return any(source.startswith(("git", "file:", "github:")) for source in sources)


def _yarn(files: HostFiles, folder: str) -> list[tuple[str, str]]:
    return [(match["name"], match["version"]) for match in YARN.finditer(_text(files, f"{folder}/yarn.lock"))]


def _pnpm(files: HostFiles, folder: str) -> list[tuple[str, str]]:
    text = _text(files, f"{folder}/pnpm-lock.yaml")
    old = [line for block in PNPM_5.finditer(text) for line in PNPM_5_LINE.finditer(block["lines"])]
    return [(match["name"], match["version"].partition("_")[0]) for match in (*PNPM.finditer(text), *old)]


def _object(text: str) -> dict[str, object]:
    try:
        whole = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return whole if isinstance(whole, dict) else {}


def _text(files: HostFiles, path: str) -> str:
    raw = files.content(path) if files.stat(path) is not None else None
    return (raw or b"")[:MAX_BYTES].decode("utf-8", "replace")
