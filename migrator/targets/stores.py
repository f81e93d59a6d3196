"""The object store of a provider: the files that outlive a run, and locks where the provider has no table for them."""

from migrator import carried
from migrator.assumptions import DEFAULT
from migrator.model.finding import Dossier
from migrator.targets import locking
from migrator.unmet import covers

NAME = "store"
VARIABLE = "MIGRATOR_STORE"


def state(dossier: Dossier) -> dict[str, object] | None:
    """job.json's `state`: what the user wants carried; None if nothing."""
    return carried.state(dossier.job, carried.paths(dossier.job, dossier.facts, dossier.scripts, dossier.answers))


def prefixes(dossier: Dossier, *, locked: bool) -> list[str]:
    """What the job may touch in the store, as beginnings of object names: its files, and its own locks; shortest first.

    Conflicts lie beside their file, so a file's name is a beginning too.
    """
    found = carried.paths(dossier.job, dossier.facts, dossier.scripts, dossier.answers)
    tops = sorted({carried.top(one.path) for one in found})
    outermost = [top for top in tops if not covers([other for other in tops if other != top], top)]
    own = carried.prefix(dossier.job)
    return [*(f"{own}{top}" for top in outermost), *([f"locks/{dossier.job.id}/"] if locked else [])]


def usage(dossier: Dossier, runs: float | None, lock: dict[str, object] | None) -> dict[str, float | None]:
    """Requests a month: each carried path is listed, read and written once a run; a claim and a
    record are written, the entry of a lease is read and written."""
    paths = len(carried.paths(dossier.job, dossier.facts, dossier.scripts, dossier.answers))
    return {
        "writes": None if runs is None else runs * (2 * paths + locking.writes(lock)),
        "reads": None if runs is None else runs * (paths + locking.reads(lock)),
        "gib": DEFAULT.carried_gib if paths else 0.0,
    }
