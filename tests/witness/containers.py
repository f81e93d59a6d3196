"""Builds and runs emitted images without a Docker engine: buildah and podman, on a look-alike of Debian's slim image.

Their store is a folder of the test's own: the machine's containers, if there are any, are not touched.
"""

import os
import subprocess
from collections.abc import Sequence
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
        container = self._ran([self.buildah, *self._store(), "from", "scratch"]).strip()
        self._ran([self.buildah, *self._store(), "add", "-q", container, archive, "/"])
        path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        self._ran([self.buildah, *self._store(), "config", "--env", path, "--cmd", "bash", container])
        self._ran([self.buildah, *self._store(), "commit", "-q", "--rm", container, BASE])

    def _store(self) -> list[str]:
        return ["--root", str(self.folder / "store"), "--runroot", str(self.folder / "run")]

    def _environment(self) -> dict[str, str]:
        return tools.environment({"BUILDAH_ISOLATION": "chroot", "CONTAINERS_CONF": str(self.folder / "containers.conf")})

    def _ran(self, command: Sequence[object], limit_s: float = 600) -> str:
        done = subprocess.run(
            [str(word) for word in command], env=self._environment(), capture_output=True, text=True, check=False, timeout=limit_s
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
        return done.stdout

    def build(self, folder: Path, name: str) -> None:
        """An emitted folder with its Dockerfile, as they are. Debian's packages are kept between builds."""
        packages = f"{self.folder}/packages:/var/cache/apt/archives"
        command = [self.buildah, *self._store(), "bud", "-q", "--layers", "--pull-never", "--network", "host", "-v", packages]
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


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """One store for all tests of a process; it lies under pytest's folder and goes with it."""
    return Engine(Path(os.path.realpath(tmp_path_factory.mktemp("images"))))
