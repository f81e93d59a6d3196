"""How long the cheapest fleet takes: 200 servers of 50 jobs, by the programme of `migrator/optimise/exact.py`.

Run: .venv/bin/python benchmarks/optimum.py
"""

import random
import sys
import time
from decimal import Decimal
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from test_exact import large_fleet

from migrator.optimise.exact import FleetJob, FreeTier, ServerSize, cheapest

Fleet = tuple[tuple[FleetJob, ...], tuple[ServerSize, ...], tuple[FreeTier, ...]]


def shared(fleet: Fleet) -> Fleet:
    """With what makes it hard: two prices that share one free quantity, a gateway that a fifth of the places need, a registry
    that three in ten do."""
    jobs, sizes, (seconds, requests) = fleet
    draw = random.Random(3)
    arm = msgspec.structs.replace(seconds, key="gbs arm", unit_price=Decimal("0.0000133334"), pool="duration")
    changed = []
    for job in jobs:
        places = []
        for place in job.places:
            uses = {"gbs arm" if key == "gbs" else key: used for key, used in place.uses.items()}
            one = msgspec.structs.replace(place, uses=uses) if place.uses and draw.random() < 0.4 else place
            things = {"gateway": Decimal("36.52")} if draw.random() < 0.2 else {}
            things |= {"registry": Decimal(5)} if draw.random() < 0.3 else {}
            places.append(one if one.server is not None else msgspec.structs.replace(one, shared=things))
        changed.append(msgspec.structs.replace(job, places=tuple(places)))
    return tuple(changed), sizes, (msgspec.structs.replace(seconds, pool="duration"), requests, arm)


def main() -> None:
    """Print seconds and gap."""
    fleets = ((50, "", large_fleet(50, 50)), (200, "", large_fleet(200, 50)), (200, ", shared", shared(large_fleet(200, 50))))
    for hosts, kind, fleet in fleets:
        wall, processor = time.perf_counter(), time.process_time()
        got = cheapest(*fleet)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        print(f"{hosts} servers x 50 jobs{kind}: {processor:.1f} s of a processor, {wall:.1f} s wall, relative gap {got.gap:.1e}")


if __name__ == "__main__":
    main()
