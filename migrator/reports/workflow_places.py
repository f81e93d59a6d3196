"""Where a job that is a link of a chain, or remembers what it saw, could have its order kept, in one sentence for each place."""

from migrator.chains import SHAPE
from migrator.crossover import REGION
from migrator.errors import PriceError
from migrator.model.option import UNFIT, PriceBook
from migrator.model.plan import JobPlan
from migrator.pricebook import total
from migrator.reports.words import money
from migrator.workflow_services import SERVICES, UNPROVED, WORKERS, provider_of, worker_bill


def workflow_places(entry: JobPlan, prices: PriceBook) -> tuple[str, ...]:
    """() for a job that has no such shape."""
    if not any(shape.kind == SHAPE for shape in entry.shapes):
        return ()
    offered = [f"{service}: {_offer(entry, provider)}" for provider, service in SERVICES.items()]
    return (*offered, f"Temporal: a proposal, nothing is written for it: {_temporal(entry, prices)}")


def _offer(entry: JobPlan, provider: str) -> str:
    here = [one for one in entry.placement.rejected if one.shape == SHAPE and one.target.startswith(f"{provider}_")]
    chosen = entry.placement.option
    is_chosen = chosen.shape == SHAPE and chosen.target.startswith(f"{provider}_")
    if here and not is_chosen and all(one.reason.startswith(UNFIT) for one in here):
        places = " and ".join(dict.fromkeys(one.target for one in here))
        return f"offered, but not for this job: {places} cannot hold it, as stands among what lost"
    doubt = f" ({UNPROVED[provider]})" if provider in UNPROVED else ""
    return f"offered: answer {entry.job.id}/shape: workflow{doubt}"


def _temporal(entry: JobPlan, prices: PriceBook) -> str:
    option = entry.placement.option
    provider, region = provider_of(option), option.region or REGION
    again = "its worker waits for work all month, so that is a server again"
    try:
        cost = total(worker_bill(prices, provider, region))
    except PriceError as error:
        return f"{again}, at a price that is unknown ({error})"
    least = "unknown" if cost is None else money(cost)
    return (
        f"{again}: {WORKERS[provider]} with its disk, at least {least} a month in {region}; what the Temporal service behind it "
        "costs, or the database of one of your own, is in no price book here and comes on top"
    )
