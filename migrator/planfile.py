"""Plan and surveys to and from a plan folder; the version of the format.

A plan folder is whole: `plan.json`, `surveys/<host>.json`, `scripts/<sha256>`, `runs.parquet`. Nothing later needs the server.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from migrator.errors import PlanError
from migrator.model.plan import PLAN_VERSION, OutFile, Plan, Survey

PRICES = "prices.toml"  # the user's own prices, where the plan was made with some
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SIZE_LIMIT = 8 * 2**30  # the plan of 10,000 servers has 2.7 GB
_LONGEST_NAME = 100


class _Version(msgspec.Struct):
    """All that is asked of a file before it is read as a plan."""

    version: object = None


class LoadedPlan(NamedTuple):
    """A plan with the redacted scripts that its jobs run, by sha256."""

    plan: Plan
    scripts: Mapping[str, bytes]


def _json(value: msgspec.Struct) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=1) + b"\n"


def host_file_name(host: str) -> str:
    """A host's name as a file name that no other host has: as it is, or with a digest where it holds what does not belong into a
    file's name, is long, or could be taken for a name with a digest.

    >>> host_file_name("web01"), host_file_name("../web 01")
    ('web01', '_.._web_01-a231dc5b')
    """
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", host)
    plain = (plain if plain[:1].isalnum() else f"_{plain}")[:_LONGEST_NAME]
    if plain == host and not re.search(r"-[0-9a-f]{8}$", host):
        return plain
    return f"{plain}-{hashlib.sha256(host.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"


def files(plan: Plan, surveys: Iterable[Survey], scripts: Mapping[str, bytes]) -> tuple[OutFile, ...]:
    """The files of a plan folder, except runs.parquet and the reports."""
    return (
        plan_file(plan),
        *(survey_file(survey) for survey in surveys),
        *(OutFile(path=f"scripts/{digest}", content=scripts[digest]) for digest in sorted(scripts)),
    )


def survey_file(survey: Survey) -> OutFile:
    """One server's survey in a plan folder."""
    return OutFile(path=f"surveys/{host_file_name(survey.host.name)}.json", content=_json(survey))


def survey_bytes(survey: Survey) -> bytes:
    """A survey as it travels between machines."""
    return msgspec.json.encode(survey, order="deterministic")


def read_survey(path: Path) -> Survey:
    """One survey. Raises `PlanError` if it is damaged or of another version."""
    survey: Survey = _decode(path, Survey)
    return survey


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
        raise PlanError(f"{file}: larger than {_SIZE_LIMIT:,} bytes; the plan of 10,000 servers is a third of that")
    raw = file.read_bytes()
    try:
        version = msgspec.json.decode(raw, type=_Version).version  # without making the rest of it
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
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
