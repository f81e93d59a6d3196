"""Says what a server's move would save, when it can be banked, and how sure that is.

The law: a server with a job or a service left on it costs what it did, so nothing is banked before the last one goes.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import msgspec

from migrator import pricebook
from migrator.assumptions import Assumptions
from migrator.interval import interval
from migrator.model.finding import Question
from migrator.model.job import Disk, Host, Job, Service
from migrator.model.option import CostItem, Placement, PriceBook, ServerPrice
from migrator.model.plan import Savings
from migrator.model.source import Evidence
from migrator.model.usage import Usage
from migrator.upkeep import started_folder

LEAVES = ("move", "drop", "delete")
CENT = Decimal("0.01")
STATED = "--server-cost or decisions.yaml"  # the source of a server's cost that is no list price
UNKNOWN = "unknown"
NO_PRICES = PriceBook()
MOST_UNKNOWNS = 3  # named in a sentence
NOTHING_ELSE = "none"  # the answer by which only housekeeping runs on a server

# Services that every server has and that go with it: they keep nothing alive.
HOUSEKEEPING = frozenset(
    "cron crond anacron ssh sshd rsyslog rsyslogd systemd-journald systemd-timesyncd systemd-resolved systemd-networkd "
    "systemd-logind "
    "chrony chronyd ntp ntpd dbus getty auditd fail2ban unattended-upgrades networkd-dispatcher snapd polkit udev irqbalance "
    "amazon-ssm-agent google-guest-agent walinuxagent qemu-guest-agent postfix exim4 NetworkManager firewalld ufw tuned rngd "
    "cloud-init cloud-config cloud-final acpid multipathd lvm2-monitor apparmor console-setup keyboard-setup".split()
)


def savings(
    host: Host,
    placements: tuple[Placement, ...],
    server_items: tuple[CostItem, ...],
    assumptions: Assumptions,
    *,
    jobs: Mapping[str, Job],
    usage: Mapping[str, Usage] = {},
    reserved_until: date | None = None,
    waiting: Mapping[str, tuple[str, ...]] = {},
    unstated: tuple[str, ...] = (),
) -> Savings:
    """What can be banked for one server; on `reserved_until`, not before, where it is paid for until then.

    `placements` of this host's jobs only; `server_items` from `server_items()`: empty where the server's price is unknown, then
    every amount is None and `question()` asks. `jobs`, `usage` and `waiting` are keyed by job id; `waiting` holds the needs of a
    job that nothing meets until somebody answers (`unmet.of_entry`): it does not leave. `unstated` names what is in no bill
    because nobody said how much it is. `low_monthly` and `high_monthly` hold the
    saving of the day on which everything has moved with the probability `confidence`: bootstrap over the measured runs, over the
    assumed time and memory where none was measured, and over the spread of list prices; `drivers` says what moves it most.
    """
    blockers = _blockers(host, placements, jobs, waiting)
    now = _known_total(server_items) if server_items else None
    moved = _paid_once([placement for placement in placements if placement.verdict in {"move", "insufficient-data"}])
    moving_cost = _moving_cost(moved)
    can_go = not blockers
    unpriced = _unknowns(server_items, moved, jobs)
    used = {item.price_key or item.name: item.quality for item in _all_items(server_items, moved)}
    if_all = None if now is None or moving_cost is None else now - moving_cost
    banked = None if now is None else Decimal(0) if blockers else if_all
    then = None if now is None or moving_cost is None else moving_cost + (now if blockers else Decimal(0))
    certain = all(item.source == STATED for item in server_items)
    low, high, drivers = (
        interval(now, server_items, moved, usage, assumptions, certain=certain) if now is not None else (None, None, ())
    )
    return Savings(
        host=host.name,
        can_go=can_go,
        now_items=server_items,
        now_monthly_cost=now,
        then_monthly_cost=then,
        banked_monthly=banked,
        if_all_moved_monthly=if_all,
        low_monthly=low,
        high_monthly=high,
        confidence=assumptions.savings_confidence if low is not None else None,
        blockers=blockers,
        order=_order(placements),
        drivers=drivers,
        summary=_summary(host, placements, waiting, now, banked, if_all, blockers, unpriced) + _from(reserved_until, banked),
        reserved_until=None if reserved_until is None else reserved_until.isoformat(),
        moving_known_monthly=_known_total(tuple(item for placement in moved for item in placement.option.items)),
        unknowns=(*unpriced, *unstated),
        prices_used=len(used),
        prices_unlisted=sum(quality != pricebook.LISTED for quality in used.values()),
    )


def question(host: Host, server_items: tuple[CostItem, ...], book: PriceBook = NO_PRICES) -> Question | None:
    """What has to be asked before a saving can be claimed; None where the server's price is known."""
    if server_items:
        return None
    known = f" ({host.instance_type})" if host.instance_type else ""
    near = "" if host.instance_type is None else pricebook.nearest_type(book, host.instance_type)
    unknown = f"no price list here has {host.instance_type}" + (f", the nearest is {near}; " if near else "; ") if known else ""
    return Question(
        id=f"{host.name}/server-cost",
        text=f"What does the server {host.name}{known} cost a month, in USD?",
        hint=f"{unknown}the line of its bill with disk, address and backup; or run plan with --instance-type or --server-cost",
        default="unknown",
    )


def server_items(
    host: Host,
    book: PriceBook,
    assumptions: Assumptions,
    *,
    provider: str | None = None,
    region: str | None = None,
    instance_type: str | None = None,
    monthly_cost: Decimal | None = None,
) -> tuple[CostItem, ...]:
    """The server's own bill a month: instance, disk, public address; or one line where the user said what it costs.

    Empty where the price is unknown. The named arguments come before what the tree says about the host.
    """
    if monthly_cost is not None:
        return (
            CostItem(
                name="server, as stated by you",
                unit="month",
                monthly_quantity=Decimal(1),
                unit_price=monthly_cost,
                monthly_cost=monthly_cost,
                source=STATED,
                as_of="",
            ),
        )
    known = msgspec.structs.replace(
        host,
        provider=provider or host.provider,
        region=region or host.region,
        instance_type=instance_type or host.instance_type,
    )
    if known.instance_type is None or known.region is None:
        return ()
    server = pricebook.server_price(book, known.provider, known.region, known.instance_type)
    return () if server is None else _priced(known, server, book, assumptions)


def _priced(host: Host, server: ServerPrice, book: PriceBook, assumptions: Assumptions) -> tuple[CostItem, ...]:
    """The bill of a known type: a disk of unknown size counts with `assumptions.server_disk_gib`, and its line says so; an
    unknown number of public addresses is a line without a cost."""
    hours = pricebook.exact(assumptions.month_hours)
    assert hours is not None
    instance = CostItem(
        name=f"{server.instance_type} on demand",
        unit="hour",
        monthly_quantity=hours,
        unit_price=server.price_usd_per_hour,
        monthly_cost=hours * server.price_usd_per_hour,
        source=server.source,
        as_of=server.as_of,
        note=None if server.quality == "list" else f"{server.quality} price",
        price_key=pricebook.server_key(server),
        quality=server.quality,
    )
    disks = tuple(_disk(server, disk, book, assumptions) for disk in host.disks or (Disk(size_gib=None, kind=None),))
    addresses = pricebook.times(host.public_ipv4_count, hours)
    if addresses == 0:
        return (instance, *disks)
    unknown = "the server's files do not tell how many it has" if addresses is None else None
    return (instance, *disks, pricebook.item("public IPv4 addresses", pricebook.address_price(book, server), addresses, unknown))


def _disk(server: ServerPrice, disk: Disk, book: PriceBook, assumptions: Assumptions) -> CostItem:
    price = pricebook.disk_price(book, server, disk.kind)
    notes = []
    if disk.size_gib is None:
        notes.append(f"size unknown: {assumptions.server_disk_gib:g} GiB assumed")
    if not pricebook.is_known_disk(server, disk.kind):
        notes.append(f"volume type {disk.kind or 'unknown'}: priced as {price.item}")
    size_gib = pricebook.exact(disk.size_gib if disk.size_gib is not None else assumptions.server_disk_gib)
    return pricebook.item("disk", price, size_gib, "; ".join(notes) or None)


def with_answer(host: Host, answers: Mapping[str, str]) -> Host:
    """The host with what the user said about its services, where its files do not tell (`<host>/services`)."""
    said = answers.get(f"{host.name}/services", "").strip()
    if host.services is not None or not said or said.lower() == UNKNOWN:
        return host
    names = [] if said.lower() == NOTHING_ELSE else [name for name in re.split(r"[,\s]+", said) if name]
    told = Evidence(snippet=said, source="decisions.yaml")
    return msgspec.structs.replace(host, services=tuple(Service(name=name, port=None, evidence=told) for name in names))


def services_question(host: Host) -> Question | None:
    """What has to be asked where nothing tells what else runs on a server; None where something does."""
    if host.services is not None:
        return None
    return Question(
        id=f"{host.name}/services",
        text=f"What else runs on {host.name} beside its scheduled jobs?",
        hint="names such as nginx, mysql; none: only what every server has; unknown: the server does not count as free",
        default=UNKNOWN,
    )


def lives_on(services: tuple[Service, ...] | None) -> tuple[Service, ...]:
    """The known services that keep a server alive: everything but the housekeeping that goes with it, one per name, sorted."""
    kept: dict[str, Service] = {}
    for service in services or ():
        name = service.name.removesuffix(".service").split("@")[0]
        if name not in HOUSEKEEPING:
            kept.setdefault(name, service)
    return tuple(kept[name] for name in sorted(kept))


def _blockers(
    host: Host, placements: tuple[Placement, ...], jobs: Mapping[str, Job], waiting: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    found = []
    for placement in sorted(placements, key=lambda placement: placement.job_id):
        name = jobs[placement.job_id].name if placement.job_id in jobs else placement.job_id
        if _waits(placement, waiting):
            found.append(f"{name} [{placement.job_id}]: waits for an answer: {'; '.join(waiting[placement.job_id])}")
        if placement.verdict in LEAVES or _only_starts_others(placement.job_id, jobs):
            continue
        why = placement.reasons[0] if placement.reasons else placement.verdict
        label = "stays" if placement.verdict == "stay" else "not enough data"
        found.append(f"{name} [{placement.job_id}]: {label}: {why}")
    if host.services is None:
        found.append(f"service something unknown: it is not known what else runs here; answer {host.name}/services")
    for service in lives_on(host.services):
        port = f" on port {service.port}" if service.port is not None else ""
        who = "of unknown name" if service.name == f"port {service.port}" else service.name  # hosts/listening.py names it so
        found.append(f"service {who}{port}: runs on this server and is no scheduled job")
    return tuple(found)


def _waits(placement: Placement, waiting: Mapping[str, tuple[str, ...]]) -> bool:
    """True for a job that would move but has data that nothing emitted carries."""
    return placement.verdict == "move" and bool(waiting.get(placement.job_id))


def _only_starts_others(job_id: str, jobs: Mapping[str, Job]) -> bool:
    """True for a line of run-parts whose files are jobs of their own: what stays of them is counted there."""
    folder = started_folder(jobs[job_id].command) if job_id in jobs else None
    return folder is not None and any((job.part_of or "").rstrip("/") == folder for job in jobs.values())


def _known_total(items: tuple[CostItem, ...]) -> Decimal:
    """The known part of the server's bill: what is unknown of it is a line without a cost, so the saving is a lower bound."""
    return sum((item.monthly_cost for item in items if item.monthly_cost is not None), Decimal(0))


def _paid_once(moved: list[Placement]) -> list[Placement]:
    """The placements with what they share (a gateway, a registry) in the bill of the first of them only."""
    bills = pricebook.once(placement.option.items for placement in moved)
    return [
        placement
        if len(bill) == len(placement.option.items)
        else msgspec.structs.replace(
            placement, option=msgspec.structs.replace(placement.option, items=bill, monthly_cost=pricebook.total(bill))
        )
        for placement, bill in zip(moved, bills, strict=True)
    ]


def _all_items(server_items: tuple[CostItem, ...], moved: list[Placement]) -> tuple[CostItem, ...]:
    return (*server_items, *(item for placement in moved for item in placement.option.items))


def _unknowns(server_items: tuple[CostItem, ...], moved: list[Placement], jobs: Mapping[str, Job]) -> tuple[str, ...]:
    """The lines whose cost is not known, each by name: the server's own, then those of the jobs that move."""
    found = [f"{item.name} of the server" for item in server_items if item.monthly_cost is None]
    for placement in moved:
        lines = [item.name for item in placement.option.items if item.monthly_cost is None]
        name = jobs[placement.job_id].name if placement.job_id in jobs else placement.job_id
        found += [f"{line} of {name}" for line in lines]
        if not lines and placement.option.monthly_cost is None:
            found.append(f"everything about {name}")
    return tuple(dict.fromkeys(found))


def _moving_cost(moved: list[Placement]) -> Decimal | None:
    costs = [placement.option.monthly_cost for placement in moved]
    if any(cost is None for cost in costs):
        return None
    return sum((cost for cost in costs if cost is not None), Decimal(0))


def _order(placements: tuple[Placement, ...]) -> tuple[str, ...]:
    """Least risk first: what only has to be switched off, then measured and small, then what asks for work; unmeasured last."""

    def key(placement: Placement) -> tuple[int, bool, int, Decimal, str]:
        kind = {"drop": 0, "delete": 1, "move": 2, "insufficient-data": 3}[placement.verdict]
        cost = placement.option.monthly_cost or Decimal(0)
        return (kind, placement.provisional, len(placement.option.misfits), cost, placement.job_id)

    return tuple(placement.job_id for placement in sorted((p for p in placements if p.verdict != "stay"), key=key))


def _from(reserved_until: date | None, banked: Decimal | None) -> str:
    if reserved_until is None:
        return ""
    saved = "that begins" if banked is not None and banked > 0 else "anything it will save begins"
    return f"; it is paid for until {reserved_until.isoformat()}, so {saved} only then"


def _summary(
    host: Host,
    placements: tuple[Placement, ...],
    waiting: Mapping[str, tuple[str, ...]],
    now: Decimal | None,
    banked: Decimal | None,
    if_all: Decimal | None,
    blockers: tuple[str, ...],
    unknowns: tuple[str, ...],
) -> str:
    leaving = sum(1 for placement in placements if placement.verdict in LEAVES and not _waits(placement, waiting))
    jobs = f"{leaving} of {len(placements)} jobs can leave {host.name}"
    if now is None:
        return f"{jobs}; what the server costs is unknown, so no saving is claimed"
    if blockers:
        rest = f"; ${if_all:,.2f} a month once the last has gone" if if_all is not None else ""
        things = "thing stays" if len(blockers) == 1 else "things stay"
        return f"{jobs}; {len(blockers)} {things} on it, so nothing is saved yet of ${now:,.2f} a month{rest}"
    if banked is None:
        named = ", ".join(unknowns[:MOST_UNKNOWNS])
        more = f" and {len(unknowns) - MOST_UNKNOWNS} more" if len(unknowns) > MOST_UNKNOWNS else ""
        return f"{jobs}; the server (${now:,.2f} a month) can go; what the jobs will cost is not known in full: {named}{more}"
    if banked <= 0:
        return f"{jobs}; the server can go, but its jobs would cost ${-banked:,.2f} a month more than it does: keep it"
    return f"{jobs}; the server can go: ${banked:,.2f} a month saved of ${now:,.2f}"
