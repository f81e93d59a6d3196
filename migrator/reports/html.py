"""report.html: one self-contained page, readable without scripts; scripts only add filter and sort."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from migrator import not_offered, render
from migrator.model.finding import Question
from migrator.model.option import PriceBook
from migrator.model.plan import HostPlan, JobPlan, OutFile, Plan
from migrator.model.source import Problem
from migrator.reports import fleet_page, verdict_words, words
from migrator.reports.behind_url import behind_url
from migrator.reports.courses import growth, saving
from migrator.reports.drawing import Picture
from migrator.reports.marks import chain, strip, week
from migrator.reports.pictures import bills, run_times
from migrator.reports.size_curve import size_curve
from migrator.reports.steadiness import duty, steadiness
from migrator.reports.workflow_places import workflow_places
from migrator.schedule.words import difference

MOST_ON_A_PAGE, PAGES = fleet_page.MOST_ON_A_PAGE, fleet_page.PAGES
FORMAT = "html"
DEFAULT = True
TEMPLATE = "reports/report.html.j2"
LEVELS = {"error": 0, "warning": 1, "note": 2}
DOTS = 120_000  # of all strip plots together, so that the page of thousands of jobs stays small
MOST_DOTS, FEWEST_DOTS = 200, 20
MOST_KEPT = 20_000  # pieces of the page that are kept to be used again


def write(plan: Plan) -> tuple[OutFile, ...]:
    """report.html: all jobs, or, of many servers, a row for each (their own pages: `pages`)."""
    if len(plan.hosts) > MOST_ON_A_PAGE:
        return (fleet_page.write(plan),)
    return (OutFile(path="report.html", content=_page(plan)),)


def pages(plan: Plan) -> Iterator[OutFile]:
    """A page for each of many servers, as the report of its own plan would be; none where report.html has all jobs."""
    if len(plan.hosts) <= MOST_ON_A_PAGE:
        return
    said = {name: _of_each_host(getattr(plan, name)) for name in ("problems", "accounting", "unmatched", "digests")}
    for host, jobs in verdict_words.by_server(plan):
        name = host.host.name
        own: dict[str, Any] = {field: tuple(entries.get(name, ())) for field, entries in said.items()}
        alone = msgspec.structs.replace(plan, hosts=(host,), jobs=jobs, fleet=None, quotas=(), **own)
        yield OutFile(path=fleet_page.page_of(name), content=_page(alone, up="../"))


def _of_each_host(entries: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for entry in entries:
        found.setdefault(entry.location.host if isinstance(entry, Problem) else entry.host, []).append(entry)
    return found


def _page(plan: Plan, up: str = "") -> bytes:
    jobs_of = verdict_words.by_host(plan)
    hosts = [_host(host, jobs_of.get(host.host.name, ())) for host in plan.hosts]
    dots = max(FEWEST_DOTS, min(MOST_DOTS, DOTS // max(1, len(plan.jobs))))
    page = render.text(
        TEMPLATE,
        "html",
        plan=plan,
        hosts=hosts,
        headline=verdict_words.headline(plan),
        together=verdict_words.together(plan),
        quotas=verdict_words.quotas(plan),
        jobs=[_job(entry, dots, plan.prices) for entry in plan.jobs],
        targets=sorted({words.place(entry.placement) for entry in plan.jobs}),
        shapes=sorted({entry.placement.option.shape for entry in plan.jobs}),
        w=words,
        up=up,
        once=_kept(),
        not_offered=not_offered.of(plan.request.provider),
        difference=difference,
        chain=chain(plan.jobs),
        open_questions=sum(len(open_questions(plan, entry.placement.questions)) for entry in plan.jobs)
        + sum(len(open_questions(plan, host.questions)) for host in plan.hosts)
        + sum(peak.question is not None for peak in plan.quotas),
    )
    return page.encode()


def _kept() -> Callable[..., str]:
    """`once(macro, values)`: what a macro draws of these values. Thousands of jobs share most lines of their bills, so each is
    drawn when it is first met. Alike is what is written alike: $0.5 and $0.50 are two."""
    kept: dict[bytes, str] = {}

    def once(macro: Callable[..., str], *values: object) -> str:
        key = msgspec.json.encode([macro.name, values])  # type: ignore[attr-defined]  # Jinja's macros have a name
        drawn = kept.get(key)
        if drawn is None:
            if len(kept) >= MOST_KEPT:
                kept.clear()
            drawn = kept[key] = macro(*values)
        return drawn

    return once


def open_questions(plan: Plan, questions: tuple[Question, ...]) -> list[Question]:
    """Those without an answer."""
    return [question for question in questions if question.id not in plan.decisions.answers]


def _host(host: HostPlan, jobs: tuple[JobPlan, ...]) -> dict[str, Any]:
    pictures: list[Picture | None] = [
        week(host, jobs),
        bills(host, jobs),
        saving(host, jobs),
        growth(jobs),
        steadiness(host.steadiness, "Its jobs together work"),
    ]
    return {
        "host": host.host,
        "savings": host.savings,
        "sentence": verdict_words.sentence(host, jobs),
        "numbers": verdict_words.numbers(host, jobs),
        "blockers": verdict_words.grouped(verdict_words.blockers(host, jobs)),
        "questions": host.questions,
        "jobs": len(jobs),
        "hero": run_times(jobs),
        "pictures": [picture for picture in pictures if picture is not None],
        "names": {entry.job.id: entry.job.name for entry in jobs},
    }


def _job(entry: JobPlan, dots: int, prices: PriceBook) -> dict[str, Any]:
    job, placement, usage = entry.job, entry.placement, entry.usage
    findings = sorted(entry.findings, key=lambda finding: (LEVELS[finding.level], finding.rule))
    dialect = placement.option.dialect
    leaves = placement.verdict in words.LEAVING
    search = " ".join([job.id, job.name, job.command, job.user or "", job.host, job.location.path, placement.option.target])
    return {
        "entry": entry,
        "job": job,
        "usage": usage,
        "placement": placement,
        "option": placement.option,
        "place": words.place(placement),
        "monthly": words.monthly(placement),
        "when": words.when(entry),
        "findings": findings,
        "loud": [finding for finding in findings if finding.level != "note"],
        "quiet": [finding for finding in findings if finding.level == "note"],
        "worst": findings[0].level if findings else "none",
        "strip": strip(usage.sampled_runs, dots, job.schedule.timezone) if usage else None,
        "curve": size_curve(entry.size_curve),
        "steadiness": steadiness(entry.steadiness, "It works"),
        "behind_url": behind_url(entry, prices),
        "workflow_places": workflow_places(entry, prices),
        "duty": duty(entry.steadiness.duty) if entry.steadiness is not None else None,
        "translations": sorted(entry.translations, key=lambda translation: (translation.dialect != dialect, translation.dialect)),
        "dialect": dialect,
        "emitted": _emitted(entry) if leaves else [],
        "answers": _answers(entry),
        "search": search.lower(),
        "sort": {
            "p95": (usage.duration_s.p95 if usage else None) or 0,
            "cost": float(placement.option.monthly_cost or 0),
        },
    }


def _answers(entry: JobPlan) -> str:
    """The lines of decisions.yaml for this job: what is asked, then (behind `#`) what may be said although nobody asks."""
    asked = {question.id: question for question in entry.placement.questions}
    also = {finding.question.id: finding.question for finding in entry.findings if finding.question is not None}
    lines = [words.answer_line(question) for question in asked.values()]
    lines += [f"  #{words.answer_line(also[key])[1:]}" for key in sorted(also) if key not in asked]
    return "\n".join(["answers:", *lines]) if lines else ""


def _emitted(entry: JobPlan) -> list[tuple[str, str]]:
    """What `migrator emit` writes for this job: path and what it is."""
    resources = entry.placement.option.resources
    if not resources:
        return []
    folder, provider = f"jobs/{entry.job.id}", entry.placement.option.target.split("_")[0]
    program = "handler.py" if any(resource.values.get("package") == "zip" for resource in resources) else "Dockerfile"
    return [
        (f"{folder}/job.json", "the command, its environment and its calendar"),
        (f"{folder}/{program}", "what the platform starts"),
        (f"{folder}/runner/", "runs the command as cron did"),
        *((f"{folder}/files{script.path}", "its script, without secrets") for script in entry.scripts),
        (f"{folder}/test_job.py", "runs it here, before anything is deployed"),
        (f"{folder}/README.md", "its switch-over, step by step"),
        (f"{provider}/", "templates: " + ", ".join(sorted({resource.kind for resource in resources}))),
    ]
