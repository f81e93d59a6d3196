"""The daily check of a provider's jobs where it is a container: what reads their records, when, and as whom.

AWS's is a function: `aws_locks`.
"""

from migrator.model.finding import Dossier
from migrator.model.option import Resource
from migrator.targets import stores

NAME = "daily_check"
KEY = "daily-check"  # of its image in the templates' variable, and of its own entries in the store
TIMEOUT_S = 1800
VCPU = {"gcp": 1.0, "azure": 0.5, "kubernetes": 0.1}  # the least that goes with the memory
MEMORY_GIB = {"gcp": 0.5, "azure": 1.0, "kubernetes": 0.25}
KUBERNETES_ACCOUNT = "cron-daily-check"


def is_made(lock: dict[str, object] | None, runs: float | None) -> bool:
    """True where there are records to compare."""
    return lock is not None and bool(lock["records"]) and runs != 0


def gcp(dossier: Dossier) -> Resource:
    """A Cloud Run job; what it writes to its log is sent as the jobs' notices are."""
    return Resource(kind="gcp_daily_check", name=NAME, values=_values(dossier, "gcp"))


def azure(dossier: Dossier, environment: str, pull_identity: str, *, alone: bool = False) -> tuple[Resource, ...]:
    """A Container Apps job, and the container of its own entries. `alone`: the job that it checks is no container, so that the
    check's image is what a registry is there for."""
    made = Resource(
        kind="azure_daily_check",
        name=NAME,
        values={**_values(dossier, "azure", alone=alone), "environment": environment, "pull_identity": pull_identity},
    )
    own = Resource(
        kind="azure_storage_container", name=NAME + "_marks", values={"shared": True, "container": KEY, "store": stores.NAME}
    )
    return own, made


def kubernetes(dossier: Dossier) -> Resource:
    """A CronJob; each job's own file lets it read that job's Lease."""
    values = {**_values(dossier, "kubernetes"), "account": KUBERNETES_ACCOUNT}
    return Resource(kind="kubernetes_daily_check", name=NAME, values=values)


def _values(dossier: Dossier, provider: str, *, alone: bool = False) -> dict[str, object]:
    guesses = dossier.assumptions
    return {
        "shared": True,
        "folder": f"{KEY}/{provider}",
        "image_key": KEY,
        "store": stores.NAME,
        "timeout_s": TIMEOUT_S,
        "usage": {
            "runs": guesses.month_days,
            "billed_s": guesses.daily_check_s + guesses.container_start_s,
            "skips": 0.0,
            "skip_s": 0.0,
            "vcpu": VCPU[provider],
            "memory_gib": MEMORY_GIB[provider],
            "registry_days": guesses.month_days if alone else 0.0,
            "image_gb": guesses.container_image_gib,
        },
    }
