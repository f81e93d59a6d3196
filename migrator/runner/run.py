"""One run, from the job file to the exit status: instant, claim, guard, secrets, state, process, state, record, notice."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from . import claim, environment, instant, lock, notice, once, private_files, process, record, secret, state
from .guard import fires
from .job_file import JobFile
from .log import Log

NOT_STARTED = 78  # sysexits EX_CONFIG: a secret, a file or a shell is missing
NOT_KEPT = 74  # sysexits EX_IOERR: the work is done, and its files could not be kept
STILL_LOCKED = 75  # sysexits EX_TEMPFAIL: another run did not end in time


class Outcome(NamedTuple):
    """What became of it; `exit_status` is 0 for a run that had to be skipped."""

    outcome: str
    exit_status: int
    headline: str
    run_id: str
    scheduled_at: str | None = None  # the instant that it was for


def run(
    job: JobFile,
    outer: Mapping[str, str],
    event: Mapping[str, Any] | None = None,
    left_s: float | None = None,
    stop: threading.Event | None = None,
    now: datetime | None = None,
    extra: Mapping[bytes, bytes] | None = None,
    each_line: Callable[[bytes], None] | None = None,
    then: Callable[[str, str | None], None] | None = None,
) -> Outcome:
    """Run the job once. `outer`: the environment we were started with; `left_s`: what the platform still gives us.

    `extra`: more variables, taken as they are; `each_line` hears each line of output, too; `then`, with the run's id and its
    instant, belongs to the run: if it raises `OSError` the run failed.
    """
    started, began = now or datetime.now(instant.UTC), time.monotonic()
    said, expression = instant.said(event or {}, outer), _expression(event, outer)
    begun = instant.parse(outer.get("MIGRATOR_STARTED_AT", "")) or started  # of the whole chain, where another job was before us
    may_be = (said,) if said is not None else instant.likely(job.calendar or job.guard, begun, expression)
    scheduled = may_be[0] if may_be else None
    log = Log(uuid.uuid4().hex, job.job_id, scheduled)
    lines = notice.last_lines()
    held: lock.Lock | None = None
    claimed: claim.Claim | None = None

    def line(text: bytes) -> None:
        lines.append(text)
        log.output(text)
        if each_line is not None:
            each_line(text)

    def end(outcome: str, status: int, headline: str, ended: process.Ended | None = None) -> Outcome:
        severity = "INFO" if outcome in {"ok", "skipped"} else "ERROR"
        log.write(severity, headline, **record.fields(job, outcome, scheduled, started, ended))
        if notice.due(job, outcome, ended):
            notice.send(job, headline, lines, log, outer)
        if claimed is not None and (job.lock or {}).get("records"):
            claim.note(claimed, outcome, ended, log)
        said_at = None if scheduled is None else scheduled.isoformat()
        return Outcome(outcome, status, headline, str(log.fields["run_id"]), said_at)

    forced = is_forced(event or {}, outer)
    asked = scheduled is not None and not forced
    if job.guard is not None and scheduled is not None and asked and not fires(job.guard, scheduled, expression):
        return end("skipped", 0, f"{job.name}: {scheduled.isoformat()} is no firing of the job; not run")
    claims = outer.get("MIGRATOR_CLAIMS")
    if claims and scheduled is not None and asked and not once.claim(Path(claims), job.job_id, scheduled):
        return end("skipped", 0, f"{job.name}: {scheduled.isoformat()} was delivered before; not run again")
    private = tempfile.mkdtemp(prefix="migrator-")
    try:
        if job.lock is not None and job.lock["instants"] and scheduled is not None and asked:
            due = tuple(at for at in may_be if job.guard is None or fires(job.guard, at, expression))
            claimed = claim.take(job, due, log, outer)
            if claimed is None:
                return end("skipped", 0, f"{job.name}: {scheduled.isoformat()} was delivered before; not run again")
            scheduled = claimed.instant
            log.fields["scheduled_at"] = scheduled.isoformat()
        if job.lock is not None and job.lock["single_flight"] is not None:
            held = lock.build(job.job_id, str(log.fields["run_id"]), job.lock, outer)
        if held is not None:
            refused = _locked_out(held, job, left_s)
            if refused is not None:
                return end(*refused)
        lacking = secret.missing(job.secrets, outer)
        if lacking:
            raise secret.MissingSecretError(f"{', '.join(lacking)}: not in the environment; create it and inject it by this name")
        variables = {**environment.build(job, outer), **(extra or {})}
        places = state.places(job.state, Path(private), in_image=outer.get("MIGRATOR_IN_IMAGE") == "1") if job.state else {}
        files = state.build(job.state, outer, str(log.fields["run_id"]), places)
        if files is not None:
            files.fetch()
        command = private_files.place(job, Path(private), outer, places)
        variables = {name: private_files.renamed_in(value, {}, places) for name, value in variables.items()}
        if outer.get("MIGRATOR_IN_IMAGE") != "1" and b"PATH" in variables:
            variables[b"PATH"] += b":" + str(private_files.python_folder(Path(private))).encode()
        stdin = None if job.stdin is None else secret.fill(job.stdin, outer)
        taken_s = time.monotonic() - began  # by the lock and the files: that much less is left
        ended = process.run(
            [job.shell.encode(), b"-c", command],
            variables,
            _folder(job, log, places),
            job.umask,
            stdin,
            _deadline(job, None if left_s is None else left_s - taken_s),
            line,
            stop=stop,
        )
        if not ended.all_known:
            log.write("WARNING", f"{job.name}: what leaves the session of its shell is not seen on this system, nor waited for")
        unkept = _keep(files, log)
    except (secret.MissingSecretError, OSError) as error:
        return end("not-started", NOT_STARTED, f"{job.name}: not started: {error}")
    finally:
        shutil.rmtree(private, ignore_errors=True)
        _release(held, log)
    if unkept and not ended.exit_status:
        return end("failed", NOT_KEPT, f"{job.name}: {unkept}", ended)
    if ended.timed_out:
        text = f"{job.name}: timed out at {ended.duration_s:.0f} s of {job.timeout_s or left_s or 0:.0f} s{_left(ended)}"
        return end("timed-out", ended.exit_status or 124, text, ended)
    if ended.stopped:
        text = f"{job.name}: stopped by the platform after {ended.duration_s:.0f} s{_left(ended)}"
        return end("stopped", ended.exit_status or 143, text, ended)
    if ended.exit_status:
        return end("failed", ended.exit_status, f"{job.name}: exit status {ended.exit_status}", ended)
    if then is not None:
        try:
            then(str(log.fields["run_id"]), None if scheduled is None else scheduled.isoformat())
        except OSError as error:
            return end("failed", NOT_KEPT, f"{job.name}: {error}", ended)
    return end("ok", 0, f"{job.name}: done in {ended.duration_s:.1f} s", ended)


def is_forced(event: Mapping[str, Any], outer: Mapping[str, str]) -> bool:
    """True for a run by hand: whatever the calendar says, and whoever ran before."""
    return outer.get("MIGRATOR_RUN_NOW") == "1" or bool(event.get("run_now"))


def _locked_out(held: lock.Lock, job: JobFile, left_s: float | None) -> tuple[str, int, str] | None:
    """How the run ends before it began, because another run holds the lease; None: it may go on."""
    asks = job.lock or {}
    limits = [limit for limit in (asks["hold_s"], left_s) if limit is not None]
    if asks["single_flight"] == "skip":
        if not held.acquire(asks["hold_s"]):
            return "skipped", 0, f"{job.name}: another run holds the lock; not run, as `flock -n` would have it"
    elif not held.acquire(asks["hold_s"], wait_s=min(limits)):
        return "failed", STILL_LOCKED, f"{job.name}: another run held the lock for {min(limits):.0f} s; not run"
    return None


def _keep(files: state.State | None, log: Log) -> str | None:
    """Keep the files that outlive the run, whatever became of it; says what went wrong, None if nothing did."""
    if files is None:
        return None
    try:
        kept = files.keep()
    except OSError as error:
        wrong = f"what it wrote was not kept: {error}"
    else:
        if not kept.conflicts:
            return None
        wrong = f"another run changed the same files meanwhile; look at {', '.join(kept.conflicts)}"
    log.write("ERROR", wrong)
    return wrong


def _release(held: lock.Lock | None, log: Log) -> None:
    """Give the lease back; if that fails it expires by itself, and the run's end stands."""
    try:
        if held is not None:
            held.release()
    except OSError as error:
        log.write("WARNING", f"the lock was not given back and holds until it expires: {error}")


def _left(ended: process.Ended) -> str:
    """What still ran when its time was over."""
    before = "" if ended.command_s is None or not ended.still_running else "the command itself had ended, "
    text = f"; {before}still running: {', '.join(ended.still_running)}" if ended.still_running else ""
    return text + (f"; could not be ended: {', '.join(ended.remaining)}" if ended.remaining else "")


def _expression(event: Mapping[str, Any] | None, outer: Mapping[str, str]) -> int | None:
    """Which of the schedule's expressions brought us here, where the platform says so (0 = first)."""
    number = str((event or {}).get("expression", outer.get("MIGRATOR_EXPRESSION", "")))
    return int(number) if number.isdigit() else None


def _deadline(job: JobFile, left_s: float | None) -> float | None:
    """When SIGTERM is sent: early enough that SIGKILL and the notice still fit in before the platform's own end."""
    limits = [limit for limit in (job.timeout_s, left_s) if limit is not None]
    return max(min(limits) - min(process.GRACE_S + 5, min(limits) * 0.2), 0.1) if limits else None


def _folder(job: JobFile, log: Log, places: Mapping[str, str]) -> str:
    """The working directory; cron goes on where it cannot enter HOME, and so do we."""
    named = (job.working_directory or "/").encode("utf-8", "surrogateescape")
    folder = private_files.renamed_in(named, {}, places).decode("utf-8", "surrogateescape")
    if os.path.isdir(folder):  # noqa: PTH112 - a plain question
        return folder
    log.write("WARNING", f"{folder}: no such folder here; the command starts in /", working_directory=folder)
    return "/"
