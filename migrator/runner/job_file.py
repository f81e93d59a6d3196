"""Reads job.json, version 1: what to run and how, as data; text that may not be UTF-8 is base64.

Keys: version, job_id, name, host, command_b64, shell, environment [[NAME, value_b64]], stdin_b64, working_directory, umask,
user, timezone, timeout_s, notify (output | failure | none), guard, scheduled_by, calendar, secrets [NAME], lock, state, and
files [server path] that lie under `files/` beside the job file.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, NamedTuple


class JobFile(NamedTuple):
    """One job."""

    job_id: str
    name: str
    host: str
    command: bytes
    shell: str
    environment: tuple[tuple[str, bytes], ...]
    stdin: bytes | None
    working_directory: str | None
    umask: int | None
    user: str | None
    timezone: str
    timeout_s: float | None
    notify: str
    guard: dict[str, Any] | None
    scheduled_by: str
    calendar: dict[str, Any] | None
    secrets: tuple[str, ...]
    lock: dict[str, Any] | None
    state: dict[str, Any] | None
    files: tuple[str, ...]
    folder: Path  # where the job file lies


class JobFileError(Exception):
    """job.json cannot be used; nothing was run."""


def read(path: Path) -> JobFile:
    """The job in `path`. Raises `JobFileError` if it is missing, damaged or of another version."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise JobFileError(f"{path}: cannot be read: {error}") from error
    if not isinstance(raw, dict) or raw.get("version") != 1:
        raise JobFileError(f"{path}: this runner reads version 1 of the job file only; emit the job again")
    try:
        environment: list[tuple[str, bytes]] = [(str(name), base64.b64decode(value)) for name, value in raw["environment"]]
        return JobFile(
            job_id=raw["job_id"],
            name=raw["name"],
            host=raw["host"],
            command=base64.b64decode(raw["command_b64"]),
            shell=raw["shell"],
            environment=tuple(environment),
            stdin=None if raw["stdin_b64"] is None else base64.b64decode(raw["stdin_b64"]),
            working_directory=raw["working_directory"],
            umask=raw["umask"],
            user=raw["user"],
            timezone=raw["timezone"],
            timeout_s=raw["timeout_s"],
            notify=raw["notify"],
            guard=raw["guard"],
            scheduled_by=raw["scheduled_by"],
            calendar=raw["calendar"],
            secrets=tuple(raw["secrets"]),
            lock=raw["lock"],
            state=raw["state"],
            files=tuple(raw.get("files", ())),
            folder=path.parent,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise JobFileError(f"{path}: {type(error).__name__}: {error}; emit the job again") from error
