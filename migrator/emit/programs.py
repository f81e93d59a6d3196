"""Programs of the shapes that are more than the runner: handlers, and scripts in which a person says what an item is."""

from migrator import render
from migrator.model.finding import FactKind
from migrator.model.option import ShapeKind
from migrator.model.plan import JobPlan, OutFile

# shape -> handlers beside the runner, and scripts that a person completes
HANDLERS: dict[ShapeKind, tuple[str, ...]] = {
    "scheduled_batch": (),
    "fan_out": ("dispatcher.py", "worker.py"),
    "event_glue": ("worker.py",),
    "http_call": (),
    "workflow": (),
}
SCRIPTS: dict[ShapeKind, tuple[str, ...]] = {"fan_out": ("items.sh", "one_item.sh"), "event_glue": ("one_item.sh",)}
SEEN: tuple[FactKind, ...] = ("loop", "parallelism", "lists-path", "queue-or-mail")
NO_HANDLERS = frozenset({"azure_function_app"})  # its program names the runner's adapters itself
WORKFLOWS = frozenset({"aws_sfn_state_machine", "gcp_workflows_workflow", "azure_task_hub"})
FOLDER = "/migrator"  # where the scripts lie, in an image and among a zip function's files


def is_scheduled(entry: JobPlan) -> bool:
    """False where the chosen shape is started by something else than the calendar."""
    shape = next((shape for shape in entry.shapes if shape.kind == entry.placement.option.shape), None)
    return shape is None or not shape.wires or any("schedule" in {wire.kind, wire.from_part} for wire in shape.wires)


def is_run(entry: JobPlan) -> bool:
    """False where nothing of the job runs: the scheduler itself calls a URL."""
    shape = next((shape for shape in entry.shapes if shape.kind == entry.placement.option.shape), None)
    return shape is None or not any(wire.kind == "http" for wire in shape.wires)


def is_workflow(entry: JobPlan) -> bool:
    """True where a workflow service starts the job, whichever shape was chosen."""
    return any(resource.kind in WORKFLOWS for resource in entry.placement.option.resources)


def handlers(entry: JobPlan) -> tuple[str, ...]:
    """The names of the handlers in the job's folder."""
    kinds = {resource.kind for resource in entry.placement.option.resources}
    return () if kinds & NO_HANDLERS else HANDLERS[entry.placement.option.shape]


def takes_messages(entry: JobPlan) -> bool:
    """True where the work comes in messages, one for each item."""
    return entry.placement.option.shape in SCRIPTS


def scripts(entry: JobPlan) -> tuple[str, ...]:
    """The paths of the scripts that a person completes, as the runner knows them."""
    return tuple(f"{FOLDER}/{name}" for name in SCRIPTS.get(entry.placement.option.shape, ()))


def files(entry: JobPlan) -> tuple[OutFile, ...]:
    """Handlers and scripts, by their paths in the job's folder."""
    kind = entry.placement.option.shape
    facts = [fact for fact in entry.facts if fact.kind in SEEN]
    seen = list(dict.fromkeys(f"{fact.evidence.location or entry.job.location}: {fact.evidence.snippet}" for fact in facts))
    context: dict[str, object] = {"seen": seen, "command": entry.job.command}
    return (
        *(
            OutFile(path=name, content=render.text(f"shapes/{kind}/{name}.j2", "python", **context).encode())
            for name in handlers(entry)
        ),
        *(
            OutFile(
                path=f"files{FOLDER}/{name}",
                content=render.text(f"shapes/{kind}/{name}.j2", "shell", **context).encode(),
                executable=True,
            )
            for name in SCRIPTS.get(kind, ())
        ),
    )
