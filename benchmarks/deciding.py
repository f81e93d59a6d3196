"""One `decide` for a whole fleet: `python benchmarks/deciding.py [SERVERS] [JOBS] [--report]`, in one process and in stages.

Surveys of the samples, cloned to as many servers of as many jobs (each server's lengths of runs are its own), in a temporary
folder as `fleet` leaves them; then what `fleet` does with them. Prints processor's time and the most memory after each stage.
"""

import argparse
import hashlib
import random
import resource
import tempfile
from pathlib import Path

import msgspec
from msgspec.structs import replace

from migrator import collector, deciding, decisions_file, files, pipeline, plan_folder, planfile
from migrator.model.plan import Request, Survey
from migrator.model.usage import Spread, Usage
from migrator.prices import bundled
from migrator.sources.opening import open_source

SAMPLES = Path(__file__).parent.parent / "samples"


def _scaled(spread: Spread, by: float) -> Spread:
    """As many runs, each so many times as long."""
    if spread.p50 is None or spread.p95 is None or spread.p99 is None or spread.max is None:
        return spread
    return replace(spread, p50=spread.p50 * by, p95=spread.p95 * by, p99=spread.p99 * by, max=spread.max * by)


def _cloned(survey: Survey, number: int, jobs: int) -> Survey:
    """The survey of another server, with as many jobs, each as long there as a seed says."""
    name, old, draw = f"srv{number:05}", survey.host.name, random.Random(number)
    raw = planfile.survey_bytes(survey).replace(f'"{old}"'.encode(), f'"{name}"'.encode())
    found = msgspec.json.decode(raw, type=Survey)
    own, usage, facts = [], [], []
    usage_of, facts_of = {entry.job_id: entry for entry in found.usage}, {entry.job_id: entry for entry in found.facts}
    for at in range(jobs):
        job = found.jobs[at % len(found.jobs)]
        job_id = "job-" + hashlib.sha256(f"{name} {job.id} {at}".encode()).hexdigest()[:12]
        own.append(replace(job, id=job_id))
        if job.id in usage_of:
            entry: Usage = usage_of[job.id]
            usage.append(replace(entry, job_id=job_id, duration_s=_scaled(entry.duration_s, draw.uniform(0.5, 2.0))))
        if job.id in facts_of:
            facts.append(replace(facts_of[job.id], job_id=job_id))
    return replace(found, jobs=tuple(own), usage=tuple(usage), facts=tuple(facts))


def made(folder: Path, servers: int, jobs: int) -> None:
    samples = []
    for sample in sorted(path for path in SAMPLES.iterdir() if (path / "etc").is_dir()):
        (source,) = open_source(str(sample))
        samples.append(pipeline.observe(source, None).survey)
    for number in range(servers):
        files.write(folder, [planfile.survey_file(_cloned(samples[number % len(samples)], number, jobs))])


def used() -> float:
    return sum(
        each.ru_utime + each.ru_stime for each in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def said(stage: str, since: float) -> float:
    most, child = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    beside = f" (and {child:,.0f} in a copy of it)" if child else ""
    print(f"{stage}: {used() - since:.1f} s, at most {most:,.0f} MiB{beside} so far", flush=True)
    return used()


def digest(root: Path) -> str:
    state = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.parent.name not in {"surveys", "scripts"}:
            state.update(f"{path.relative_to(root)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return state.hexdigest()


def main() -> None:
    """Print the stages."""
    parser = argparse.ArgumentParser()
    parser.add_argument("servers", type=int, nargs="?", default=1000)
    parser.add_argument("jobs", type=int, nargs="?", default=50)
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--into", type=Path, help="keep it there; surveys that lie there are taken as they are")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.into or Path(temporary)
        if not (folder / "surveys").is_dir():
            made(folder, asked.servers, asked.jobs)
            print(f"{asked.servers} surveys of {asked.jobs} jobs")
        now = used()
        surveys = planfile.Surveys(sorted((folder / "surveys").iterdir()))
        with collector.at_rest():
            plan = deciding.decide(surveys, bundled.read(), decisions_file.NOTHING.decisions, Request())
        now = said("decided", now)
        plan_folder.write_data(folder, planfile.plan_files(plan))
        now = said("written", now)
        if asked.report:
            plan_folder.write(folder, plan, lambda: planfile.plan_files(plan))
            said("with reports", now)
        print(plan.fleet.summary if plan.fleet is not None else "")
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and path.parent.name != "surveys")
        print(f"{size / 1e6:,.0f} MB, {digest(folder)}")


if __name__ == "__main__":
    main()
