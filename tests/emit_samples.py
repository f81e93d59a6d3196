"""Plans made by hand from the rooms' ALL tuples, so that every target and language is emitted in tests."""

# ruff: noqa: E501 - tables read best in long lines

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import click
from click.testing import CliRunner

from migrator import targets
from migrator.assumptions import DEFAULT
from migrator.commands.emit import command as emit_command
from migrator.commands.plan import command as plan_command
from migrator.emit.tree import Place
from migrator.model.finding import Dossier, Evidence, Fact, Need, ScriptFile
from migrator.model.job import Host, Job, Location, Schedule, Secret, Setting, User
from migrator.model.option import Option, Part, Placement, Shape, Wire
from migrator.model.plan import Decisions, HostPlan, JobPlan, Plan, PriceBook, Request, Savings
from migrator.model.usage import Spread, Usage
from migrator.schedule.translate import translations

ROOT = Path(__file__).parent.parent
AS_OF = datetime(2026, 11, 23, tzinfo=UTC)
HOST = Host(
    name="web01", timezone="Europe/Berlin", os_id="debian", os_version="12", cron="debian",
    users=(User(name="shop", uid=1001, home="/srv/shop", shell="/bin/sh"),),
)  # fmt: skip
PLACES = {t.NAME: Place(t.TITLE, t.PROVIDER, t.LANGUAGES, t.DEFAULT_REGION) for t in targets.ALL}
SHAPES = {t.NAME: t.SHAPES for t in targets.ALL}
RUNNING = {t.NAME for t in targets.ALL if "scheduled_batch" in t.SHAPES}  # there a program runs, with secrets and a guard
SCRIPT = b'#!/bin/sh\nset -e\ncat\necho "$GREETING from $0"\n'
SHA = "a" * 64
REQUEST = '{"body": "{\\"a\\": \\"\\u00e9${x}%%{y} !Sub @{z} {{w}}\\", \\"n\\": [1, 2.5]}", "headers": {"Content-Type": "application/json", "X-Job": "n\\"ight"%s}, "method": "POST", "timeout_s": 20, "url": "https://example.org/x?y=%%20"}'
WITH_SECRET = ', "Authorization": "Bearer @secret:SHOP_PASSWORD@"'
KEPT = ("/var/lib/shop/last-run", "/srv/shop/spool/in-*.csv")  # by a job that keeps files from run to run
NASTY = 'it\'s "${HOME}" %{x} {{y}} `z` \\ $$ é'


def job(job_id: str, command: str = "/srv/shop/bin/night.sh", **more: object) -> Job:
    values = {
        "id": job_id, "host": "web01", "name": f"night {NASTY}",
        "location": Location(host="web01", path="/etc/cron.d/shop", line=7), "scheduler": "system_crontab",
        "schedule": schedule(4), "user": "shop",
        "command": command, "logged_as": command, "stdin": "hello\n",
        "environment": (Setting(name="GREETING", value=NASTY), Setting(name="MAILTO", value="ops@example.com")),
        "mail_to": "ops@example.com",
    } | more  # fmt: skip
    return Job(**values)  # type: ignore[arg-type]


def schedule(hour: int) -> Schedule:
    return Schedule(grammar="debian", expressions=(f"30 {hour} * * *",), timezone="Europe/Berlin")


def entry(
    target_name: str, job_id: str, status: str = "equal", verdict: str = "move", secret: bool = False, in_script: bool = False,
    choice: str | None = None, hour: int | None = None, when: Schedule | None = None, keeps: bool = False,
) -> JobPlan:  # fmt: skip
    # half past four is no hour of a zone change; half past two is, so it differs unless the user chooses
    when = when or schedule(hour or (2 if status == "differs" else 4))
    target = next(t for t in targets.ALL if target_name == t.NAME)
    command = "/srv/shop/bin/night.sh" + (" --password @secret:SHOP_PASSWORD@" if secret else "")
    one = job(job_id, command, schedule=when, secrets=(Secret(name="SHOP_PASSWORD", kind="password"),) if secret else ())
    spread = Spread(count=60, p50=10.0, p95=20.0, p99=25.0, max=30.0)
    evidence = Evidence(snippet="#!/bin/sh")
    facts = (Fact(kind="interpreter", value="sh", evidence=evidence), Fact(kind="command", value="cat", evidence=evidence))
    if target_name == "aws_lambda" and secret:
        facts += (Fact(kind="command", value="/usr/bin/mysqldump", evidence=evidence),)
    if in_script:
        facts += (Fact(kind="secret", value="FTP_PASSWORD", evidence=evidence),)
    adds: tuple[Need, ...] = ()
    if keeps:
        facts += tuple(Fact(kind="state", value=path, evidence=Evidence(snippet=path)) for path in KEPT)
        adds = (Need(kind="single_flight", choice="wait", rule="single-flight"), Need(kind="at_most_once", rule="at-most-once"))
    script = ScriptFile(
        path="/srv/shop/bin/night.sh", sha256=SECRET_SHA if in_script else SHA, language="shell", lines=4, executable=True
    )
    scripts: tuple[ScriptFile, ...] = (script,)
    usage = Usage(job_id=job_id, observed_days=60, observed_runs=60, monthly_runs=30.4375, duration_s=spread)
    kind = target.SHAPES[0]
    if kind == "http_call":  # nothing runs: no program, no script, no secret
        facts, scripts = (Fact(kind="http-request", value=REQUEST % (WITH_SECRET if secret else ""), evidence=evidence),), ()
    wires = (Wire(kind="http", from_part="schedule", to_part="job"),) if kind == "http_call" else ()
    shape = Shape(
        kind=kind, faithful=kind == "scheduled_batch", wires=wires, adds=adds,
        parts=(Part(name="job", monthly_invocations=30.4375, duration_s=spread, billed_s=12.0, memory_mib=100.0),),
    )  # fmt: skip
    choices = {"dst": choice} if choice else {} if status == "differs" else {"dst": "guard"}
    chosen = translations(when, choices, AS_OF, frozenset({target.DIALECT}))[0] if target.DIALECT else None
    dossier = Dossier(
        job=one, host=HOST, usage=usage, facts=facts, scripts=scripts, smallest_gap_s=86400.0,
        answers={f"{job_id}/state": "object-storage"} if keeps else {},
    )  # fmt: skip
    sizes = target.sizes()
    resources = ()
    if sizes:
        resources = target.resources(dossier, shape, sizes[0], chosen, 300.0, target.DEFAULT_REGION or "")
    option = Option(
        job_id=job_id, shape=kind, target=target_name, size=sizes[0] if sizes else None, dialect=target.DIALECT,
        monthly_cost=Decimal("0.0123"), resources=resources, timeout_s=target.timeout_s(30.0, DEFAULT),
    )  # fmt: skip
    return JobPlan(
        job=one, usage=usage, facts=facts, scripts=scripts, translations=(chosen,) if chosen else (), findings=(), shapes=(shape,),
        placement=Placement(job_id=job_id, verdict=verdict, option=option, reasons=("fits",)),
        next_firings=(datetime(2026, 11, 24, (hour or 4) - 1, 30, tzinfo=UTC),), smallest_gap_s=86400.0, schedule_in_words=f"at 0{hour or 4}:30",
    )  # fmt: skip


def plan(*entries: JobPlan, answers: dict[str, str] | None = None) -> Plan:
    return Plan(
        migrator="0", as_of=AS_OF, request=Request(), hosts=(HostPlan(host=HOST, savings=Savings(host="web01", can_go=False)),),
        jobs=entries, problems=(), accounting=(), unmatched=(), digests=(), decisions=Decisions(answers=answers or {}), assumptions=(),
        prices=PriceBook(), tzdata="2025.1",
    )  # fmt: skip


SECRET_SHA = "b" * 64
SECRET_SCRIPT = SCRIPT + b"echo ${FTP_PASSWORD:-@secret:FTP_PASSWORD@} > /dev/null\n"
SCRIPTS = {SHA: SCRIPT, SECRET_SHA: SECRET_SCRIPT}


def sample_tree(name: str, folder: Path, provider: str, iac: str = "auto", answers: dict[str, str] | None = None) -> Path:
    """A sample server, planned and emitted by the commands; returns the tree."""
    said = {"all/dst": "utc", **(answers or {})}
    (folder / "decisions.yaml").write_text("version: 1\nanswers:\n" + "".join(f"  {key}: {said[key]}\n" for key in said))
    decided = ("--decisions", folder / "decisions.yaml")
    _call(plan_command, ROOT / "samples" / name, "-o", folder / "plan", "--provider", provider, *decided)
    return emitted_again(folder / "tree", folder / "tree", iac)


def emitted_again(tree: Path, into: Path, iac: str) -> Path:
    """The same plan in another language."""
    _call(emit_command, tree.parent / "plan", "-o", into, "--iac", iac)
    return into


def _call(command: click.Command, *arguments: object) -> None:
    done = CliRunner().invoke(command, [str(argument) for argument in arguments], standalone_mode=False)
    assert done.exception is None, done.exception


ONLY = ()


def every_target() -> Plan:
    names = (
        [t.NAME for t in targets.ALL if t.LANGUAGES and t.PROVIDER in ONLY]
        if ONLY
        else [t.NAME for t in targets.ALL if t.LANGUAGES]
    )
    entries = []
    for name in names:
        if not {"scheduled_batch", "http_call"} & {*SHAPES[name]}:  # takes messages only: every_combination has those
            continue
        job_id = name.replace("_", "-")
        entries.append(entry(name, f"{job_id}-plain-1a2b"))
        if name not in RUNNING:
            continue
        entries += [
            entry(name, f"{job_id}-secret-1a2b", secret=True, in_script=True),
            entry(name, f"{job_id}-several-1a2b", choice="utc", hour=2),  # several expressions and a guard
            entry(name, f"{job_id}-keeps-1a2b", keeps=True),  # files from run to run, one run at a time, once per instant
        ]
    return plan(*entries)
