"""The schedules inside an application's own scheduler, read from its program without running it.

Line: `every 1.day, at: '4:30 am' do rake "reports:send" end` (whenever); each other framework has a file of its own
Source: github.com/javan/whenever
"""

import posixpath
import re
from collections.abc import Iterable

import msgspec
from tree_sitter import Node

from migrator import redact
from migrator.model.finding import Fact
from migrator.model.job import Job
from migrator.model.source import Evidence, HostFiles, Location
from migrator.scripts import framework_schedules, java_schedules, laravel_schedule, python_schedules, ruby
from migrator.scripts.grammars import nodes, parse
from migrator.scripts.reading import Context, Notes, snippet
from migrator.scripts.syntax import Program
from migrator.scripts.syntax_nodes import short

WHENEVER = "config/schedule.rb"
MOST = 100
RUNS = {"rake", "runner", "command", "script"}


def found(files: HostFiles, job: Job, facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """A fact for each job inside: of the Laravel application that the job ticks; of the whenever file that wrote the job."""
    facts = tuple(facts)
    inner: list[Fact] = []
    if "schedule:run" in job.command or "schedule:work" in job.command:
        programs = [fact.value for fact in facts if fact.kind in {"script", "missing-script", "command"}]
        roots = dict.fromkeys(posixpath.dirname(path) for path in programs if path.endswith("/artisan"))
        for root in roots:
            inner += laravel_schedule.found(files, job, root)
    if job.managed_by == "whenever":
        folders = [fact.value for fact in facts if fact.kind == "working-directory"]
        for folder in dict.fromkeys([*folders, *re.findall(r"\bcd\s+(/[^\s;&|]+)", job.command)]):
            inner += _whenever(files, job, f"{folder.rstrip('/')}/{WHENEVER}")
    inner += framework_schedules.found(files, job)
    inner += java_schedules.found(files, facts)
    inner += java_schedules.of_build(files, job.command, facts)
    inner += python_schedules.found(files, job, facts)
    if len(inner) > MOST:
        more = f"(more than {MOST}: the others are not listed)"
        inner[MOST:] = [Fact(kind="inner-job", value=more, evidence=inner[MOST].evidence, detail=inner[MOST].detail)]
    return tuple(inner)


def _text(files: HostFiles, path: str) -> str | None:
    raw = files.content(path) if files.stat(path) is not None else None
    return None if raw is None else redact.redact(redact.escape_bytes(raw)[0]).text


def _fact(job: Job, path: str, node: Node, text: str, value: str, framework: str) -> Fact:
    row = node.start_point[0]
    evidence = Evidence(snippet=snippet(text.split("\n")[row].strip()), location=Location(host=job.host, path=path, line=row + 1))
    return Fact(kind="inner-job", value=value[:300], evidence=evidence, detail=framework)


def _whenever(files: HostFiles, job: Job, path: str) -> list[Fact]:
    """The entry that wrote this job's line; of several that could have, all, as one fact at the first."""
    text = _text(files, path)
    if text is None:
        return []
    program = Program(Notes(text, Location(host=job.host, path=path, line=1)), Context(), ruby.GRAMMAR)
    inner = []
    for node in (node for root in parse(text, ruby.GRAMMAR) for node in nodes(root)):
        if node.type != "call" or short(node.child_by_field_name("method") or node) != "every":
            continue
        arguments, block = node.child_by_field_name("arguments"), node.child_by_field_name("block")
        every = re.sub(r"\s+", " ", short(arguments)) if arguments is not None else ""
        for inside in nodes(block) if block is not None else ():
            seen = program.call(inside) if inside.type == "call" else None  # `rake`, `runner`, or a job_type of the file's own
            if seen is None or not seen.arguments or not (task := seen.arguments[0].text.strip()):
                continue
            if re.search(rf"(?<![\w:.-]){re.escape(task[:200])}(?![\w:.-])", job.command):
                inner.append(_fact(job, path, inside, text, f"every {every}: {seen.name} {task}", "whenever"))
    if len({fact.value for fact in inner}) > 1:
        told = " or ".join(dict.fromkeys(fact.value for fact in inner[:5])) + (" or another" if len(inner) > 5 else "")
        return [msgspec.structs.replace(inner[0], value=told[:300])]
    return inner[:1]
