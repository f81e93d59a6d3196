"""jobs/<job id>/runner.sh and job/: the runner's POSIX sh form and its job file as plain files, which a shell can read.

No base64: POSIX has no decoder. Each text that may be any bytes is a file of its own; what stands in JSON is escaped here.
"""

import base64
import importlib.resources
import json
import math

from migrator.model.plan import OutFile
from migrator.runner.process import GRACE_S

RUNNER = "runner.sh"


def files(job_json: bytes) -> tuple[OutFile, ...]:
    """The program and the job, by their paths in the job's folder."""
    job = json.loads(job_json)
    program = (importlib.resources.files("migrator") / "runner" / RUNNER).read_bytes()
    environment = b"".join(
        name.encode("utf-8", "surrogateescape") + b"=" + _raw(value) + b"\n" for name, value in job["environment"]
    )
    texts = {"settings": _settings(job), "command": _raw(job["command_b64"]), "environment": environment}
    if job["stdin_b64"] is not None:
        texts["stdin"] = _raw(job["stdin_b64"])
    return (
        OutFile(path=RUNNER, content=program, executable=True),
        *(OutFile(path=f"job/{name}", content=content) for name, content in texts.items()),
    )


def _settings(job: dict[str, object]) -> bytes:
    """A line for each; what the log repeats is written as it stands in a JSON string."""
    limit, umask, secrets = job["timeout_s"], job["umask"], job["secrets"]
    assert isinstance(limit, float | int | None)
    assert isinstance(umask, int | None)
    assert isinstance(secrets, list)
    escaped = {name: json.dumps(job[name])[1:-1] for name in ("job_id", "name", "host", "scheduled_by")}
    lines = {
        "version": 1,
        **escaped,
        "shell": job["shell"],
        "working_directory": job["working_directory"] or "/",
        "umask": "" if umask is None else f"{umask:04o}",
        "timezone": job["timezone"],
        "timeout_s": "" if limit is None else math.ceil(limit),
        "grace_s": f"{GRACE_S:g}",
        "notify": job["notify"],
        "secrets": " ".join(sorted(secrets)),
    }
    return "".join(f"{name}={value}\n" for name, value in lines.items()).encode("utf-8", "surrogateescape")


def _raw(text: str) -> bytes:
    return base64.b64decode(text)
