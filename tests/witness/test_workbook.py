"""costs.xlsx recomputed by an evaluator that is not Excel and not ours: every total is the plan's, to the cent.

`formulas` (PyPI) reads the cells' formulas and computes them anew; the values beside them in the file are not looked at.
"""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import formulas
import pytest

from migrator import planfile

MONTH_HOURS = Decimal("730.485")
SAMPLES = Path(__file__).parent.parent.parent / "samples"


@pytest.mark.parametrize("provider", ["aws", "gcp", "azure", "all"])
def test_every_total_of_the_workbook_is_the_plans(provider: str, tmp_path: Path) -> None:
    servers = [SAMPLES / name for name in ("web01", "edge03", "etl02", "legacy04")]
    command = [sys.executable, "-m", "migrator", "plan", *map(str, servers), "-o", str(tmp_path / "plan"), "--provider", provider]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    plan = planfile.read(tmp_path / "plan").plan
    solution = formulas.ExcelModel().loads(str(tmp_path / "plan" / "costs.xlsx")).finish().calculate()
    cells = {}
    for name, found in solution.items():
        if ":" not in str(name).rpartition("!")[2]:
            cells[str(name).rpartition("]")[2]] = found.value[0, 0]

    def same(cell: str, amount: Decimal | None) -> None:
        got = cells[cell]
        if amount is None:
            assert got == "unknown", cell
        else:
            assert abs(Decimal(str(float(got))) - amount) < Decimal("0.005"), (cell, got, amount)

    for row, host in enumerate(plan.hosts, 2):
        same(f"SERVERS'!C{row}", host.savings.now_monthly_cost)
        same(f"SERVERS'!E{row}", host.savings.banked_monthly)
    known = [
        (entry.steadiness, there) for entry in plan.jobs if entry.steadiness is not None for there in entry.steadiness.places
    ]
    assert known
    for row, (found, there) in enumerate(known, 2):
        if found.duty.share is None or there.hour_usd is None:
            assert cells[f"BREAK-EVEN'!J{row}"] == "unknown"
        else:
            same(f"BREAK-EVEN'!J{row}", there.standing_monthly + there.hour_usd * Decimal(str(found.duty.share)) * MONTH_HOURS)
    moving = 0
    for row, entry in enumerate(plan.jobs, 2):
        if entry.placement.verdict in {"move", "insufficient-data"} and entry.placement.option.target != "host":
            same(f"JOBS'!G{row}", entry.placement.option.monthly_cost)
            moving += 1
    assert moving >= 10
    saved = [host.savings for host in plan.hosts if host.savings.can_go and host.savings.banked_monthly is not None]
    assert saved
