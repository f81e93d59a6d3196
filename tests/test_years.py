"""The year of logs without years: the same runs from the same tree, whenever and wherever it was copied."""

import gzip
import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from test_commands import done

SAMPLES = Path(__file__).parent.parent / "samples"
CRONTAB = "SHELL=/bin/sh\n*/5 * * * * root /usr/bin/work\n"


def started(root: Path, *more: str) -> list[str]:
    document = json.loads(done("runs", root, "--each", "--format", "json", *more))
    return [run["started_at"] for run in document["runs"]]


def server(root: Path, logs: dict[str, str], written: datetime | None = None) -> Path:
    (root / "etc/cron.d").mkdir(parents=True)
    (root / "var/log").mkdir(parents=True)
    (root / "etc/cron.d/work").write_text(CRONTAB)
    (root / "etc/timezone").write_text("Etc/UTC\n")
    for name, stamps in logs.items():
        numbered = enumerate(stamps.split(", "), 9)
        lines = "".join(f"{stamp} web01 CRON[{pid}]: (root) CMD (/usr/bin/work)\n" for pid, stamp in numbered)
        path = root / "var/log" / name
        if name.endswith(".gz"):
            path.write_bytes(gzip.compress(lines.encode(), mtime=0))
        else:
            path.write_text(lines)
        if written is not None:
            os.utime(path, (written.timestamp(),) * 2)
    return root


@pytest.mark.parametrize("name", ["edge03", "etl02"])
def test_a_checkout_years_later_gives_the_same_runs(name: str, tmp_path: Path) -> None:
    later = tmp_path / name
    shutil.copytree(SAMPLES / name, later, symlinks=True)
    far = datetime(2041, 6, 1, tzinfo=UTC).timestamp()
    for path in later.rglob("*"):
        if path.is_file() and not path.is_symlink():
            os.utime(path, (far, far))
    found = started(later)
    assert found == started(SAMPLES / name)
    assert {at[:4] for at in found} == {"2026"}


def test_a_date_in_a_name_tells_its_neighbours(tmp_path: Path) -> None:
    logs = {"cron-20251228": "Dec 27 23:00:01, Dec 28 02:00:01", "cron": "Dec 28 04:00:01, Jan  2 00:00:01"}
    root = server(tmp_path / "web01", logs, datetime(2033, 8, 1, tzinfo=UTC))
    assert [at[:10] for at in started(root)] == ["2025-12-27", "2025-12-28", "2025-12-28", "2026-01-02"]


def test_a_file_of_more_than_a_year_counts_back_from_its_end(tmp_path: Path) -> None:
    stamps = "Nov  1 00:00:01, "
    stamps += "Mar  1 00:00:01, Sep  1 00:00:01, Dec 31 23:55:01, May  1 00:00:01, Dec  1 00:00:01, Jan  5 00:00:01"
    root = server(tmp_path / "web01", {"syslog": stamps}, datetime(2026, 1, 5, 0, 1, tzinfo=UTC))
    assert [at[:7] for at in started(root)] == ["2023-11", "2024-03", "2024-09", "2024-12", "2025-05", "2025-12", "2026-01"]


def test_the_file_itself_tells_where_it_was_written_just_after_its_last_line(tmp_path: Path) -> None:
    root = server(tmp_path / "web01", {"syslog": "Dec 31 23:55:01, Jan  1 00:00:01"}, datetime(2024, 1, 1, 0, 1, tzinfo=UTC))
    assert [at[:4] for at in started(root)] == ["2023", "2024"]


def test_as_of_tells_where_nothing_else_does(tmp_path: Path) -> None:
    root = server(tmp_path / "web01", {"syslog": "Dec 31 23:55:01, Jan  1 00:00:01"}, datetime(2030, 6, 1, tzinfo=UTC))
    assert [at[:4] for at in started(root, "--as-of", "2025-01-02")] == ["2024", "2025"]


def test_a_repeated_hour_in_autumn_is_told_by_order(tmp_path: Path) -> None:
    stamps = "Oct 25 01:55:01, Oct 25 02:25:01, Oct 25 02:55:01, Oct 25 02:25:01, Oct 25 02:55:01, Oct 25 03:25:01"
    root = server(tmp_path / "web01", {"cron-20261026": stamps})
    (root / "etc/timezone").write_text("Europe/Berlin\n")
    assert [at[11:16] for at in started(root)] == ["23:55", "00:25", "00:55", "01:25", "01:55", "02:25"]
