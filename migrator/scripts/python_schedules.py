"""The schedules inside a Python program that goes on running, read without running it: APScheduler's and schedule's.

Line: `scheduler.add_job(sync, "cron", hour=2, minute=30)`, `@sched.scheduled_job("interval", minutes=5)`,
`schedule.every(10).minutes.do(sync)`
Source: apscheduler.readthedocs.io (3.x: add_job, triggers cron, interval, date; 4.x: add_schedule); schedule.readthedocs.io
"""

import ast
from collections.abc import Iterable, Iterator

from migrator import redact
from migrator.model.finding import Fact
from migrator.model.job import Job
from migrator.model.source import Evidence, HostFiles, Location
from migrator.scripts.reading import snippet

ADDS = frozenset({"add_job", "scheduled_job", "add_schedule", "schedule_job"})
TRIGGERS = {
    "CronTrigger": "cron",
    "IntervalTrigger": "interval",
    "DateTrigger": "date",
    "CalendarIntervalTrigger": "calendarinterval",
}
NO_TIMES = frozenset(
    "func id name args kwargs misfire_grace_time coalesce max_instances next_run_time jobstore executor replace_existing".split()
)


def found(files: HostFiles, job: Job, facts: Iterable[Fact]) -> list[Fact]:
    """A fact for each job that a script behind this one gives to a scheduler of its own."""
    inner: list[Fact] = []
    scripts = dict.fromkeys(fact.value for fact in facts if fact.kind == "script" and fact.detail == "python")
    for path in scripts:
        raw = files.content(path) if files.stat(path) is not None else None
        if raw is None or (b"apscheduler" not in raw and b"schedule" not in raw):
            continue
        text = redact.redact(redact.escape_bytes(raw)[0]).text
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        names = {name for node in ast.walk(tree) for name in _imported(node)}
        lines = text.split("\n")
        for row, value, framework in _schedules(tree, names):
            place = Location(host=job.host, path=path, line=row)
            evidence = Evidence(snippet=snippet(lines[row - 1].strip()), location=place)
            inner.append(Fact(kind="inner-job", value=value[:300], evidence=evidence, detail=framework))
    return inner


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (name.name.split(".")[0] for name in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module.split(".")[0]


def _schedules(tree: ast.Module, names: set[str]) -> Iterator[tuple[int, str, str]]:
    """(line, `when: what`, framework), in the order of the text."""
    decorated = {
        id(decorator): node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for decorator in node.decorator_list
    }
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if "apscheduler" in names and method in ADDS:
            given = call.args if id(call) in decorated else call.args[1:]
            by_name = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
            what = decorated.get(id(call)) or (call.args[:1] and ast.unparse(call.args[0])) or _told(by_name.get("func"))
            yield call.lineno, f"{_when(given[0] if given else by_name.get('trigger'), by_name)}: {what}", "APScheduler"
        elif "schedule" in names and method == "do" and (when := _every(call.func)) is not None:
            yield call.lineno, f"{when}: {ast.unparse(call.args[0]) if call.args else 'unknown'}", "schedule"


def _told(node: ast.expr | None) -> str:
    return "unknown" if node is None else ast.unparse(node)


def _when(trigger: ast.expr | None, by_name: dict[str, ast.expr]) -> str:
    """The trigger in APScheduler's own words: `cron hour=2 minute=30`; what is computed stands as it is written."""
    if isinstance(trigger, ast.Call):
        name = trigger.func.id if isinstance(trigger.func, ast.Name) else getattr(trigger.func, "attr", "")
        if name == "from_crontab" and trigger.args:
            return _plain(trigger.args[0])
        kind, by_name = TRIGGERS.get(name, name), {keyword.arg: keyword.value for keyword in trigger.keywords if keyword.arg}
    else:
        kind = _plain(trigger) if trigger is not None else "date"  # no trigger: once, at once
    times = [f"{name}={_plain(value)}" for name, value in by_name.items() if name not in {*NO_TIMES, "trigger"}]
    return " ".join([kind, *times])


def _plain(node: ast.expr) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ast.unparse(node)


def _every(attribute: ast.expr) -> str | None:
    """`every 10 minutes`, `every 1 day at 10:30`, from the chain before `.do`; None where it does not begin with `every`."""
    said: list[str] = []
    node = attribute.value if isinstance(attribute, ast.Attribute) else attribute
    for _ in range(8):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            said.append(" ".join([name, *(_plain(one) for one in node.args)]))
            if name == "every":
                return " ".join(reversed(said))
            node = node.func.value if isinstance(node.func, ast.Attribute) else node.func
        elif isinstance(node, ast.Attribute):
            said.append(node.attr)
            node = node.value
        else:
            return None
    return None
