"""A plan that covers every combination of the ALL tuples - shape x target x language - and why a combination is not offered.

Nothing here is kept by hand: shapes are cut by the shapes room from its own speaking cases; targets, shapes and languages come
from the rooms' tuples. So a new plugin is covered, or fails, without a change here.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import emit_samples as samples
from aws_jobs import changed, fact
from cases import read_cases
from dossiers import dossier

from migrator import chains, files, sh_form, shapes, targets
from migrator.assumptions import DEFAULT
from migrator.emit import secret_store
from migrator.emit.programs import HANDLERS, SCRIPTS
from migrator.emit.shells import LANGUAGES
from migrator.emit.tree import emit
from migrator.model.finding import Dossier, Need
from migrator.model.job import Schedule
from migrator.model.option import Shape, ShapeKind, Wire
from migrator.model.plan import JobPlan, Plan
from migrator.targets import Target

CASES = Path(__file__).parent / "cases" / "shapes"
TARGETS: dict[str, Target] = {target.NAME: target for target in targets.ALL}
KINDS: tuple[ShapeKind, ...] = tuple(reader.KIND for reader in shapes.ALL)
# what a job may ask for beside its shape; each makes other resources or other files of it
VARIANTS = ("plain", "secret", "several", "locked")
# what the job with several expressions calls, of each cloud: emitted roles allow exactly these
CALLS = (
    fact("cloud-call", "gcp storage.objects.create", "bucket=example-exports object=daily/$(...).csv"),
    fact("cloud-call", "gcp pubsub.topics.publish", "project=example-shop topic=exports-done"),
    fact("cloud-call", "gcp pubsub.subscriptions.consume", "project=example-shop subscription=exports"),
    fact("cloud-call", "gcp secretmanager.versions.access", "secret=example-token"),
    fact("cloud-call", "gcp bigquery.tables.getData", "dataset=example_sales"),
    fact("cloud-call", "gcp bigquery.jobs.create"),
    fact("cloud-call", "azure blob:write", "account=examplestore container=backups"),
    fact("cloud-call", "azure queue:add", "account=examplestore queue=events"),
    fact("cloud-call", "azure secret:read", "vault=example-vault secret=example-token"),
    fact("cloud-call", "aws s3:put-object", "bucket=example-backups key=db/x.gz"),
)
# what the scripts that a person completes quote of the job
LOOPS = (fact("loop", f"for one in {samples.NASTY}; do"), fact("lists-path", "/srv/in/'$(x)'\nexit 1"))
FOLLOWER = "next"  # of a chain: the end of the plain job starts it
SH = "sh"  # whose image has no Python, where a container is a run
LOCKS = (Need(kind="single_flight", choice="skip"), Need(kind="at_most_once", soft=True), Need(kind="private_network"))


class Cell(NamedTuple):
    """One combination."""

    shape: ShapeKind
    target: str
    language: str


class Tree(NamedTuple):
    """What is emitted together: a provider's jobs in one language."""

    provider: str
    language: str

    @property
    def folder(self) -> str:
        return self.provider if self.language == "kubernetes" else f"{self.provider}/{self.language}"


def cells() -> tuple[Cell, ...]:
    """Every combination, in the order of the tuples."""
    return tuple(Cell(kind, target.NAME, language) for kind in KINDS for target in targets.ALL for language in LANGUAGES)


def not_offered(cell: Cell) -> str | None:
    """Why a combination cannot be emitted; None if it can."""
    target = TARGETS[cell.target]
    if not target.LANGUAGES:
        return "nothing is created: the job stays where it is"
    if cell.language not in target.LANGUAGES:
        return f"{target.TITLE} is written in {' or '.join(target.LANGUAGES)}"
    if cell.shape not in target.SHAPES:
        offered = [name for name in TARGETS if cell.shape in TARGETS[name].SHAPES and TARGETS[name].LANGUAGES]
        if cell.shape == "host_chore":
            return "upkeep of the server ends with it; nothing is emitted"
        return f"on {', '.join(offered)} only" if offered else "priced in the report; its programs are not written"
    if cell.shape not in HANDLERS:
        return "its programs are not written"
    return None


def offered() -> tuple[Cell, ...]:
    return tuple(cell for cell in cells() if not_offered(cell) is None)


def trees() -> tuple[Tree, ...]:
    """Every provider with every language that it is written in."""
    return tuple(dict.fromkeys(Tree(TARGETS[cell.target].PROVIDER, cell.language) for cell in offered()))


def cells_of(tree: Tree) -> tuple[Cell, ...]:
    return tuple(cell for cell in offered() if tree == Tree(TARGETS[cell.target].PROVIDER, cell.language))


def job_id(cell: Cell, variant: str) -> str:
    words = (*cell.target.split("_"), *cell.shape.split("_"), variant)
    return f"{'-'.join(words)}-1a2b"


@cache
def shape_of(kind: ShapeKind) -> Shape:
    """The shape as the shapes room cuts it from the first of its cases that speaks."""
    reader = next(reader for reader in shapes.ALL if kind == reader.KIND)
    for case in read_cases(CASES / f"{kind}.txt"):
        shape = reader.cut(dossier(case.parts["job"]), DEFAULT)
        if shape is not None:
            return shape
    raise AssertionError(f"{kind}: none of its cases speaks")


def variants(cell: Cell) -> tuple[str, ...]:
    """A chain is two jobs, one of which starts the other; a container may be run by a shell."""
    if cell.shape == chains.SHAPE:
        return (*VARIANTS, FOLLOWER)
    made = entry(cell, "plain").placement.option.resources
    shell = cell.shape == "scheduled_batch" and any(one.kind in sh_form.PLACES for one in made)
    return (*VARIANTS, SH) if shell else VARIANTS


def answers_of(cell: Cell, variant: str | None = None) -> dict[str, str]:
    """What the user said of it, or of one of its jobs."""
    if variant is not None and cell.shape != chains.SHAPE:
        return {f"{job_id(cell, SH)}/runner": "sh"} if variant == SH else {}
    if SH in variants(cell):
        return {f"{job_id(cell, SH)}/runner": "sh"}
    return {f"{job_id(cell, FOLLOWER)}/after": job_id(cell, "plain")} if FOLLOWER in variants(cell) else {}


def entry(cell: Cell, variant: str) -> JobPlan:
    """A job of the combination."""
    several: dict[str, object] = {"choice": "utc", "hour": 2} if variant == "several" else {}
    if several and cell.shape == "http_call":  # no program, no guard: two times of day that are two expressions all the same
        several = {
            "when": Schedule(grammar="on-calendar", expressions=("*-*-* 04:30:00", "*-*-* 05:45:00"), timezone="Europe/Berlin")
        }
    if variant == SH:  # a zone that every scheduler has: a shell knows no guard
        several = {"when": Schedule(grammar="debian", expressions=("30 4 * * *",), timezone="UTC")}
    secret = variant == "secret"
    plain = samples.entry(cell.target, job_id(cell, variant), secret=secret, in_script=secret, **several)  # type: ignore[arg-type]
    shape = shape_of(cell.shape)
    if variant == "locked":
        shape = changed(shape, adds=(*(need for need in shape.adds if need.kind not in {n.kind for n in LOCKS}), *LOCKS))
    if variant == FOLLOWER:
        shape = changed(shape, wires=(Wire(kind="event", from_part="the job before", to_part=shape.parts[0].name),))
    facts = (*plain.facts, *(CALLS if variant == "several" else ()), *(LOOPS if cell.shape in SCRIPTS else ()))
    job = Dossier(
        job=plain.job, host=samples.HOST, usage=plain.usage, facts=facts, scripts=plain.scripts, answers=answers_of(cell, variant)
    )
    target = TARGETS[cell.target]
    made = target.resources(job, shape, target.sizes()[0], plain.translations[0], 300.0, target.DEFAULT_REGION or "")
    option = changed(plain.placement.option, shape=cell.shape, resources=made)
    others = tuple(other for other in plain.shapes if other.kind != shape.kind)
    return changed(plain, facts=facts, shapes=(*others, shape), placement=changed(plain.placement, option=option))


def entries(cell: Cell) -> list[JobPlan]:
    """A job of each variant; no job with secrets where the target carries none: such a job is left out, and says why."""
    made = [entry(cell, variant) for variant in variants(cell)]
    return [one for one in made if not one.job.secrets or secret_store.to_create(one.placement.option.resources)]


def plan(tree: Tree) -> Plan:
    said = {key: value for cell in cells_of(tree) for key, value in answers_of(cell).items()}
    return samples.plan(*(one for cell in cells_of(tree) for one in entries(cell)), answers=said)


def emitted(tree: Tree, into: Path) -> Path:
    """The tree on disk; nothing may be left out of it."""
    done = emit(plan(tree), samples.SCRIPTS, samples.PLACES, tree.language)
    assert done.left_out == ()
    files.write(into, done.out_files)
    return into
