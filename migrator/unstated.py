"""What a moving job sends to the internet while nobody has said how much: named beside the figures, with a range, never a 0.

At most the job sends all that it touches in every run; a copy that sends differences sends less. Where no size is known there is
no range, and the price of 100 GiB is said.
"""

from collections.abc import Mapping
from decimal import Decimal

from migrator.model.finding import Fact
from migrator.model.job import Host
from migrator.model.option import PriceBook
from migrator.model.plan import JobPlan
from migrator.pricebook import EGRESS, exact, sent
from migrator.rules.dossier_reading import listed, size_mib
from migrator.rules.sent_data import destinations
from migrator.stated import EGRESS as TOPIC
from migrator.stated import amount

LEAST_MIB = 1.0
EACH_GIB = Decimal(100)


def sends(entry: JobPlan, host: Host, answers: Mapping[str, str], prices: PriceBook) -> str | None:
    """What is not in the bill of a job that moves; None where it sends nothing out of its new cloud, or where it was stated."""
    option = entry.placement.option
    provider = option.target.partition("_")[0]
    if provider not in EGRESS or option.region is None or amount(f"{entry.job.id}/{TOPIC}", answers) is not None:
        return None
    places = destinations(entry.facts).names(provider)
    if not places:
        return None
    said = f'data to {listed(places)}, sent by "{entry.job.name}"'
    each = sent(prices, provider, option.region, EACH_GIB)
    most = _most_gib(entry)
    whole = None if most is None else sent(prices, provider, option.region, most)
    today = ", as its server is billed for today" if host.provider == provider else ""
    asked = f"answer {entry.job.id}/{TOPIC}"
    if whole is not None and whole.monthly_cost is not None:
        return f"{said} ($0 to ${whole.monthly_cost:,.2f} a month by the size of what it touches{today}; {asked})"
    if each is not None and each.monthly_cost is not None:
        return f"{said} (${each.monthly_cost:,.2f} for each {EACH_GIB} GiB{today}; {asked})"
    return f"{said} ({asked})"


def _most_gib(entry: JobPlan) -> Decimal | None:
    """All that it touches, in every run; None where no size or no number of runs is known."""
    runs = entry.usage.monthly_runs if entry.usage is not None else None
    sizes = {fact.value.rstrip("/") or "/": size_mib(fact) for fact in entry.facts if _counts(fact)}
    own = [size for path, size in sizes.items() if not any(_holds(other, path) for other in sizes)]
    return exact(round(sum(own) / 1024 * runs, 3)) if own and runs else None


def _counts(fact: Fact) -> bool:
    return fact.kind == "data-size" and size_mib(fact) >= LEAST_MIB


def _holds(folder: str, path: str) -> bool:
    return folder != path and path.startswith(f"{folder.rstrip('/')}/")
