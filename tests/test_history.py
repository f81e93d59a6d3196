"""Runs that earlier plans kept: the same run never twice, whatever was read in which order, and a crash leaves the old store."""

import json
import random
import shutil
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import polars
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_commands import done
from test_random_logs import Level3, Truth, written

from migrator import history, pipeline
from migrator.errors import StoreError
from migrator.planfile import host_file_name
from migrator.runs import store
from migrator.runs.same import distinct, merged
from migrator.sources.opening import open_source
from migrator.tables import Run

SECOND_US = 1_000_000
FIXTURES = Path(__file__).parent / "fixtures"


def run(start_us: int, length_us: int | None = 5 * SECOND_US, **fields: object) -> Run:
    end = None if length_us is None else start_us + length_us
    made = Run(
        "web01", None, "root", "/opt/job", start_us, end, None if end is None else 4.0, None if end is None else 6.0, None, None,
        None, "cronie", "starts-only" if end is None else "paired",
    )  # fmt: skip
    return made._replace(**fields)  # type: ignore[arg-type]


RUNS = st.lists(
    st.builds(
        run,
        st.integers(0, 6).map(lambda half: half * SECOND_US // 2),
        st.none() | st.sampled_from([SECOND_US, 2 * SECOND_US]),
        exit_status=st.none() | st.integers(0, 1),
        quality=st.sampled_from(["exact", "paired", "inferred", "starts-only"]),
    ),
    max_size=6,
)


@given(RUNS, RUNS, RUNS)
def test_readings_merge_in_any_order_and_any_number_of_times(a: list[Run], b: list[Run], c: list[Run]) -> None:
    together = merged(merged(a, b), c)
    assert together == merged(a, merged(b, c)) == merged(c, b, a) == merged(together, a, together)


@given(RUNS, RUNS)
def test_no_second_has_fewer_runs_than_a_reading_shows(a: list[Run], b: list[Run]) -> None:
    both = [item.started_at_us // SECOND_US for item in merged(a, b)]
    for reading in (a, b):
        seconds = [item.started_at_us // SECOND_US for item in reading]
        assert all(both.count(second) >= seconds.count(second) for second in seconds)
    assert len(both) <= len(a) + len(b)


def test_a_run_that_was_still_open_gets_its_end_from_the_later_reading() -> None:
    assert merged([run(0, None)], [run(0)]) == merged([run(0)], [run(0, None)]) == [run(0)]


def test_the_journal_and_a_log_in_whole_seconds_show_one_run() -> None:
    journal, syslog = run(1_999_950, 5_000_100, quality="exact"), run(2 * SECOND_US)
    assert distinct(merged([journal], [syslog])) == [journal]
    assert distinct(merged([syslog], [journal])) == [journal]
    apart = run(3_100_000)
    assert distinct([journal, apart]) == [journal, apart]  # two runs, more than a second apart
    fine = [run(1_600_000), run(2_000_001)]
    assert distinct(fine) == fine  # two fine stamps: a timer that fires twice a second


def test_two_jobs_of_the_same_line_in_one_second_stay_two() -> None:
    pair = [run(0, SECOND_US), run(0, 9 * SECOND_US)]
    assert merged(pair, pair) == pair
    assert merged(pair, [pair[1]]) == pair


# ---- the command, week by week


def window(truth: Truth, begin: float, end: float) -> list[tuple[float, str]]:
    return [line for line in truth.lines if begin <= line[0] < end]


def to_the_millisecond(truth: Truth) -> Truth:
    """What a store keeps exactly."""
    truth.lines = sorted((round(at, 3), said) for at, said in truth.lines)
    return truth


def planned(tmp_path: Path, name: str, truth: Truth, lines: list[tuple[float, str]], *more: object) -> polars.DataFrame:
    root = written(tmp_path / name / "web01", truth, {"syslog": lines})
    done("plan", root, "-o", tmp_path / f"{name}-plan", "--instance-type", "t3.small", *more)
    return polars.read_parquet(tmp_path / f"{name}-plan" / "runs.parquet")


def usage(tmp_path: Path, name: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads((tmp_path / f"{name}-plan" / "surveys" / "web01.json").read_text())["usage"]
    return found


def test_weeks_that_overlap_become_the_whole_time(tmp_path: Path) -> None:
    truth = to_the_millisecond(Level3(11, jobs=4, spread=0.3))
    whole = planned(tmp_path, "whole", truth, truth.lines)
    begin, step, overlap = 0.0, 4000.0, 600.0
    for week in range(4):
        last = planned(
            tmp_path, f"week{week}", truth, window(truth, begin, begin + step + overlap), "--history", tmp_path / "runs"
        )
        begin += step
    assert last.equals(whole)
    assert usage(tmp_path, "week3") == usage(tmp_path, "whole")


def test_days_between_two_readings_are_not_observed(tmp_path: Path) -> None:
    truth = Level3(12, jobs=1, spread=0.1)
    planned(tmp_path, "first", truth, window(truth, 0, 3600), "--history", tmp_path / "runs")
    later = planned(tmp_path, "second", truth, window(truth, 10800, 14400), "--history", tmp_path / "runs")
    assert later.height == sum(at < 3600 or 10800 <= at < 14400 for _, at, _ in truth.runs)
    (entry,) = usage(tmp_path, "second")
    assert entry["observed_runs"] == later.height
    assert 1.9 / 24 < entry["observed_days"] < 2.01 / 24  # type: ignore[operator]


class Growing(Truth):
    """One nightly job that takes a percent longer each night: nothing in a week, plain in ten."""

    def __init__(self, nights: int) -> None:
        self.usual = {"/opt/nightly": 60.0}
        self.runs, self.lines = [], []
        chance = random.Random(14)
        for night in range(nights):
            start = 86_400.0 * night + 7201
            length = 60 * 1.01**night * chance.uniform(0.97, 1.03)
            self.runs.append(("/opt/nightly", start, length))
            self.lines += [
                (start, f"CROND[{200 + night}]: (root) CMD (/opt/nightly)"),
                (start + length, f"CROND[{199 + night}]: (root) CMDEND (/opt/nightly)"),
            ]


def test_a_trend_that_no_week_shows_is_found_in_ten(tmp_path: Path) -> None:
    truth = Growing(70)
    for week in range(10):
        lines = window(truth, 604_800 * week, 604_800 * (week + 1))
        planned(tmp_path, f"week{week}", truth, lines, "--history", tmp_path / "runs")
    planned(tmp_path, "alone", truth, window(truth, 604_800 * 9, 604_800 * 10))
    (alone,), (remembered,) = usage(tmp_path, "alone"), usage(tmp_path, "week9")
    assert (alone["observed_runs"], alone["growth_per_month"]) == (7, None)
    assert remembered["observed_runs"] == 70
    assert 0.2 < remembered["growth_per_month"] < 0.4  # type: ignore[operator]  # the slope over the median run
    lengths = sorted(length for *_, length in truth.runs)
    assert abs(remembered["duration_s"]["p50"] - lengths[34]) < 0.01  # type: ignore[index]
    # a week is observed from its first line to its last: six days and a run
    assert 60 < remembered["observed_days"] < 60.1  # type: ignore[operator]


def test_the_same_logs_again_change_no_byte(tmp_path: Path) -> None:
    truth = Level3(13, jobs=2, spread=0.2)
    root = written(tmp_path / "web01", truth, {"syslog": truth.lines})
    for turn in ("a", "b"):
        done("plan", root, "-o", tmp_path / f"{turn}-plan", "--history", tmp_path / "runs")
        shutil.copytree(tmp_path / "runs", tmp_path / f"kept-{turn}")
    assert tree(tmp_path / "kept-a") == tree(tmp_path / "kept-b")
    assert tree(tmp_path / "a-plan") == tree(tmp_path / "b-plan")


def tree(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


# ---- the store


def two_generations(root: Path) -> tuple[Path, store.Kept, store.Kept]:
    old = store.add(root, "web01", [run(0), run(60 * SECOND_US)], [(0, 60 * SECOND_US)])
    new = store.add(root, "web01", [run(90 * SECOND_US), run(86_400 * SECOND_US)], [(0, 86_500 * SECOND_US)])
    assert len(old.runs) == 2
    assert len(new.runs) == 4
    return root / "web01", old, new


def test_the_store_is_a_file_a_day_and_a_manifest(tmp_path: Path) -> None:
    folder, _, new = two_generations(tmp_path)
    names = sorted(path.name for path in folder.glob("*.parquet"))
    assert [name.split(".")[0] for name in names] == ["1970-01-01", "1970-01-02"]
    assert polars.read_parquet(folder / "*.parquet").height == 4  # any engine reads it, and finds each run once
    assert store.read(tmp_path, "web01") == new
    manifest = json.loads((folder / "manifest.2.json").read_text())
    assert manifest["stretches"] == [[0, 86_500 * SECOND_US]]
    assert [(day["day"], day["runs"]) for day in manifest["days"]] == [("1970-01-01", 3), ("1970-01-02", 1)]


def test_a_crash_before_the_manifest_leaves_the_old_store(tmp_path: Path) -> None:
    folder, old, new = two_generations(tmp_path)
    for superseded in folder.glob("*.old"):  # as before the last step of a writer, and as after it
        shutil.copy(superseded, superseded.with_suffix(""))
    (folder / "manifest.2.json").unlink()
    (folder / ".migrator-half").write_bytes(b"PAR1")
    assert store.read(tmp_path, "web01") == old
    assert store.add(tmp_path, "web01", new.runs, new.stretches) == new
    assert polars.read_parquet(folder / "*.parquet").height == 4


def test_a_power_cut_that_empties_a_new_manifest_leaves_the_old_store(tmp_path: Path) -> None:
    folder, old, new = two_generations(tmp_path)
    (folder / "manifest.2.json").write_bytes(b"")
    assert store.read(tmp_path, "web01") == old
    assert store.add(tmp_path, "web01", new.runs, new.stretches) == new
    assert store.read(tmp_path, "web01") == new


@pytest.mark.parametrize("is_there", [True, False], ids=["emptied", "deleted"])
def test_a_lost_day_takes_no_other_day_with_it(tmp_path: Path, is_there: bool, caplog: pytest.LogCaptureFixture) -> None:
    """The second reading's new day is lost: what it added to the first day stays, now and in the generations to come; the lost
    day is one of which nothing is known, and no day without runs."""
    folder, _, new = two_generations(tmp_path)
    lost = next(folder.glob("1970-01-02.*.parquet"))
    lost.unlink()
    if is_there:
        lost.write_bytes(b"")
    kept = store.read(tmp_path, "web01")
    assert [one.started_at_us // SECOND_US for one in kept.runs] == [0, 60, 90]
    assert kept.stretches == ((0, 86_400 * SECOND_US),)
    assert lost.name in caplog.text
    for number in (3, 4):  # the generations after the next one keep nothing for the sake of the damaged one
        again = store.add(tmp_path, "web01", [run(number * 86_400 * SECOND_US)], [])
        assert [one.started_at_us // SECOND_US for one in again.runs][:3] == [0, 60, 90]
    assert polars.read_parquet(folder / "*.parquet").height == 5
    assert len(store.add(tmp_path, "web01", new.runs, new.stretches).runs) == 6


def test_a_damaged_store_is_named_and_nothing_is_thrown_away(tmp_path: Path) -> None:
    store.add(tmp_path, "web01", [run(0)], [(0, 1)])
    (file,) = (tmp_path / "web01").glob("*.parquet")
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(StoreError, match=rf"{file.name}: does not hold what its name says"):
        store.add(tmp_path, "web01", [run(5 * SECOND_US)], [(0, 9)])
    assert file.exists()


def test_a_host_never_gets_the_runs_of_another(tmp_path: Path) -> None:
    store.add(tmp_path, "web 01", [run(0)], [(0, 1)])
    assert store.read(tmp_path, "web_01").runs == []
    (folder,) = tmp_path.iterdir()
    folder.rename(tmp_path / "web_01")
    with pytest.raises(StoreError, match="holds the runs of 'web 01', not of 'web_01'"):
        store.read(tmp_path, "web_01")
    taken = host_file_name("web 01")
    names = ("web 01", "web_01", "web-01", "Web_01", "web\t01", taken, f"_{taken}", "x" * 300, "x" * 301, "", "_", "\udcff")
    assert len({host_file_name(name) for name in names}) == len(names)
    assert max(len(host_file_name(name)) for name in names) < 120
    for name in ("..", ".", "/", "a/../../b"):
        assert host_file_name(name) not in {"..", "."}
        assert "/" not in host_file_name(name)


def minutely(root: Path, first: int, last: int) -> Path:
    """A server whose job runs for 100 s each minute, and what its log says of a stretch of minutes, as cronie writes it."""
    lines = []
    for minute in range(first - 5, last):
        begun, pid = datetime(2026, 11, 20, tzinfo=UTC) + timedelta(minutes=minute, seconds=1), 1000 + 7 * minute
        lines += [(begun, f"CROND[{pid + 1}]: (app) CMD (/opt/sync.sh)")]
        lines += [(begun + timedelta(seconds=100), f"CROND[{pid}]: (app) CMDEND (/opt/sync.sh)")]
    since, until = (datetime(2026, 11, 20, tzinfo=UTC) + timedelta(minutes=minute) for minute in (first, last))
    for name, text in {
        "etc/hostname": "web01\n", "etc/timezone": "Etc/UTC\n", "etc/os-release": "ID=rhel\n",
        "etc/passwd": "app:x:1000:1000::/home/app:/bin/sh\n", "var/spool/cron/app": "* * * * * /opt/sync.sh\n",
        "var/log/cron": "".join(f"{at.isoformat()} web01 {said}\n" for at, said in sorted(lines) if since <= at < until),
    }.items():  # fmt: skip
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_lengths_that_an_earlier_migrator_may_have_got_wrong_are_told_and_not_believed(tmp_path: Path) -> None:
    """Commit 95195cb, before "An end of a run from before the log is nobody's", wrote this store from `minutely(30, 50)`: it says
    40 s of 20 runs that took 100."""
    shutil.copytree(FIXTURES / "store_of_wrong_ends", tmp_path / "runs")
    said = []
    for begin, end in ((80, 100), (80, 100), (30, 50)):  # a later log, the same again, and that from which the store was made
        (files,) = open_source(str(minutely(tmp_path / f"{begin}", begin, end)))
        survey = history.remembered(pipeline.observe(files, None), tmp_path / "runs").survey
        said.append([problem for problem in survey.problems if "earlier migrator" in problem.message])
        (entry,) = survey.usage
        assert (entry.duration_s.p50, entry.duration_s.max, entry.observed_runs) == (100, 100, 40)
    assert [len(problems) for problems in said] == [1, 0, 0]
    assert said[0][0].message.startswith("20 of 40 kept runs got their ends from an earlier migrator")
    assert (said[0][0].kind, said[0][0].location.path) == ("remark", "runs/web01")
    assert entry.duration_s.count > 35  # the log of that time has told them
    runs = [run for run in store.read(tmp_path / "runs", "web01").runs if run.ended_at_us is not None]
    assert {run.duration_s for run in runs} == {100.0}


def put(root: Path, writer: int) -> None:
    for number in range(5):
        store.add(root, "web01", [run((writer * 100 + number) * SECOND_US)], [(0, writer + number)])


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        list(pool.map(put, [tmp_path] * 4, range(4)))
    kept = store.read(tmp_path, "web01")
    assert [item.started_at_us // SECOND_US for item in kept.runs] == [
        writer * 100 + number for writer in range(4) for number in range(5)
    ]
    assert polars.read_parquet(tmp_path / "web01" / "*.parquet").height == 20


def test_how_many_lines_were_lost_is_kept_by_day_and_counted_once(tmp_path: Path) -> None:
    """Three readings: the 23rd, with 900 lost; both days, with 900 and 70; a later day, with nothing lost. 970 in all three."""

    def lost_of(name: str, days: dict[int, str]) -> int:
        root = tmp_path / name
        lines = [
            f"2026-11-{day}T12:0{at}:00.000000+00:00 web07 {said}\n"
            for day, words in days.items()
            for at, said in enumerate(("CRON[100]: (root) CMD (/opt/one.sh)", words))
            if said
        ]
        for path, text in {
            "etc/hostname": "web07\n",
            "etc/timezone": "Etc/UTC\n",
            "etc/cron.d/work": "* * * * * root /opt/one.sh\n",
            "var/log/syslog": "".join(lines),
        }.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        (files,) = open_source(str(root))
        (entry,) = history.remembered(pipeline.observe(files, None), tmp_path / "runs").survey.usage
        return entry.lost_lines

    some, few = (f"rsyslogd: imjournal: {lines} messages lost due to rate-limiting" for lines in (900, 70))
    assert lost_of("first", {23: some}) == 900
    assert lost_of("both", {23: some, 24: few}) == 970
    assert lost_of("again", {23: some}) == 970
    assert lost_of("later", {26: ""}) == 970
