"""Azurite, Microsoft's own emulator of Blob Storage, from the npm registry."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running(folder: Path, *options: object) -> Iterator[str]:
    """Its address; installed where it is not on this machine. Fails, and does not skip, where it cannot be had."""
    program = shutil.which("azurite-blob")
    if program is None:
        subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--prefix", folder, "azurite@3"],
            check=True,
            capture_output=True,
            timeout=400,
        )
        program = str(folder / "node_modules/.bin/azurite-blob")
    server = subprocess.Popen(
        [program, "--blobPort", "0", "--location", folder / "data", "--disableTelemetry", "--skipApiVersionCheck", *options],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        said: list[str] = []
        for line in server.stdout:
            said.append(line)
            if "successfully listens on" in line:
                break
        assert said, "Azurite said nothing"
        assert "successfully" in said[-1], "".join(said)
        yield said[-1].split()[-1]
    finally:
        server.terminate()
        server.communicate(timeout=30)
