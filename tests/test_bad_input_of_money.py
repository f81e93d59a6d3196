"""What spoils a bill: prices that are not there, three runs, clocks that jump, a job that overlaps itself for days.

Each is planned from a server's files; nothing of it becomes a 0, a negative time or a figure that claims more than was seen.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from migrator import deciding, pipeline
from migrator.errors import PriceError
from migrator.model.plan import Decisions, JobPlan, Plan, Request
from migrator.prices import bundled
from migrator.runs import waiting
from migrator.sources import directory

BOOK = bundled.read()
NIGHTS = datetime(2026, 11, 10, 2, tzinfo=UTC)
DAY_S = 86_400


def plan(
    folder: Path,
    lengths_s: Iterable[float],
    cron: str = "0 2 * * *",
    every: timedelta = timedelta(days=1),
    region: str = "us-east-1",
    instance: str = "t3.medium",
) -> Plan:
    """A server whose one job ran so long, one run after the other; below 0: its clock was set back meanwhile."""
    root = folder / "root"
    for name in ("etc/cron.d", "var/log", "opt"):
        (root / name).mkdir(parents=True)
    for name, text in (("etc/hostname", "web01\n"), ("etc/timezone", "UTC\n"), ("opt/one.sh", "#!/bin/sh\nexit 0\n")):
        (root / name).write_text(text)
    (root / "etc/cron.d/one").write_text(f"{cron} root /opt/one.sh\n")
    lines = []
    for number, seconds in enumerate(lengths_s):
        at, pid = NIGHTS + every * number, 1000 + 97 * number
        end = at + timedelta(seconds=seconds)
        lines.append((at, f"{at.isoformat()} web01 CRON[{pid}]: (root) CMD (/opt/one.sh)\n"))
        lines.append((max(at, end), f"{end.isoformat()} web01 CRON[{pid - 1}]: (root) END (/opt/one.sh)\n"))
    (root / "var/log/cron.log").write_text("".join(line for _, line in sorted(lines, key=lambda one: one[0])))
    seen = pipeline.observe(directory.open(str(root))[0], datetime(2026, 11, 30, tzinfo=UTC))
    request = Request(provider="aws", region=region, instance_type=instance)
    return deciding.decide((seen.survey,), BOOK, Decisions(), request)


def only(made: Plan) -> JobPlan:
    (entry,) = made.jobs
    return entry


def test_a_log_of_three_runs_gives_a_provisional_limit_and_one_question(tmp_path: Path) -> None:
    entry = only(plan(tmp_path, (100, 110, 120)))
    assert entry.usage is not None
    assert (entry.usage.observed_runs, entry.usage.duration_s.max, entry.usage.upper_s) == (3, 120.0, None)
    assert entry.placement.option.timeout_s is not None
    assert entry.placement.option.timeout_s > 2 * 120
    (said,) = [finding.message for finding in entry.findings if finding.rule == "run-time"]
    assert "3 measured runs" in said
    assert "bounds 36% of its runs" in said  # by hand: 0.3684 ** 3 = 0.05, so 95 % sure; never more than is sure
    assert [question.id.rpartition("/")[2] for question in entry.placement.questions].count("timeout") == 1


@pytest.mark.parametrize("jump_s", [-1000, -3540, -9 * 3600])
def test_a_clock_that_is_set_back_makes_no_negative_time(tmp_path: Path, jump_s: int) -> None:
    entry = only(plan(tmp_path, (60, 60, 60, jump_s, 60, 60, 60, 60)))
    assert entry.usage is not None
    assert entry.usage.observed_runs == 8
    assert all(run.duration_s is None or run.duration_s >= 0 for run in entry.usage.sampled_runs)
    assert entry.usage.duration_s.p50 == 60
    assert entry.usage.mean_s is not None
    assert entry.usage.mean_s >= 0
    assert entry.placement.option.monthly_cost is not None
    assert all(item.monthly_cost is not None and item.monthly_cost >= 0 for item in entry.placement.option.items)


@pytest.mark.parametrize(
    ("cron", "every", "runs", "held", "timed"),
    [
        ("0 * * * *", timedelta(hours=1), 200, 20_000, 200),
        ("*/5 * * * *", timedelta(minutes=5), 700, 20_000, 700),  # 576 at once
        # on a server on which so many jobs wait that of each only 64 starts are kept until the first end comes: the ends of the
        # 512 before these are nobody's
        ("*/5 * * * *", timedelta(minutes=5), 700, 0, 188),
    ],
)
def test_a_job_that_overlaps_itself_for_days_keeps_its_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cron: str, every: timedelta, runs: int, held: int, timed: int
) -> None:
    monkeypatch.setattr(waiting, "MOST_HELD", held)
    entry = only(plan(tmp_path, [2 * DAY_S] * runs, cron, every))
    assert entry.usage is not None
    assert (entry.usage.observed_runs, entry.usage.duration_s.count) == (runs, timed)
    assert (entry.usage.duration_s.p50, entry.usage.duration_s.max) == (2 * DAY_S, 2 * DAY_S)
    said = {finding.rule: finding.message for finding in entry.findings}
    assert "overlapped" in said["single-flight"]
    assert "48.0 h" in said["long-run"]
    assert (timed < runs) == ("unfinished-runs" in said)
    assert entry.placement.option.target != "aws_lambda"


@pytest.mark.parametrize(("region", "near"), [("eu-wset-1", "did you mean eu-west-1?"), ("mars-1", "the price book knows")])
def test_a_region_of_nobody_is_named_with_the_nearest(tmp_path: Path, region: str, near: str) -> None:
    with pytest.raises(PriceError, match=f"no price for region '{region}'") as refused:
        plan(tmp_path, (100, 110), region=region)
    assert near in str(refused.value)


def test_a_region_without_prices_has_its_neighbour_s_marked_and_is_less_sure(tmp_path: Path) -> None:
    """Stockholm is in no list here: Frankfurt stands in, each line says so, and the interval is wider than Frankfurt's own."""
    there = plan(tmp_path / "there", (100,) * 10, region="eu-north-1")
    own = plan(tmp_path / "own", (100,) * 10, region="eu-central-1")
    assert {item.quality for item in only(there).placement.option.items} == {"stand-in"}
    assert all("eu-central-1 stands in" in item.source for item in only(there).placement.option.items)
    assert only(there).placement.option.monthly_cost == only(own).placement.option.monthly_cost
    widths = []
    for made in (own, there):
        low, high = made.hosts[0].savings.low_monthly, made.hosts[0].savings.high_monthly
        assert low is not None
        assert high is not None
        widths.append(high - low)
    assert widths[1] > 2 * widths[0]


@pytest.mark.parametrize(("instance", "near"), [("t3.mediun", ", the nearest is t3.medium"), ("zz9.plural", "zz9.plural;")])
def test_a_type_without_a_price_is_named_and_its_cost_unknown(tmp_path: Path, instance: str, near: str) -> None:
    made = plan(tmp_path, (100, 110), instance=instance)
    (asked,) = [question for question in made.hosts[0].questions if question.id == "web01/server-cost"]
    assert f"no price list here has {instance}" in asked.hint
    assert near in asked.hint
    saved = made.hosts[0].savings
    assert (saved.now_monthly_cost, saved.banked_monthly, saved.if_all_moved_monthly, saved.low_monthly) == (None,) * 4
    assert "unknown, so no saving is claimed" in saved.summary
