"""The size that costs least, and the curve behind it: processor time makes a run longer on a smaller share."""

from decimal import Decimal

import pytest
from aws_jobs import DOSSIER, SHAPE, TRANSLATION, changed

from migrator.assumptions import DEFAULT
from migrator.model.finding import Dossier, Finding, Need
from migrator.model.option import Option, Placement
from migrator.model.plan import Request
from migrator.model.usage import Spread, Usage
from migrator.options import options, overlaps
from migrator.prices import bundled
from migrator.reports.size_curve import size_curve
from migrator.size_curve import curve
from migrator.targets import Target, aws_fargate, aws_lambda

BOOK = bundled.read()


def spread(amount: float) -> Spread:
    return Spread(count=60, p50=amount, p95=amount, p99=amount, max=amount)


def of(cpu_s: float | None, run_s: float, gap_s: float = 86400.0) -> Dossier:
    usage = Usage(
        job_id=DOSSIER.job.id,
        observed_days=60,
        observed_runs=60,
        monthly_runs=100.0,
        duration_s=spread(run_s),
        cpu_s=None if cpu_s is None else spread(cpu_s),
        mean_s=run_s,
    )
    return changed(DOSSIER, usage=usage, smallest_gap_s=gap_s)


def chosen(place: Target, dossier: Dossier, *needs: Need) -> Option:
    run_s = dossier.usage.duration_s.p50 if dossier.usage else 0
    shape = changed(SHAPE, parts=(changed(SHAPE.parts[0], monthly_invocations=100.0, billed_s=run_s),))
    finding = Finding(rule="memory", level="note", message="", needs=needs)
    limits = {place.NAME: place.limits(DEFAULT)}
    (found,) = options(dossier, (finding,), (shape,), (place,), limits, BOOK, DEFAULT, Request())
    return found


def name(option: Option) -> str:
    assert option.size is not None
    return option.size.name


MEMORY = Need(kind="memory_mib", amount=1024.0)


def test_a_container_that_computes_takes_the_processors_that_make_its_memory_cheap() -> None:
    """1 GB of memory, 100 runs of 3,600 processor seconds, with 30 s of start, by hand.

    a quarter vCPU: 14,430 s = 400.8333 h x (0.25 x 0.04048 + 1 x 0.004445 + 0.005) = 7.842304
    half a vCPU: 7,230 s = 200.8333 h x (0.5 x 0.04048 + 0.004445 + 0.005) = 5.961738
    one vCPU, 2 GB at least: 3,630 s = 100.8333 h x (0.04048 + 2 x 0.004445 + 0.005) = 5.482308"""
    computing = chosen(aws_fargate, of(3600, 3600), MEMORY)
    assert name(computing) == "1 vCPU, 2048 MiB"
    parts = {line.name: line.monthly_cost for line in computing.items}
    three = [parts[line] for line in ("Fargate vCPU", "Fargate memory", "public IPv4 address while it runs")]
    assert sum(cost for cost in three if cost is not None).quantize(Decimal("0.000001")) == Decimal("5.482308")
    waiting = chosen(aws_fargate, of(36, 3600), MEMORY)
    assert name(waiting) == "0.25 vCPU, 1024 MiB"
    unknown = chosen(aws_fargate, of(None, 3600), MEMORY)
    assert name(unknown) == "0.25 vCPU, 1024 MiB"  # nothing is known about it: the smallest


def test_a_function_that_waits_takes_the_least_memory() -> None:
    assert name(chosen(aws_lambda, of(0.1, 10), Need(kind="memory_mib", amount=256.0))) == "256 MB"


def test_a_size_on_which_a_run_meets_the_next_one_is_passed_over() -> None:
    """200 s of computing every five minutes: on 512 MB (0.289 of a processor) 691 s, on 1,024 MB 346 s, on 1,769 MB 200 s."""
    every_five = of(200, 200, 300.0)
    asked = Need(kind="memory_mib", amount=512.0)
    assert name(chosen(aws_lambda, every_five, asked)) == "1769 MB"
    assert name(chosen(aws_lambda, of(200, 200), asked)) != "1769 MB"
    small = next(size for size in aws_lambda.sizes() if size.name == "512 MB")
    assert overlaps(every_five, small, 1.0)
    assert not overlaps(of(400, 400, 300.0), small, 1.0)  # it met the next one on its server too


def drawn(dossier: Dossier, place: Target = aws_lambda) -> dict[str, tuple[float | None, str | None, bool]]:
    option = chosen(place, dossier, Need(kind="memory_mib", amount=512.0))
    placed = Placement(job_id=option.job_id, verdict="move", option=option, reasons=())
    shape = changed(SHAPE, parts=(changed(SHAPE.parts[0], monthly_invocations=100.0, billed_s=10.0),))
    need = Finding(rule="memory", level="note", message="", needs=(Need(kind="memory_mib", amount=512.0),))
    points = curve(changed(dossier, translations=(TRANSLATION,)), placed, (need,), (shape,), BOOK, DEFAULT)
    return {point.size: (point.run_s, point.why_not, point.chosen) for point in points}


def test_the_curve_goes_from_memory_to_processors_to_time() -> None:
    """10 s, half of them computed: 5 s + 5 s / (512 / 1769) = 22.28 s on 512 MB, 13.64 s on 1,024 MB, 10 s from 1,769 MB on."""
    found = drawn(of(5, 10))
    assert found["512 MB"][0] == pytest.approx(22.3, abs=0.05)
    assert found["1024 MB"][0] == pytest.approx(13.64, abs=0.01)
    assert found["1769 MB"][0] == found["10240 MB"][0] == 10.0
    assert found["256 MB"][1] == "memory: 512 MiB asked; size 256 MB has 256 MiB"
    assert [size for size, (_, _, taken) in found.items() if taken] == ["512 MB"]


def test_the_picture_has_a_sentence_a_table_and_both_ends_of_what_is_not_known() -> None:
    option = chosen(aws_lambda, of(None, 10), Need(kind="memory_mib", amount=512.0))
    placed = Placement(job_id=option.job_id, verdict="move", option=option, reasons=())
    shape = changed(SHAPE, parts=(changed(SHAPE.parts[0], monthly_invocations=100.0, billed_s=10.0),))
    need = Finding(rule="memory", level="note", message="", needs=(Need(kind="memory_mib", amount=512.0),))
    picture = size_curve(curve(of(None, 10), placed, (need,), (shape,), BOOK, DEFAULT))
    assert picture is not None
    assert picture.says.startswith("Of 9 sizes that fit, 512 MB costs least")
    assert picture.says.endswith("Its processor time was not measured: the truth lies between the two lines.")
    assert picture.svg.count("<circle") + picture.svg.count("l8 8m-8") <= len(picture.rows) == 11
    assert "stroke-dasharray" in picture.svg
    assert [row[-1] for row in picture.rows].count("chosen") == 1
    assert size_curve(()) is None
