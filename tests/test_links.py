"""Which jobs belong together: by a file, a lock, or because they are the same on two servers."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_values import job

from migrator.links import _Near, joins, links
from migrator.model.finding import Fact, FactKind
from migrator.model.source import Evidence


def fact(kind: FactKind, value: str) -> Fact:
    return Fact(kind=kind, value=value, evidence=Evidence(snippet=value))


@pytest.mark.parametrize(
    ("written", "read", "joined"),
    [
        ("/data/rows.csv", "/data/rows.csv", True),
        ("/data/in/a.csv", "/data/in/*.csv", True),
        ("/data/in", "/data/in/a.csv", True),
        ("/data/inbox", "/data/in", False),
        ("/tmp/a", "/tmp", False),  # everybody writes below /tmp
        ("/dev/null", "/dev/null", False),
        ("/etc/passwd", "/etc/passwd", False),
        ("rows.csv", "rows.csv", False),  # relative to two different folders, perhaps
    ],
)
def test_a_path_joins_a_writer_and_a_reader(written: str, read: str, joined: bool) -> None:
    assert joins(written, read) is joined


def test_a_writer_feeds_a_reader_of_the_same_server_only() -> None:
    jobs = (job("extract"), job("transform"), job("elsewhere", host="web02"))
    facts = {
        "extract": (fact("writes-path", "/data/rows.csv"),),
        "transform": (fact("reads-path", "/data/rows.csv"),),
        "elsewhere": (fact("reads-path", "/data/rows.csv"),),
    }
    found = [(link.kind, link.from_job, link.to_job, link.via) for link in links(jobs, facts, {}) if link.kind == "feeds"]
    assert found == [("feeds", "extract", "transform", "/data/rows.csv")]


def test_a_cleaner_is_not_fed() -> None:
    facts = {"a": (fact("writes-path", "/data/x"),), "b": (fact("deletes-path", "/data/x"),)}
    assert [link for link in links((job("a"), job("b")), facts, {}) if link.kind == "feeds"] == []


def test_a_shared_lock_and_the_same_command_are_links() -> None:
    jobs = (job("a"), job("b"), msgspec.structs.replace(job("c", host="web02"), command="/opt/other"))
    facts = {name: (fact("lock", "/run/shop.lock"),) for name in ("a", "b", "c")}
    assert [(link.from_job, link.to_job, link.via) for link in links(jobs, facts, {}) if link.kind == "shares-lock"] == [
        ("a", "b", "/run/shop.lock")
    ]
    twins = (job("a"), job("d", host="web02"))
    (twin,) = links(twins, {}, {})
    assert twin.via == "2 servers (web01, web02); nothing differs"
    assert [(link.from_job, link.to_job) for link in links(twins, {}, {}) if link.kind == "same"] == [("a", "d")]


def test_the_order_of_input_does_not_change_the_links() -> None:
    jobs = (job("a"), job("b"), job("c", host="web02"))
    facts = {"a": (fact("writes-path", "/data/x"),), "b": (fact("reads-path", "/data/x"),)}
    assert links(jobs, facts, {}) == links(jobs[::-1], facts, {})


def test_one_job_on_many_servers_is_known_by_its_command_without_their_names() -> None:
    one = msgspec.structs.replace(job("a"), command="/opt/push --tag web01", user="app")
    other = msgspec.structs.replace(job("b", host="web02"), command="/opt/push --tag web02", user="root")
    third = msgspec.structs.replace(job("c", host="web03"), command="/opt/push --tag web011", user="root")
    (link,) = links((one, other, third), {}, {})
    assert link.via == "2 servers (web01, web02); differs: user, the server's name in the command"


PARTS = st.sampled_from(["srv", "out", "a", "b", "var", "log", "*", "x*", "?", "[ab]", "tmp", "a.csv", "*.csv", "$D", "opt"])
PATHS = st.tuples(st.lists(PARTS, min_size=1, max_size=6), st.sampled_from(["", "/"])).map(lambda p: "/" + "/".join(p[0]) + p[1])


@settings(max_examples=300, deadline=None)
@given(written=PATHS, read=st.lists(PATHS, max_size=20).map(tuple))
def test_the_index_leaves_out_no_reader_that_a_writer_joins(written: str, read: tuple[str, ...]) -> None:
    found = _Near(read).found(written)
    assert {number for number, path in enumerate(read) if joins(written, path)} <= set(found)
    assert len(found) == len(set(found))


def test_a_writer_looks_only_at_what_it_can_join() -> None:
    # ten thousand lines that write to ten thousand logs took minutes
    near = _Near(tuple(f"/srv/in/{number}" for number in range(3000)))
    assert [near.found(f"/srv/out/{number}") for number in range(3000)] == [[]] * 3000
    assert near.found("/srv/in/7") == [7]
