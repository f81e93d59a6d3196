"""Runs as small Parquet files: read back by the dataframe engine as they were, to the millisecond, in a few bytes each."""

import io
import random
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import polars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrator import parquet
from migrator.errors import PlanError
from migrator.parquet import Column
from migrator.runs import store
from migrator.runs.packed import coarse, packed, unpacked
from migrator.runs.same import merged
from migrator.tables import Run

FIXTURES = Path(__file__).parent / "fixtures"
DAY_US = 86_400_000_000
MS_US = 1_000


def test_another_program_reads_what_was_written() -> None:
    chance = random.Random(8)
    for rows in (0, 1, 2, 31, 32, 33, 128, 129, 130, 700):
        numbers = [chance.choice([None, 0, 1000, -(2**63), 2**63 - 1, chance.randrange(300)]) for _ in range(rows)]
        texts = [chance.choice([None, "", "root", "é\n\0", "x" * 300]) for _ in range(rows)]
        instants = sorted(chance.randrange(10**14) for _ in range(rows))
        made = [Column("number", "whole", numbers), Column("text", "text", texts), Column("at", "instant_ms", instants)]
        found = polars.read_parquet(io.BytesIO(parquet.packed(made, [chance.randrange(rows + 1) for _ in range(3)])))
        assert found["number"].to_list() == numbers
        assert found["text"].to_list() == texts
        assert found["at"].dt.epoch("ms").to_list() == instants
        assert found.schema["at"] == polars.Datetime("ms", "UTC")


@pytest.mark.parametrize("shape", ["steps", "few", "one", "noise", "gaps", "sorted stretches"])
def test_each_way_of_writing_a_column_is_read(shape: str) -> None:
    """Every one of them and not only the shortest, which is what a file gets."""
    chance = random.Random(5)
    values: list[int | None] = {
        "steps": [1_795_000_000_000 + 300_000 * n for n in range(700)],
        "few": [1000 * chance.randrange(40) for _ in range(700)],
        "one": [7] * 700,
        "noise": [chance.randrange(-(2**62), 2**62) for _ in range(700)],
        "gaps": [None if chance.random() < 0.3 else n for n in range(700)],
        "sorted stretches": [n % 100 * 60_000 + chance.randrange(200) for n in range(700)],
    }[shape]  # type: ignore[assignment]
    column = Column("it", "whole", values)
    ways = list(parquet._candidates(column, [0, 100, 300, 700]))
    assert len(ways) >= (2 if shape == "one" else 6)
    for way in ways:
        raw = parquet._file([column], [way], 700)
        assert polars.read_parquet(io.BytesIO(raw))["it"].to_list() == values, way.encodings


def test_the_same_columns_give_the_same_bytes() -> None:
    made = [Column("it", "whole", list(range(500)))]
    assert parquet.packed(made) == parquet.packed(made)


TIMES = st.integers(0, 3 * DAY_US) | st.integers(0, 3 * 86_400).map(lambda second: second * 1_000_000)
RUNS = st.builds(
    Run,
    host=st.sampled_from(["web01", "web02"]), job_id=st.none(), user=st.none() | st.sampled_from(["root", "www-data"]),
    command=st.none() | st.sampled_from(["/opt/one", "/opt/two é"]), started_at_us=TIMES, ended_at_us=st.none() | TIMES,
    duration_low_s=st.none(), duration_high_s=st.none(), exit_status=st.none() | st.integers(0, 255),
    cpu_s=st.none() | st.floats(0, 1e6), peak_memory_mib=st.none() | st.floats(0, 1e6), source=st.sampled_from(["cronie", "pam"]),
    quality=st.sampled_from(["exact", "paired", "inferred", "starts-only"]),
)  # fmt: skip


def bounded(run: Run, blur_us: int) -> Run:
    if run.ended_at_us is None:
        return run
    length = max(0, run.ended_at_us - run.started_at_us)
    return run._replace(duration_low_s=max(0, length - blur_us) / 1e6, duration_high_s=(length + blur_us) / 1e6)


@settings(max_examples=30)
@given(st.lists(RUNS, max_size=12), st.sampled_from([0, 1, 1_000_000]))
def test_runs_come_back_as_they_were_to_the_millisecond(runs: list[Run], blur_us: int) -> None:
    runs = merged([bounded(run, blur_us) for run in runs])
    cut = merged(map(coarse, runs))
    assert unpacked(packed(cut)) == cut
    assert [coarse(run) for run in cut] == cut
    for run in runs:
        kept = coarse(run)
        assert 0 <= run.started_at_us - kept.started_at_us < MS_US
        assert (kept.ended_at_us is None) == (run.ended_at_us is None)
        if run.ended_at_us is not None:
            assert kept.ended_at_us is not None
            assert 0 <= run.ended_at_us - kept.ended_at_us < MS_US
            # bounds stay true, and get wider by no more than what was cut off
            assert kept.duration_low_s <= run.duration_low_s <= kept.duration_low_s + 0.003  # type: ignore[operator]
            assert kept.duration_high_s - 0.003 <= run.duration_high_s <= kept.duration_high_s  # type: ignore[operator]
            assert 0 <= kept.duration_low_s <= kept.duration_s <= kept.duration_high_s  # type: ignore[operator]
        if blur_us != 1 and run.started_at_us % MS_US == 0 == (run.ended_at_us or 0) % MS_US:
            assert kept[4:8] == run[4:8]
        for before, after, unit in ((run.cpu_s, kept.cpu_s, 1e-3), (run.peak_memory_mib, kept.peak_memory_mib, 2**-10)):
            assert (before is None) == (after is None)
            if before is not None and after is not None:
                assert before - 1e-5 <= after <= before + unit + 1e-5
                assert (after == 0) <= (before < 1e-5)


def day(resolution_us: int, often: int) -> list[Run]:
    """Three jobs every five minutes, more `often`; five every hour, four every night; lengths as unlike as lengths are."""
    chance = random.Random(often)
    found = []
    for job in range(12):
        every = 300 // often if job < 3 else 3600 if job < 8 else 86_400
        for fired in range(0, 86_400, every):
            start = fired * 1_000_000 + 1_000_000 + chance.randrange(200_000)
            end = start + int(chance.lognormvariate(job / 2, 0.4) * 1e6)
            start, end = (at // resolution_us * resolution_us for at in (start, end))
            found.append(Run("web01", None, "root", f"/opt/job{job}", start, end, None, None, None, None, None, "pam", "exact"))
    return merged([bounded(run, 0 if resolution_us == 1 else resolution_us) for run in found])


@pytest.mark.parametrize(
    ("resolution_us", "often", "bytes_a_run"), [(1_000_000, 1, 3), (1_000_000, 5, 1.5), (1, 1, 5), (1, 5, 3.5)]
)
def test_an_ordinary_day_takes_five_bytes_a_run(resolution_us: int, often: int, bytes_a_run: float) -> None:
    runs = day(resolution_us, often)
    raw = packed(map(coarse, runs))
    assert len(polars.read_parquet(io.BytesIO(raw))) == len(runs) == 864 * often + 124
    assert len(raw) / len(runs) <= bytes_a_run


@pytest.mark.parametrize("version", [1, 2])
def test_a_store_of_a_version_before_is_read_and_goes_on(tmp_path: Path, version: int) -> None:
    shutil.copytree(FIXTURES / "store_of_1", tmp_path, dirs_exist_ok=True)
    (manifest,) = tmp_path.glob("*/manifest.*.json")
    manifest.write_text(re.sub(r'"version": *1', f'"version": {version}', manifest.read_text()))
    first = datetime(2026, 11, 18, tzinfo=UTC)
    kept = store.read(tmp_path, "web01")
    assert [run.command for run in kept.runs] == ["/opt/one.sh", "/opt/one.sh", "/opt/two.sh é", "/opt/one.sh"]
    one, two, three, four = kept.runs
    assert one.started_at_us % 1_000_000 == 39_000
    assert (one.duration_s, one.duration_low_s, one.duration_high_s) == (3.644, 3.643, 3.645)
    assert (two.source, two.quality, two.ended_at_us, two.duration_low_s) == ("cronie", "starts-only", None, None)  # doubted
    assert (three.user, three.ended_at_us) == (None, None)
    assert (four.exit_status, four.cpu_s, four.peak_memory_mib) == (3, 0.001, 12.5)
    assert kept.doubted == 1
    assert store.add(tmp_path, "web01", [], kept.stretches) == kept  # the files become this version's
    assert store.read(tmp_path, "web01") == kept._replace(doubted=0)
    before = sorted(path.name for path in (tmp_path / "web01").iterdir())
    assert store.add(tmp_path, "web01", [two], kept.stretches) == kept._replace(doubted=0)  # nothing new: no byte changes
    assert sorted(path.name for path in (tmp_path / "web01").iterdir()) == before
    more = two._replace(started_at_us=two.started_at_us + 60_000_000, ended_at_us=two.started_at_us + 64_000_000)
    assert store.add(tmp_path, "web01", [more], kept.stretches).runs == merged(kept.runs, [more])
    assert store.read(tmp_path, "web01").runs == merged(kept.runs, [more])
    assert datetime.fromtimestamp(more.started_at_us // 1_000_000, UTC).date() == first.date()


def test_a_table_of_something_else_is_refused() -> None:
    with pytest.raises(PlanError, match=r"has the columns it; another version wrote it"):
        unpacked(parquet.packed([Column("it", "whole", [1])]))
    with pytest.raises(PlanError, match="cannot be read as a table of runs"):
        unpacked(b"PAR1PAR1")
