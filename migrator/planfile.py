"""Plan and surveys to and from a plan folder; decisions.yaml with line numbers; the version of the format.

A plan folder is whole: `plan.json`, `surveys/<host>.json`, `scripts/<sha256>`, `runs.parquet`. Nothing later needs the server.
"""

import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from migrator.errors import PlanError
from migrator.model.finding import Question
from migrator.model.plan import PLAN_VERSION, Decisions, OutFile, Plan, Survey

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SIZE_LIMIT = 512 * 2**20


class LoadedPlan(NamedTuple):
    """A plan with the redacted scripts that its jobs run, by sha256."""

    plan: Plan
    scripts: Mapping[str, bytes]


def _json(value: msgspec.Struct) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=1) + b"\n"


def host_file_name(host: str) -> str:
    """A host's name as a file name: anything but letters, digits, `.`, `_` and `-` becomes `_`.

    >>> host_file_name("../web 01")
    '.._web_01'
    """
    return re.sub(r"[^A-Za-z0-9._-]", "_", host) or "_"


def files(plan: Plan, surveys: Iterable[Survey], scripts: Mapping[str, bytes]) -> tuple[OutFile, ...]:
    """The files of a plan folder, except runs.parquet and the reports."""
    return (
        plan_file(plan),
        *(OutFile(path=f"surveys/{host_file_name(survey.host.name)}.json", content=_json(survey)) for survey in surveys),
        *(OutFile(path=f"scripts/{digest}", content=scripts[digest]) for digest in sorted(scripts)),
    )


def plan_file(plan: Plan) -> OutFile:
    """plan.json."""
    return OutFile(path="plan.json", content=_json(plan))


def plan_path(path: Path) -> Path:
    """The plan.json that `path` (a plan folder or the file in it) means. Raises `PlanError` if there is none."""
    file = path / "plan.json" if path.is_dir() else path
    if not file.is_file():
        raise PlanError(f"{path}: no plan.json here; give the folder that `migrator plan -o` wrote")
    return file


def _decode(file: Path, kind: type[Any]) -> Any:
    if file.stat().st_size > _SIZE_LIMIT:
        raise PlanError(f"{file}: larger than {_SIZE_LIMIT} bytes; a plan is never that large")
    raw = file.read_bytes()
    try:
        version = msgspec.json.decode(raw).get("version")
    except (msgspec.DecodeError, UnicodeDecodeError, AttributeError) as error:
        raise PlanError(f"{file}: not JSON of a plan ({error}); run `migrator plan` again") from error
    if version != PLAN_VERSION:
        raise PlanError(f"{file}: has format version {version!r}; this migrator reads {PLAN_VERSION}; run `migrator plan` again")
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.ValidationError, UnicodeDecodeError) as error:
        raise PlanError(f"{file}: {error}; run `migrator plan` again") from error


def read(path: Path) -> LoadedPlan:
    """The plan in a plan folder with its scripts. Raises `PlanError`; a script whose digest is wrong is one, too."""
    file = plan_path(path)
    plan: Plan = _decode(file, Plan)
    wanted = sorted({script.sha256 for job in plan.jobs for script in job.scripts})
    scripts = {}
    for digest in wanted:
        script = file.parent / "scripts" / digest
        if not _SHA256.fullmatch(digest) or not script.is_file():
            raise PlanError(f"{script}: a job's script is missing; run `migrator plan` again")
        scripts[digest] = script.read_bytes()
    return LoadedPlan(plan, scripts)


def read_surveys(path: Path) -> tuple[Survey, ...]:
    """The surveys in a plan folder, by host name."""
    folder = plan_path(path).parent / "surveys"
    return tuple(_decode(file, Survey) for file in sorted(folder.glob("*.json")))


def read_decisions(path: Path) -> Decisions:
    """The user's answers. Raises `PlanError` with the line that is wrong."""
    try:
        document = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(f"{path}: cannot be read ({error})") from error
    except YAMLError as error:
        raise PlanError(f"{path}: not YAML: {error}") from error
    if document is None:
        return Decisions()
    if not isinstance(document, CommentedMap):
        raise PlanError(f"{path}:1: found {type(document).__name__}; a mapping with `version: 1` and `answers:` is right")
    for key in document:
        if key not in {"version", "answers"}:
            raise PlanError(f"{path}:{document.lc.key(key)[0] + 1}: unknown key {key!r}; `version` and `answers` are right")
    if document.get("version", 1) != 1:
        raise PlanError(f"{path}: version {document['version']!r}; this migrator reads version 1")
    answers = document.get("answers") or {}
    if not isinstance(answers, dict):
        raise PlanError(f"{path}: `answers` holds {type(answers).__name__}; a mapping of question id to answer is right")
    read_answers = {}
    for key, value in answers.items():
        if isinstance(value, bool):
            value = "yes" if value else "no"  # noqa: PLW2901 - YAML reads a bare yes as a boolean; people mean the word
        if not isinstance(key, str) or not isinstance(value, str | int | float):
            line = answers.lc.key(key)[0] + 1 if isinstance(answers, CommentedMap) else 1
            raise PlanError(f"{path}:{line}: {key!r}: {value!r}; a question id with one word or number is right")
        read_answers[key] = str(value)
    return Decisions(answers=read_answers)


def _comment(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _entry(key: str, value: str) -> list[str]:
    stream = io.StringIO()
    YAML(typ="rt").dump({key: value}, stream)
    return stream.getvalue().splitlines()


def decisions_yaml(questions: Iterable[Question], decided: Decisions | None = None) -> OutFile:
    """The answers so far, then every open question with its default, commented out: taking the `#` away takes the default."""
    lines = [
        "# Your decisions. Take the # away to accept a default, or write another choice; then run",
        "#   migrator plan SOURCE... -o DIR --decisions decisions.yaml",
        "version: 1",
        "answers:",
    ]
    answers = decided.answers if decided is not None else {}
    lines += [f"  {line}" for key in sorted(answers) for line in _entry(key, answers[key])]
    for question in questions:
        lines += ["", f"  # {_comment(question.text)}"]
        if question.hint:
            lines.append(f"  # {_comment(question.hint)}")
        if question.choices:
            lines.append(f"  # choices: {', '.join(question.choices)}")
        lines += [f"  # {line}" for line in _entry(question.id, question.default)]
    return OutFile(path="decisions.yaml", content=("\n".join(lines) + "\n").encode())
