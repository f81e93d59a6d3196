"""The classic case: a twelve-minute nightly job, alone on a t3.medium, against a function; every line, and the factor.

Run: .venv/bin/python benchmarks/classic.py > benchmarks/classic.md
"""

import sys
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
import msgspec
from dossiers import dossier
from test_decisions import LIMITS, PLACES, PRICES, REQUEST

from migrator import rules, savings, shapes
from migrator.assumptions import DEFAULT
from migrator.model.job import Disk, Host
from migrator.model.option import CostItem, Option
from migrator.options import options
from migrator.schedule.translate import translations

MEMORIES = (512, 1024, 1769)


def function(memory: int) -> Option:
    """The job's option on the function, as the plan makes it."""
    given = dossier(f"runs: count=60 p50=720 max=720\nsample: 60x720\nfact: interpreter bash\nanswer: memory {memory}")
    given = msgspec.structs.replace(given, translations=translations(given.job.schedule, {}))
    findings = tuple(finding for rule in rules.ALL for finding in rule.check(given, DEFAULT))
    cuts = tuple(shape for reader in shapes.ALL if (shape := reader.cut(given, DEFAULT)) is not None)
    found = options(given, findings, cuts, PLACES, LIMITS, PRICES, DEFAULT, REQUEST)
    return next(option for option in found if option.target == "aws_lambda" and option.shape == "scheduled_batch")


def lines(items: tuple[CostItem, ...]) -> None:
    """A bill, line by line."""
    print("| line | quantity a month | unit | USD a unit | USD a month |")
    print("|---|---|---|---|---|")
    for item in items:
        quantity = item.monthly_quantity or Decimal(0)
        cost = item.monthly_cost or Decimal(0)
        print(f"| {item.name} | {quantity:,.4f} | {item.unit} | {item.unit_price.normalize():f} | {cost:,.4f} |")
    print(f"| **together** | | | | **{sum((item.monthly_cost or Decimal(0) for item in items), Decimal(0)):,.4f}** |")
    print()


def main() -> None:
    """Print both sides and the factors."""
    host = Host(
        name="web01",
        provider="aws",
        region="us-east-1",
        instance_type="t3.medium",
        public_ipv4_count=1,
        disks=(Disk(size_gib=30, kind="gp3"),),
    )
    server = savings.server_items(host, PRICES, DEFAULT)
    print("# The classic case: twelve minutes a night on a t3.medium, or as a function")
    print()
    print("Made by `benchmarks/classic.py` from the bundled price book: us-east-1, list prices, before the account's free tiers.")
    print("720 s a run, 30.44 runs a month, x86. The published factors are about 166, 83 and 48, on compute alone.")
    print()
    print("## The server")
    print()
    lines(server)
    instance = server[0].monthly_cost or Decimal(0)
    whole = sum((item.monthly_cost or Decimal(0) for item in server), Decimal(0))
    factors = []
    for memory in MEMORIES:
        option = function(memory)
        print(f"## The function with {memory} MB")
        print()
        lines(option.items)
        compute = next(item.monthly_cost or Decimal(0) for item in option.items if item.name == "Lambda duration")
        together = sum((item.monthly_cost or Decimal(0) for item in option.items), Decimal(0))
        factors.append((memory, instance / compute, whole / together))
    print("## How many times dearer the server is")
    print()
    print("| memory | compute alone | every line on both sides |")
    print("|---|---|---|")
    for memory, alone, every in factors:
        print(f"| {memory} MB | {alone:.1f} | {every:.1f} |")


if __name__ == "__main__":
    main()
