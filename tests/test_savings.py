"""What can be banked: nothing while anything stays, the difference once all has gone, and nothing claimed on an unknown price."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import numpy as np
import pytest
from plan_values import item, job, placement
from simulated_servers import simulate

from migrator import savings
from migrator.assumptions import DEFAULT
from migrator.model.job import Disk, Host, Service
from migrator.model.option import CostItem, Placement
from migrator.model.plan import Savings
from migrator.model.source import Evidence
from migrator.model.usage import RunSample, Spread, Usage
from migrator.prices import bundled

HOST = Host(name="web01", services=())
SERVER = (item("30.50"), item("2.40"))


def saved(
    *placements: Placement, items: tuple[CostItem, ...] = SERVER, host: Host = HOST, usage: tuple[Usage, ...] = ()
) -> Savings:
    jobs = {entry.job_id: job(entry.job_id) for entry in placements}
    by_job = {entry.job_id: entry for entry in usage}
    return savings.savings(host, placements, items, DEFAULT, jobs=jobs, usage=by_job)


def test_all_gone_banks_now_minus_then() -> None:
    got = saved(placement("a", "move", "0.55"), placement("b", "drop"), placement("c", "delete"))
    assert got.can_go
    assert (got.now_monthly_cost, got.then_monthly_cost, got.banked_monthly) == (
        Decimal("32.90"),
        Decimal("0.55"),
        Decimal("32.35"),
    )
    assert got.blockers == ()
    assert got.order == ("b", "c", "a")
    assert got.summary == "3 of 3 jobs can leave web01; the server can go: $32.35 a month saved of $32.90"


def test_one_job_left_banks_nothing() -> None:
    got = saved(placement("a", "move", "0.55"), placement("b", "stay"))
    assert not got.can_go
    assert got.banked_monthly == 0
    assert got.then_monthly_cost == Decimal("33.45")
    assert got.if_all_moved_monthly == Decimal("32.35")
    assert got.blockers == ("b [b]: stays: because",)


def test_a_job_without_evidence_blocks() -> None:
    got = saved(placement("a", "insufficient-data", "0.55", provisional=True))
    assert not got.can_go
    assert got.banked_monthly == 0


def test_a_service_blocks_but_housekeeping_does_not() -> None:
    def host(*names: str) -> Host:
        return Host(name="web01", services=tuple(Service(name=n, port=None, evidence=Evidence(snippet=n)) for n in names))

    assert saved(placement("a", "move"), host=host("sshd", "cron.service", "getty@tty1")).can_go
    blocked = saved(placement("a", "move"), host=host("sshd", "nginx"))
    assert blocked.blockers == ("service nginx: runs on this server and is no scheduled job",)
    assert blocked.banked_monthly == 0


def test_a_server_of_which_nobody_says_what_else_runs_there_is_not_free() -> None:
    unknown = Host(name="web01")
    got = saved(placement("a", "move", "0.55"), host=unknown)
    assert not got.can_go
    assert got.banked_monthly == 0
    assert got.blockers == ("service something unknown: it is not known what else runs here; answer web01/services",)
    asked = savings.services_question(unknown)
    assert asked is not None
    assert asked.id == "web01/services"
    assert savings.services_question(HOST) is None
    assert savings.with_answer(unknown, {"web01/services": "none"}).services == ()
    assert savings.with_answer(unknown, {"web01/services": "unknown"}).services is None
    named = savings.with_answer(unknown, {"web01/services": "nginx, mysql"})
    assert [service.name for service in named.services or ()] == ["nginx", "mysql"]
    assert not saved(placement("a", "move"), host=named).can_go


def test_a_job_whose_data_nothing_carries_waits_for_an_answer() -> None:
    jobs = {"a": job("a")}
    waiting = {"a": ("reads /srv/ftp/incoming on the server's disk; answer a/data: copy",)}
    got = savings.savings(HOST, (placement("a", "move", "0.55"),), SERVER, DEFAULT, jobs=jobs, waiting=waiting)
    assert not got.can_go
    assert got.banked_monthly == 0
    assert got.blockers == ("a [a]: waits for an answer: reads /srv/ftp/incoming on the server's disk; answer a/data: copy",)
    assert got.summary.startswith("0 of 1 jobs can leave web01; 1 thing stays on it")


def test_no_interval_exceeds_what_the_server_is_known_to_cost() -> None:
    stated = tuple(msgspec.structs.replace(one, source=savings.STATED) for one in SERVER)
    got = saved(placement("a", "move", "0.01"), items=stated)
    assert got.high_monthly == Decimal("32.90")
    assert got.low_monthly is not None
    assert got.low_monthly < Decimal("32.89")


def test_a_list_price_may_be_off_either_way() -> None:
    got = saved(placement("a", "drop"))
    # 32.90 USD within 5 %, the middle nine tenths of a uniform spread; two prices of it are drawn apart
    assert got.low_monthly is not None
    assert got.high_monthly is not None
    assert Decimal("31.2") < got.low_monthly < Decimal("32.0")
    assert Decimal("33.8") < got.high_monthly < Decimal("34.6")


def test_a_price_that_stands_in_widens_the_interval() -> None:
    doubtful = tuple(msgspec.structs.replace(one, quality="stand-in") for one in SERVER)
    near, far = saved(placement("a", "drop")), saved(placement("a", "drop"), items=doubtful)
    assert far.low_monthly is not None
    assert near.low_monthly is not None
    assert far.low_monthly < near.low_monthly
    assert (near.prices_unlisted, far.prices_unlisted) == (0, near.prices_used)


def test_what_is_unknown_is_named_beside_what_is_known() -> None:
    got = saved(placement("a", "move", "0.55"), placement("b", "move", None))
    assert got.if_all_moved_monthly is None
    assert got.unknowns == ("compute of b",)
    assert got.moving_known_monthly == Decimal("0.55")
    assert "not known in full: compute of b" in got.summary


def test_an_unknown_server_price_claims_nothing_and_asks() -> None:
    got = saved(placement("a", "move", "0.55"), items=())
    assert got.can_go
    assert (got.now_monthly_cost, got.then_monthly_cost, got.banked_monthly, got.if_all_moved_monthly, got.low_monthly) == (
        None,
    ) * 5
    question = savings.question(HOST, ())
    assert question is not None
    assert question.id == "web01/server-cost"
    assert savings.question(HOST, SERVER) is None


def test_an_unknown_job_cost_claims_nothing() -> None:
    got = saved(placement("a", "move", None))
    assert (got.banked_monthly, got.then_monthly_cost, got.if_all_moved_monthly) == (None, None, None)
    assert got.now_monthly_cost == Decimal("32.90")


def test_jobs_that_cost_more_than_the_server_are_said_so() -> None:
    got = saved(placement("a", "move", "100"))
    assert got.banked_monthly == Decimal("-67.10")
    assert got.summary.endswith("its jobs would cost $67.10 a month more than it does: keep it")


def test_the_server_stated_by_the_user_is_one_line() -> None:
    (line,) = savings.server_items(HOST, book(), DEFAULT, monthly_cost=Decimal("41.5"))
    assert line.monthly_cost == Decimal("41.5")
    assert savings.server_items(HOST, book(), DEFAULT) == ()


def book() -> "savings.PriceBook":
    return savings.PriceBook()


def runs(*durations: float) -> Usage:
    start = datetime(2026, 9, 1, tzinfo=UTC)
    none = Spread(count=0, p50=None, p95=None, p99=None, max=None)
    return Usage(
        job_id="a",
        observed_days=60,
        observed_runs=len(durations),
        monthly_runs=30,
        duration_s=none,
        sampled_runs=tuple(
            RunSample(started_at=start + timedelta(days=day), duration_s=taken, exit_status=0)
            for day, taken in enumerate(durations)
        ),
    )


def test_the_interval_holds_the_estimate_and_widens_with_doubt() -> None:
    steady = saved(placement("a", "move", "20"), usage=(runs(*[700.0] * 60),))
    wild = saved(placement("a", "move", "20"), usage=(runs(*[10.0] * 55, *[5000.0] * 5),))
    unmeasured = saved(placement("a", "move", "20"))
    widths = []
    for got in (steady, wild, unmeasured):
        assert got.low_monthly is not None
        assert got.high_monthly is not None
        assert got.if_all_moved_monthly is not None
        assert got.low_monthly <= got.if_all_moved_monthly <= got.high_monthly
        widths.append(got.high_monthly - got.low_monthly)
    assert widths[0] < widths[1]
    assert widths[0] < widths[2]
    assert steady.confidence == pytest.approx(0.9)


def test_the_same_input_gives_the_same_interval() -> None:
    assert saved(placement("a", "move", "20")) == saved(placement("a", "move", "20"))


def test_it_says_what_the_saving_hangs_on() -> None:
    got = saved(placement("a", "move", "20"))
    # the middle nine tenths of a log-normal factor: 20 USD x (e**(1.645 x 0.52) - e**(-1.645 x 0.52)) / 2 = 19.27
    name, _, amount = got.drivers[0].partition(": $")
    assert name == "run times that were not measured"
    assert float(amount.split()[0]) == pytest.approx(19.27, rel=0.05)
    # 32.90 USD x 5 % x 0.9
    assert any(line.startswith("the server's list price: $1.4") for line in got.drivers)
    assert len(got.drivers) <= 3


def test_nine_of_ten_intervals_hold_the_truth_where_only_samples_were_kept() -> None:
    """Run times that the estimator does not assume - bimodal, drifting, heavy-tailed - and prices off by up to 5 %."""
    held = 0
    for seed in range(500):
        draw = np.random.default_rng(seed)
        placements, usages, truth = [], [], 0.0
        platform = draw.uniform(0.95, 1.05)
        for number in range(draw.integers(2, 7)):
            mean, sample = drawn_runs(draw)
            per_second = draw.uniform(0.001, 0.02)
            size_known = draw.random() < 0.5
            memory = 1.0 if size_known else np.exp(draw.uniform(-np.log(2), np.log(2)))
            truth += per_second * mean * memory * platform
            one = placement(f"j{number}", "move")
            chosen = msgspec.structs.replace(
                one.option, monthly_cost=Decimal(str(per_second * sample.mean())), size_measured=bool(size_known)
            )
            placements.append(msgspec.structs.replace(one, option=chosen))
            measured = msgspec.structs.replace(runs(*sample.tolist()), job_id=f"j{number}")
            usages.append(measured)
        got = saved(*placements, usage=tuple(usages))
        saving = 32.90 * draw.uniform(0.95, 1.05) - truth
        assert got.low_monthly is not None
        assert got.high_monthly is not None
        held += float(got.low_monthly) <= saving <= float(got.high_monthly)
    assert 0.85 <= held / 500 <= 0.95, held / 500


def drawn_runs(draw: np.random.Generator) -> tuple[float, np.ndarray]:
    """The true mean of a month's runs and 60 observed ones."""
    kind = draw.integers(0, 3)
    if kind == 0:  # bimodal
        share, short, long = draw.uniform(0.05, 0.5), draw.uniform(1, 20), draw.uniform(100, 900)
        return share * long + (1 - share) * short, np.where(draw.random(60) < share, long, short)
    if kind == 1:  # heavy tail: Pareto with a finite variance
        shape, scale = draw.uniform(2.5, 4), draw.uniform(10, 200)
        return scale * shape / (shape - 1), scale * (1 + draw.pareto(shape, 60))
    level, drift = draw.uniform(50, 500), draw.uniform(0, 0.05)  # drifting within the window, log-normal noise
    return level * (1 + drift / 2) * np.exp(0.02), level * (1 + drift * np.arange(60) / 60) * np.exp(draw.normal(0, 0.2, 60))


BUNDLED = bundled.read()


def test_a_server_costs_its_hours_disk_and_address() -> None:
    host = Host(
        name="web01",
        provider="aws",
        instance_type="t3.medium",
        region="us-east-1",
        disks=(Disk(size_gib=20, kind="gp3"),),
        public_ipv4_count=1,
    )
    # 730.485 h x 0.0416; 20 GB x 0.08; 730.485 h x 0.005
    costs = [item.monthly_cost for item in savings.server_items(host, BUNDLED, DEFAULT)]
    assert costs == [Decimal("30.388176"), Decimal("1.60"), Decimal("3.652425")]


def test_what_is_not_known_about_a_server_is_not_made_up() -> None:
    host = Host(name="web01", instance_type="t3.medium", region="us-east-1")
    items = savings.server_items(host, BUNDLED, DEFAULT)
    assert [item.monthly_cost is None for item in items] == [False, False, True]
    assert "30 GiB assumed" in (items[1].note or "")
    for unknown in (
        Host(name="a"),
        Host(name="a", instance_type="t3.medium"),
        Host(name="a", instance_type="z9", region="us-east-1"),
    ):
        assert savings.server_items(unknown, BUNDLED, DEFAULT) == ()


def test_intervals_hold_the_truth_of_servers_that_are_planned_from_their_logs() -> None:
    """A part of benchmarks/interval.py, which plans 500 and is the proof: 40 are few (of intervals that hold 90 %, fewer than 30
    of 40 hold once in 500 times), and none may hold by being wide."""
    found = [simulate(seed) for seed in range(1000, 1040)]
    assert sum(one.holds for one in found) >= 34
    assert sorted(one.high - one.low for one in found)[20] < 4.0
