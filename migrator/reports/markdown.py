"""report.md: the plan for a pull request; long parts are folded, and it stays under what GitHub renders."""

import re

from migrator import not_offered, render
from migrator.model.plan import OutFile, Plan
from migrator.reports import verdict_words, words
from migrator.reports.behind_url import behind_url
from migrator.reports.drawing import shortened
from migrator.reports.steadiness import in_words
from migrator.reports.workflow_places import workflow_places

FORMAT = "md"
DEFAULT = True
TEMPLATE = "reports/report.md.j2"
NOT_MERMAID = re.compile(r"[^A-Za-z0-9_-]")
NOT_LABEL = re.compile(r"[^\w .,:()/+-]")  # in Mermaid's quoted labels `"`, `#`, `;`, `<`, backticks and brackets mean something
MOST_EDGES = 60
MOST_SERVERS = 20  # with a part of their own, as on the page
SHORTEST_ROW, SHORTEST_STORY = 40, 200  # bytes: more of them than fit are not drawn only to be dropped
LIMIT_BYTES = 60_000  # GitHub cuts a comment at 65,536 characters


def write(plan: Plan) -> tuple[OutFile, ...]:
    """report.md; jobs and servers beyond the size limit are counted and left to report.html."""
    hosts = []
    for host, jobs in verdict_words.by_server(plan):
        keeping = verdict_words.grouped(verdict_words.blockers(host, jobs))
        numbers = verdict_words.numbers(host, jobs)
        hosts.append({"plan": host, "sentence": verdict_words.sentence(host, jobs), "keeping": keeping, "numbers": numbers})
    nodes, edges = _chain(plan)
    shown = min(len(plan.jobs), LIMIT_BYTES // SHORTEST_ROW)  # in the table
    told = min(shown, LIMIT_BYTES // SHORTEST_STORY)  # with a folded part
    servers = min(len(hosts), MOST_SERVERS)
    while True:
        values = {
            "plan": plan,
            "hosts": hosts,
            "servers": servers,
            "headline": verdict_words.headline(plan),
            "together": verdict_words.together(plan),
            "quotas": verdict_words.quotas(plan),
            "w": words,
            "not_offered": not_offered.of(plan.request.provider),
            "told": told,
            "shown": plan.jobs[:shown],
            "steady": {entry.job.id: said for entry in plan.jobs[:told] if (said := in_words(entry.steadiness, "It works"))},
            "behind_url": {entry.job.id: figure.says for entry in plan.jobs[:told] if (figure := behind_url(entry, plan.prices))},
            "workflow_places": {entry.job.id: workflow_places(entry, plan.prices) for entry in plan.jobs[:told]},
            "nodes": nodes,
            "edges": edges,
        }
        content = render.text(TEMPLATE, "markdown", **values).encode()
        if len(content) <= LIMIT_BYTES or (shown == 0 == told and servers <= 1):
            return (OutFile(path="report.md", content=content),)
        if told:
            told = min(told - 1, told * LIMIT_BYTES // (2 * len(content)))
        elif shown:
            shown = min(shown - 1, shown * LIMIT_BYTES // len(content))
        else:
            servers //= 2


def _chain(plan: Plan) -> tuple[list[tuple[str, str]], list[tuple[str, str, str]]]:
    """Nodes (name, label) and edges (from, to, through) of the jobs that feed each other, in letters that Mermaid takes."""
    names = {entry.job.id: entry.job.name for entry in plan.jobs}
    edges = {
        (link.from_job, link.to_job, link.via or "")
        for entry in plan.jobs
        for link in entry.links
        if link.kind == "feeds" and link.from_job in names and link.to_job in names
    }
    drawn = sorted(edges)[:MOST_EDGES]
    nodes = sorted({job_id for source, sink, _ in drawn for job_id in (source, sink)})
    return (
        [(_node(job_id), _said(names[job_id])) for job_id in nodes],
        [(_node(source), _node(sink), _said(via.rsplit("/", 1)[-1])) for source, sink, via in drawn],
    )


def _node(job_id: str) -> str:
    return "j_" + NOT_MERMAID.sub("_", job_id)


def _said(text: str) -> str:
    return NOT_LABEL.sub("_", shortened(text, 40))
