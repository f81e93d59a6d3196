"""Cloud Run jobs: a container that Cloud Scheduler starts; at most seven days, billed from one minute on."""

from migrator import secret_names
from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, NeedKind, Translation
from migrator.model.job import Job
from migrator.model.option import AtMost, Limit, Offered, OneOf, Resource, Shape, ShapeKind, Size
from migrator.targets import billing, daily_checks, deadline, gcp_grants, gcp_workflow, locking, naming, stores

NAME = "gcp_cloud_run_job"
TITLE = "Google Cloud Run job"
PROVIDER = "gcp"
DIALECT: str | None = "cloud-scheduler"
LANGUAGES: tuple[str, ...] = ("terraform",)
SHAPES: tuple[ShapeKind, ...] = ("scheduled_batch", "workflow")
SOURCE = "https://docs.cloud.google.com/run/docs/create-jobs"
DEFAULT_REGION: str | None = "us-central1"

AS_OF = "2026-11-23"
TIMEOUT_SOURCE = "https://docs.cloud.google.com/run/docs/configuring/task-timeout"
SIZE_SOURCE = "https://docs.cloud.google.com/run/docs/configuring/jobs/memory-limits"
CONTRACT_SOURCE = "https://docs.cloud.google.com/run/docs/container-contract"
NETWORK_SOURCE = "https://docs.cloud.google.com/run/docs/configuring/static-outbound-ip"
DELIVERY_SOURCE = "https://docs.cloud.google.com/scheduler/docs/configuring/deduplicate-job-requests"
SCHEDULE_SOURCE = "https://cloud.google.com/scheduler/docs/configuring/cron-job-schedules"
TIMEOUT_LIMIT_S = 7 * 86_400
GIB = 1024
MINIMUM_S = 60  # of billed time a run
# vCPU -> memory in MiB; any whole MiB between the first and the last is allowed, these are the steps that we offer
PAIRS: dict[int, tuple[int, ...]] = {
    1: (512, GIB, 2 * GIB, 3 * GIB, 4 * GIB),
    2: (512, GIB, 2 * GIB, 3 * GIB, 4 * GIB, 6 * GIB, 8 * GIB),
    4: (2 * GIB, 4 * GIB, 8 * GIB, 12 * GIB, 16 * GIB),
    6: (4 * GIB, 8 * GIB, 16 * GIB, 24 * GIB),
    8: (4 * GIB, 8 * GIB, 16 * GIB, 24 * GIB, 32 * GIB),
}
NAME_LIMIT = 36  # with name_prefix (8), "-NN" and Google's own execution suffix below 63
ACCOUNT_LIMIT = 22  # account ids have at most 30 characters, name_prefix takes 8
SCHEDULER_ACCOUNT = "cron_scheduler"
RETRIES_OF_THE_RUN = 0  # Google's default is 3: a failing job would run four times
ATTEMPT_DEADLINE_S = 180
# A delivery that failed is tried again after 30, 60 and 120 s where a run claims its instant, so that no second one begins for a
# lost answer; not where the next firing comes first: Cloud Scheduler leaves that out while it still tries.
# https://docs.cloud.google.com/scheduler/docs/reference/rest/v1/RetryConfig
DELIVERY_TRIES: tuple[tuple[float, int], ...] = ((900, 3), (240, 1))  # from which gap on, how often


def limits(assumptions: Assumptions) -> tuple[Limit, ...]:  # noqa: ARG001
    """What a job may ask for."""
    no_disk = "what a task writes is gone after it; keep the file in Cloud Storage or mount a bucket or NFS"
    lease = "jobs:run answers at once, so a firing starts beside a run that goes on; the runner holds a lease in Cloud Storage"
    no_address = "a fixed address needs Direct VPC egress for all traffic and Cloud NAT with a reserved address"
    once = "Cloud Scheduler delivers at least once; the runner claims each instant of the carried calendar in Cloud Storage"
    return (
        limit(
            "duration_s",
            AtMost(amount=TIMEOUT_LIMIT_S),
            TIMEOUT_SOURCE,
            "168 hours for each attempt of a task; with a GPU 1 hour (12 in preview), which is not used here",
        ),
        limit("memory_mib", AtMost(amount=32 * GIB), SIZE_SOURCE, "in pairs with vCPU, 512 MiB at least; files count as memory"),
        limit("vcpu", AtMost(amount=8), SIZE_SOURCE),
        limit(
            "scratch_mib", AtMost(amount=32 * GIB), SIZE_SOURCE, "there is no disk: files are held in memory beside the program"
        ),
        limit("architecture", OneOf(choices=("x86_64",)), CONTRACT_SOURCE),
        limit("persistent_files", Offered(offered=False, how=no_disk), CONTRACT_SOURCE),
        limit("local_files", Offered(offered=False, how="the server's disk is not there; move the data to Cloud Storage first")),
        limit("private_network", Offered(offered=True, how="set network and subnetwork: Direct VPC egress"), NETWORK_SOURCE),
        limit("host_access", Offered(offered=False, how="there is no machine to look at or to change"), CONTRACT_SOURCE),
        limit("root", Offered(offered=True, how="root inside the container, without privileges on a host"), CONTRACT_SOURCE),
        limit("container_engine", Offered(offered=False, how="no privileged containers, no engine socket"), CONTRACT_SOURCE),
        limit("single_flight", Offered(offered=True, how=lease), DELIVERY_SOURCE),
        limit("at_most_once", Offered(offered=True, how=once), DELIVERY_SOURCE),
        limit("runtime", Offered(offered=True, how="whatever an image can hold"), CONTRACT_SOURCE),
        limit("stdin", Offered(offered=True, how="the runner feeds it from the job file")),
        limit("local_service", Offered(offered=False, how="nothing else runs beside the task; use a managed service")),
        limit("sub_minute", Offered(offered=False, how="Cloud Scheduler's finest step is one minute"), SCHEDULE_SOURCE),
        limit("fixed_address", Offered(offered=False, how=no_address), NETWORK_SOURCE),
    )


def limit(need: NeedKind, answer: AtMost | OneOf | Offered, source: str = SOURCE, condition: str | None = None) -> Limit:
    """One answer, dated."""
    return Limit(need=need, answer=answer, source=source, as_of=AS_OF, condition=condition)


def sizes() -> tuple[Size, ...]:
    """Every pair of vCPU and memory, cheapest first (a vCPU costs nine times a GiB)."""
    found = [
        Size(
            name=f"{vcpu} vCPU, {memory} MiB",
            memory_mib=memory,
            vcpu=float(vcpu),
            scratch_mib=memory,
            scratch_in_memory=True,
            timeout_s=float(TIMEOUT_LIMIT_S),
        )
        for vcpu, memories in PAIRS.items()
        for memory in memories
    ]
    return tuple(sorted(found, key=lambda size: (size.vcpu * 9 + size.memory_mib / GIB, size.vcpu)))


def timeout_s(p_max_s: float | None, assumptions: Assumptions) -> float:
    """The upper bound with headroom in whole minutes, at most seven days; an unmeasured job gets the assumed time."""
    least = deadline.whole_minutes(p_max_s, assumptions)
    return least if p_max_s is None else min(least, float(TIMEOUT_LIMIT_S))


def resources(
    dossier: Dossier,
    shape: Shape,
    size: Size,
    translation: Translation | None,
    timeout_s: float,
    region: str,  # noqa: ARG001
) -> tuple[Resource, ...]:
    """The job, its own account, the secrets it may read, the notices, and one schedule for each expression."""
    job, flows = dossier.job, shape.kind == "workflow"
    part = shape.parts[0] if shape.parts else None
    runs = naming.monthly_runs(dossier, shape)
    skips = naming.monthly_skips(translation, runs)
    lock = locking.asked(dossier, shape, translation, timeout_s, platform_keeps_apart=False, records=True)
    store = store_of(dossier, lock, runs)
    account = account_of(dossier, stores.prefixes(dossier, locked=lock is not None))
    secrets = secrets_of(dossier, account.name, None if runs is None or skips is None else runs + skips)
    run_job = Resource(
        kind="gcp_cloud_run_v2_job",
        name=naming.identifier(job),
        values={
            "job_name": naming.short_name(job, NAME_LIMIT),
            "retries": RETRIES_OF_THE_RUN,
            "overrides": flows or (translation is not None and len(translation.expressions) > 1),
            **container(dossier, size, account, secrets, timeout_s),
            **({"invoker": gcp_workflow.account_name(dossier)} if flows else {}),
            "lock": lock,
            "store": stores.NAME if store else None,
            "usage": {
                **usage(dossier, size, runs, skips),
                "billed_s": billing.container_s(
                    dossier.usage, part.billed_s if part else None, dossier.assumptions.container_start_s, MINIMUM_S
                ),
                "skip_s": dossier.assumptions.container_start_s,
            },
        },
    )
    started = () if translation is None else schedules(job, translation, run_job.name, 0 if flows else tried_again(dossier, lock))
    return (
        *secrets,
        *store,
        Resource(kind="gcp_monitoring_notification_channel", name="cron_notices", values={"shared": True}),
        Resource(kind="gcp_monitoring_alert_policy", name="cron_failures", values={"shared": True, "channel": "cron_notices"}),
        account,
        run_job,
        *(gcp_workflow.around_job(dossier, translation, part, run_job.name, timeout_s) if flows else ()),
        *(gcp_workflow.started_by(started, dossier) if flows else started),
    )


def container(
    dossier: Dossier, size: Size, account: Resource, secrets: tuple[Resource, ...], timeout_s: float
) -> dict[str, object]:
    """What the template of a Cloud Run container needs, whatever starts it."""
    return {
        "job_id": dossier.job.id,
        "account": account.name,
        "invoker": SCHEDULER_ACCOUNT,
        "cpu": f"{size.vcpu:g}",
        "memory": f"{size.memory_mib}Mi",
        "timeout": f"{timeout_s:.0f}s",
        "secrets": [{"name": secret.name, "variable": secret.values["variable"]} for secret in secrets],
        "state": stores.state(dossier),
    }


def usage(dossier: Dossier, size: Size, runs: float | None, skips: float | None) -> dict[str, object]:
    """Monthly quantities that do not depend on how the container is billed."""
    of_a_run, measured = billing.output_bytes(dossier)
    return {
        "runs": runs,
        "skips": skips,
        "vcpu": size.vcpu,
        "memory_gib": size.memory_mib / GIB,
        "image_gb": dossier.assumptions.container_image_gib,
        "log_gib": None if runs is None else runs * of_a_run / 2**30,
        **({"output_measured": True} if measured else {}),
    }


def store_of(
    dossier: Dossier, lock: dict[str, object] | None, runs: float | None, more_writes: float | None = 0.0
) -> tuple[Resource, ...]:
    """The bucket of all jobs' files and locks, with the operations of this one, and the daily check of its records; () where it
    has neither. `more_writes`: beside those of its runs."""
    if lock is None and stores.state(dossier) is None:
        return ()
    usage = stores.usage(dossier, runs, lock)
    writes = usage["writes"]
    usage |= {"writes": None if writes is None or more_writes is None else writes + more_writes}
    bucket = Resource(kind="gcp_storage_bucket", name=stores.NAME, values={"shared": True, "usage": usage})
    return (bucket, *((daily_checks.gcp(dossier),) if daily_checks.is_made(lock, runs) else ()))


def account_of(dossier: Dossier, prefixes: list[str]) -> Resource:
    """The identity of the job's code: it may read the job's secrets, touch these objects and make the job's own calls, nothing
    else."""
    job = dossier.job
    return Resource(
        kind="gcp_service_account",
        name=naming.identifier(job, "runs"),
        values={
            "account_id": naming.short_name(job, ACCOUNT_LIMIT),
            "display_name": naming.plain(f"Runs {job.name}", 100),
            "description": naming.described(job, 256),
            "store": stores.NAME,
            "prefixes": prefixes,
            "grants": gcp_grants.grants(dossier),
        },
    )


def secrets_of(dossier: Dossier, account: str, reads: float | None) -> tuple[Resource, ...]:
    """A reference to each secret of the job and its scripts; the user creates them, their values are in no file."""
    return tuple(
        Resource(
            kind="gcp_secret_manager_secret",
            name=naming.identifier(dossier.job, f"secret_{name.lower()}"),
            values={
                "secret_id": naming.plain(f"{naming.short_name(dossier.job, 200)}-{name}", 255),
                "variable": name,
                "account": account,
                "usage": {"versions": 1, "reads": reads},
            },
        )
        for name in secret_names.needed(dossier.job, dossier.facts)
    )


def tried_again(dossier: Dossier, lock: dict[str, object] | None) -> int:
    """How often Cloud Scheduler tries a delivery again that failed."""
    if lock is None or not lock["instants"]:
        return 0
    gap = dossier.smallest_gap_s
    return next((tries for least_s, tries in DELIVERY_TRIES if gap is None or gap >= least_s), 0)


def schedules(job: Job, translation: Translation, run_job: str, tries: int = 0) -> tuple[Resource, ...]:
    """One schedule for each expression, paused until the user switches it on, and the account that may start this job only."""
    many = len(translation.expressions) > 1
    return (
        Resource(
            kind="gcp_service_account",
            name=SCHEDULER_ACCOUNT,
            values={
                "shared": True,
                "account_id": "cron-scheduler",
                "display_name": "Starts the jobs that cron started",
                "description": "May run exactly the Cloud Run jobs that name it as invoker",
                "prefixes": [],
                "grants": [],
            },
        ),
        *(
            Resource(
                kind="gcp_cloud_scheduler_job",
                name=naming.numbered(naming.identifier(job, "schedule"), number, many, "_"),
                values={
                    "schedule_name": naming.numbered(naming.short_name(job, NAME_LIMIT), number, many),
                    "job_id": job.id,
                    "description": naming.described(job, 499),
                    "expression": expression,
                    "expression_number": number - 1 if many else None,
                    "timezone": translation.timezone,
                    "run_job": run_job,
                    "account": SCHEDULER_ACCOUNT,
                    "attempt_deadline": f"{ATTEMPT_DEADLINE_S}s",
                    "tries": tries,
                    "usage": {"jobs": 1},
                },
            )
            for number, expression in enumerate(translation.expressions, 1)
        ),
    )
