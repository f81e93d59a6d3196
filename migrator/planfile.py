"""Plan and surveys to and from a plan folder; the version of the format.

A plan folder is whole: `plan.json`, `surveys/<host>.json`, `scripts/<sha256>`, `runs.parquet`. Nothing later needs the server.
Of many servers, what plan.json says about each lies in a file of its own, `servers/<host>.<digest>.json`: one file would have
270 kB for each server, in memory as a whole whoever writes or reads it, and changed as a whole. A part is named by its content,
so that a head that was there before still has its parts when a writer dies.
"""

import hashlib
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast, overload

import msgspec
from msgspec import structs

from migrator.errors import PlanError
from migrator.model.plan import PLAN_VERSION, JobPlan, OutFile, Plan, PlanPart, Survey
from migrator.shelf import Shelf, packed

PRICES = "prices.toml"  # the user's own prices, where the plan was made with some
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PART_DIGITS = 16
_PART = re.compile(r"servers/[A-Za-z0-9._-]{1,200}\.[0-9a-f]{16}\.json")
_SIZE_LIMIT = 8 * 2**30  # the plan of 10,000 servers in one file has 2.7 GB
PARTS = "servers"
MOST_IN_ONE_FILE = 100  # servers
_LONGEST_NAME = 100
MANY_JOBS = 2_000  # of one file
_PIECE_BYTES = 400_000
LARGE_BYTES = 200 * 2**20  # of a plan.json: some 10,000 jobs, which are half a gigabyte of objects
_GROUP = 50  # jobs that are packed together
_JOBS_BEGIN, _JOBS_END = b'"jobs":[\n', b'],"problems":['  # as `_lines` writes them
_ENCODER = msgspec.json.Encoder(order="deterministic", enc_hook=tuple)  # a shelf is written as the tuple that it is read as


class _Version(msgspec.Struct):
    """All that is asked of a file before it is read as a plan."""

    version: object = None


_OF_EACH: dict[str, Callable[[Any], str]] = {  # what a part holds, and whose an entry is
    "hosts": lambda entry: str(entry.host.name),
    "jobs": lambda entry: str(entry.job.host),
    "problems": lambda entry: str(entry.location.host),
    "accounting": lambda entry: str(entry.host),
    "unmatched": lambda entry: str(entry.host),
    "digests": lambda entry: str(entry.host),
}


class LoadedPlan(NamedTuple):
    """A plan with the redacted scripts that its jobs run, by sha256."""

    plan: Plan
    scripts: Mapping[str, bytes]


class Surveys(Sequence[Survey]):
    """Surveys that are read whenever one is asked for: a thousand of them together are more than a gigabyte."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = tuple(paths)

    def __len__(self) -> int:
        """How many servers."""
        return len(self._paths)

    @overload
    def __getitem__(self, at: int) -> Survey: ...
    @overload
    def __getitem__(self, at: slice) -> "Surveys": ...
    def __getitem__(self, at: int | slice) -> "Survey | Surveys":
        """One survey, or some of them still unread. Raises `PlanError` if it is damaged or of another version."""
        return Surveys(self._paths[at]) if isinstance(at, slice) else read_survey(self._paths[at])


def _out_file(path: str, value: Plan | PlanPart | Survey) -> OutFile:
    """Indented, so that a person reads it; of thousands of jobs, which would have 270 MB, each entry of its lists is one line:
    a third less, `grep JOB` and `diff` show what is said about one job, and it is written and read a few lines at a time."""
    if len(value.jobs) < MANY_JOBS:
        return OutFile(path=path, content=msgspec.json.format(_ENCODER.encode(value), indent=1) + b"\n")
    return OutFile(path=path, content=b"", pieces=lambda: _pieces(value))


def _pieces(value: Plan | PlanPart | Survey) -> Iterator[bytes]:
    """What `_ENCODER` makes of it, with a line for each entry of its lists: some hundred kilobytes at a time."""
    held: list[bytes] = []
    size = 0
    for part in _lines(value):
        held.append(part)
        size += len(part)
        if size > _PIECE_BYTES:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


def _lines(value: Plan | PlanPart | Survey) -> Iterator[bytes]:
    before = b"{"
    for name, key in zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True):
        yield before + _ENCODER.encode(key) + b":"
        found = getattr(value, name)
        if isinstance(found, tuple | Shelf):
            between = b"[\n"
            for entry in found:
                yield between + _ENCODER.encode(entry)
                between = b",\n"
            yield b"]" if len(found) else b"[]"
        else:
            yield _ENCODER.encode(found)
        before = b","
    yield b"}\n"


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


def files(plan: Plan, surveys: Iterable[Survey], scripts: Mapping[str, bytes]) -> Iterator[OutFile]:
    """The files of a plan folder, except runs.parquet and the reports, one after the other."""
    yield from plan_files(plan)
    yield from (survey_file(survey) for survey in surveys)
    yield from (OutFile(path=f"scripts/{digest}", content=scripts[digest]) for digest in sorted(scripts))


def survey_file(survey: Survey) -> OutFile:
    """One server's survey in a plan folder."""
    return _out_file(f"surveys/{host_file_name(survey.host.name)}.json", survey)


def survey_bytes(survey: Survey) -> bytes:
    """A survey as it travels between machines."""
    return msgspec.json.encode(survey, order="deterministic")


def read_survey(path: Path) -> Survey:
    """One survey. Raises `PlanError` if it is damaged or of another version."""
    survey: Survey = _decode(path, Survey)
    return survey


def plan_file(plan: Plan) -> OutFile:
    """The plan in one file, whatever it has."""
    return _out_file("plan.json", plan)


def plan_files(plan: Plan) -> Iterator[OutFile]:
    """The plan as it lies in its folder: plan.json alone, or after the parts of many servers, one after the other."""
    names = []
    for found in _split(plan) if len(plan.hosts) > MOST_IN_ONE_FILE else (None,):
        if found is None:
            yield plan_file(plan)
            return
        host, part = found
        out_file, state = _out_file("", part), hashlib.sha256()
        for piece in out_file.parts():
            state.update(piece)
        name = f"{PARTS}/{host_file_name(host)}.{state.hexdigest()[:_PART_DIGITS]}.json"
        names.append(name)
        yield structs.replace(out_file, path=name)
    empty: dict[str, Any] = dict.fromkeys(_OF_EACH, ())
    yield plan_file(structs.replace(plan, parts=tuple(names), **empty))


def outdated(folder: Path) -> list[str]:
    """Parts in a plan folder that are no longer of its plan."""
    there = [f"{PARTS}/{path.name}" for path in (folder / PARTS).glob("*.json")] if (folder / PARTS).is_dir() else []
    named = set(_decode(folder / "plan.json", Plan).parts) if there else set()
    return sorted(set(there) - named)


def _split(plan: Plan) -> Iterator[tuple[str, PlanPart] | None]:
    """What is said about each server, one after the other; None in the end if that is not all, because some of it is not in the
    order of the servers."""
    left = {name: itertools.groupby(getattr(plan, name), host_of) for name, host_of in _OF_EACH.items()}
    first: dict[str, Any] = {name: next(groups, None) for name, groups in left.items()}
    for entry in plan.hosts:
        own: dict[str, Any] = dict.fromkeys(_OF_EACH, ())
        for name, found in first.items():
            if found is not None and found[0] == entry.host.name:
                own[name] = tuple(found[1])
                first[name] = next(left[name], None)
        yield entry.host.name, PlanPart(**own)
    if any(found is not None for found in first.values()):
        yield None


def _joined(parts: Iterable[PlanPart]) -> dict[str, Any]:
    """What all parts say, their jobs on a shelf, which is read as a tuple is."""
    whole: dict[str, list[Any]] = {name: [] for name in _OF_EACH if name != "jobs"}
    jobs: Shelf[JobPlan] = Shelf(JobPlan)
    for part in parts:
        jobs.put(packed(part.jobs), len(part.jobs))
        for name, entries in whole.items():
            entries.extend(getattr(part, name))
    return {"jobs": cast("tuple[JobPlan, ...]", jobs), **{name: tuple(entries) for name, entries in whole.items()}}


def plan_path(path: Path) -> Path:
    """The plan.json that `path` (a plan folder or the file in it) means. Raises `PlanError` if there is none."""
    file = path / "plan.json" if path.is_dir() else path
    if not file.is_file():
        raise PlanError(f"{path}: no plan.json here; give the folder that `migrator plan -o` wrote")
    return file


def _decode(file: Path, kind: type[Any]) -> Any:
    _refuse_large(file)
    return _made(file, file.read_bytes(), kind)


def _refuse_large(file: Path) -> None:
    if file.stat().st_size > _SIZE_LIMIT:
        raise PlanError(f"{file}: larger than {_SIZE_LIMIT:,} bytes; the plan of 10,000 servers is a third of that")


def _made(file: Path, raw: bytes, kind: type[Any]) -> Any:
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


def _plan(file: Path) -> Plan:
    """The plan in a plan.json; of one that is large, with a line for each job, the jobs are never all held as objects."""
    _refuse_large(file)
    found: Plan | None = None
    if file.stat().st_size > LARGE_BYTES:
        with file.open("rb") as stream:
            found = _by_lines(file, stream)
    return _decode(file, Plan) if found is None else found


def _by_lines(file: Path, lines: Iterable[bytes]) -> Plan | None:
    """None where the file has not the lines that `_lines` makes: a person or another program wrote it anew."""
    jobs: Shelf[JobPlan] = Shelf(JobPlan)
    rest, group, inside = list[bytes](), list[Any](), False
    decoder = msgspec.json.Decoder(JobPlan)
    for line in lines:
        if not inside:
            rest.append(line)
            inside = line.endswith(_JOBS_BEGIN)
            continue
        entry, comma, after = (line[:-2], b",", b"") if line.endswith(b",\n") else line.rpartition(_JOBS_END)
        if not comma:
            return None
        try:
            group.append(decoder.decode(entry))
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None  # what is wrong with it is said of the whole file
        if len(group) == _GROUP or comma == _JOBS_END:
            jobs.put(packed(group), len(group))
            group = []
        if comma == _JOBS_END:
            inside = False
            rest.append(_JOBS_END + after)
    if inside or not len(jobs):
        return None
    head: Plan = _made(file, b"".join(rest), Plan)
    return structs.replace(head, jobs=cast("tuple[JobPlan, ...]", jobs))


def read(path: Path) -> LoadedPlan:
    """The plan in a plan folder with its scripts. Raises `PlanError`; a script whose digest is wrong is one, too."""
    file = plan_path(path)
    plan = _plan(file)
    if plan.parts:
        plan = structs.replace(plan, parts=(), **_joined(_part(file.parent, name) for name in plan.parts))
    wanted = sorted({script.sha256 for job in plan.jobs for script in job.scripts})
    scripts = {}
    for digest in wanted:
        script = file.parent / "scripts" / digest
        if not _SHA256.fullmatch(digest) or not script.is_file():
            raise PlanError(f"{script}: a job's script is missing; run `migrator plan` again")
        scripts[digest] = script.read_bytes()
    return LoadedPlan(plan, scripts)


def _part(folder: Path, name: str) -> PlanPart:
    file = folder / name
    if not _PART.fullmatch(name) or not file.is_file():
        raise PlanError(f"{file}: what the plan says about a server is missing; run `migrator plan` or `fleet` again")
    part: PlanPart = _decode(file, PlanPart)
    if hashlib.sha256(file.read_bytes()).hexdigest()[:_PART_DIGITS] != name.split(".")[-2]:
        raise PlanError(f"{file}: was changed since it was written; run `migrator plan` or `fleet` again")
    return part


def read_surveys(path: Path) -> tuple[Survey, ...]:
    """The surveys in a plan folder, by host name."""
    folder = plan_path(path).parent / "surveys"
    return tuple(_decode(file, Survey) for file in sorted(folder.glob("*.json")))
