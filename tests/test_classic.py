"""The classic case: a twelve-minute nightly job, alone on a t3.medium, against a function that runs when it does."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from dossiers import dossier
from test_decisions import LIMITS, PLACES, PRICES, REQUEST

from migrator import rules, savings, shapes
from migrator.assumptions import DEFAULT
from migrator.model.job import Host
from migrator.model.option import Option
from migrator.options import options
from migrator.schedule.translate import translations

PAGE = (Path(__file__).parent.parent / "docs" / "classic-case.md").read_text()


@pytest.mark.parametrize(
    ("memory", "duration_cost", "factor"),
    [
        # by hand: 30.436875 runs x 720 s x 0.5 GB = 10,957.275 GB-s x 0.0000166667 USD
        (512, "0.1826", 166),
        (1024, "0.3652", 83),
        (1769, "0.6310", 48),
    ],
)
def test_it_costs_a_hundredth(memory: int, duration_cost: str, factor: int) -> None:
    function = classic(memory)
    costs = {item.name: item.monthly_cost for item in function.items}
    duration = costs["Lambda duration"]
    assert duration is not None
    assert round(duration, 4) == Decimal(duration_cost)
    assert function.misfits == ()  # 720 s with a quarter of headroom is 900 s, and 900 s is the limit
    instance = server()["t3.medium on demand"]
    assert instance == Decimal("0.0416") * Decimal("730.485")
    assert round(instance / duration) == factor


def test_the_page_works_every_line_of_both_bills_out() -> None:
    """docs/classic-case.md: each working is computed here as it stands there; nothing of the program's bills is left out."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| ")]
    for number, memory in enumerate((512, 1024, 1769), 1):
        said = {row[0]: row[number].split(" = ") for row in rows if len(row) == 4 and " = " in row[1]}
        bill = {item.name: item.monthly_cost for item in classic(memory).items}
        assert sorted(said) == sorted(bill)
        for name, (working, cost) in said.items():
            assert abs(worked(working) - Decimal(cost)) < Decimal("1e-9"), name
            assert abs(worked(working) - (bill[name] or 0)) < Decimal("1e-9"), name
        totals = next(row for row in rows if row[0] == "all lines")
        assert round(sum(worked(working) for working, _ in said.values()), 4) == Decimal(totals[number])
        both = {row[0].split(":")[0]: Decimal(row[number]) for row in rows if row[0].startswith(("instance /", "whole server"))}
        assert round(server()["t3.medium on demand"] / (bill["Lambda duration"] or 1), 1) == both["instance / function's time"]
        assert abs(sum(server().values()) / Decimal(totals[number]) - both["whole server / all lines"]) < Decimal("0.06")
    machine = {row[0]: row[1:] for row in rows if len(row) == 3 and " x " in row[1]}
    assert sorted(machine) == sorted(server())
    for name, (working, cost) in machine.items():
        assert worked(working) == server()[name] == Decimal(cost)


def worked(working: str) -> Decimal:
    """What a working comes to: numbers with x and / between them, from left to right."""
    first, *rest = working.split()
    value = Decimal(first)
    for sign, number in zip(rest[::2], rest[1::2], strict=True):
        value = value * Decimal(number) if sign == "x" else value / Decimal(number)
    return value


def server() -> dict[str, Decimal]:
    """The lines of the server's bill."""
    host = Host(name="web01", provider="aws", region="us-east-1", instance_type="t3.medium", public_ipv4_count=1)
    return {item.name: item.monthly_cost for item in savings.server_items(host, PRICES, DEFAULT) if item.monthly_cost is not None}


def classic(memory: int) -> Option:
    """The job as a function of this size."""
    given = dossier(f"runs: count=60 p50=720 max=720\nsample: 60x720\nfact: interpreter bash\nanswer: memory {memory}")
    given = msgspec.structs.replace(given, translations=translations(given.job.schedule, {}))
    findings = tuple(finding for rule in rules.ALL for finding in rule.check(given, DEFAULT))
    cuts = tuple(shape for reader in shapes.ALL if (shape := reader.cut(given, DEFAULT)) is not None)
    (function,) = (
        option
        for option in options(given, findings, cuts, PLACES, LIMITS, PRICES, DEFAULT, REQUEST)
        if option.target.endswith("lambda") and option.shape == "scheduled_batch"
    )
    return function
