"""The list of packages of a job's own application and its lock file, which travel together: what installs them reads both.

Line: /srv/tick/package.json with package-lock.json, where a Node script of the job imports something; composer.json with
composer.lock, where a PHP script reads in vendor/autoload.php.
"""

import hashlib
import json
import posixpath
import re
from collections.abc import Collection, Iterable, Mapping

from migrator import redact
from migrator.model.finding import ScriptFile
from migrator.model.source import HostFiles, Location
from migrator.scripts.static_files import LANGUAGE, Taken

NPM = ("package.json", "package-lock.json")
COMPOSER = ("composer.json", "composer.lock")
MAX_PARENTS = 4
MAX_BYTES = 2_000_000
# what a lock file says of each package's archive; it looks like a secret to no reader, but is long and without meaning
DIGEST = re.compile(r'("integrity": ?")sha(?:1|256|384|512)-[A-Za-z0-9+/=]{20,100}(?=")')


def taken(
    files: HostFiles, host: str, scripts: Mapping[str, ScriptFile], composer_roots: Iterable[str], names: Collection[str]
) -> tuple[Taken, ...]:
    """Both files of each application; package.json alone, too, because Node itself reads there what its files are (`type`).
    None that names a secret: what installs packages reads it as it stands. `names`: secrets that other texts have already.
    """
    node = sorted(path for path, script in scripts.items() if script.language == "node")
    wanted = [(folder, NPM) for folder in dict.fromkeys(_root(files, path) for path in node) if folder]
    wanted += [(folder, COMPOSER) for folder in dict.fromkeys(composer_roots) if folder.count("/") > 1]
    found = []
    for folder, pair in wanted:
        both = [one for name in pair if (one := _text(files, host, f"{folder}/{name}", names)) is not None]
        if len(both) == len(pair) or (both and pair is NPM and both[0].file.path.endswith(NPM[0])):
            found += [one for one in both if one.file.path not in scripts]
    return tuple(found)


def _root(files: HostFiles, script: str) -> str | None:
    """The nearest folder, from the script's own upwards, that npm would take for the application's."""
    folder = posixpath.dirname(script)
    for _ in range(MAX_PARENTS):
        if folder.count("/") < 2:
            return None
        if files.stat(f"{folder}/{NPM[0]}") is not None:
            return folder
        folder = posixpath.dirname(folder)
    return None


def _text(files: HostFiles, host: str, path: str, names: Collection[str]) -> Taken | None:
    stat = files.stat(path)
    raw = files.content(path) if stat is not None and (stat.size or 0) <= MAX_BYTES else None
    if raw is None:
        return None
    try:
        text = raw.decode("utf-8")
        is_object = isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return None
    seen = DIGEST.sub(r"\1", text)
    if not is_object or redact.redact(seen, Location(host=host, path=path, line=1), frozenset(names)).text != seen:
        return None
    file = ScriptFile(
        path=path, sha256=hashlib.sha256(raw).hexdigest(), language=LANGUAGE, lines=len(text.splitlines()), executable=False
    )
    return Taken(file, raw, ())
