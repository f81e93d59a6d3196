"""Azure Functions on Flex Consumption: a timer and our runner as a Python app; code only, so nothing that wants other programs.
A workflow is Durable Functions in the same app: `azure_workflow`.

One app for each job: a Flex Consumption plan holds one app, and an app has one size, one identity and one set of secrets.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, NeedKind, Translation
from migrator.model.option import AtMost, Limit, Offered, OneOf, Part, Resource, Shape, ShapeKind, Size
from migrator.targets import azure_container_apps_job as apps
from migrator.targets import azure_grants, azure_queues, azure_workflow, billing, daily_checks, deadline, locking, naming, stores

NAME = "azure_functions"
TITLE = "Azure Functions (Flex Consumption)"
PROVIDER = "azure"
DIALECT: str | None = "functions"
LANGUAGES: tuple[str, ...] = ("terraform", "bicep")
SHAPES: tuple[ShapeKind, ...] = ("scheduled_batch", "fan_out", "event_glue", "workflow")
SOURCE = "https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan"
DEFAULT_REGION: str | None = "eastus"

AS_OF = "2026-11-27"
SCALE_SOURCE = "https://learn.microsoft.com/azure/azure-functions/functions-scale"
TIMER_SOURCE = "https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer"
NETWORK_SOURCE = "https://learn.microsoft.com/azure/azure-functions/functions-networking-options"
TIMEOUT_LIMIT_S = 1800
PYTHON_VERSION = "3.12"
# instance memory in MB -> cores: they are given in proportion to memory
INSTANCES: tuple[tuple[int, float], ...] = ((512, 0.25), (2048, 1.0), (4096, 2.0))
# not stated for this plan, so no more is promised than any instance has beside the app
SCRATCH_MIB = 500
PYTHONS = ("python", "python3", f"python{PYTHON_VERSION}")
NAME_LIMIT = 30
INSIGHTS = "cron_insights"
KEPT = frozenset({"azure_log_analytics_workspace", "azure_monitor_action_group", "azure_monitor_scheduled_query_alert"})
# a timer's lock and its status, written and read around each run; the lock is renewed while the app is awake
STORAGE_OPERATIONS_PER_RUN = 10
LOCK_RENEWED_EVERY_S = 15


def limits(assumptions: Assumptions) -> tuple[Limit, ...]:  # noqa: ARG001
    """What a job may ask for."""
    no_disk = "an instance's disk is gone with it; keep the file in Blob Storage"
    code_only = (
        "Flex Consumption takes code, no containers: only Python's standard library, a shell and the base system are there"
    )
    half_an_hour = (
        "30 minutes are Flex Consumption's default; functionTimeout may be longer, but an update of the platform ends a run 10 "
        "minutes later and scaling in 60, so longer work is not put here; 10 minutes at most on the Consumption plan; an "
        "activity of Durable Functions ends by the same, however long its orchestration may take"
    )
    one_timer = (
        "a timer does not fire again while its run goes on; where the job needs several timers, or is a workflow, whose timer "
        "only starts it, the runner holds a lease"
    )
    once = (
        "a timer catches up after a restart, and an activity of Durable Functions may be started again; the runner claims each "
        "instant, or each item of a message, in Blob Storage first"
    )
    utc = "the finest step that is used is one minute; timers are UTC (WEBSITE_TIME_ZONE is not known to work on this plan)"
    return (
        limit("duration_s", AtMost(amount=TIMEOUT_LIMIT_S), SCALE_SOURCE, half_an_hour),
        limit("memory_mib", AtMost(amount=4096), condition="instances of 512, 2,048 or 4,096 MB, shared with the Functions host"),
        limit("vcpu", AtMost(amount=2), condition="in proportion to memory: 512 MB is a quarter, 4,096 MB are two"),
        limit("scratch_mib", AtMost(amount=SCRATCH_MIB), SCALE_SOURCE, "no page states it for Flex Consumption; our own caution"),
        limit("architecture", OneOf(choices=("x86_64",))),
        limit("persistent_files", Offered(offered=False, how=no_disk)),
        limit("local_files", Offered(offered=False, how="the server's disk is not there; move the data to Blob Storage first")),
        limit("private_network", Offered(offered=True, how="set functions_subnet_id of that network"), NETWORK_SOURCE),
        limit("host_access", Offered(offered=False, how="there is no machine to look at or to change")),
        limit("root", Offered(offered=False, how="functions run as an unprivileged user")),
        limit("container_engine", Offered(offered=False, how="a function cannot start containers")),
        limit("single_flight", OneOf(choices=("skip",)), TIMER_SOURCE, one_timer),
        limit("at_most_once", Offered(offered=True, how=once), TIMER_SOURCE),
        limit("runtime", OneOf(choices=PYTHONS), condition=code_only),
        limit("stdin", Offered(offered=True, how="the runner feeds it from the job file")),
        limit("local_service", Offered(offered=False, how="nothing else runs beside the function; use a managed service")),
        limit("sub_minute", Offered(offered=False, how=utc), TIMER_SOURCE),
        limit("fixed_address", Offered(offered=False, how="needs a virtual network and a NAT gateway"), NETWORK_SOURCE),
    )


def limit(need: NeedKind, answer: AtMost | OneOf | Offered, source: str = SOURCE, condition: str | None = None) -> Limit:
    """One answer, dated."""
    return Limit(need=need, answer=answer, source=source, as_of=AS_OF, condition=condition)


def sizes() -> tuple[Size, ...]:
    """The three instance sizes, smallest first."""
    return tuple(
        Size(
            name=f"{memory} MB instance",
            memory_mib=memory,
            vcpu=vcpu,
            scratch_mib=SCRATCH_MIB,
            timeout_s=float(TIMEOUT_LIMIT_S),
        )
        for memory, vcpu in INSTANCES
    )


def timeout_s(p_max_s: float | None, assumptions: Assumptions) -> float:
    """The upper bound with headroom in whole minutes, at most half an hour; an unmeasured job gets the assumed time."""
    return min(deadline.whole_minutes(p_max_s, assumptions), float(TIMEOUT_LIMIT_S))


def resources(
    dossier: Dossier,
    shape: Shape,
    size: Size,
    translation: Translation | None,
    timeout_s: float,
    region: str,  # noqa: ARG001
) -> tuple[Resource, ...]:
    """What all jobs share, the job's identity, storage, secrets and queue, and its app with one timer for each expression.

    An app that takes messages holds both ends of its queue: the timers send them, one function does their work, and the plan
    gives each function instances of its own.
    """
    job, works, flows = dossier.job, _worker(shape), shape.kind == "workflow"
    is_timed = shape.kind != "event_glue" and (not flows or azure_workflow.is_first(dossier))
    expressions = translation.expressions if translation and is_timed else ()
    apart = len(expressions) < 2 and not flows
    lock = locking.asked(dossier, shape, translation, timeout_s, platform_keeps_apart=apart, records=True)
    runs = 0.0 if shape.kind == "event_glue" else naming.monthly_runs(dossier, shape)
    skips = naming.monthly_skips(translation, runs) if expressions else 0.0
    items = works.monthly_invocations if works else 0.0
    store = apps.store_of(dossier, lock, runs, is_container=False, items=items)
    container = apps.carried_container(job) if store else None
    checked = daily_checks.is_made(lock, runs)
    app = naming.identifier(job)
    identity = Resource(
        kind="azure_user_assigned_identity",
        name=naming.identifier(job, "runs"),
        values={
            "identity_name": f"{naming.short_name(job, apps.IDENTITY_LIMIT)}-runs",
            "pulls_images": False,
            "store": stores.NAME,
            "container": container,
            "grants": azure_grants.grants(dossier),
        },
    )
    storage = Resource(
        kind="azure_function_storage",
        name=naming.identifier(job, "app"),
        values={"job_id": job.id, "identity": identity.name, "usage": {"operations": _operations(runs, skips, shape)}},
    )
    secrets = tuple(
        Resource(kind=secret.kind, name=secret.name, values=secret.values | {"app": app})
        for secret in apps.secrets_of(dossier, identity.name, None if runs is None or items is None else runs + items)
    )
    return (
        *(resource for resource in apps.shared() if resource.kind in KEPT or (checked and resource.kind in apps.OF_CONTAINERS)),
        Resource(kind="azure_application_insights", name=INSIGHTS, values={"shared": True, "workspace": apps.WORKSPACE}),
        *store,
        identity,
        storage,
        *secrets,
        *(azure_queues.queue(dossier, shape, works, identity.name) if works else ()),
        *((azure_workflow.around_app(dossier, storage, identity, runs),) if flows else ()),
        Resource(
            kind="azure_function_app",
            name=app,
            values={
                "app_name": naming.short_name(job, NAME_LIMIT),
                "job_id": job.id,
                "package": "zip",
                "python_version": PYTHON_VERSION,
                "memory_mib": size.memory_mib,
                "expressions": list(expressions),
                "identity": identity.name,
                "storage": storage.name,
                "insights": INSIGHTS,
                "secrets": [secret.values | {"name": secret.name} for secret in secrets],
                "lock": lock,
                "state": None if works else stores.state(dossier),
                "store": stores.NAME,
                "container": container,
                "queue": azure_queues.name_of(dossier) if works else None,
                "namespace": azure_queues.NAMESPACE if works else None,
                "checker": daily_checks.NAME if checked else None,
                "width": azure_queues.width(works),
                "hub": azure_workflow.named(job.id) if flows else None,
                "starts": flows and not azure_workflow.is_first(dossier),
                "following": azure_workflow.followers(dossier) if flows else [],
                "usage": _usage(dossier, shape, size, runs, skips),
            },
        ),
        *azure_queues.events(dossier, shape),
    )


def _worker(shape: Shape) -> Part | None:
    """The part that does the work of one message; None where no messages come."""
    return shape.parts[-1] if shape.kind in {"fan_out", "event_glue"} and shape.parts else None


def _operations(runs: float | None, skips: float | None, shape: Shape) -> float | None:
    """What the host does around its timers."""
    billed_s = shape.parts[0].billed_s if shape.parts else None
    if runs == 0:
        return 0.0
    if runs is None or skips is None or billed_s is None:
        return None
    return (runs + skips) * STORAGE_OPERATIONS_PER_RUN + runs * billed_s / LOCK_RENEWED_EVERY_S


def _usage(dossier: Dossier, shape: Shape, size: Size, runs: float | None, skips: float | None) -> dict[str, float | bool | None]:
    """Executions a month and what each is billed for: of the timers, and of the function that does the work of messages."""
    works = _worker(shape)
    items, item_s = (works.monthly_invocations, works.billed_s) if works else (0.0, 0.0)
    steps = azure_workflow.executions(dossier, runs) if shape.kind == "workflow" else 0.0
    written, measured = billing.output_bytes(dossier)
    return {
        "runs": runs,
        "billed_s": (shape.parts[0].billed_s if shape.parts else None) if runs != 0 else 0.0,
        "skips": skips,
        "skip_s": dossier.assumptions.function_start_s,
        "items": items,
        "item_s": item_s,
        "steps": steps,
        "memory_gb": size.memory_mib / apps.GIB,
        "log_gb": None if runs is None or items is None else (runs + items) * written / 1e9,
        **({"output_measured": True} if measured else {}),
    }
