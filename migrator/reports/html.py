"""report.html: one self-contained page, readable without scripts; scripts only add filter and sort."""

from typing import Any

from migrator import render
from migrator.model.plan import HostPlan, JobPlan, OutFile, Plan
from migrator.reports import words
from migrator.reports.pictures import Picture, bills, run_times, week

FORMAT = "html"
DEFAULT = True
TEMPLATE = "reports/report.html.j2"
LEVELS = {"error": 0, "warning": 1, "note": 2}


def write(plan: Plan) -> tuple[OutFile, ...]:
    """report.html."""
    hosts = [_host(host, plan) for host in plan.hosts]
    page = render.text(
        TEMPLATE,
        "html",
        plan=plan,
        hosts=hosts,
        jobs=[_job(entry) for entry in plan.jobs],
        targets=sorted({words.place(entry.placement) for entry in plan.jobs}),
        shapes=sorted({entry.placement.option.shape for entry in plan.jobs}),
        w=words,
        open_questions=sum(len(entry.placement.questions) for entry in plan.jobs) + sum(len(h.questions) for h in plan.hosts),
    )
    return (OutFile(path="report.html", content=page.encode()),)


def _host(host: HostPlan, plan: Plan) -> dict[str, Any]:
    jobs = tuple(entry for entry in plan.jobs if entry.job.host == host.host.name)
    pictures: list[Picture | None] = [run_times(jobs), week(host), bills(host, jobs)]
    return {
        "host": host.host,
        "savings": host.savings,
        "questions": host.questions,
        "jobs": len(jobs),
        "leaving": sum(1 for entry in jobs if entry.placement.verdict in {"move", "drop", "delete"}),
        "pictures": [picture for picture in pictures if picture is not None],
        "names": {entry.job.id: entry.job.name for entry in jobs},
    }


def _job(entry: JobPlan) -> dict[str, Any]:
    job, placement, usage = entry.job, entry.placement, entry.usage
    findings = sorted(entry.findings, key=lambda finding: (LEVELS[finding.level], finding.rule))
    dialect = placement.option.dialect
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
        "worst": findings[0].level if findings else "none",
        "translations": sorted(entry.translations, key=lambda translation: (translation.dialect != dialect, translation.dialect)),
        "dialect": dialect,
        "search": search.lower(),
        "sort": {
            "p95": (usage.duration_s.p95 if usage else None) or 0,
            "cost": float(placement.option.monthly_cost or 0),
        },
    }
