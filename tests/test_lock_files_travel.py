"""A job's own lock file goes along where its package list fits it, and is what the image's packages are installed from."""

import json
from pathlib import Path
from typing import Any

import emit_samples as samples
import msgspec
import pytest

from migrator.emit import job_folder
from migrator.model.finding import ScriptFile
from migrator.scripts.facts import facts as facts_of
from migrator.sources import directory

JOB = "tick-1a2b"
DIGEST = "sha512-" + "q8Zr/+" * 14 + "=="
ASKED = {"dependencies": {"plain": "^1.0.0"}, "devDependencies": {"linter": "9"}}
PLAIN = {"version": "1.4.2", "resolved": "https://packages.example/plain-1.4.2.tgz", "integrity": DIGEST}
LINTER = {"version": "9.0.0", "dev": True}
HELD = {"": {"name": "tick", **ASKED}, "node_modules/plain": PLAIN, "node_modules/linter": LINTER}
FITS: dict[str, Any] = {"lockfileVersion": 3, "packages": HELD}
NPM_CI = "RUN npm ci --prefix /srv/tick --omit=dev --ignore-scripts --no-audit --no-fund\n"


def with_package(**more: Any) -> dict[str, Any]:
    return {**FITS, "packages": {**HELD, "node_modules/plain": {**PLAIN, **more}}}


def emitted(tree: Path, command: str) -> tuple[dict[str, str], tuple[ScriptFile, ...]]:
    """The texts of the job's folder, from a tree of its server."""
    entry = samples.entry("aws_fargate", JOB)
    job = msgspec.structs.replace(entry.job, command=command)
    found, texts = facts_of(directory.open(str(tree))[0], samples.HOST, job)
    entry = msgspec.structs.replace(entry, job=job, facts=found.facts, scripts=found.scripts)
    made = job_folder.files(entry, samples.HOST, texts, {})
    return {file.path.removeprefix(f"jobs/{JOB}/"): file.content.decode() for file in made}, found.scripts


def node(tree: Path, listed: object, lock: object, imports: str = "plain") -> tuple[dict[str, str], tuple[ScriptFile, ...]]:
    folder = tree / "srv/tick/bin"
    folder.mkdir(parents=True)
    (folder / "tick.js").write_text(f"const one = require('{imports}');\nconsole.log(one);\n")
    for name, held in (("package.json", listed), ("package-lock.json", lock)):
        if held is not None:
            (tree / "srv/tick" / name).write_text(held if isinstance(held, str) else json.dumps(held, indent=1))
    return emitted(tree, "node /srv/tick/bin/tick.js")


def test_npm_installs_from_the_server_s_own_lock_file(tmp_path: Path) -> None:
    found, _ = node(tmp_path, ASKED, FITS)
    stage, image = found["Dockerfile"].split("FROM ${BASE}\n")
    assert stage.count("RUN ") == 2
    assert stage.index("COPY files/srv/tick/package.json files/srv/tick/package-lock.json /srv/tick/\n") < stage.index(NPM_CI)
    assert "COPY --from=node /srv/tick/node_modules/ /srv/tick/node_modules/\n" in image
    assert (json.loads(found["files/srv/tick/package-lock.json"]), "npm install" in stage) == (FITS, False)
    assert "## To add by hand" not in found["README.md"]


@pytest.mark.parametrize(
    ("lock", "imports", "words"),
    [
        (with_package(hasInstallScript=True), "plain", NPM_CI.rstrip() + " \\\n && npm rebuild --prefix /srv/tick\n"),
        (FITS, "linter", NPM_CI.replace(" --omit=dev", "")),
    ],
    ids=["a package that builds itself", "a package that the list has for developing only"],
)  # fmt: skip
def test_npm_is_told_what_the_lock_file_says(lock: object, imports: str, words: str, tmp_path: Path) -> None:
    found, _ = node(tmp_path, ASKED, lock, imports)
    assert words in found["Dockerfile"]
    assert (" g++ make python3 " in found["Dockerfile"]) == ("rebuild" in words)


@pytest.mark.parametrize(
    ("listed", "lock"),
    [
        ({"dependencies": {"plain": "^1.0.0", "more": "1"}}, FITS),
        ({**ASKED, "workspaces": ["a"]}, FITS),
        (ASKED, {"lockfileVersion": 1, "dependencies": {"plain": {"version": "1.4.2"}}}),
        (ASKED, {**FITS, "packages": {**HELD, "node_modules/own": {"resolved": "lib/own", "link": True}}}),
        (ASKED, {**FITS, "packages": {**HELD, "node_modules/own": {"resolved": "git+ssh://git@code.example/own.git#1a2b"}}}),
        (ASKED, {**FITS, "packages": {"": HELD[""]}}),
        (ASKED, None),
        (ASKED, "{not json"),
        (ASKED, "[]"),
    ],
    ids=["list that moved on", "workspaces", "version 1", "folder", "repository", "without the package", "none", "torn", "list"],
)
def test_a_lock_file_that_npm_would_refuse_is_not_given_to_it(listed: object, lock: object, tmp_path: Path) -> None:
    found, _ = node(tmp_path, listed, lock)
    assert "npm ci" not in found["Dockerfile"]
    assert ("plain@1.4.2" in found["Dockerfile"]) or "- the library `plain`: nothing here installs it" in found["README.md"]
    assert ("files/srv/tick/package.json") in found, "Node reads there what kind of modules its files are"


def test_a_list_that_holds_a_secret_stays_where_it_is(tmp_path: Path) -> None:
    secret = "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
    lock = with_package(resolved=f"https://user:{secret}@packages.example/plain.tgz")
    found, scripts = node(tmp_path, ASKED, lock)
    assert [script.path for script in scripts] == ["/srv/tick/bin/tick.js", "/srv/tick/package.json"]
    assert not any(secret in text for text in found.values())


LISTED = {"require": {"php": "^8.2", "acme/greeter": "^3.0"}}
GREETER = {"name": "acme/greeter", "version": "3.1.4", "require": {"ext-dom": "*", "ext-mbstring": "*", "ext-json": "*"}}
LOCKED = {"content-hash": "0" * 32, "packages": [GREETER]}


def php(tree: Path, listed: object, lock: object) -> dict[str, str]:
    folder = tree / "srv/shop/bin"
    folder.mkdir(parents=True)
    (folder / "x.php").write_text("<?php require '/srv/shop/vendor/autoload.php'; echo Acme\\Greeter::VERSION;\n")
    (tree / "srv/shop/composer.json").write_text(json.dumps(listed))
    (tree / "srv/shop/composer.lock").write_text(json.dumps(lock))
    return emitted(tree, "php /srv/shop/bin/x.php")[0]


@pytest.mark.parametrize("own", [False, True], ids=["packages alone", "classes of its own, too"])
def test_composer_installs_from_the_server_s_own_lock_file(own: bool, tmp_path: Path) -> None:
    found = php(tmp_path, {**LISTED, **({"autoload": {"psr-4": {"Shop\\": "src/"}}} if own else {})}, LOCKED)
    stage, image = found["Dockerfile"].split("FROM ${BASE}\n")
    assert "COPY files/srv/shop/composer.json files/srv/shop/composer.lock /srv/shop/\nRUN composer install " in stage
    assert "COPY --from=composer --chown=10001:10001 /srv/shop/ /srv/shop/\n" in image
    for part in (stage, image):  # Composer looks for the extensions, and so does its autoloader
        assert "      php-mbstring \\\n" in part
        assert "      php-xml \\\n" in part
    assert ("\n# COPY application/srv/shop/ /srv/shop/\n" in stage) == own
    assert ("- the application folder `/srv/shop` without its `vendor/`" in found["README.md"]) == own


@pytest.mark.parametrize("lock", [{}, {"packages": [{**GREETER, "dist": {"type": "path", "url": "../greeter"}}]}])
def test_a_composer_application_from_folders_is_added_by_hand(lock: object, tmp_path: Path) -> None:
    found = php(tmp_path, LISTED, lock)
    assert "composer install" not in found["Dockerfile"]
    assert "with its `vendor/` (`composer install --no-dev`)" in found["README.md"]
