"""Where a job could live: shapes, limits, sizes, prices, options and the one that was chosen."""

import functools
from decimal import Decimal
from typing import Literal

from migrator.model.finding import Need, NeedKind, Question
from migrator.model.source import Evidence
from migrator.model.usage import Spread
from migrator.model.value import Value

ShapeKind = Literal["scheduled_batch", "event_glue", "fan_out", "http_call", "workflow", "host_chore"]


class Part(Value, frozen=True, kw_only=True):
    """One workload of a shape. `monthly_invocations` None: unknown (then its cost is unknown)."""

    name: str
    monthly_invocations: float | None
    duration_s: Spread | None
    billed_s: float | None  # mean seconds per invocation; None: unknown
    memory_mib: float | None  # measured peak; None: unknown, sizes fall back to an assumption that is reported
    parallelism: int | None = None


class Wire(Value, frozen=True, kw_only=True):
    """What connects two parts: a queue, an event, a call."""

    kind: Literal["schedule", "queue", "event", "http", "state", "dead-letter"]
    from_part: str
    to_part: str


class Shape(Value, frozen=True, kw_only=True):
    """How the work could be cut."""

    kind: ShapeKind
    faithful: bool  # True for scheduled batch: does what the cron line did
    evidence_for: tuple[Evidence, ...] = ()
    evidence_against: tuple[Evidence, ...] = ()
    parts: tuple[Part, ...] = ()
    wires: tuple[Wire, ...] = ()
    relieves: tuple[NeedKind, ...] = ()
    adds: tuple[Need, ...] = ()
    summary: str = ""


class AtMost(Value, frozen=True, kw_only=True, tag="at-most"):
    """The need's amount must not exceed `amount`."""

    amount: float


class OneOf(Value, frozen=True, kw_only=True, tag="one-of"):
    """The need's choice must be one of these."""

    choices: tuple[str, ...]


class Offered(Value, frozen=True, kw_only=True, tag="offered"):
    """Yes or no; `how` says what has to be done or why not."""

    offered: bool
    how: str


class Limit(Value, frozen=True, kw_only=True):
    """A target's answer to one kind of need, with the page that says so."""

    need: NeedKind
    answer: AtMost | OneOf | Offered
    source: str
    as_of: str
    condition: str | None = None


class Size(Value, frozen=True, kw_only=True):
    """One size that a target sells. `timeout_s` None: no maximum is documented. `scratch_in_memory`: there is no disk, a run's
    files take of `memory_mib`."""

    name: str
    memory_mib: int
    vcpu: float
    architecture: str = "x86_64"
    scratch_mib: int | None = None
    timeout_s: float | None = None
    scratch_in_memory: bool = False


class SizePoint(Value, frozen=True, kw_only=True):
    """One size on the curve from memory to processors to time to money, of the place that was chosen. None: unknown.

    Where a job's processor time was not measured, `run_s` and `monthly_cost` hold if it waits all the time, and the two fields
    `if_computing` if it computes all the time: the truth lies between. `why_not`: what this size does not hold."""

    size: str
    memory_mib: int
    vcpu: float
    run_s: float | None
    monthly_cost: Decimal | None
    run_s_if_computing: float | None = None
    monthly_cost_if_computing: Decimal | None = None
    why_not: str | None = None
    chosen: bool = False


class UnitPrice(Value, frozen=True, kw_only=True):
    """A list price from its provider's page or price API. `from_quantity` starts a tier; `free_monthly` is the always-free
    quantity of the whole account."""

    provider: str
    service: str
    item: str
    unit: str
    region: str
    price_usd: Decimal
    source: str
    as_of: str
    from_quantity: Decimal = Decimal(0)
    free_monthly: Decimal = Decimal(0)
    quality: str = "list"


class ServerPrice(Value, frozen=True, kw_only=True):
    """On-demand Linux list price of an instance type."""

    provider: str
    region: str
    instance_type: str
    vcpu: float
    memory_gib: float
    architecture: str
    price_usd_per_hour: Decimal
    source: str
    as_of: str
    quality: str = "list"


class PriceBook(Value, frozen=True, kw_only=True, dict=True):
    """All prices that a plan was made with; asked through `migrator.prices` functions only."""

    prices: tuple[UnitPrice, ...] = ()
    servers: tuple[ServerPrice, ...] = ()

    @functools.cached_property
    def by_item(self) -> dict[tuple[str, str, str], tuple[UnitPrice, ...]]:
        """The prices of each (provider, service, item): every line of every bill asks."""
        found: dict[tuple[str, str, str], tuple[UnitPrice, ...]] = {}
        for price in self.prices:
            key = (price.provider, price.service, price.item)
            found[key] = (*found.get(key, ()), price)
        return found

    @functools.cached_property
    def regions(self) -> dict[str, frozenset[str]]:
        """The regions that have prices, by provider."""
        return {
            provider: frozenset(price.region for price in self.prices if price.provider == provider)
            for provider in {price.provider for price in self.prices}
        }


class CostItem(Value, frozen=True, kw_only=True):
    """One line of a bill. None quantity or cost: unknown, never zero. `monthly_cost` is rounded nowhere but on display."""

    name: str
    unit: str
    monthly_quantity: Decimal | None
    unit_price: Decimal
    monthly_cost: Decimal | None
    source: str
    as_of: str
    note: str | None = None
    price_key: str | None = None  # "aws/Lambda/requests x86/us-east-1" (pricebook.key)
    shared: bool = False  # one is enough for all jobs of the account (a gateway, a registry): paid once per price key
    quality: str = "list"  # of the price: what is not from a price list widens the interval and is counted


class Resource(Value, frozen=True, kw_only=True):
    """Something that has to be created, in no language yet: `kind` names a module of the `resources` room and a folder of
    `templates/resources`; `values` are what its templates need (JSON)."""

    kind: str
    name: str
    values: dict[str, object] = {}
    part: str | None = None


class Misfit(Value, frozen=True, kw_only=True):
    """A need that a limit does not meet; `schedule`: its scheduler cannot say when the job runs."""

    need: NeedKind | Literal["schedule"]
    message: str
    hard: bool
    rule: str = ""


class Option(Value, frozen=True, kw_only=True):
    """One shape on one target at one size, with everything that it costs."""

    job_id: str
    shape: ShapeKind
    target: str
    size: Size | None
    dialect: str | None
    monthly_cost: Decimal | None
    items: tuple[CostItem, ...] = ()
    resources: tuple[Resource, ...] = ()
    misfits: tuple[Misfit, ...] = ()
    timeout_s: float | None = None
    size_measured: bool = False  # False: memory was not measured, the size is our assumption
    region: str | None = None  # whose prices were taken


class KeptWarm(Value, frozen=True, kw_only=True):
    """What an instance that always stands ready would cost on a place, with all lines of the job's bill. Shown, never chosen.

    `like`: the cheapest rented server with as much memory, without disk and address. None: unknown."""

    target: str
    name: str
    size: str
    monthly_cost: Decimal | None
    on_demand_monthly: Decimal | None
    items: tuple[CostItem, ...] = ()
    like: str | None = None
    like_monthly: Decimal | None = None


UNFIT = "does not fit: "  # how the reason of an option begins that cannot hold the job


class Rejected(Value, frozen=True, kw_only=True):
    """An option that lost: why, and what it would have cost."""

    shape: ShapeKind
    target: str
    size: str | None
    reason: str
    monthly_cost: Decimal | None


Verdict = Literal["move", "stay", "drop", "delete", "insufficient-data"]


class Placement(Value, frozen=True, kw_only=True):
    """The choice for one job. `provisional` where it rests on no measured run; `chosen_by` says who decided."""

    job_id: str
    verdict: Verdict
    option: Option
    reasons: tuple[str, ...]
    rejected: tuple[Rejected, ...] = ()
    provisional: bool = False
    chosen_by: Literal["migrator", "user"] = "migrator"
    questions: tuple[Question, ...] = ()
