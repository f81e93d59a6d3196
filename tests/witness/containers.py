"""Builds and runs emitted images without a Docker engine: buildah and podman, on a look-alike of Debian's slim image.

Their store is a folder of the test's own: the machine's containers, if there are any, are not touched.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import tools

UNCOVERED = "building and running emitted images"
BASE = "docker.io/library/debian:bookworm-slim"
SETTINGS = """\
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
cgroups = "enabled"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


class Engine:
    """A store of images in a folder."""

    def __init__(self, folder: Path) -> None:
        tools.root(UNCOVERED)
        self.folder = folder
        self.buildah = tools.program("buildah", UNCOVERED)
        self.podman = tools.program("podman", UNCOVERED)
        archive = tools.tool("image", "base.tar", UNCOVERED)
        (folder / "containers.conf").write_text(SETTINGS)
        (folder / "packages/partial").mkdir(parents=True)
        (folder / "tmp").mkdir()
        (folder / "pip.conf").write_text("[global]\ncert = /etc/migrator-witness.crt\n")
        container = self._ran([self.buildah, *self._store(), "from", "scratch"]).strip()
        self._ran([self.buildah, *self._store(), "add", "-q", container, archive, "/"])
        path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        self._ran([self.buildah, *self._store(), "config", "--env", path, "--cmd", "bash", container])
        self._ran([self.buildah, *self._store(), "commit", "-q", "--rm", container, BASE])

    def _store(self) -> list[str]:
        return ["--root", str(self.folder / "store"), "--runroot", str(self.folder / "run")]

    def _environment(self) -> dict[str, str]:
        settings = {"CONTAINERS_CONF": str(self.folder / "containers.conf"), "TMPDIR": str(self.folder / "tmp")}
        return tools.environment({"BUILDAH_ISOLATION": "chroot", **settings})

    def _ran(self, command: Sequence[object], limit_s: float = 600) -> str:
        words, pipe = [str(word) for word in command], subprocess.PIPE
        with subprocess.Popen(
            words, env=self._environment(), stdout=pipe, stderr=pipe, text=True, start_new_session=True
        ) as child:
            try:
                out, error = child.communicate(timeout=limit_s)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)  # also what runs in the chroot of a build: it would keep its mount busy
                raise
        assert child.returncode == 0, f"{command}\n{out[-3000:]}\n{error[-6000:]}"
        return out

    def build(self, folder: Path, name: str) -> None:
        """An emitted folder with its Dockerfile, as they are. Debian's packages are kept between builds, and pip trusts whom this
        machine trusts: its way to the registry may have a certificate of its own.
        """
        mounted = {f"{self.folder}/packages": "/var/cache/apt/archives", f"{self.folder}/pip.conf": "/etc/pip.conf"}
        mounted[os.environ.get("PIP_CERT", "/etc/ssl/certs/ca-certificates.crt")] = "/etc/migrator-witness.crt"
        volumes = [word for here, there in mounted.items() for word in ("-v", f"{here}:{there}")]
        command = [self.buildah, *self._store(), "bud", "-q", "--layers", "--pull-never", "--network", "host", *volumes]
        self._ran([*command, "-t", name, folder])

    def run(self, name: str, *words: str, options: Sequence[str] = (), limit_s: float = 120) -> subprocess.CompletedProcess[str]:
        """A container of the image, with limits of memory and processor and without a network unless `options` say otherwise."""
        network = [] if "--network" in options else ["--network", "none"]
        memory = [] if "--memory" in options else ["--memory", "256m"]
        command = [str(self.podman), *self._store(), "run", "--rm", *network, *memory, "--cpus", "0.5", *options, name, *words]
        return subprocess.run(
            command,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=limit_s,
            stdin=subprocess.DEVNULL,
        )

    def podman_ran(self, *words: object) -> str:
        return self._ran([self.podman, *self._store(), *words])

    def start(self, name: str, *words: str, options: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        command = [str(self.podman), *self._store(), "run", "--rm", *options, name, *words]
        return subprocess.Popen(command, env=self._environment(), stdin=subprocess.DEVNULL)

    def close(self) -> None:
        """Nothing of it stays: no container, no mount, no image; also after a build that failed, which leaves its own mounted."""
        subprocess.run([self.podman, *self._store(), "rm", "-fa"], env=self._environment(), capture_output=True, check=False)
        for place in mounts_below(self.folder):
            subprocess.run(["umount", place], capture_output=True, check=False)
        assert mounts_below(self.folder) == []
        shutil.rmtree(self.folder)


def mounts_below(folder: Path) -> list[str]:
    """What is mounted there, the last first."""
    places = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return [place for place in reversed(places) if place.startswith(f"{folder}/")]


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """One store for all tests of a process. Not under pytest's folder: a store that is mounted cannot be swept away by others."""
    made = Engine(Path(tempfile.mkdtemp(prefix="migrator-witness-", dir="/var/tmp")))
    yield made
    made.close()
