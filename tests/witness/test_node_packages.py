"""What an emitted Dockerfile installs for Node and PHP, by npm and Composer themselves, from a registry on this machine."""

import base64
import functools
import hashlib
import io
import json
import re
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import emit_samples as samples
import msgspec
import pytest
import tools
from containers import Engine, engine

from migrator.emit import job_folder
from migrator.model.finding import Evidence, Fact, ScriptFile
from migrator.model.source import Location
from migrator.scripts.facts import facts as facts_of
from migrator.sources import directory

__all__ = ["engine"]
pytestmark = pytest.mark.timeout(600)
FOLDER = "/srv/tick"
PACKAGES = {"plain": ("1.0.0", "1.4.2", "2.0.0"), "@acme/util": ("0.1.0", "0.2.0-rc.1")}
PINNED = {"plain": "1.4.2", "@acme/util": "0.1.0"}  # neither is the newest


def packed(name: str, version: str) -> bytes:
    """The tarball of a package that says its own version."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        texts = {"package.json": json.dumps({"name": name, "version": version}), "index.js": f"module.exports = '{version}';\n"}
        for path, text in texts.items():
            member = tarfile.TarInfo(f"package/{path}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return held.getvalue()


@functools.cache  # the time of day is in it
def greeter() -> bytes:
    """The archive of a PHP package, as a code host packs one: in a folder of its own."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(
            "acme-greeter-1a2b/src/Greeter.php", "<?php namespace Acme; class Greeter { const VERSION = '3.1.4'; }\n"
        )
        archive.writestr("acme-greeter-1a2b/composer.json", json.dumps({"name": "acme/greeter"}))
    return held.getvalue()


@pytest.fixture
def registry() -> Iterator[str]:
    """Its address."""
    tarballs = {f"/{name}/-/{version}.tgz": packed(name, version) for name, held in PACKAGES.items() for version in held}

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.replace("%2f", "/").replace("%2F", "/")
            if path in tarballs:
                self.say(tarballs[path])
            elif path.strip("/") in PACKAGES:
                self.say(json.dumps(self.described(path.strip("/"))).encode())
            elif path == "/greeter.zip":
                self.say(greeter())
            else:
                self.send_error(404)

        def described(self, name: str) -> dict[str, object]:
            versions = {}
            for version in PACKAGES[name]:
                path = f"/{name}/-/{version}.tgz"
                digest = base64.b64encode(hashlib.sha512(tarballs[path]).digest()).decode()
                dist = {"tarball": f"http://{self.headers['Host']}{path}", "integrity": f"sha512-{digest}"}
                versions[version] = {"name": name, "version": version, "dist": dist}
            return {"name": name, "dist-tags": {"latest": PACKAGES[name][-1]}, "versions": versions}

        def say(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def dockerfile() -> str:
    """Of a job whose script imports the two."""
    entry = samples.entry("aws_fargate", "tick-1a2b")
    seen = Evidence(snippet="require", location=Location(host="web01", path=f"{FOLDER}/tick.js", line=1))
    facts = tuple(
        Fact(kind="library", value=name, evidence=seen, detail=f"npm {name}@{version}") for name, version in PINNED.items()
    )
    script = ScriptFile(path=f"{FOLDER}/tick.js", sha256=entry.scripts[0].sha256, language="node", lines=1)
    entry = msgspec.structs.replace(entry, facts=facts, scripts=(script,))
    found = {file.path: file.content.decode() for file in job_folder.files(entry, samples.HOST, samples.SCRIPTS, {})}
    return found["jobs/tick-1a2b/Dockerfile"]


def test_npm_installs_the_pinned_versions_where_node_looks_for_them(registry: str, tmp_path: Path) -> None:
    npm, node = tools.program("npm", "npm's packages in images"), tools.program("node", "npm's packages in images")
    (line,) = re.findall(r"mkdir -p (?:\\\n|[^\n])+", dockerfile())
    more = {"npm_config_registry": registry, "npm_config_cache": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    line = line.replace(FOLDER, str(tmp_path / "tick")).replace("&& npm ", f"&& {npm} ")
    done = tools.ran(["sh", "-euc", line], tmp_path, more)
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(path.name for path in (tmp_path / "tick").iterdir()) == ["node_modules"]
    (tmp_path / "tick/tick.js").write_text("console.log(require('plain'), require('@acme/util'));\n")
    assert tools.ran([node, "tick/tick.js"], tmp_path).stdout == "1.4.2 0.1.0\n"


def test_hadolint_takes_the_stage(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(dockerfile())
    done = tools.ran([tools.program("hadolint", "the Dockerfile of a Node job"), "Dockerfile"], tmp_path)
    assert done.returncode == 0, done.stdout


def application(root: Path, registry: str) -> None:
    """A server's tree: a Node and a PHP script of one user, each with its list and its lock; npm writes its own."""
    tick, shop = root / "srv/tick", root / "srv/shop"
    for folder in (tick / "bin", shop / "bin"):
        folder.mkdir(parents=True)
    (tick / "bin/tick.js").write_text("import plain from 'plain';\nimport util from '@acme/util';\nconsole.log(plain, util);\n")
    scripts = {"postinstall": "exit 9"}  # the application's own, which wants files that are not there
    (tick / "package.json").write_text(json.dumps({"name": "tick", "type": "module", "scripts": scripts}))
    more = {"npm_config_registry": registry, "npm_config_cache": str(root.parent / "cache"), "HOME": str(root.parent)}
    npm = tools.program("npm", "npm's packages in images")
    wanted = ("plain@1.0.0", "@acme/util@0.1.0")  # it lists ^1.0.0, which 1.4.2 meets, too: the lock alone says 1.0.0
    options = ("--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund")
    done = tools.ran([npm, "install", *options, *wanted], tick, more)
    assert done.returncode == 0, done.stderr
    assert '"^1.0.0"' in (tick / "package.json").read_text()
    (shop / "bin/greet.php").write_text("<?php require '/srv/shop/vendor/autoload.php'; echo Acme\\Greeter::VERSION, \"\\n\";\n")
    listed = {"require": {"acme/greeter": "^3.0", "ext-mbstring": "*"}, "config": {"secure-http": False}}
    (shop / "composer.json").write_text(json.dumps(listed))
    archive = {"type": "zip", "url": f"{registry}greeter.zip", "reference": "1a2b", "shasum": hashlib.sha1(greeter()).hexdigest()}
    package = {
        "name": "acme/greeter", "version": "3.1.4", "type": "library", "autoload": {"psr-4": {"Acme\\": "src/"}},
        "dist": archive,
    }  # fmt: skip
    lock = {
        "content-hash": "0" * 32, "packages": [package], "packages-dev": [], "aliases": [], "minimum-stability": "stable",
        "stability-flags": [], "prefer-stable": False, "prefer-lowest": False, "platform": {"ext-mbstring": "*"},
        "platform-dev": [],
    }  # fmt: skip
    (shop / "composer.lock").write_text(json.dumps(lock))


def test_the_server_s_own_lock_files_install_what_its_scripts_import(registry: str, engine: Engine, tmp_path: Path) -> None:
    """From the tree to a container that ran: npm's and Composer's own reading of both files."""
    application(tmp_path / "tree", registry)
    command = "node /srv/tick/bin/tick.js && php /srv/shop/bin/greet.php"
    entry = samples.entry("aws_fargate", "tick-1a2b")
    job = msgspec.structs.replace(entry.job, command=command)
    found, texts = facts_of(directory.open(str(tmp_path / "tree"))[0], samples.HOST, job)
    entry = msgspec.structs.replace(entry, job=job, facts=found.facts, scripts=found.scripts)
    folder = tmp_path / "jobs/tick-1a2b"
    for file in job_folder.files(entry, samples.HOST, texts, {}):
        path = tmp_path / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    assert "## To add by hand" not in (folder / "README.md").read_text()
    done = tools.ran([tools.program("hadolint", "the Dockerfile of a Node job"), "Dockerfile"], folder)
    assert done.returncode == 0, done.stdout
    engine.build(folder, "locked")
    ran = engine.run("locked", "-c", command, options=["--entrypoint", "/bin/sh"])
    assert (ran.returncode, ran.stdout) == (0, "1.0.0 0.1.0\n3.1.4\n"), ran.stderr
