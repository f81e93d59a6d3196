"""A Kubernetes CronJob in a cluster that is there already: it knows time zones and overlap, what it costs nobody lists."""

import math

import msgspec

from migrator import secret_names
from migrator.assumptions import DEFAULT, Assumptions
from migrator.model.finding import Dossier, NeedKind, Translation
from migrator.model.option import AtMost, Limit, Offered, OneOf, Resource, Shape, ShapeKind, Size
from migrator.targets import daily_checks, deadline, locking, naming, stores
from migrator.unmet import OBJECT_STORAGE, SHARED_DISK

NAME = "kubernetes_cron_job"
TITLE = "Kubernetes CronJob"
PROVIDER = "kubernetes"
DIALECT: str | None = "kubernetes"
LANGUAGES: tuple[str, ...] = ("kubernetes",)
SHAPES: tuple[ShapeKind, ...] = ("scheduled_batch",)
SOURCE = "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/"
DEFAULT_REGION: str | None = None

AS_OF = "2026-11-23"
SIZE_SOURCE = "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"
DEADLINE_SOURCE = "https://kubernetes.io/docs/concepts/workloads/controllers/job/"
SECURITY_SOURCE = "https://kubernetes.io/docs/concepts/security/pod-security-standards/"
NETWORK_SOURCE = "https://kubernetes.io/docs/concepts/cluster-administration/networking/"
STORAGE_SOURCE = "https://kubernetes.io/docs/concepts/storage/persistent-volumes/"
NODE = "as large as the smallest node that is ordinary; larger ones depend on the cluster"
GIB = 1024
NAME_LIMIT = 48  # a CronJob's name has at most 52 characters; a number takes 3
SIZES: tuple[tuple[float, int], ...] = ((0.25, 256), (0.25, 512), (0.5, 1024), (1, 2048), (2, 4096), (2, 7168), (4, 14336))
# Without a deadline a resumed CronJob starts what it missed at once, which cron never does; below 10 s it may never start.
START_DEADLINE_S = 60
LEASE_SOURCE = "https://kubernetes.io/docs/concepts/architecture/leases/"
PULLED_S = 90  # activeDeadlineSeconds counts the pull of the image, the runner's own deadline does not
MOUNT = "/mnt/migrator"  # where the volume of kept files is in a pod
GROUP = 10001  # who may write it
KEPT_TOPICS = ("state", "output")
# The Job's name ends in the instant's minutes since 1970, and the API refuses a second Job of a name:
# https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/cronjob/cronjob_controllerv2.go (getJobName)
ONCE = "the cluster makes one Job for each instant: the instant is part of the Job's name"


def limits(assumptions: Assumptions) -> tuple[Limit, ...]:  # noqa: ARG001
    """What a job may ask for."""
    no_disk = "a pod's disk is gone after it; answer shared-disk to have the files kept on a PersistentVolumeClaim"
    once = "one Job is made for each instant, and its run claims it in a Lease: a program that is started twice does nothing"
    no_address = "pods leave by their node's or the cluster's NAT address; ask who runs the cluster"
    return (
        limit(
            "duration_s",
            Offered(offered=True, how="no maximum; activeDeadlineSeconds ends the run at its own timeout"),
            DEADLINE_SOURCE,
        ),
        limit("memory_mib", AtMost(amount=14 * GIB), SIZE_SOURCE, NODE),
        limit("vcpu", AtMost(amount=4), SIZE_SOURCE, NODE),
        limit("scratch_mib", AtMost(amount=10 * GIB), SIZE_SOURCE, "ephemeral storage of the node"),
        limit("architecture", OneOf(choices=("x86_64", "arm64")), SIZE_SOURCE, "if the cluster has such nodes"),
        limit("persistent_files", Offered(offered=False, how=no_disk), STORAGE_SOURCE),
        limit("local_files", Offered(offered=False, how="the server's disk is not there; move the data to a volume first")),
        limit("private_network", Offered(offered=True, how="whatever the cluster's network reaches"), NETWORK_SOURCE),
        limit("host_access", Offered(offered=False, how="a pod sees its container, not the old server"), SECURITY_SOURCE),
        limit("root", Offered(offered=True, how="root inside the container, without privileges on a node"), SECURITY_SOURCE),
        limit("container_engine", Offered(offered=False, how="no privileged containers, no engine socket"), SECURITY_SOURCE),
        limit("single_flight", Offered(offered=True, how="concurrencyPolicy Forbid, and a lease of the runner"), LEASE_SOURCE),
        limit("at_most_once", Offered(offered=True, how=once), LEASE_SOURCE),
        limit("runtime", Offered(offered=True, how="whatever an image can hold")),
        limit("stdin", Offered(offered=True, how="the runner feeds it from the job file")),
        limit("local_service", Offered(offered=False, how="nothing else runs in the pod; use a service of the cluster")),
        limit("sub_minute", Offered(offered=False, how="the finest step of a schedule is one minute")),
        limit("fixed_address", Offered(offered=False, how=no_address), NETWORK_SOURCE),
    )


def limit(need: NeedKind, answer: AtMost | OneOf | Offered, source: str = SOURCE, condition: str | None = None) -> Limit:
    """One answer, dated."""
    return Limit(need=need, answer=answer, source=source, as_of=AS_OF, condition=condition)


def sizes() -> tuple[Size, ...]:
    """Requests that fit on ordinary nodes, smallest first, x86_64 before arm64."""
    return tuple(
        Size(
            name=f"{vcpu:g} vCPU, {memory} MiB" + ("" if architecture == "x86_64" else " arm64"),
            memory_mib=memory,
            vcpu=vcpu,
            architecture=architecture,
            scratch_mib=10 * GIB,
            timeout_s=None,
        )
        for vcpu, memory in SIZES
        for architecture in ("x86_64", "arm64")
    )


def timeout_s(p_max_s: float | None, assumptions: Assumptions) -> float:
    """The upper bound with headroom in whole minutes; an unmeasured job gets the assumed time."""
    return deadline.whole_minutes(p_max_s, assumptions)


def overlap(dossier: Dossier, lock: dict[str, object] | None) -> str:
    """`Forbid` where the job takes a lock, which does not hold between pods; `Allow`, as cron does, also where a run waits."""
    waits = lock is not None and lock["single_flight"] == "wait"
    return "Forbid" if not waits and any(fact.kind == "lock" for fact in dossier.facts) else "Allow"


def resources(
    dossier: Dossier,
    shape: Shape,
    size: Size,
    translation: Translation | None,
    timeout_s: float,
    region: str,  # noqa: ARG001
) -> tuple[Resource, ...]:
    """One CronJob for each expression, suspended; its pods have an account that may write the job's own Lease, and a volume for
    what they keep."""
    if translation is None:
        return ()
    job = dossier.job
    runs = naming.monthly_runs(dossier, shape)
    lock = locking.asked(dossier, shape, translation, timeout_s, platform_keeps_apart=False, records=True)
    account, many = naming.short_name(job, NAME_LIMIT), len(translation.expressions) > 1
    names = [naming.numbered(account, number, many) for number in range(1, len(translation.expressions) + 1)]
    checked = daily_checks.is_made(lock, runs)
    volume = _volume(dossier)
    common: dict[str, object] = {
        **_container(dossier, size, account),
        "timeout_s": int(timeout_s) + PULLED_S + _waits_s(lock),
        "concurrency_policy": overlap(dossier, lock),
        "lock": lock,
        "lease": account if lock else None,
        "state": stores.state(_kept_here(dossier)),
        "claim": volume.values["claim"] if volume else None,
        "usage": _usage(dossier, shape, size, translation, runs),
    }
    return (
        *((volume,) if volume else ()),
        *((daily_checks.kubernetes(dossier),) if checked else ()),
        Resource(
            kind="kubernetes_service_account",
            name=naming.identifier(job, "runs"),
            values={"account_name": account, "job_id": job.id},
        ),
        *((_lease(dossier, account, names, checked=checked),) if lock else ()),
        *(
            Resource(
                kind="kubernetes_cron_job",
                name=naming.numbered(naming.identifier(job), number, many, "_"),
                values={
                    **common,
                    "cron_job_name": names[number - 1],
                    "expression": expression,
                    "expression_number": number - 1 if many else None,
                    "timezone": translation.timezone,
                },
            )
            for number, expression in enumerate(translation.expressions, 1)
        ),
    )


def _container(dossier: Dossier, size: Size, account: str) -> dict[str, object]:
    """What a pod is made of, whichever expression starts it."""
    job = dossier.job
    return {
        "job_id": job.id,
        "image": job.id,
        "description": naming.described(job, 200),
        "start_deadline_s": START_DEADLINE_S,
        "account": account,
        "architecture": {"x86_64": "amd64"}.get(size.architecture, size.architecture),
        "cpu": f"{size.vcpu * 1000:.0f}m",
        "memory": f"{size.memory_mib}Mi",
        "secret_name": f"{account}-secrets",
        "once": ONCE,
        "secrets": list(secret_names.needed(job, dossier.facts)),
        "mount": MOUNT,
        "group": GROUP,
    }


def _usage(dossier: Dossier, shape: Shape, size: Size, translation: Translation, runs: float | None) -> dict[str, object]:
    """Monthly quantities of one expression's share."""
    part, share = shape.parts[0] if shape.parts else None, 1 / max(len(translation.expressions), 1)
    skips = naming.monthly_skips(translation, runs)
    return {
        "runs": None if runs is None else runs * share,
        "billed_s": part.billed_s if part else None,
        "skips": None if skips is None else skips * share,
        "skip_s": dossier.assumptions.container_start_s,
        "vcpu": size.vcpu,
        "memory_gib": size.memory_mib / GIB,
    }


def _lease(dossier: Dossier, account: str, names: list[str], *, checked: bool) -> Resource:
    """The object of the job's claims and its lock."""
    return Resource(
        kind="kubernetes_lease",
        name=naming.identifier(dossier.job, "lease"),
        values={
            "lease": account,
            "account": account,
            "cron_jobs": names,
            "checker": daily_checks.KUBERNETES_ACCOUNT if checked else None,
        },
    )


def _waits_s(lock: dict[str, object] | None) -> int:
    """How much longer a pod may live than its job: as long as a run may wait for its lock before it starts."""
    hold_s = 0 if lock is None or lock["single_flight"] != "wait" else lock["hold_s"]
    assert isinstance(hold_s, int)
    return hold_s


def _kept_here(dossier: Dossier) -> Dossier:
    """A volume is this place's store and its shared disk alike: the runner brings the files, and keeps them there."""
    said = {f"{dossier.job.id}/{topic}" for topic in KEPT_TOPICS}
    answers = {
        key: OBJECT_STORAGE if key in said and answer == SHARED_DISK else answer for key, answer in dossier.answers.items()
    }
    return msgspec.structs.replace(dossier, answers=answers)


def _volume(dossier: Dossier) -> Resource | None:
    """The claim of all kept files of the job's server; None where nothing is kept."""
    if stores.state(_kept_here(dossier)) is None:
        return None
    host = naming.label(dossier.job.host, NAME_LIMIT)
    return Resource(
        kind="kubernetes_persistent_volume_claim",
        name=f"files_{host.replace('-', '_')}",
        values={"shared": True, "host": dossier.job.host, "claim": f"files-{host}", "gib": math.ceil(DEFAULT.carried_gib)},
    )
