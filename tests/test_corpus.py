"""Real logs that are not in this repository: MIGRATOR_CORPUS names a folder with `logs/` in it; nothing may stop the reading."""

import os
import shutil
from pathlib import Path

import pytest

from migrator import measuring
from migrator.hosts import reading as hosts
from migrator.sources.opening import open_source

CORPUS = os.environ.get("MIGRATOR_CORPUS", "")
PLACES = {"journal.json": "journal/all.json", "journal.export": "journal/all.export", "journal-short.txt": "messages"}
FILES = sorted((Path(CORPUS) / "logs").iterdir()) if CORPUS else []


@pytest.mark.skipif(not CORPUS, reason="MIGRATOR_CORPUS names no folder")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_real_log_is_read_to_its_end(path: Path, tmp_path: Path, capsys) -> None:
    name = path.name.rpartition("__")[2]
    target = tmp_path / "server/var/log" / PLACES.get(name, name)
    target.parent.mkdir(parents=True)
    shutil.copy2(path, target)
    (files,) = open_source(str(tmp_path / "server"))
    host, _ = hosts.read(files)
    measured, runs = measuring.measure(files, host, (), None)
    timed = sum(row["duration_s"] is not None for row in runs.rows())
    with capsys.disabled():
        print(f"{path.name}: {len(runs)} runs, {timed} with an end, {len(measured.problems)} problems")
