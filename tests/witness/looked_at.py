"""Which witness looked at which emitted tree in this run: what the matrix claims and nobody did fails the run.

`conftest.made` tells of each tree that a test file asks for; a test that passed has looked at those, and where its parameters are
plans or trees, at these only. A run of the whole folder is held against the matrix when it is over; one of some files is not.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import matrix
import pytest
from every_combination import Tree

Looked = tuple[str, Tree]  # what the tree is of, and the tree
PROPERTY = "looked at"
ASKED: dict[str, set[Looked]] = defaultdict(set)  # by test file
CURRENT: list[str] = [""]
PASSED: dict[tuple[str, str], set[Looked]] = {}  # by file and test
SKIPPED: set[tuple[str, str]] = set()


def asked(of: str, tree: Tree) -> None:
    """The test file of now looks at a tree."""
    ASKED[CURRENT[0]].add((of, tree))


def narrowed(looked: Iterable[Looked], params: Iterable[Any]) -> set[Looked]:
    """The trees that a test of these parameters looked at.

    >>> sam, terraform = Tree("aws", "sam"), Tree("aws", "terraform")
    >>> narrowed([("every", sam), ("every", terraform), ("web01", sam)], [("every", sam)])
    {('every', Tree(provider='aws', language='sam'))}
    >>> narrowed([("every", sam), ("web01", sam)], ["web01", 3])
    {('web01', Tree(provider='aws', language='sam'))}
    """
    found = set(looked)
    plans = {of for of, _ in found}
    for param in params:
        if isinstance(param, tuple) and len(param) == 2 and isinstance(param[1], Tree):
            found = {one for one in found if one == param}
        elif isinstance(param, Tree):
            found = {one for one in found if one[1] == param}
        elif isinstance(param, str) and param in plans:
            found = {one for one in found if one[0] == param}
    return found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    CURRENT[0] = item.path.name
    return (yield)  # type: ignore[misc]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    if call.when == "call":
        params = item.callspec.params.values() if hasattr(item, "callspec") else ()
        item.user_properties.append((PROPERTY, json.dumps(sorted(narrowed(ASKED[item.path.name], params)))))
    return (yield)  # type: ignore[misc]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    name = (Path(report.location[0]).name, report.location[2].partition("[")[0])
    if report.skipped:
        SKIPPED.add(name)
    elif report.when == "call" and report.passed:
        looked = json.loads(str(dict(report.user_properties).get(PROPERTY, "[]")))  # a test of another folder says nothing
        PASSED.setdefault(name, set()).update((of, Tree(*tree)) for of, tree in looked)


def is_whole(config: pytest.Config) -> bool:
    """Whether all witnesses were asked for, and by the process that hears of all."""
    narrowing = [config.getoption(name, None) for name in ("keyword", "markexpr", "collectonly", "lf", "maxfail")]
    whole = [Path(word).resolve() for word in config.args] == [Path(__file__).parent.resolve()]
    return whole and not any(narrowing) and not hasattr(config, "workerinput")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if is_whole(config):
        for line in matrix.unseen(PASSED, SKIPPED):
            terminalreporter.write_line(f"claimed by the matrix, and not looked at in this run: {line}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fails the run; what was skipped for want of a tool is said above, and fails by itself where the tool can be installed."""
    if is_whole(session.config) and matrix.unseen(PASSED, SKIPPED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
