"""What tests/test_calm.py says of made-up events, of the logs of the samples and of the real daemons' recordings: taking runs out
as columns gives each run that the state machines give, for any size of a stretch."""

from functools import partial
from pathlib import Path

import pytest

from migrator import measuring
from migrator.columns import Runs
from migrator.hosts import reading as hosts
from migrator.runs.pairings import Pairings
from migrator.sources.opening import open_source

HERE = Path(__file__).resolve().parents[2]
ROOTS = sorted(
    path.parent
    for path in (*HERE.glob("samples/*/etc"), *HERE.glob("tests/fixtures/*/etc"), *HERE.glob("tests/fixtures/*/*/etc"))
)


def runs(root: Path) -> Runs:
    (files,) = open_source(str(root))
    host, _ = hosts.read(files)
    return measuring.read(files, host, None).runs


@pytest.mark.parametrize("root", ROOTS, ids=lambda path: path.name)
def test_logs_give_the_same_runs_with_and_without_columns(root: Path, monkeypatch) -> None:
    for size in (500, 32_768):
        monkeypatch.setattr(measuring, "AT_ONCE", size)
        monkeypatch.setattr(measuring, "Pairings", partial(Pairings, calmly=False))
        machines = runs(root).objects()
        monkeypatch.setattr(measuring, "Pairings", Pairings)
        assert runs(root).objects() == machines
        assert machines
