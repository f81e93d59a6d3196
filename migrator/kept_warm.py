"""What it would cost to keep a slow starter's place warm: provisioned concurrency, an always-ready or a minimum instance.

Each is a machine rented by the month under another name, and is priced as that: all seconds of the month at the rate of standing,
the working ones at the rate of working. It is shown with its price where a slow starter meets a short gap; nothing chooses it.
"""

from collections.abc import Callable
from decimal import Decimal

from migrator import targets
from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier
from migrator.model.option import CostItem, KeptWarm, Option, PriceBook
from migrator.pricebook import item, times, total, unit_price
from migrator.processor import computing, stretch
from migrator.rules import slow_start
from migrator.steadiness import rented

TITLES = {place.NAME: place.TITLE for place in targets.ALL}
Lines = tuple[CostItem, ...]
MIB = Decimal(1024)
LEAST_S = {"azure_functions": 1.0}  # of a billed run, standing ready or not


def kept_warm(dossier: Dossier, found: tuple[Option, ...], prices: PriceBook, assumptions: Assumptions) -> tuple[KeptWarm, ...]:
    """One for each place that takes the job and sells it; none where the job starts quickly or seldom."""
    if not slow_start.applies(dossier, assumptions):
        return ()
    made = []
    for option in found:
        words = WARM.get(option.target)
        if words is None or option.shape != "scheduled_batch" or any(misfit.hard for misfit in option.misfits):
            continue
        name, replaced, price = words
        assert option.size is not None
        kept = tuple(line for line in option.items if line.name.split(" above ")[0] not in replaced)
        month_s = Decimal(str(assumptions.month_hours)) * 3600
        lines = (*price(option, prices, _busy_s(dossier, option), month_s), *kept)
        vm = rented(
            prices,
            option.target.split("_")[0],
            option.region or "",
            float(option.size.memory_mib),
            0.0,
            assumptions.server_own_memory_mib,
        )
        made.append(
            KeptWarm(
                target=option.target,
                name=f"{TITLES[option.target]}, {name}",
                size=option.size.name,
                monthly_cost=total(lines),
                on_demand_monthly=option.monthly_cost,
                items=lines,
                like=None if vm is None else vm.instance_type,
                like_monthly=None if vm is None else vm.price_usd_per_hour * Decimal(str(assumptions.month_hours)),
            )
        )
    return tuple(made)


def _busy_s(dossier: Dossier, option: Option) -> Decimal | None:
    """Working seconds a month, as long as a run takes on this size; no start is among them. None: unknown."""
    usage, size = dossier.usage, option.size
    if usage is None or size is None:
        return None
    mean_s = usage.duration_s.p50 if usage.mean_s is None else usage.mean_s
    taken = None if mean_s is None else max(mean_s * stretch(computing(usage), size.vcpu), LEAST_S.get(option.target, 0.0))
    return times(usage.monthly_runs, taken)


def _lambda(option: Option, prices: PriceBook, busy_s: Decimal | None, month_s: Decimal) -> Lines:
    """https://aws.amazon.com/lambda/pricing/: provisioned memory x all seconds, and memory x working seconds at a lower rate."""
    assert option.size is not None
    chip = "arm64" if option.size.architecture == "arm64" else "x86"
    gb, region = Decimal(option.size.memory_mib) / MIB, option.region or ""
    standing = unit_price(prices, "aws", "Lambda", f"provisioned concurrency {chip}", region)
    working = unit_price(prices, "aws", "Lambda", f"provisioned duration {chip}", region)
    return (
        item("provisioned concurrency", standing, gb * month_s, "one function, warm all month"),
        item("provisioned duration", working, times(busy_s, gb)),
    )


def _run_service(option: Option, prices: PriceBook, busy_s: Decimal | None, month_s: Decimal) -> Lines:
    """https://cloud.google.com/run/pricing: a minimum instance is billed at the idle rate, while it serves at the usual one."""
    assert option.size is not None
    vcpu, gib, region = Decimal(str(option.size.vcpu)), Decimal(option.size.memory_mib) / MIB, option.region or ""
    idle_s = None if busy_s is None else max(month_s - busy_s, Decimal(0))

    def at(name: str) -> CostItem:
        seconds, size = (idle_s if "idle" in name else busy_s), (vcpu if name.startswith("CPU") else gib)
        return item(name, unit_price(prices, "gcp", "Cloud Run services", name, region), times(seconds, size))

    return (
        at("CPU idle minimum instance"),
        at("memory idle minimum instance"),
        at("CPU request-based"),
        at("memory request-based"),
    )


def _functions(option: Option, prices: PriceBook, busy_s: Decimal | None, month_s: Decimal) -> Lines:
    """https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan#billing: a baseline, and a rate while it works."""
    assert option.size is not None
    gb, region = Decimal(option.size.memory_mib) / MIB, option.region or ""
    service = "Functions Flex Consumption"
    return (
        item("always-ready baseline", unit_price(prices, "azure", service, "always-ready baseline", region), gb * month_s),
        item(
            "always-ready execution time",
            unit_price(prices, "azure", service, "always-ready execution time", region),
            times(busy_s, gb),
        ),
    )


# target -> what it is called there, the lines of the bill that it stands in for, and its price
WARM: dict[str, tuple[str, frozenset[str], Callable[[Option, PriceBook, Decimal | None, Decimal], Lines]]] = {
    "aws_lambda": ("provisioned concurrency 1", frozenset({"Lambda duration", "Lambda starts"}), _lambda),
    "gcp_cloud_run_service": ("minimum instances 1", frozenset({"Cloud Run vCPU", "Cloud Run memory"}), _run_service),
    "azure_functions": ("always-ready instances 1", frozenset({"Functions execution time"}), _functions),
}
