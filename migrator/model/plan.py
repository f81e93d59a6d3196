"""The plan: what was observed, what was decided, and what it saves; plus the user's word and the files that are written."""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Literal

from migrator.model.assumed import Assumed
from migrator.model.finding import Fact, Finding, JobFacts, Link, Question, ScriptFile, Translation
from migrator.model.job import Accounting, Host, InputDigest, Job
from migrator.model.option import CostItem, KeptWarm, Placement, PriceBook, Shape, SizePoint
from migrator.model.source import Problem
from migrator.model.steadiness import Steadiness
from migrator.model.usage import EarlierText, Unmatched, Usage
from migrator.model.value import Value

PLAN_VERSION = 1


# Who says of which time a survey is: the user, the running machine's clock, the bundle's own note, the newest log line, the
# newest schedule file.
Dating = Literal["said", "clock", "collected", "log", "file"]


class Survey(Value, frozen=True, kw_only=True):
    """Everything that was observed on one server; the input of `decide`. `dated_by` None: a survey of an older version.
    `pairing`: by which rules starts and ends were put together, as the store of runs counts them (`runs.store`); 1 where nobody
    said so yet."""

    host: Host
    as_of: datetime
    dated_by: Dating | None = None
    jobs: tuple[Job, ...] = ()
    problems: tuple[Problem, ...] = ()
    accounting: tuple[Accounting, ...] = ()
    usage: tuple[Usage, ...] = ()
    facts: tuple[JobFacts, ...] = ()
    unmatched: tuple[Unmatched, ...] = ()
    digests: tuple[InputDigest, ...] = ()
    busy_minutes_of_week: tuple[int, ...] | None = None
    earlier: tuple[EarlierText, ...] = ()
    pairing: int = 1
    version: int = PLAN_VERSION


class Organisation(Value, frozen=True, kw_only=True):
    """What holds for every job, said once in decisions.yaml. Empty or None: not said.

    `discounts`: provider -> percent off its list prices; `server_costs`: instance type -> what such a server costs here, USD a
    month with disk and address; `reserved_until`: the day until which every server is paid for, unless a server has its own."""

    network: str | None = None
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    permissions_boundary: str | None = None
    kms_key: str | None = None
    name_prefix: str | None = None
    tags: dict[str, str] = {}
    owners: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    discounts: dict[str, Decimal] = {}
    server_costs: dict[str, Decimal] = {}
    care_hour_usd: Decimal | None = None
    reserved_until: str | None = None


class Decisions(Value, frozen=True, kw_only=True):
    """The user's word: `answers` maps a Question's id (or `<job or server>/<topic>`) to its answer; an id that belongs to nothing
    is refused. `assumptions` holds the numbers that the user put in the place of ours."""

    version: int = 1
    answers: dict[str, str] = {}
    organisation: Organisation = Organisation()
    assumptions: dict[str, float] = {}


Provider = Literal["aws", "gcp", "azure", "all"]


class Request(Value, frozen=True, kw_only=True):
    """What the user asked `plan` for; part of the plan, so that it can be decided again."""

    provider: Provider = "aws"
    region: str | None = None
    instance_type: str | None = None
    server_monthly_cost: Decimal | None = None


class JobPlan(Value, frozen=True, kw_only=True):
    """One job's whole story: everything a report or `emit` needs."""

    job: Job
    usage: Usage | None
    facts: tuple[Fact, ...]
    scripts: tuple[ScriptFile, ...]
    translations: tuple[Translation, ...]
    findings: tuple[Finding, ...]
    shapes: tuple[Shape, ...]
    placement: Placement
    next_firings: tuple[datetime, ...] = ()
    smallest_gap_s: float | None = None
    schedule_in_words: str | None = None
    links: tuple[Link, ...] = ()
    size_curve: tuple[SizePoint, ...] = ()  # of the dearest jobs of a plan only
    steadiness: Steadiness | None = None
    kept_warm: tuple[KeptWarm, ...] = ()  # of slow starters that start often


class Savings(Value, frozen=True, kw_only=True):
    """What can be banked for one server. `now_monthly_cost` None: the server's price is unknown, so nothing is claimed.
    `banked_monthly` is 0 while anything stays; `if_all_moved_monthly` is what the last move would bank."""

    host: str
    can_go: bool
    now_items: tuple[CostItem, ...] = ()
    now_monthly_cost: Decimal | None = None
    then_monthly_cost: Decimal | None = None
    banked_monthly: Decimal | None = None
    if_all_moved_monthly: Decimal | None = None
    low_monthly: Decimal | None = None
    high_monthly: Decimal | None = None
    confidence: float | None = None
    blockers: tuple[str, ...] = ()
    order: tuple[str, ...] = ()  # job ids in the order of moving
    drivers: tuple[str, ...] = ()  # the three doubts that move the saving most
    summary: str = ""
    moving_known_monthly: Decimal | None = (
        None  # what is known of the moved jobs' bills; all of it where nothing is in `unknowns`
    )
    unknowns: tuple[str, ...] = ()  # the lines without a cost, by name; never counted as 0 in silence
    prices_used: int = 0  # different prices behind both bills, and how many of them are not from a price list
    prices_unlisted: int = 0
    keep_type: str | None = None  # the smallest size that holds only what must stay, and what it costs a month
    keep_monthly_cost: Decimal | None = None
    reserved_until: str | None = None  # the day until which the server is paid for anyway: nothing is saved before


class HostPlan(Value, frozen=True, kw_only=True):
    """One server's verdict."""

    host: Host
    savings: Savings
    busy_minutes_of_week: tuple[int, ...] | None = None
    questions: tuple[Question, ...] = ()
    steadiness: Steadiness | None = None  # of its jobs together, against the whole server's bill


class FleetSavings(Value, frozen=True, kw_only=True):
    """The bill of all servers together, free tiers counted once for the account; None: unknown. `best_monthly_cost` is the least
    that any choice costs today, to the relative `gap`; it keeps the servers in `kept`. `wait`: jobs that can move but cost
    nothing more where they are as long as their server has to stay. `placed_known_monthly`: what is known of
    `placed_monthly_cost`, all of it where no moving job is in `unknowns`."""

    now_monthly_cost: Decimal | None = None
    placed_monthly_cost: Decimal | None = None
    placed_known_monthly: Decimal | None = None
    unknowns: tuple[str, ...] = ()
    best_monthly_cost: Decimal | None = None
    free_tiers_monthly: Decimal | None = None
    gap: float = 0.0
    going: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    unpriced: tuple[str, ...] = ()
    wait: tuple[str, ...] = ()
    resized: dict[str, str] = {}  # a kept server -> the cheaper size that holds what stays on it
    together: dict[str, str] = {}  # a job that must stay -> the other server on which it is cheapest
    elsewhere: dict[str, str] = {}  # a job that this plan moves -> the place where it costs less once free tiers are shared out
    order: tuple[str, ...] = ()  # servers, by how soon they can go: most saved for each job that has to move comes first
    summary: str = ""


class QuotaPeak(Value, frozen=True, kw_only=True):
    """What all moving jobs together ask of an account's quota: `peak` of `unit` against `amount`, at the minute `at` (None: it is
    kept there, not run). Not `exceeded`: only what new accounts begin with is. `condition`: when the amount holds.
    `question`: what the account really has, until it is answered."""

    quota: str
    unit: str
    amount: float
    peak: float
    at: datetime | None
    region: str
    jobs: tuple[str, ...]
    more_jobs: int
    exceeded: bool
    summary: str
    source: str
    as_of: str
    condition: str
    question: Question | None = None


class PlanPart(Value, frozen=True, kw_only=True):
    """What a plan of many servers says about one of them: a file of its own in `servers/`."""

    hosts: tuple[HostPlan, ...] = ()
    jobs: tuple[JobPlan, ...] = ()
    problems: tuple[Problem, ...] = ()
    accounting: tuple[Accounting, ...] = ()
    unmatched: tuple[Unmatched, ...] = ()
    digests: tuple[InputDigest, ...] = ()
    version: int = PLAN_VERSION


class Plan(Value, frozen=True, kw_only=True):
    """What `decide` returns and plan.json holds. `parts`: in the plan.json of many servers only, the files that hold what it says
    about each, in their order; its own tuples of the same names are empty then."""

    migrator: str
    as_of: datetime
    dated_by: Dating | None = None
    request: Request
    hosts: tuple[HostPlan, ...]
    jobs: tuple[JobPlan, ...]
    problems: tuple[Problem, ...]
    accounting: tuple[Accounting, ...]
    unmatched: tuple[Unmatched, ...]
    digests: tuple[InputDigest, ...]
    decisions: Decisions
    assumptions: tuple[Assumed, ...]
    prices: PriceBook  # only the prices that this plan uses
    tzdata: str
    fleet: FleetSavings | None = None
    quotas: tuple[QuotaPeak, ...] = ()
    parts: tuple[str, ...] = ()
    version: int = PLAN_VERSION


class OutFile(Value, frozen=True, kw_only=True):
    """A file to write: `path` relative, with `/`; never absolute, never `..`.

    `pieces`: of a file that is too large to be held whole, its bytes, anew at each call; `content` is empty then."""

    path: str
    content: bytes
    executable: bool = False
    pieces: Callable[[], Iterator[bytes]] | None = None

    def parts(self) -> Iterator[bytes]:
        """All its bytes, in order."""
        return iter((self.content,)) if self.pieces is None else self.pieces()
