"""report.html of many servers: which can go and what that saves, what holds the others, and a page for each beside it.

One page of all jobs is 13 kB a job: 650 MB for a thousand servers of fifty. This one has a row a server.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from migrator import render
from migrator.model.plan import HostPlan, OutFile, Plan
from migrator.planfile import host_file_name
from migrator.reports import verdict_words, words

TEMPLATE = "reports/fleet.html.j2"
PAGES = "pages"
MOST_ON_A_PAGE = 20  # servers with all their jobs: of more, each has a page
AMOUNT = re.compile(r"\d[\d.,]*")  # `takes 3.3 h` and `takes 3.6 h` are one reason
HOW_TO_ANSWER = re.compile(r"(?:;|, or) answer [^;]*")  # names the one server's job: it is on that server's page
WORD = re.compile(r"[\w.-]+")  # a job's id is one: on another server the same job has another
MOST_ROWS = 40  # of what holds servers back: the rest is on their pages


class Row(NamedTuple):
    """A server in the table."""

    host: HostPlan
    state: str
    jobs: int
    leaving: int
    questions: int
    holds: str
    more: int
    page: str


class Holder(NamedTuple):
    """The same thing that holds servers back: a job of all of them, or a service. `alone`: those that nothing else holds."""

    name: str
    why: str
    servers: int
    alone: int
    behind: Decimal
    unpriced: int
    example: str
    page: str


STATES = {
    "go": "can go now",
    "ask": "can go once questions are answered",
    "stay": "held by a job or a service",
    "unknown": "what they cost is unknown",
}


def write(plan: Plan) -> OutFile:
    """The page of all servers."""
    rows, held = _looked_at(plan)
    order = {name: number for number, name in enumerate(plan.fleet.order if plan.fleet is not None else ())}
    rows.sort(key=lambda row: (order.get(row.host.host.name, len(order)), row.host.host.name))
    shares = Counter(row.state for row in rows)
    page = render.text(
        TEMPLATE,
        "html",
        plan=plan,
        headline=verdict_words.headline(plan),
        together=verdict_words.together(plan),
        quotas=verdict_words.quotas(plan),
        rows=rows,
        states=[(state, said, shares[state]) for state, said in STATES.items() if shares[state]],
        held=held[:MOST_ROWS],
        more_held=max(0, len(held) - MOST_ROWS),
        questions=sum(row.questions for row in rows) + sum(peak.question is not None for peak in plan.quotas),
        unknown=sum(row.host.savings.now_monthly_cost is None for row in rows),
        w=words,
    )
    return OutFile(path="report.html", content=page.encode())


def page_of(host: str) -> str:
    """Where a server's own page lies in the plan folder."""
    return f"{PAGES}/{host_file_name(host)}.html"


def _looked_at(plan: Plan) -> tuple[list[Row], list[Holder]]:
    rows = []
    members = defaultdict[tuple[str, str], list[tuple[HostPlan, str, bool]]](list)
    for host, jobs in verdict_words.by_server(plan):
        keeping = verdict_words.blockers(host, jobs)
        names = {entry.job.id: entry.job.name for entry in jobs}
        whys = [(one.name, _of_any(one.why, names)) for one in keeping]
        own = {(name, AMOUNT.sub("0", why)): why for name, why in whys}
        for key, why in own.items():
            members[key].append((host, why, len(own) == 1))
        open_ = [question for entry in jobs for question in entry.placement.questions] + list(host.questions)
        kept = {one.job_id for one in keeping}
        rows.append(
            Row(
                host=host,
                state=_state(host, keeping),
                jobs=len(jobs),
                leaving=sum(1 for e in jobs if e.placement.verdict in {"move", "drop", "delete"} and e.job.id not in kept),
                questions=sum(1 for question in open_ if question.id not in plan.decisions.answers),
                holds=": ".join(whys[0]) if whys else "",
                more=max(0, len(keeping) - 1),
                page=page_of(host.host.name),
            )
        )
    held = [_holder(name, found) for (name, _), found in members.items()]
    held.sort(key=lambda one: (-one.alone, -one.behind, -one.servers, one.name, one.why))
    return rows, held


def _of_any(why: str, names: Mapping[str, str]) -> str:
    """A reason as it is on every server: jobs by their names, without the answer that names the one server's."""
    return WORD.sub(lambda word: names.get(word[0], word[0]), HOW_TO_ANSWER.sub("", why))


def _holder(name: str, found: list[tuple[HostPlan, str, bool]]) -> Holder:
    savings = [host.savings.if_all_moved_monthly for host, _, _ in found]
    whys = {why for _, why, _ in found}
    return Holder(
        name=name,
        why=f"{found[0][1]}; on others alike" if len(whys) > 1 else found[0][1],
        servers=len(found),
        alone=sum(alone for _, _, alone in found),
        behind=sum((saved for saved in savings if saved is not None), Decimal(0)),
        unpriced=sum(saved is None for saved in savings),
        example=found[0][0].host.name,
        page=page_of(found[0][0].host.name),
    )


def _state(host: HostPlan, keeping: tuple[verdict_words.Blocker, ...]) -> str:
    if host.savings.now_monthly_cost is None:
        return "unknown"
    if host.savings.can_go:
        return "go"
    return "ask" if keeping and all(one.questions or one.name == verdict_words.UNKNOWN for one in keeping) else "stay"
