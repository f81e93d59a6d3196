"""A Cloud Run job: its image, size, account, and who may start it.

Source: https://docs.cloud.google.com/run/docs/create-jobs
"""

from decimal import Decimal

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.pricebook import item, unit_price
from migrator.resources.quantity import container_s, number, output_note, product

KIND = "gcp_cloud_run_v2_job"
PROVIDER = "gcp"
LANGUAGES: tuple[str, ...] = ("terraform",)

MINIMUM_S = Decimal(60)  # https://cloud.google.com/run/pricing: a task is billed for at least one minute
STEP_S = Decimal("0.1")  # and rounded up to 100 ms


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """vCPU-seconds and GiB-seconds of runs and of firings that the guard ends, the stored image, and the output written."""
    seconds = container_s(resource, MINIMUM_S, STEP_S)
    note = "at least 60 s a run, container start included"
    if number(resource, "skips"):
        note += "; firings that the guard ends are billed too"
    return (
        *computed(resource, region, prices, "Cloud Run jobs", ("CPU", "memory"), seconds, note),
        *kept(resource, region, prices),
    )


def computed(
    resource: Resource,
    region: str,
    prices: PriceBook,
    service: str,
    names: tuple[str, str],
    seconds: Decimal | None,
    note: str,
) -> tuple[CostItem, CostItem]:
    """Processor and memory for so many billed seconds; `names` of the two prices of the service."""
    processor, memory = (unit_price(prices, PROVIDER, service, name, region) for name in names)
    return (
        item("Cloud Run vCPU", processor, product(seconds, number(resource, "vcpu")), note),
        item("Cloud Run memory", memory, product(seconds, number(resource, "memory_gib")), note),
    )


def kept(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, CostItem]:
    """The stored image, and the output written."""
    return (
        item(
            "image storage",
            unit_price(prices, PROVIDER, "Artifact Registry", "storage", region),
            number(resource, "image_gb"),
            "size assumed (container_image_gib)",
        ),
        item(
            "logs written",
            unit_price(prices, PROVIDER, "Cloud Logging", "ingestion", region),
            number(resource, "log_gib"),
            f"{output_note(resource)}; kept 30 days without charge",
        ),
    )
