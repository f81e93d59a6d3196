"""Azure Container Apps jobs: a container with its own UTC schedule, in one environment for all jobs."""

import hashlib
import re

from migrator import secret_names
from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, NeedKind, Translation
from migrator.model.job import Job
from migrator.model.option import AtMost, Limit, Offered, OneOf, Resource, Shape, ShapeKind, Size
from migrator.targets import azure_grants, billing, daily_checks, deadline, locking, naming, stores

NAME = "azure_container_apps_job"
TITLE = "Azure Container Apps job"
PROVIDER = "azure"
DIALECT: str | None = "container-apps"
LANGUAGES: tuple[str, ...] = ("terraform", "bicep")
SHAPES: tuple[ShapeKind, ...] = ("scheduled_batch",)
SOURCE = "https://learn.microsoft.com/azure/container-apps/jobs"
DEFAULT_REGION: str | None = "eastus"

AS_OF = "2026-11-23"
SIZE_SOURCE = "https://learn.microsoft.com/azure/container-apps/containers"
STORAGE_SOURCE = "https://learn.microsoft.com/azure/container-apps/storage-mounts"
NETWORK_SOURCE = "https://learn.microsoft.com/azure/container-apps/networking"
OVERLAP_SOURCE = "https://github.com/microsoft/azure-container-apps/issues/1271"
GIB = 1024
STEPS = tuple(step / 4 for step in range(1, 17))  # 0.25 to 4 vCPU, each with twice as many GiB
# the largest vCPU that gets so much ephemeral storage, in MiB
SCRATCH: tuple[tuple[float, int], ...] = ((0.25, GIB), (0.5, 2 * GIB), (1, 4 * GIB), (4, 8 * GIB))
NAME_LIMIT = 21  # job names have at most 32 characters: name_prefix takes 8, a number 3
IDENTITY_LIMIT = 60
WRITES_PER_ITEM = 3  # a listing is billed as a write
# What is mailed: the runner's notices, and executions that the platform ended (their log has no list of reasons: these are seen).
NOTICE_QUERY = " ".join(
    (
        "union isfuzzy=true",
        '(ContainerAppConsoleLogs_CL | where Log_s has "migrator_notice"',
        '| project TimeGenerated, Job = column_ifexists("ContainerGroupName_s", ""), Message = Log_s),',
        "(ContainerAppSystemLogs_CL",
        '| where column_ifexists("Reason_s", "") in ("BackoffLimitExceeded", "DeadlineExceeded")',
        '| project TimeGenerated, Job = column_ifexists("JobName_s", ""), Message = Log_s),',
        '(AppTraces | where Message has "migrator_notice" | project TimeGenerated, Job = AppRoleName, Message),',
        "(AppRequests | where Success == false | project TimeGenerated, Job = AppRoleName, Message = Name)",
    )
)
WORKSPACE, ENVIRONMENT, NOTICES, PULL = "cron_logs", "cron_environment", "cron_notices", "cron_pull"
OF_CONTAINERS = frozenset({"azure_container_app_environment", "azure_user_assigned_identity"})  # what a container needs around it


def limits(assumptions: Assumptions) -> tuple[Limit, ...]:  # noqa: ARG001
    """What a job may ask for."""
    no_disk = "a replica's disk is gone after it; keep the file in Blob Storage or mount Azure Files"
    lease = "a schedule starts a run beside one that goes on; the runner holds a lease in Blob Storage"
    once = "no page says that a schedule fires at most once; the runner claims each instant of its calendar in Blob Storage"
    no_address = "a fixed address needs a virtual network of your own and a NAT gateway with an address"
    no_maximum = "replicaTimeout has no documented maximum"
    profiles = "Consumption profile in an environment with workload profiles, as the emitted one is"
    return (
        limit("duration_s", Offered(offered=True, how=no_maximum)),
        limit("memory_mib", AtMost(amount=8 * GIB), SIZE_SOURCE, f"2 GiB for each vCPU; {profiles}: without them 4 GiB"),
        limit("vcpu", AtMost(amount=4), SIZE_SOURCE, f"{profiles}: without them 2 vCPU"),
        limit("scratch_mib", AtMost(amount=8 * GIB), STORAGE_SOURCE, "by vCPU: 1 GiB at 0.25, 8 GiB above 1"),
        limit("architecture", OneOf(choices=("x86_64",)), SIZE_SOURCE, "linux/amd64 images only"),
        limit("persistent_files", Offered(offered=False, how=no_disk), STORAGE_SOURCE),
        limit("local_files", Offered(offered=False, how="the server's disk is not there; move the data to Blob Storage first")),
        limit("private_network", Offered(offered=True, how="set infrastructure_subnet_id of that network"), NETWORK_SOURCE),
        limit("host_access", Offered(offered=False, how="there is no machine to look at or to change"), SIZE_SOURCE),
        limit("root", Offered(offered=True, how="root inside the container, without privileges on a host"), SIZE_SOURCE),
        limit("container_engine", Offered(offered=False, how="no privileged containers, no engine socket"), SIZE_SOURCE),
        limit("single_flight", Offered(offered=True, how=lease), OVERLAP_SOURCE),
        limit("at_most_once", Offered(offered=True, how=once)),
        limit("runtime", Offered(offered=True, how="whatever an image can hold"), SIZE_SOURCE),
        limit("stdin", Offered(offered=True, how="the runner feeds it from the job file")),
        limit("local_service", Offered(offered=False, how="nothing else runs beside the job; use a managed service")),
        limit("sub_minute", Offered(offered=False, how="the finest step of a schedule is one minute")),
        limit("fixed_address", Offered(offered=False, how=no_address), NETWORK_SOURCE),
    )


def limit(need: NeedKind, answer: AtMost | OneOf | Offered, source: str = SOURCE, condition: str | None = None) -> Limit:
    """One answer, dated."""
    return Limit(need=need, answer=answer, source=source, as_of=AS_OF, condition=condition)


def sizes() -> tuple[Size, ...]:
    """The Consumption profile's pairs, smallest first."""
    return tuple(
        Size(
            name=f"{vcpu:g} vCPU, {2 * vcpu:g} GiB",
            memory_mib=int(vcpu * 2 * GIB),
            vcpu=vcpu,
            scratch_mib=next(scratch for most, scratch in SCRATCH if vcpu <= most),
            timeout_s=None,
        )
        for vcpu in STEPS
    )


def timeout_s(p_max_s: float | None, assumptions: Assumptions) -> float:
    """The upper bound with headroom in whole minutes; an unmeasured job gets the assumed time."""
    return deadline.whole_minutes(p_max_s, assumptions)


def resources(
    dossier: Dossier,
    shape: Shape,
    size: Size,
    translation: Translation | None,
    timeout_s: float,
    region: str,  # noqa: ARG001
) -> tuple[Resource, ...]:
    """What all jobs share, the job's identity and secrets, and one job for each expression: a job has one trigger."""
    job = dossier.job
    lock = locking.asked(dossier, shape, translation, timeout_s, platform_keeps_apart=False, records=True)
    store = store_of(dossier, lock, naming.monthly_runs(dossier, shape))
    container = carried_container(job) if store else None
    identity = Resource(
        kind="azure_user_assigned_identity",
        name=naming.identifier(job, "runs"),
        values={
            "identity_name": f"{naming.short_name(job, IDENTITY_LIMIT)}-runs",
            "pulls_images": False,
            "store": stores.NAME,
            "container": container,
            "grants": azure_grants.grants(dossier),
        },
    )
    return (
        *shared(),
        *store,
        identity,
        *(secrets := secrets_of(dossier, identity.name, naming.monthly_runs(dossier, shape))),
        *jobs(dossier, shape, size, translation, timeout_s, identity, secrets, lock, container),
    )


def shared() -> tuple[Resource, ...]:
    """The environment of all jobs, its logs, who pulls images, and the notices that replace cron's mail."""
    return (
        Resource(kind="azure_log_analytics_workspace", name=WORKSPACE, values={"shared": True, "retention_days": 30}),
        Resource(kind="azure_container_app_environment", name=ENVIRONMENT, values={"shared": True, "workspace": WORKSPACE}),
        Resource(
            kind="azure_user_assigned_identity",
            name=PULL,
            values={
                "shared": True,
                "identity_name": "cron-pull",
                "pulls_images": True,
                "store": None,
                "container": None,
                "grants": [],
            },
        ),
        Resource(kind="azure_monitor_action_group", name=NOTICES, values={"shared": True}),
        Resource(
            kind="azure_monitor_scheduled_query_alert",
            name="cron_failures",
            values={"shared": True, "workspace": WORKSPACE, "action_group": NOTICES, "query": NOTICE_QUERY},
        ),
    )


def store_of(
    dossier: Dossier,
    lock: dict[str, object] | None,
    runs: float | None,
    *,
    is_container: bool = True,
    items: float | None = 0.0,
) -> tuple[Resource, ...]:
    """The account of all jobs' files and locks, the container of this job's server, and the daily check of the records in it; ()
    where the job has neither. Each of `items`, which messages bring, is looked for, claimed, and noted as done."""
    if lock is None and stores.state(dossier) is None:
        return ()
    container = carried_container(dossier.job)
    usage = stores.usage(dossier, runs, lock)
    writes = usage["writes"]
    usage["writes"] = None if writes is None or items is None else writes + items * WRITES_PER_ITEM
    return (
        Resource(kind="azure_storage_account", name=stores.NAME, values={"shared": True, "usage": usage}),
        Resource(
            kind="azure_storage_container",
            name=container.replace("-", "_"),
            values={"shared": True, "container": container, "store": stores.NAME},
        ),
        *(daily_checks.azure(dossier, ENVIRONMENT, PULL, alone=not is_container) if daily_checks.is_made(lock, runs) else ()),
    )


def carried_container(job: Job) -> str:
    """The container of a server: a role on Azure is given for a container, so jobs of one server share what they shared there."""
    name = "-".join(re.findall(r"[a-z0-9]+", job.host.lower())) or "server"
    return f"from-{name}" if len(name) <= 50 else f"from-{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def secrets_of(dossier: Dossier, identity: str, reads: float | None) -> tuple[Resource, ...]:
    """A reference to each secret of the job and its scripts in Key Vault; the user creates them, their values are in no file."""
    return tuple(
        Resource(
            kind="azure_key_vault_secret",
            name=naming.identifier(dossier.job, f"secret_{name.lower()}"),
            values={
                "secret_name": f"{naming.short_name(dossier.job, 80)}-{naming.environment_name(name)}"[:127],
                "reference": naming.environment_name(name)[:250] or "secret",
                "variable": name,
                "identity": identity,
                "app": None,
                "usage": {"reads": reads},
            },
        )
        for name in secret_names.needed(dossier.job, dossier.facts)
    )


def jobs(
    dossier: Dossier,
    shape: Shape,
    size: Size,
    translation: Translation | None,
    timeout_s: float,
    identity: Resource,
    secrets: tuple[Resource, ...],
    lock: dict[str, object] | None,
    container: str | None,
) -> tuple[Resource, ...]:
    """One Container Apps job for each expression, with the same image; without one, a job that is started by hand.

    The expressions are UTC and may say more instants than the job has: the runner's guard ends those firings at once.
    """
    job = dossier.job
    expressions: tuple[str | None, ...] = translation.expressions if translation and translation.expressions else (None,)
    many = len(expressions) > 1
    part = shape.parts[0] if shape.parts else None
    runs = naming.monthly_runs(dossier, shape)
    skips = naming.monthly_skips(translation, runs)
    share = 1 / len(expressions)
    return tuple(
        Resource(
            kind="azure_container_app_job",
            name=naming.numbered(naming.identifier(job), number, many, "_"),
            values={
                "job_name": naming.numbered(naming.short_name(job, NAME_LIMIT), number, many),
                "job_id": job.id,
                "expression": expression,
                "expression_number": number - 1 if many else None,
                "environment": ENVIRONMENT,
                "identity": identity.name,
                "pull_identity": PULL,
                "vcpu": size.vcpu,
                "memory": f"{size.memory_mib / GIB:g}Gi",
                "timeout_s": int(timeout_s),
                "secrets": [secret.values | {"name": secret.name} for secret in secrets],
                "lock": lock,
                "state": stores.state(dossier),
                "store": stores.NAME,
                "container": container,
                "checker": daily_checks.NAME if daily_checks.is_made(lock, runs) else None,
                "usage": {
                    "runs": None if runs is None else runs * share,
                    "billed_s": billing.container_s(
                        dossier.usage, part.billed_s if part else None, dossier.assumptions.container_start_s, 0.0
                    ),
                    "skips": None if skips is None else skips * share,
                    "skip_s": dossier.assumptions.container_start_s,
                    "vcpu": size.vcpu,
                    "memory_gib": size.memory_mib / GIB,
                    "image_gb": dossier.assumptions.container_image_gib * share,
                    "log_gb": None if runs is None else runs * share * billing.output_bytes(dossier)[0] / 1e9,
                    **({"output_measured": True} if billing.output_bytes(dossier)[1] else {}),
                },
            },
        )
        for number, expression in enumerate(expressions, 1)
    )
