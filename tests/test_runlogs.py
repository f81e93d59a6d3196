"""Each daemon's words, and words that look like them: `tests/cases/runlogs/<reader>.txt`."""

from pathlib import Path

import pytest
from cases import Case, read_cases, rewrite

from migrator import runlogs
from migrator.model.usage import Line

FOLDER = Path(__file__).parent / "cases/runlogs"
READERS = {module.__name__.rpartition(".")[2]: module for module in runlogs.ALL}
CASES = [case for path in sorted(FOLDER.glob("*.txt")) for case in read_cases(path)]
SHOWN = ("kind", "user", "command", "pid", "pid_role", "session", "exit_status", "cpu_s", "peak_memory_mib", "duration_s")


def said(case: Case) -> str:
    """One line for each event; `-` for a line that is refused."""
    module, shown = READERS[case.path.stem], []
    for number, raw in enumerate(case.parts["log"].splitlines(), 1):
        logged, _, told = raw.partition(" ;; ")  # figures that the wrapper carries beside the text
        figures = tuple(tuple(word.split("=", 1)) for word in told.split())
        tag, _, text = logged.partition(": ")
        name, _, pid = tag.rstrip("]").partition("[") if tag.endswith("]") else (tag, "", "")
        events = list(module.read(Line(0, "h", name, int(pid) if pid else None, text, None, 1, "log", number, figures)))
        for event in events:
            values = [(field, getattr(event, field)) for field in SHOWN]
            shown.append(
                " ".join(f"{field}={value}" if field != "kind" else value for field, value in values if value is not None)
            )
        if not events:
            shown.append("-")
    return "\n".join(shown)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.path.stem}: {case.name}")
def test_what_a_daemon_says(case: Case, request) -> None:
    found = said(case)
    if request.config.getoption("--update"):
        rewrite(case.path, {case.name: found})
        return
    assert found.strip() == case.parts["want"].strip()


@pytest.mark.parametrize("name", sorted(READERS))
def test_every_reader_has_a_case_with_a_line_that_it_refuses(name: str) -> None:
    own = [case for case in CASES if case.path.stem == name]
    assert any("-" in case.parts["want"].split("\n") for case in own), name


@pytest.mark.parametrize("name", sorted(READERS))
def test_a_line_of_nested_brackets_is_nobodys(name: str) -> None:
    tag = READERS[name].TAGS[0]
    assert list(READERS[name].read(Line(0, "h", tag, 1, '{"a":' * 100_000, None, 1, "log", 1))) == []
