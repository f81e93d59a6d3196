"""The load of a host against a clock that ticks every second."""

import random

import pytest

from migrator.columns import Run, runs_from
from migrator.usage.load import loads


def run(host: str, start_s: int, end_s: int | None) -> Run:
    ended = None if end_s is None else end_s * 1_000_000
    return Run(host, None, "root", "a", start_s * 1_000_000, ended, None, None, None, None, None, "cronie", "exact")


@pytest.mark.parametrize("seed", range(20))
def test_peak_and_busy_share_are_those_of_every_second(seed: int) -> None:
    chance = random.Random(seed)
    spans = {host: [(begin, begin + chance.randrange(1, 40)) for begin in chance.choices(range(500), k=chance.randrange(1, 30))]
             for host in ("b", "a", "c")}  # fmt: skip
    runs = [run(host, *span) for host, own in spans.items() for span in own] + [run("a", 5, None)]
    chance.shuffle(runs)
    found = loads(runs_from(runs), (0, 1_000_000_000))
    assert [load.host for load in found] == ["a", "b", "c"]
    for load in found:
        ticks = [sum(begin <= second < end for begin, end in spans[load.host]) for second in range(1000)]
        assert load.most_at_once == max(ticks)
        assert load.busy_share == sum(tick > 0 for tick in ticks) / 1000
        assert load.runs == len(spans[load.host])


def test_a_run_that_ends_when_another_starts_is_not_beside_it() -> None:
    (load,) = loads(runs_from([run("a", 0, 10), run("a", 10, 20)]), (0, 20_000_000))
    assert (load.most_at_once, load.busy_share) == (1, 1.0)


def test_runs_without_an_end_tell_no_load() -> None:
    assert loads(runs_from([run("a", 0, None)]), (0, 1)) == ()
