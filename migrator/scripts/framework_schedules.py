"""The schedules of django-crontab and Magento, read from the application's own files without running it.

Line: `CRONJOBS = [("*/5 * * * *", "shop.cron.sync")]` (settings.py), which `manage.py crontab add` writes as
`*/5 * * * * /venv/bin/python /srv/shop/manage.py crontab run 7a0e897149f800977350e46835c822c0`;
`<job name="reindex" instance="Shop\\Cron\\Reindex" method="execute"><schedule>0 * * * *</schedule></job>` (etc/crontab.xml)
Source: github.com/kraiz/django-crontab (README; the hash is the MD5 of the entry as JSON);
developer.adobe.com/commerce/php/development/configuration/crons (crontab.xml, config_path)
"""

import ast
import hashlib
import json
import posixpath
import re
from xml.etree import ElementTree

from migrator import redact
from migrator.model.finding import Fact
from migrator.model.job import Job
from migrator.model.source import Evidence, HostFiles, Location
from migrator.scripts.reading import snippet

DJANGO = re.compile(
    r"(?P<manage>/[^\s;&|\"']+/manage\.py)\s+crontab\s+run\s+(?P<hash>[0-9a-f]{32})(?:\s+--settings=(?P<settings>[\w.]{1,200}))?"
)
SETTINGS = re.compile(r"DJANGO_SETTINGS_MODULE[\"']\s*,\s*[\"']([\w.]{1,200})[\"']")
MAGENTO = re.compile(r"(?P<root>/[^\s;&|\"']+)/bin/magento\s+cron:run\b")
MODULES = ("app/code/*/*/etc/crontab.xml", "vendor/*/*/etc/crontab.xml")
MOST = 101  # inner_schedules lists 100 and says that there are more
MOST_BYTES = 1 << 20


def found(files: HostFiles, job: Job) -> list[Fact]:
    """A fact for each job inside: the function behind a line of django-crontab, the jobs behind Magento's tick."""
    if match := DJANGO.search(job.command):
        return _django(files, job, match["manage"], match["hash"], match["settings"])
    if match := MAGENTO.search(job.command):
        paths = [file.path for file in files.glob(tuple(f"{match['root']}/{module}" for module in MODULES))]
        return [fact for path in sorted(paths) for fact in _magento(files, job, path)][:MOST]
    return []


def _text(files: HostFiles, path: str) -> str | None:
    raw = files.content(path) if files.stat(path) is not None else None
    return None if raw is None or len(raw) > MOST_BYTES else redact.escape_bytes(raw)[0]


def _fact(job: Job, path: str, text: str, line: int, value: str, framework: str) -> Fact:
    shown = redact.redact(text.split("\n")[line - 1].strip()).text
    evidence = Evidence(snippet=snippet(shown), location=Location(host=job.host, path=path, line=line))
    return Fact(kind="inner-job", value=redact.redact(value).text[:300], evidence=evidence, detail=framework)


def _django(files: HostFiles, job: Job, manage: str, wanted: str, module: str | None) -> list[Fact]:
    if module is None and (start := SETTINGS.search(_text(files, manage) or "")) is not None:
        module = start[1]
    if module is None:
        return []
    place = f"{posixpath.dirname(manage)}/{module.replace('.', '/')}"
    path = next((path for path in (f"{place}.py", f"{place}/__init__.py") if files.stat(path) is not None), None)
    text = None if path is None else _text(files, path)
    if path is None or text is None:
        return []
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    for node in ast.walk(tree):
        names = {getattr(target, "id", "") for target in node.targets} if isinstance(node, ast.Assign) else set()
        if "CRONJOBS" not in names or not isinstance(node, ast.Assign) or not isinstance(node.value, ast.List | ast.Tuple):
            continue
        for item in node.value.elts:
            entry = _literal(item)
            if isinstance(entry, list | tuple) and len(entry) >= 2 and hash_of(entry) == wanted:
                called = " ".join(str(part) for part in entry[1:])
                return [_fact(job, path, text, item.lineno, f"{entry[0]}: {called}", "django-crontab")]
    return []


def _literal(node: ast.expr) -> object:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def hash_of(entry: object) -> str | None:
    """What django-crontab calls an entry; None for what JSON cannot say.

    >>> hash_of(("*/5 * * * *", "shop.cron.sync"))
    '7a0e897149f800977350e46835c822c0'
    """
    try:
        said = json.JSONEncoder(sort_keys=True).encode(entry)
    except (TypeError, ValueError, RecursionError):
        return None
    return hashlib.md5(said.encode(), usedforsecurity=False).hexdigest()


def _magento(files: HostFiles, job: Job, path: str) -> list[Fact]:
    text = _text(files, path)
    if text is None or "<!" in re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL):  # a document type could name other files
        return []
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - without a document type there are no entities to expand
    except (ElementTree.ParseError, ValueError):
        return []
    inner = []
    for entry in root.iter("job"):
        name, schedule = entry.get("name") or "", (entry.findtext("schedule") or "").strip()
        stored = (entry.findtext("config_path") or "").strip()
        when = schedule or (f"(in the database, {stored})" if stored else "(no schedule of its own)")
        line = next((n for n, said in enumerate(text.split("\n"), 1) if f'name="{name}"' in said), 1)
        what = f"{entry.get('instance') or '?'}::{entry.get('method') or '?'}"
        inner.append(_fact(job, path, text, line, f"{when}: {name} ({what})", "Magento"))
    return inner
