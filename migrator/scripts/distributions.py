"""Which installed distribution, in which version, brings a Python module: read from pip's metadata in the server's tree.

Line: a folder `requests-2.31.0.dist-info` beside the module; its `top_level.txt` names the modules that it brings.
Source: https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""

import posixpath
import re
from collections.abc import Iterable

from migrator.model.source import HostFiles
from migrator.scripts import lock_files

METADATA = re.compile(r"(?P<name>[A-Za-z0-9][\w.]*?)-(?P<version>\d[\w.!+]*)(?:-py[\d.]+)?\.(?:dist|egg)-info")
SYSTEM = ("/usr/local/lib", "/usr/lib")
VIRTUAL = ("venv", ".venv", "env", "virtualenv")
MAX_PARENTS = 4
MAX_DISTRIBUTIONS = 2000


def installed(files: HostFiles, modules: Iterable[str], scripts: Iterable[str]) -> dict[str, str]:
    """`name==version` by module, for those that the tree tells; the environment beside a script wins over the system's."""
    wanted = sorted(set(modules))
    found: dict[str, str] = {}
    for folder in _folders(files, sorted(set(scripts))) if wanted else ():
        left = [module for module in wanted if module not in found]
        if not left:
            break
        brought = _brought(files, folder)
        found |= {module: brought[module] for module in left if module in brought}
    if left := [module for module in wanted if module not in found]:
        locked = lock_files.pinned(files, sorted(set(scripts)))
        found |= {module: locked[module.lower()] for module in left if module.lower() in locked}
    return found


def _folders(files: HostFiles, scripts: Iterable[str]) -> list[str]:
    roots: list[str] = []
    for script in scripts:
        folder = posixpath.dirname(script)
        for _ in range(MAX_PARENTS):
            roots += [f"{folder.rstrip('/')}/{name}/lib" for name in VIRTUAL]
            if folder == "/":
                break
            folder = posixpath.dirname(folder)
    places = [
        f"{root}/{name}/{kind}"
        for root in dict.fromkeys((*roots, *SYSTEM))
        for name in files.entries(root)
        if name.startswith("python3")
        for kind in ("site-packages", "dist-packages")
    ]
    return [place for place in places if files.exists(place)]


def _brought(files: HostFiles, folder: str) -> dict[str, str]:
    """`name==version` by module of one folder of packages."""
    brought: dict[str, str] = {}
    for entry in files.entries(folder)[:MAX_DISTRIBUTIONS]:
        match = METADATA.fullmatch(entry)
        if match is None:
            continue
        distribution = f"{match['name']}=={match['version']}"
        brought.setdefault(match["name"].lower().replace("-", "_"), distribution)
        path = f"{folder}/{entry}/top_level.txt"
        raw = files.content(path) if files.stat(path) is not None else None
        for name in (raw or b"").decode("utf-8", "replace").split()[:50]:
            brought[name] = distribution
    return brought
