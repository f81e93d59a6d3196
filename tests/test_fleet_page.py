"""The page of many servers: what a platform lead reads first, and a page for each server beside it."""

from decimal import Decimal
from html.parser import HTMLParser

import msgspec
from small_plan import job_plan, plan

from migrator.model.plan import JobPlan
from migrator.reports import html


class Tables(HTMLParser):
    """The words of every cell."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"td", "th"}:
            self.tables[-1][-1].append("")
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag not in {"td", "th"}

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.tables[-1][-1][-1] += data


def tables(page: bytes) -> list[list[list[str]]]:
    found = Tables()
    found.feed(page.decode())
    return found.tables


def test_of_many_servers_one_page_has_a_row_each_and_what_holds_them_first() -> None:
    """Thirty servers: 12 can go, on 18 the same job stays, on 3 of these another one, too; reasons differ in figures."""
    small = plan()
    names = [f"srv{number:02}" for number in range(30)]
    saved = msgspec.structs.replace(small.hosts[0].savings, now_monthly_cost=Decimal(30), if_all_moved_monthly=Decimal(25))
    hosts = tuple(
        msgspec.structs.replace(
            small.hosts[0],
            host=msgspec.structs.replace(small.hosts[0].host, name=name),
            savings=msgspec.structs.replace(saved, host=name, can_go=number < 12, blockers=(), order=()),
            questions=(),
        )
        for number, name in enumerate(names)
    )

    def held(number: int, name: str, of: str, why: str) -> JobPlan:
        entry = job_plan(number, host=of, name=name)
        return msgspec.structs.replace(
            entry, placement=msgspec.structs.replace(entry.placement, verdict="stay", reasons=(why,), questions=())
        )

    jobs = []
    for number, name in enumerate(names):
        jobs.append(job_plan(100 + number, host=name, name="job <1>"))
        if number >= 12:
            jobs.append(held(200 + number, "nightly <export>", name, f"takes {number}.5 h"))
        if number >= 27:
            jobs.append(held(300 + number, "other", name, f"shares with job-{100 + number:08x}, or answer {name}/data: share"))
    whole = msgspec.structs.replace(small, hosts=hosts, jobs=tuple(jobs), problems=(), accounting=(), unmatched=(), digests=())
    (page,) = html.write(whole)
    held_rows, servers = tables(page.content)
    assert [row[:5] for row in held_rows[1:]] == [
        ["nightly <export>", "18", "$450.00", "15", "takes 12.5 h; on others alike"],
        ["other", "3", "$75.00", "0", "shares with job <1>"],
    ]
    assert len(servers) == 1 + 30
    assert sum("can go" in row for row in servers) == 12
    assert len(page.content) < 60_000
    pages = {made.path: made.content for made in html.pages(whole)}
    assert list(pages) == [f"pages/{name}.html" for name in names]
    assert b"nightly &lt;export&gt;" in pages["pages/srv12.html"]
    assert b"srv13" not in pages["pages/srv12.html"]
    assert b'href="../costs.xlsx"' in pages["pages/srv12.html"]
    few = msgspec.structs.replace(whole, hosts=hosts[:2], jobs=tuple(jobs[:2]))
    assert list(html.pages(few)) == []
