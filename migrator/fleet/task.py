"""What a worker does: observe one server and give back what is small, in bytes that travel; and fold a host's readings into one.

A reading is all that one source says about one host. Readings of the same host - last week's bundle and this week's - merge: runs
as `runs.same` merges them, in any order; the survey is that of the newest. So hosts are the partition key: nothing of one host
needs anything of another before `decide`.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from migrator import files, history, pipeline, planfile, same_machine, tables
from migrator.assumptions import Assumptions
from migrator.errors import MigratorError, SourceError
from migrator.model.plan import Survey
from migrator.model.usage import LostLines
from migrator.model.value import Value
from migrator.redact import redact
from migrator.runs import store
from migrator.runs.edited import all_of
from migrator.runs.packed import packed, unpacked
from migrator.runs.same import merged
from migrator.runs.store import Stretch
from migrator.sources.opening import open_source

RUNS, SURVEYS, READINGS = "runs", "surveys", "readings"


class Server(Value, frozen=True, kw_only=True):
    """What a row of `servers.jsonl` says about a host; `marks`: which machine it is (`same_machine`)."""

    host: str
    as_of: datetime
    jobs: int
    runs: int
    problems: int
    stretches: tuple[Stretch, ...]
    survey: str  # digest
    marks: tuple[str, ...] = ()
    lost: tuple[LostLines, ...] = ()


class Row(Value, frozen=True, kw_only=True):
    """What became of one source. Of a source that failed, `servers` are those of it that are good."""

    source: str
    fingerprint: str
    reader: str
    status: Literal["read", "failed"]
    attempts: int
    error: str | None = None
    servers: tuple[Server, ...] = ()


class Reading(NamedTuple):
    """What a source says about one host: the survey as JSON, the redacted scripts, the runs as a parquet file."""

    server: Server
    survey: bytes
    scripts: dict[str, bytes]
    runs: bytes


class Outcome(NamedTuple):
    """What became of a source: its readings, or why there are none."""

    source: str
    error: str | None
    readings: tuple[Reading, ...]


def observed(sources: tuple[str, ...], as_of: datetime | None, assumptions: Assumptions) -> list[Outcome]:
    """Read each source; one that cannot be read does not stop the others."""
    found = []
    for source in sources:
        try:
            found.append(Outcome(source, None, tuple(_readings(source, as_of, assumptions))))
        except MigratorError as error:
            found.append(Outcome(source, redact(str(error)).text, ()))
        except OSError as error:
            said = f"{source}: cannot be read ({error.strerror or error})"
            found.append(Outcome(source, redact(said).text, ()))
    return found


def _readings(source: str, as_of: datetime | None, assumptions: Assumptions) -> Iterator[Reading]:
    if (Path(source) / "plan.json").is_file():
        yield from _planned(Path(source), assumptions)
        return
    for server in open_source(source):
        seen = pipeline.observe(server, as_of, assumptions)
        cut = [problem.message for problem in server.problems() if problem.location.path == source]
        if cut:  # half a bundle must not become a server on which nothing is left
            raise SourceError(f"{source}: {cut[0]}; bundle it again")
        stretches = history.stretches_of(seen)
        yield _reading(seen.survey, dict(seen.scripts), tables.runs_of(seen.runs), stretches, seen.lost)


def _planned(folder: Path, assumptions: Assumptions) -> Iterator[Reading]:
    """The servers of a plan that was made before, by `plan` or by `fleet`."""
    loaded, surveys = planfile.read(folder), planfile.read_surveys(folder)
    runs = [] if (folder / RUNS).is_dir() else tables.runs_of(tables.read(folder / "runs.parquet"))
    host_of = {job.id: survey.host.name for survey in surveys for job in survey.jobs}
    for survey in surveys:
        name = survey.host.name
        scripts = {script.sha256: loaded.scripts[script.sha256] for facts in survey.facts for script in facts.scripts}
        if (folder / RUNS).is_dir():
            kept = store.read(folder / RUNS, name)
            if kept.doubted:
                survey, _ = history.measured_again(survey, kept, assumptions)  # noqa: PLW2901
            yield _reading(survey, scripts, kept.runs, kept.stretches, kept.lost)
            continue
        own = [run for run in runs if len(surveys) == 1 or host_of.get(run.job_id or "", run.host) == name]
        days = next((entry.observed_days for entry in survey.usage), None)
        end = (survey.as_of - history.EPOCH) // timedelta(microseconds=1)
        stretches = () if days is None else ((end - round(days * store.DAY_US), end),)
        kept = store.believed(store.Kept(own, stretches, survey.earlier, place="runs.parquet"), survey.pairing)
        if kept.doubted:
            survey, _ = history.measured_again(survey, kept, assumptions)  # noqa: PLW2901
        yield _reading(survey, scripts, kept.runs, stretches)


def _reading(
    survey: Survey, scripts: dict[str, bytes], runs: list[tables.Run], stretches: tuple[Stretch, ...],
    lost: tuple[LostLines, ...] = (),
) -> Reading:  # fmt: skip
    raw = planfile.survey_bytes(survey)
    server = Server(
        host=survey.host.name, as_of=survey.as_of, jobs=len(survey.jobs), runs=len(runs), problems=len(survey.problems),
        stretches=stretches, survey=hashlib.sha256(raw).hexdigest()[:16], marks=survey.host.marks,
        lost=lost,
    )  # fmt: skip
    return Reading(server, raw, scripts, packed(runs))


class Part(NamedTuple):
    """A reading that lies in the output folder: the path of its files without `.json` and `.parquet`."""

    stem: str
    server: Server


def fold(out: Path, parts: tuple[Part, ...], assumptions: Assumptions) -> None:
    """Put the readings of one host into the store, and write its survey, measured over all that the store then holds."""
    newest = max(parts, key=lambda part: (part.server.as_of, part.server.survey))
    survey = planfile.read_survey(out / f"{newest.stem}.json")
    fresh = [part for part in parts if (out / f"{part.stem}.parquet").is_file()]
    runs = merged(*(unpacked((out / f"{part.stem}.parquet").read_bytes()) for part in fresh))
    stretches = store.joined(stretch for part in fresh for stretch in part.server.stretches)
    others = (planfile.read_survey(out / f"{part.stem}.json") for part in parts if part is not newest)
    proved = all_of(survey.earlier, *(other.earlier for other in others))
    marks = same_machine.joined(*(part.server.marks for part in sorted(parts, key=lambda part: part.server.as_of)))
    lost = store.most_lost(day for part in parts for day in part.server.lost)
    kept = store.add(out / RUNS, survey.host.name, runs, stretches, proved, marks, lost, as_kept=True)
    seen = runs, stretches, survey.earlier, lost
    if not (len(fresh) == len(parts) == 1 and (kept.runs, kept.stretches, kept.earlier, kept.lost) == seen):
        survey, _ = history.measured_again(survey, kept, assumptions)
    files.write(out, [planfile.survey_file(survey)])
    files.remove(out, [f"{part.stem}.parquet" for part in fresh])


class _Dated(msgspec.Struct):
    as_of: datetime


def is_older(survey: Path, parts: Iterable[Part]) -> bool:
    """True if a host's survey in the output folder is not that of the newest of its readings, but of others read meanwhile."""
    try:
        there = msgspec.json.decode(survey.read_bytes(), type=_Dated).as_of
    except (OSError, msgspec.DecodeError):
        return True
    return there != max(part.server.as_of for part in parts)


def survey_name(host: str) -> str:
    """The name of a host's survey; no two hosts share it."""
    return f"{planfile.host_file_name(host)}.json"


def stems(source: str, hosts: Iterable[str]) -> Iterator[str]:
    """Where the readings of a source lie: a source's name is no file's."""
    folder = hashlib.sha256(source.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    for host in hosts:
        yield f"{READINGS}/{folder}/{planfile.host_file_name(host)}"
