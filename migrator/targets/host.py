"""The server itself: the job stays as it is, nothing is created, and the server goes on costing what it costs."""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, NeedKind, Translation
from migrator.model.option import Limit, Offered, Resource, Shape, ShapeKind, Size

NAME = "host"
TITLE = "the server itself"
PROVIDER = "host"
DIALECT: str | None = None  # the server's own cron goes on
LANGUAGES: tuple[str, ...] = ()
SHAPES: tuple[ShapeKind, ...] = ("scheduled_batch", "host_chore")
SOURCE = "https://manpages.debian.org/bookworm/cron/crontab.5.en.html"
DEFAULT_REGION: str | None = None

AS_OF = "2026-11-23"
AS_NOW = "as now, on the server"
KINDS: tuple[NeedKind, ...] = (
    "duration_s",
    "memory_mib",
    "vcpu",
    "scratch_mib",
    "architecture",
    "persistent_files",
    "local_files",
    "private_network",
    "host_access",
    "root",
    "container_engine",
    "single_flight",
    "at_most_once",
    "runtime",
    "stdin",
    "local_service",
    "sub_minute",
    "fixed_address",
)


def limits(assumptions: Assumptions) -> tuple[Limit, ...]:  # noqa: ARG001
    """Whatever the job needs it has here: it runs here now."""
    return tuple(Limit(need=kind, answer=Offered(offered=True, how=AS_NOW), source=SOURCE, as_of=AS_OF) for kind in KINDS)


def sizes() -> tuple[Size, ...]:
    """None: the server is not sold by this target; what it costs stands in the savings."""
    return ()


def timeout_s(p_max_s: float | None, assumptions: Assumptions) -> float:
    """The bound that was measured, or the assumed one: cron itself ends nothing."""
    return assumptions.unmeasured_timeout_s if p_max_s is None else p_max_s


def resources(
    dossier: Dossier,  # noqa: ARG001
    shape: Shape,  # noqa: ARG001
    size: Size | None,  # noqa: ARG001
    translation: Translation | None,  # noqa: ARG001
    timeout_s: float,  # noqa: ARG001
    region: str,  # noqa: ARG001
) -> tuple[Resource, ...]:
    """Nothing is created."""
    return ()
