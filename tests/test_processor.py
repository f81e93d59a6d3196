"""A job that computes takes longer on a share of a processor: its size, its time limit, its timeout and its bill follow."""

import pytest
from aws_jobs import DOSSIER, FAN_OUT, SHAPE, TRANSLATION, changed

from migrator import fit, processor
from migrator.assumptions import DEFAULT
from migrator.model.finding import Dossier, Finding, Need
from migrator.model.option import Option
from migrator.model.plan import Request
from migrator.model.usage import Spread, Usage
from migrator.options import options
from migrator.prices import bundled
from migrator.targets import aws_fargate, aws_lambda

BOOK = bundled.read()


def spread(seconds: float, long_s: float | None = None) -> Spread:
    return Spread(count=60, p50=seconds, p95=long_s or seconds, p99=long_s or seconds, max=long_s or seconds)


def usage(duration_s: float, cpu_s: float | None) -> Usage:
    return Usage(
        job_id=DOSSIER.job.id, observed_days=60, observed_runs=60, monthly_runs=30.436875, duration_s=spread(duration_s),
        cpu_s=None if cpu_s is None else spread(cpu_s),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("duration_s", "cpu_s", "vcpu", "billed_s"),
    [
        (720, None, 0.25, 720),  # nothing is known: the server's seconds stand
        (720, 0.0, 0.25, 720),
        (720, 720, 1.0, 720),
        (720, 720, 6.0, 720),  # one thread does not gain from six processors
        (720, 720, 0.25, 2880),
        (720, 72, 0.25, 936),  # 648 s of waiting + 72 / 0.25
        (720, 1440, 2.0, 720),  # two threads on two processors
        (720, 1440, 1.0, 1440),
    ],
)
def test_computing_takes_longer_on_a_share_and_waiting_does_not(
    duration_s: float, cpu_s: float | None, vcpu: float, billed_s: float
) -> None:
    there = processor.on_a_share(SHAPE, usage(duration_s, cpu_s), vcpu)
    assert [part.billed_s for part in there.parts] == [pytest.approx(billed_s)]


def test_a_worker_of_a_pool_has_one_of_the_threads_that_the_job_had() -> None:
    """Four threads for 720 s: each of the four workers computes all the time, and half a processor doubles that."""
    there = processor.on_a_share(FAN_OUT, usage(720, 2880), 0.5)
    assert [part.billed_s for part in there.parts] == [pytest.approx(10), pytest.approx(14.4)]


def test_an_unknown_time_stays_unknown() -> None:
    there = processor.on_a_share(changed(SHAPE, parts=(changed(SHAPE.parts[0], billed_s=None),)), usage(720, 720), 0.25)
    assert there.parts[0].billed_s is None


def test_the_long_runs_count_where_there_is_a_limit() -> None:
    short_waits = changed(usage(100, 10), duration_s=spread(100, 400), cpu_s=spread(10, 300))
    assert processor.computing(short_waits) == pytest.approx(0.1)
    assert processor.computing_at_most(short_waits) == pytest.approx(0.75)


def options_of(dossier: Dossier, *needs: Need) -> dict[str, Option]:
    finding = Finding(rule="run-time", level="note", message="", needs=needs)
    places = (aws_lambda, aws_fargate)
    limits = {place.NAME: place.limits(DEFAULT) for place in places}
    found = options(dossier, (finding,), (SHAPE,), places, limits, BOOK, DEFAULT, Request())
    return {option.target: option for option in found}


@pytest.mark.parametrize(
    ("cpu_s", "need_s", "memory_mib", "timeout_s"),
    [
        # 512 MB are 0.289 of a processor, 1,024 MB 0.579, 1,769 MB a whole one
        (None, 500, 512, 540),  # not measured; whole minutes
        (400, 250, 512, 900),  # 250 / 0.289 = 865 s fit into 900
        (400, 270, 1024, 480),  # 270 / 0.289 = 934 do not; 270 / 0.579 = 466
        (400, 500, 1024, 900),  # 500 / 0.579 = 864
        (400, 530, 1769, 540),  # 530 / 0.579 = 915 do not
        (400, 900, 1769, 900),
        (200, 500, 1024, 720),  # half of it waits: 250 + 250 / 0.289 = 1,115 do not fit; 250 + 250 / 0.579 = 682
        (200, 400, 512, 900),  # 200 + 200 / 0.289 = 892
    ],
)
def test_a_function_gets_the_smallest_size_on_which_its_run_ends_in_time(
    cpu_s: float | None, need_s: float, memory_mib: int, timeout_s: float
) -> None:
    found = options_of(changed(DOSSIER, usage=usage(400, cpu_s)), Need(kind="duration_s", amount=need_s))["aws_lambda"]
    assert found.size is not None
    assert (found.size.memory_mib, found.timeout_s, found.misfits) == (memory_mib, timeout_s, ())


def test_a_container_without_a_limit_takes_its_time_and_gets_it() -> None:
    """A whole processor: 2,000 s stay 2,000, in whole minutes; on a quarter they would be 8,000, and its memory and its address
    would be paid for four times as long."""
    found = options_of(changed(DOSSIER, usage=usage(1600, 1600)), Need(kind="duration_s", amount=2000))["aws_fargate"]
    assert found.size is not None
    assert (found.size.vcpu, found.timeout_s, found.misfits) == (1.0, 2040, ())


def test_where_no_size_ends_it_in_time_the_misfit_says_why() -> None:
    """10,240 MB are 5.789 processors: work for eight takes 8 / 5.789 times as long there."""
    need = Need(kind="duration_s", amount=900)
    assert fit.misfits((need,), (), aws_lambda.sizes()[4], 0.5)[0].message.startswith("run time: nothing is promised")
    (misfit,) = fit.misfits((need,), aws_lambda.limits(DEFAULT), aws_lambda.sizes()[4], 1.0)
    assert misfit.message == "run time: 900 s become 3,114 s on 0.29 of a processor; size 512 MB has 900 s"
    largest = fit.size_for(aws_lambda.sizes(), (need,), 512, 8.0)
    assert largest is not None
    assert largest.memory_mib == 10240
    (misfit,) = fit.misfits((need,), aws_lambda.limits(DEFAULT), largest, 8.0)
    assert misfit.message == "run time: 900 s become 1,244 s on 5.8 processors; size 10240 MB has 900 s"


def test_the_bill_is_for_the_time_that_it_takes_there() -> None:
    """720 s of computing on 0.289 of a processor, 30.436875 times, half a GB."""
    slow = options_of(changed(DOSSIER, usage=usage(400, 400), translations=(TRANSLATION,)), Need(kind="duration_s", amount=250))
    line = next(item for item in slow["aws_lambda"].items if item.name == "Lambda duration")
    assert float(line.monthly_quantity or 0) == pytest.approx(720 / 0.289 * 30.436875 / 2, rel=1e-3)
