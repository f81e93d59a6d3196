"""The runs that are found in the samples' logs are those of their truth: each one, none invented, within the log's resolution."""

import json
from collections import defaultdict
from pathlib import Path

import pytest

from migrator import measuring, schedulers
from migrator.hosts import reading as hosts
from migrator.sources.opening import open_source

SAMPLES = Path(__file__).parent.parent / "samples"


@pytest.mark.parametrize("name", ["edge03", "etl02", "web01", "legacy04"])
def test_every_run_of_the_truth_is_found_and_none_invented(name: str) -> None:
    (files,) = open_source(str(SAMPLES / name))
    host, _ = hosts.read(files)
    jobs = tuple(job for scheduler in schedulers.ALL for job in scheduler.read(files, host).jobs)
    measured, table = measuring.measure(files, host, jobs, None)
    truth = json.loads((SAMPLES / name / "truth.json").read_text())
    place = {job.id: (job.location.path, job.location.line) for job in jobs}
    found = defaultdict(list)
    for row in table.rows():
        if row["source"] != "run_parts":
            assert row["job_id"] is not None, row
            found[place[row["job_id"]]].append(row)
    wanted = defaultdict(list)
    for job, start, duration, status, shown in truth["runs"]:
        if "start" in shown:
            wanted[truth["jobs"][job]["path"], truth["jobs"][job]["line"]].append((start, duration, status, shown))
    assert {at: len(runs) for at, runs in found.items()} == {at: len(runs) for at, runs in wanted.items()}
    wrong = []
    for at, runs in wanted.items():
        for (start, duration, status, shown), row in zip(sorted(runs), found[at], strict=True):
            right = abs(row["started_at"].timestamp() - start) < 1.5
            if row["duration_s"] is None:
                right = right and "end" not in shown
            else:
                right = right and row["duration_low_s"] - 0.3 <= duration <= row["duration_high_s"] + 0.3
                right = right and (not truth["statuses_in_log"] or row["exit_status"] == status)
            if not right:
                wrong.append((at, start, duration, status, shown, row))
    assert not wrong, wrong[:3]
    assert not measured.unmatched
