"""The classic case: a twelve-minute nightly job, alone on a t3.medium, against a function that runs when it does."""

from decimal import Decimal

import msgspec
import pytest
from dossiers import dossier
from test_decisions import LIMITS, PLACES, PRICES, REQUEST

from migrator import rules, savings, shapes
from migrator.assumptions import DEFAULT
from migrator.model.job import Host
from migrator.options import options
from migrator.schedule.translate import translations


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
    given = dossier(f"runs: count=60 p50=720 max=720\nsample: 60x720\nfact: interpreter bash\nanswer: memory {memory}")
    given = msgspec.structs.replace(given, translations=translations(given.job.schedule, {}))
    findings = tuple(finding for rule in rules.ALL for finding in rule.check(given, DEFAULT))
    cuts = tuple(shape for reader in shapes.ALL if (shape := reader.cut(given, DEFAULT)) is not None)
    (function,) = (
        option
        for option in options(given, findings, cuts, PLACES, LIMITS, PRICES, DEFAULT, REQUEST)
        if option.target.endswith("lambda") and option.shape == "scheduled_batch"
    )
    costs = {item.name: item.monthly_cost for item in function.items}
    duration = costs["Lambda duration"]
    assert duration is not None
    assert round(duration, 4) == Decimal(duration_cost)
    assert function.misfits == ()  # 720 s with a quarter of headroom is 900 s, and 900 s is the limit
    host = Host(name="web01", provider="aws", region="us-east-1", instance_type="t3.medium", public_ipv4_count=1)
    server = {item.name: item.monthly_cost for item in savings.server_items(host, PRICES, DEFAULT)}
    instance = server["t3.medium on demand"]
    assert instance == Decimal("0.0416") * Decimal("730.485")
    assert round(instance / duration) == factor
