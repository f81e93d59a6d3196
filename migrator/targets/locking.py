"""Locks that hold on all machines, for jobs that ask for them: what the runner is told."""

from migrator.model.option import Shape

MARGIN_S = 150  # after the deadline: the grace of the runner, and what the platform waits before it kills


def asked(shape: Shape, timeout_s: float, *, platform_keeps_apart: bool) -> dict[str, object] | None:
    """job.json's `lock`, from the needs of the shape; None if the job needs none.

    `platform_keeps_apart`: two runs never meet there anyway, so no lease is taken.
    """
    needs = {need.kind: need for need in shape.adds}
    single = needs.get("single_flight")
    lease = None if single is None or platform_keeps_apart else single.choice or "skip"
    if lease is None and "at_most_once" not in needs:
        return None
    return {"instants": "at_most_once" in needs, "single_flight": lease, "hold_s": int(timeout_s) + MARGIN_S}


def writes(lock: dict[str, object] | None) -> int:
    """Entries that one run writes and gives back."""
    return 0 if lock is None else int(bool(lock["instants"])) + 2 * int(lock["single_flight"] is not None)
