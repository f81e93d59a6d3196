"""Small options, placements and server bills for the tests of the choice and of the savings."""

from decimal import Decimal

from dossiers import dossier

from migrator.model.job import Job
from migrator.model.option import CostItem, Misfit, Option, Placement, Size


def job(job_id: str, host: str = "web01") -> Job:
    one = dossier("").job
    fields = {name: getattr(one, name) for name in one.__struct_fields__}
    return Job(**{**fields, "id": job_id, "host": host, "name": job_id.replace("-", " ")})


def item(cost: str | None) -> CostItem:
    amount = None if cost is None else Decimal(cost)
    return CostItem(
        name="compute",
        unit="GB-second",
        monthly_quantity=amount,
        unit_price=Decimal(1),
        monthly_cost=amount,
        source="page",
        as_of="2026",
    )


def option(
    target: str,
    cost: str | None,
    *,
    job_id: str = "job-1",
    hard: tuple[str, ...] = (),
    soft: tuple[str, ...] = (),
    shape: str = "scheduled_batch",
    known: str = "0",
    size_measured: bool = True,
) -> Option:
    return Option(
        job_id=job_id,
        shape=shape,  # type: ignore[arg-type]
        target=target,
        size=None if target == "host" else Size(name="512 MB", memory_mib=512, vcpu=0.25),
        dialect=None,
        monthly_cost=None if cost is None else Decimal(cost),
        items=(item(known), item(None)) if cost is None else (item(cost),),
        misfits=(
            *(Misfit(need="root", message=text, hard=True) for text in hard),
            *(Misfit(need="root", message=text, hard=False) for text in soft),
        ),
        size_measured=size_measured,
    )


def placement(job_id: str, verdict: str, cost: str | None = "0", **more: object) -> Placement:
    target = "host" if verdict in {"stay", "drop", "delete"} else "some_cloud"
    return Placement(
        job_id=job_id,
        verdict=verdict,  # type: ignore[arg-type]
        option=option(target, cost, job_id=job_id),
        reasons=("because",),
        **more,  # type: ignore[arg-type]
    )
