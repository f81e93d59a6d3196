"""Finds the tools that emitted files are checked with, and runs them. A tool that is missing is never passed over silently: in CI
it fails, on a person's machine the test is skipped with what is not covered (`make witness` prints every skip).
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parent.parent.parent
BIN = Path(sys.executable).parent
IN_CI = os.environ.get("CI") == "true"
# on the image of our CI, and in no registry that it reaches: a machine without them says so and goes on
NOT_INSTALLABLE = frozenset({"terraform", "gcloud"})


def missing(what: str, uncovered: str) -> NoReturn:
    """Fail in CI; elsewhere skip and say what nobody looked at."""
    words = f"{what} is not here: {uncovered} is not covered"
    if IN_CI and what not in NOT_INSTALLABLE:
        pytest.fail(words + "; .ci/packages or .ci/witness-tools should have installed it")
    pytest.skip(words)


def program(name: str, uncovered: str) -> Path:
    """A program on PATH, or beside our own interpreter."""
    found = shutil.which(name, path=f"{BIN}:{os.environ['PATH']}:/usr/sbin:/sbin")
    if found is None:
        missing(name, uncovered)
    return Path(found)


def tool(venv: str, path: str, uncovered: str) -> Path:
    """A file of one of the environments that .ci/witness-tools makes; `path` may hold `*`."""
    found = sorted((ROOT / f".venv-witness-{venv}").glob(path))
    if not found or not (ROOT / f".venv-witness-{venv}/stamp").exists():
        missing(f".venv-witness-{venv}", uncovered)
    return found[-1]


def emulator(uncovered: str) -> Path:
    """AWS's Runtime Interface Emulator, which lies in SAM's package."""
    found = tool("sam", "lib/python3*/site-packages/samcli/local/rapid/aws-lambda-rie-x86_64", uncovered)
    found.chmod(0o755)
    return found


def root(uncovered: str) -> None:
    """Skip where containers and daemons cannot be started."""
    if os.geteuid() != 0:
        missing("root", uncovered)


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Ours, without a user's settings, and with what keeps tools off the network and quiet."""
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "TF_", "SAM_", "CLOUDSDK_", "PYTEST_"))
    }
    return {
        **kept,
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_DEFAULT_REGION": "us-east-1",
        "CHECKPOINT_DISABLE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "SAM_CLI_TELEMETRY": "0",
        "TF_CLI_CONFIG_FILE": os.devnull,
        "TF_IN_AUTOMATION": "1",
        **(more or {}),
    }


def ran(
    command: Sequence[object], cwd: Path, more: Mapping[str, str] | None = None, limit_s: float = 300
) -> subprocess.CompletedProcess[str]:
    """What a command said; it may have failed."""
    words = [str(word) for word in command]
    return subprocess.run(
        words, cwd=cwd, env=environment(more), capture_output=True, text=True, errors="replace", check=False, timeout=limit_s,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


def passes(command: Sequence[object], cwd: Path, more: Mapping[str, str] | None = None, limit_s: float = 300) -> str:
    """What a command said; it succeeded."""
    done = ran(command, cwd, more, limit_s)
    assert done.returncode == 0, (
        f"{' '.join(map(str, command))[:300]}: {done.returncode}\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
    )
    return done.stdout


def found(tree: Path, pattern: str) -> list[Path]:
    """Files of an emitted tree, without the record of what was emitted."""
    return sorted(path for path in tree.rglob(pattern) if not {".migrator", ".terraform", ".aws-sam"} & set(path.parts))


def daemons() -> tuple[Path, list[str]]:
    """The folder that .ci/witness-daemons fills (once, until that file changes), and the words in front of its programs."""
    room = ROOT / ".venv-witness-daemons"
    subprocess.run([ROOT / ".ci/witness-daemons", room], check=True, timeout=600)
    return room, (room / "command").read_text().splitlines()
