"""Locks that hold on all machines: what the runner is told of claims and leases.

Schedulers deliver at least once, so each scheduled instant is claimed before a run, for every job that a schedule starts: the
instant is the key. `<job id>/claim: off` in decisions.yaml (or `all/claim`) leaves it out where no rule asks for it.
Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule.html ("at least once"),
https://docs.cloud.google.com/scheduler/docs/configuring/deduplicate-job-requests
"""

from migrator import sh_form
from migrator.model.finding import Dossier, Translation
from migrator.model.option import Shape

MARGIN_S = 150  # after the deadline: the grace of the runner, and what the platform waits before it kills
TOPIC = "claim"
OFF = "off"


def asked(
    dossier: Dossier,
    shape: Shape,
    translation: Translation | None,
    timeout_s: float,
    *,
    platform_keeps_apart: bool,
    records: bool = False,
) -> dict[str, object] | None:
    """job.json's `lock`, from the needs of the shape and the user's word; None if the job has none.

    A shell, where the user wants the runner to be one, has no way to ask for either.

    `platform_keeps_apart`: two runs never meet there anyway, so no lease is taken; `records`: a daily check reads there what
    each run leaves. `unclaimed` is what becomes of a run whose
    claim nobody answers: it fails where a second run does harm; elsewhere it runs, because a run that is missed for certain is
    worse than one that is doubled now and then.
    """
    if sh_form.is_asked(dossier.job.id, dossier.answers):
        return None
    needs = {need.kind: need for need in shape.adds}
    single, needed = needs.get("single_flight"), "at_most_once" in needs
    lease = None if single is None or platform_keeps_apart else single.choice or "skip"
    claims = needed or (translation is not None and bool(translation.expressions) and is_wanted(dossier))
    if lease is None and not claims:
        return None
    return {
        "instants": claims,
        "records": claims and records,
        "unclaimed": "fail" if needed else "run",
        "single_flight": lease,
        "hold_s": int(timeout_s) + MARGIN_S,
    }


def is_wanted(dossier: Dossier) -> bool:
    """True unless the user said off, for this job or for all."""
    key = f"{dossier.job.id}/{TOPIC}" if f"{dossier.job.id}/{TOPIC}" in dossier.answers else f"all/{TOPIC}"
    return dossier.answers.get(key) != OFF


def writes(lock: dict[str, object] | None) -> int:
    """Entries that one run writes and gives back: a claim, a record, and those of a lease."""
    return 0 if lock is None else int(bool(lock["instants"])) + int(bool(lock["records"])) + reads(lock)


def reads(lock: dict[str, object] | None) -> int:
    """Calls around the lease of one run, beside its write: a claim is read only where it is refused."""
    return 0 if lock is None else 2 * int(lock["single_flight"] is not None)
