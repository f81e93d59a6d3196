"""Logs of the real daemons that begin anywhere, as a rotation leaves them: no run gets a length that it has not in the whole."""

from pathlib import Path

import pytest

from migrator import understanding
from migrator.columns import Lines, Run, Whole
from migrator.logfiles import syslog
from migrator.model.usage import Search
from migrator.runs.order import stream
from migrator.runs.pairings import Pairings
from migrator.sources.opening import open_source

FIXTURES = Path(__file__).parent / "fixtures/daemons"


def read(daemon: str) -> tuple[understanding.Understanding, Whole]:
    (files,) = open_source(str(FIXTURES / daemon))
    (file,) = [file for file in files.glob(syslog.READS) if "cron.log" in file.path]
    known = understanding.Understanding("web01")
    search = Search((), understanding.TAGS, "Etc/UTC", {}, {})
    (lines,) = [found for found in syslog.columns(files, file, search, known) if isinstance(found, Lines)]
    return known, known.rows(lines)


def runs(known: understanding.Understanding, rows: Whole) -> dict[tuple[int, str | None], Run]:
    pairings = Pairings(known.sayings, None)
    for stretch in stream([iter([rows])], known.sayings):
        pairings.feed(stretch)
    return {(run.started_at_us, run.command): run for run in pairings.kept(known.names).every().objects()}


@pytest.mark.parametrize("daemon", ["cronie", "debian-L3", "debian-L15"])
def test_a_log_that_begins_in_the_midst_of_runs_gives_them_no_other_s_end(daemon: str) -> None:
    known, rows = read(daemon)
    whole = runs(known, rows)
    timed = lost = 0
    for cut in range(0, len(rows) - 20, len(rows) // 15):
        for name, run in runs(known, rows[cut:]).items():
            if run.duration_s is not None:
                timed += 1
                assert run.duration_s == whole[name].duration_s, (cut, run)
            else:
                lost += whole[name].duration_s is not None
    assert timed > 800
    assert lost < 0.02 * timed
