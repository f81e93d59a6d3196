"""Azurite, Microsoft's own emulator of Blob and Queue Storage, from the npm registry."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def running(folder: Path, *options: object, service: str = "blob") -> Iterator[str]:
    """Its address; installed where it is not on this machine. Fails, and does not skip, where it cannot be had."""
    program = shutil.which(f"azurite-{service}")
    if program is None:
        subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--prefix", folder, "azurite@3"],
            check=True,
            capture_output=True,
            timeout=400,
        )
        program = str(folder / f"node_modules/.bin/azurite-{service}")
    server = subprocess.Popen(
        [program, f"--{service}Port", "0", "--location", folder / "data", "--disableTelemetry", "--skipApiVersionCheck",
         *options],
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


@contextmanager
def trusted(folder: Path, service: str = "blob") -> Iterator[str]:
    """Its address by https, with a certificate that this process trusts while it runs; callers are known by a token (OAuth)."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
         "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    more = ("--oauth", "basic", "--cert", certificate, "--key", key)
    with running(folder, *more, service=service) as address, pytest.MonkeyPatch.context() as patch:
        assert address.startswith("https://")
        patch.setenv("SSL_CERT_FILE", str(certificate))
        yield address
