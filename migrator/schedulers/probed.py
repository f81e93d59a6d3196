"""Jobs that run under the probe: what it measures with is no part of the job, which has the shell that the probe runs.

Line: `SHELL=/usr/local/bin/migrator-probe` above the job's line, as `migrator probe` says
Source: templates/server/probe.sh: its SHELL= names the shell, and each of its records begins with `{"migrator_probe":1`
"""

import re
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from migrator.model.job import Job
from migrator.model.source import HostFiles, Location, Problem

READS: tuple[str, ...] = ("/usr/local/bin/migrator-probe*",)
CALLED = re.compile(r"/(?:[^/]+/)*migrator-probe(?:-(?P<shell>[a-z]{1,20}))?")
TEXT = re.compile(rb"#!/bin/sh\n.*?\nSHELL=(/[A-Za-z0-9._/+-]{1,200})\nexport SHELL\n.*\{\"migrator_probe\":1,", re.DOTALL)


def without_probe(files: HostFiles, jobs: Iterable[Job]) -> tuple[list[Job], list[Problem]]:
    """The jobs with the shell that they had before they were measured, and a remark where it had to be taken from a name."""
    shells: dict[str, str | None] = {}
    found: list[Job] = []
    problems: list[Problem] = []
    for job in jobs:
        if job.shell not in shells:
            shells[job.shell] = _run_by(files, job.shell)
            problems += _remarks(files, job, shells[job.shell])
        shell = shells[job.shell]
        found.append(job if shell is None else _with(job, shell))
    return found, problems


def _run_by(files: HostFiles, shell: str) -> str | None:
    """The shell that a probe runs; None if this is no probe."""
    called = CALLED.fullmatch(shell)
    if called is None:
        return None
    text = files.content(shell) if files.exists(shell) else None
    if text is None:
        return "/bin/bash" if called["shell"] == "bash" else "/bin/sh"
    told = TEXT.match(text)
    return told[1].decode("ascii") if told else None


def _remarks(files: HostFiles, job: Job, shell: str | None) -> Iterator[Problem]:
    if shell is None or files.exists(job.shell):
        return
    place = next((one.location for one in job.environment if one.name == "SHELL"), None) or job.location
    message = (
        f"SHELL={job.shell} is not among the files that were read; its jobs are taken for jobs of {shell}, which "
        "`migrator probe` runs if it is told nothing else; copy that file, too, if it was told another shell"
    )
    yield Problem(location=Location(host=job.host, path=place.path, line=place.line), message=message, kind="remark")


def _with(job: Job, shell: str) -> Job:
    environment = tuple(replace(one, value=shell) if one.name == "SHELL" else one for one in job.environment)
    return replace(job, shell=shell, environment=environment)
