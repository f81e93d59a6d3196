"""Each wrapper of logs, and what it must refuse: `tests/cases/logfiles/<reader>.txt`. A part is a file of the server;
`hex` before its path: its bytes."""

import io
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from pathlib import Path

import pytest
from cases import Case, read_cases, rewrite

from migrator import logfiles, runlogs
from migrator.logfiles.years import first_years
from migrator.model.source import HostFile, Problem
from migrator.model.usage import Line, Search

FOLDER = Path(__file__).parent / "cases/logfiles"
READERS = {module.__name__.rpartition(".")[2]: module for module in logfiles.ALL}
CASES = [case for path in sorted(FOLDER.glob("*.txt")) for case in read_cases(path)]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TOLD_ELSEWHERE = {"binary_journal", "syslog"}  # tests/test_binary_journal.py, tests/test_bad_logs.py


class Server:
    """The files of a case."""

    name = "server"

    def __init__(self, parts: dict[str, str]) -> None:
        self.contents: dict[str, bytes] = {}
        for name, text in parts.items():
            if name.startswith("hex "):
                self.contents[name.removeprefix("hex ")] = bytes.fromhex("".join(text.split()))
            elif name != "want":
                self.contents[name] = text.encode()

    def file(self, path: str) -> HostFile:
        return HostFile(path=path, size=len(self.contents[path]), mode=None, uid=None, modified_at=None)

    def glob(self, patterns: tuple[str, ...]) -> list[HostFile]:
        return [self.file(path) for path in sorted(self.contents) if any(fnmatch(path, pattern) for pattern in patterns)]

    def exists(self, path: str) -> bool:
        return path in self.contents

    def content(self, path: str) -> bytes | None:
        return self.contents.get(path)

    def open(self, path: str) -> io.BytesIO:
        return io.BytesIO(self.contents[path])


def shown(found: Line | Problem) -> str:
    if isinstance(found, Problem):
        return f"! {found.location}: {found.message}"
    at = (EPOCH + timedelta(microseconds=found.at_us)).isoformat().replace("+00:00", "Z")
    pid = "" if found.pid is None else f"[{found.pid}]"
    figures = "".join(f" {name}={value}" for name, value in found.figures)
    session = "" if found.session is None else f" <{found.session}>"
    return f"{at} ±{found.resolution_us} {found.host or '-'} {found.tag}{pid}: {found.text}{figures}{session}"


def said(case: Case) -> str:
    module, server = READERS[case.path.stem], Server(case.parts)
    lines = []
    for path in sorted(server.contents):
        if path == "/etc/passwd":
            continue
        assert module.matches(path, server.contents[path][:65536]) != ("none of its own" in case.name), path
        if "none of its own" in case.name:
            continue
        needles = tuple(sorted({needle for runlog in runlogs.ALL for needle in runlog.NEEDLES}))
        tags = tuple(sorted({tag for runlog in runlogs.ALL for tag in runlog.TAGS}))
        years = first_years(server, [server.file(path)], datetime(2026, 11, 25, tzinfo=UTC))  # type: ignore[arg-type]
        search = Search(needles=needles, tags=tags, timezone="Europe/Berlin", first_years=years)
        lines += [shown(found) for found in module.read(server, server.file(path), search)]  # type: ignore[arg-type]
    return "\n".join(lines) or "-"


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.path.stem}: {case.name}")
def test_what_a_file_holds(case: Case, request) -> None:
    found = said(case)
    if request.config.getoption("--update"):
        rewrite(case.path, {case.name: found})
        return
    assert found.strip() == case.parts["want"].strip()


@pytest.mark.parametrize("name", sorted(set(READERS) - TOLD_ELSEWHERE))
def test_every_reader_has_cases_with_something_that_it_refuses(name: str) -> None:
    own = [case for case in CASES if case.path.stem == name]
    assert own, name
    assert any("none of its own" in case.name for case in own), f"{name}: no file that is not its own"
    assert any("! " in case.parts["want"] for case in own), f"{name}: nothing in a file of its own that it refuses"
