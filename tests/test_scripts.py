"""What inspectors say: one case file per language, a text in, facts out; and how calls are followed through a tree.

A line of `want` is `kind value [detail] @line`, with `?` in front where the fact is not certain.
"""

import struct
import subprocess
import sys
from pathlib import Path

import pytest
from cases import read_cases, rewrite

from migrator import scripts
from migrator.model.finding import Fact, JobFacts
from migrator.model.job import Host, Job, Schedule, Setting
from migrator.model.source import Evidence, Location
from migrator.scripts import elf, others_output, shell, whereabouts
from migrator.scripts import facts as follow
from migrator.scripts.reading import Context
from migrator.sources import directory, tree

CASES = Path(__file__).parent / "cases" / "scripts"
HOME = {"HOME": "/home/app", "LOGNAME": "app"}


def shown(fact: Fact) -> str:
    place = fact.evidence.location
    detail = f" [{fact.detail}]" if fact.detail else ""
    return f"{'' if fact.certain else '? '}{fact.kind} {fact.value}{detail} @{place.line if place else '-'}"


def all_cases() -> list:
    return [
        pytest.param(plugin, case, id=f"{plugin.LANGUAGE}-{case.name}")
        for plugin in scripts.ALL
        if (CASES / f"{plugin.LANGUAGE}.txt").is_file()
        for case in read_cases(CASES / f"{plugin.LANGUAGE}.txt")
    ]


@pytest.mark.parametrize(("plugin", "case"), all_cases())
def test_an_inspector_says_what_the_text_does(plugin, case, update: bool) -> None:
    """The part `command` is a crontab line, the part `script` a file /srv/app/bin/run with the arguments in `arguments`."""
    is_line = "command" in case.parts
    text = case.parts["command"].rstrip("\n") if is_line else case.parts["script"]
    location = Location(host="h", path="/etc/cron.d/app" if is_line else "/srv/app/bin/run", line=1)
    arguments = tuple(case.parts.get("arguments", "").split())
    reading = plugin.read(text, location, Context(HOME, arguments, "/home/app", is_line))
    lines = [shown(fact) for fact in reading.facts]
    lines += [f"-> {call.path or call.inline}{f' ({call.language})' if call.language else ''}" for call in reading.calls]
    got = "".join(f"{line}\n" for line in lines)
    if update:
        rewrite(case.path, {case.name: got})
    else:
        assert got.strip() == case.parts["want"].strip(), f"{case.path}:{case.line}"


JOB = {"host": "web01", "scheduler": "system_crontab", "name": "x", "logged_as": "x", "id": "x"}


def facts_of(root: Path, command: str, **settings: str) -> tuple[list[str], list[str], dict[str, bytes]]:
    """Facts as lines, script paths and texts of a job of user app on the server whose tree is `root`."""
    files = directory.open(str(root))[0]
    job = Job(
        **JOB,
        location=Location(host="web01", path="/etc/cron.d/app", line=3),
        schedule=Schedule(grammar="debian", expressions=("@daily",), timezone="UTC"),
        user="app",
        command=command,
        environment=tuple(Setting(name=name, value=value) for name, value in settings.items()),
    )
    found, texts = follow.facts(files, Host(name="web01"), job)
    return [shown(fact) for fact in found.facts], [script.path for script in found.scripts], texts


def plant(root: Path, **texts: str) -> None:
    for name, text in texts.items():
        path = root / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)


def test_a_chain_of_scripts_is_followed_through_folders_and_languages(tmp_path: Path) -> None:
    plant(
        tmp_path,
        srv__app__run_DOT_sh='#!/bin/bash\ncd /srv/app\n. ./env_DOT_sh\npython3 load.py --out /data/x "$TARGET"\n'.replace(
            "_DOT_", "."
        ),
        srv__app__env_DOT_sh="export TARGET=/data/y\n",
        srv__app__load_DOT_py="import sys, common\nopen(sys.argv[3], 'w')\n",
        srv__app__common_DOT_py="import requests\nrequests.get('https://example.org/a')\n",
    )
    lines, paths, _ = facts_of(tmp_path, "/srv/app/run.sh")
    assert paths == ["/srv/app/run.sh", "/srv/app/env.sh", "/srv/app/load.py", "/srv/app/common.py"]
    assert "url https://example.org/a @2" in lines
    assert not [line for line in lines if "environment-variable TARGET" in line]


def test_a_sourced_file_says_where_the_paths_lead(tmp_path: Path) -> None:
    plant(
        tmp_path,
        srv__app__run_DOT_sh='#!/bin/sh\n. /etc/shop.env\ncp "$IN/a.csv" $OUT/a.csv\n',
        etc__shop_DOT_env="IN=/srv/in\nexport OUT='/srv/out'  # made by hand\nDB_PASSWORD=Hk7-winter-Tanne\n",
    )
    lines = facts_of(tmp_path, "/srv/app/run.sh")[0]
    assert "reads-path /srv/in/a.csv @3" in lines
    assert "writes-path /srv/out/a.csv @3" in lines
    assert not [line for line in lines if "Tanne" in line]


def test_a_library_has_the_version_that_is_installed_beside_the_script(tmp_path: Path) -> None:
    plant(
        tmp_path,
        srv__app__load_DOT_py="#!/usr/bin/env python3\nimport requests, yaml, unheard\n",
        srv__app__venv__lib__python3_DOT_11__x="",
    )
    beside = tmp_path / "srv/app/venv/lib/python3.11/site-packages"
    system = tmp_path / "usr/lib/python3/dist-packages"
    for folder in (beside / "requests-2.31.0.dist-info", system / "requests-2.20.0.dist-info", system / "PyYAML-6.0.dist-info"):
        folder.mkdir(parents=True)
        (folder / "top_level.txt").write_text("yaml\n_yaml\n" if "YAML" in folder.name else "requests\n")
    lines = facts_of(tmp_path, "/srv/app/load.py")[0]
    assert "library requests [requests==2.31.0] @2" in lines
    assert "library yaml [PyYAML==6.0] @2" in lines
    assert "library unheard @2" in lines


LOCKED = {
    "requirements.txt": "# pins\nrequests[socks]==2.31.0 ; python_version > '3.8'\nunpinned>=1\n",
    "poetry.lock": '[[package]]\nname = "requests"\nversion = "2.31.0"\n',
    "uv.lock": 'version = 1\n[[package]]\nname = "requests"\nversion = "2.31.0"\nsource = { registry = "x" }\n',
    "Pipfile.lock": '{"_meta": {}, "default": {"requests": {"version": "==2.31.0", "hashes": []}}, "develop": {}}',
}


@pytest.mark.parametrize("name", LOCKED)
def test_a_library_that_is_not_installed_has_the_version_of_the_lock_file(tmp_path: Path, name: str) -> None:
    plant(tmp_path, srv__app__bin__load_DOT_py="#!/usr/bin/env python3\nimport requests, unpinned\n")
    (tmp_path / "srv/app" / name).write_text(LOCKED[name])
    lines = facts_of(tmp_path, "/srv/app/bin/load.py")[0]
    assert "library requests [requests==2.31.0] @2" in lines
    assert "library unpinned @2" in lines


@pytest.mark.parametrize("text", ["[[", "{", '{"default": 1}', "package = 3", "\0\0", '{"default": {"requests": 1}}'])
def test_a_broken_lock_file_says_nothing(tmp_path: Path, text: str) -> None:
    plant(tmp_path, srv__app__load_DOT_py="#!/usr/bin/env python3\nimport requests\n")
    for name in LOCKED:
        (tmp_path / "srv/app" / name).write_text(text)
    assert "library requests @2" in facts_of(tmp_path, "/srv/app/load.py")[0]


def test_scripts_that_call_each_other_end(tmp_path: Path) -> None:
    plant(tmp_path, srv__a_DOT_sh="#!/bin/sh\n/srv/b.sh\n", srv__b_DOT_sh="#!/bin/sh\n/srv/a.sh\n")
    assert facts_of(tmp_path, "/srv/a.sh")[1] == ["/srv/a.sh", "/srv/b.sh"]


def test_a_script_that_is_gone_is_said_to_be_missing(tmp_path: Path) -> None:
    plant(tmp_path, srv__a_DOT_sh="#!/bin/sh\ntrue\n")
    assert "missing-script /srv/gone.sh @3" in facts_of(tmp_path, "/srv/gone.sh")[0]
    assert (
        "? missing-script /srv/gone.sh [run only if it is there] @3"
        in facts_of(tmp_path, "[ -x /srv/gone.sh ] && /srv/gone.sh")[0]
    )


def test_gone_is_said_only_of_what_the_tree_shows_and_of_a_bundle_only_what_its_server_said(tmp_path: Path) -> None:
    plant(tmp_path, srv__app__a_DOT_sh="#!/bin/sh\ntrue\n", srv__app__huge_DOT_sh="#" * 8_000_001)
    (tmp_path / "mnt/nas").mkdir(parents=True)

    def said(path: str) -> str:
        (line,) = [line for line in facts_of(tmp_path, path)[0] if "missing-script" in line]
        return line

    assert said("/srv/app/gone.sh") == "missing-script /srv/app/gone.sh @3"
    for unknown in ("/srv/other/x.sh", "/home/app/x.sh", "/mnt/nas/x.sh"):  # no such folder here; an empty one
        assert said(unknown) == f"missing-script {unknown} [not collected] @3"
    assert said("/srv/app/huge.sh") == "missing-script /srv/app/huge.sh [there, but not read] @3"
    plant(tmp_path, migrator__collected_DOT_txt="as root, 30 days\n")
    assert said("/srv/app/gone.sh") == "missing-script /srv/app/gone.sh [not collected] @3", (
        "an older bundle: it may not have been taken"
    )
    plant(tmp_path, migrator__gone_DOT_txt="/srv/app/gone.sh\n/srv/other/x.sh\n")
    assert said("/srv/app/gone.sh") == "missing-script /srv/app/gone.sh @3"
    assert said("/srv/other/x.sh") == "missing-script /srv/other/x.sh @3"
    assert said("/home/app/x.sh") == "missing-script /home/app/x.sh [not collected] @3"


def test_on_the_running_server_a_folder_that_is_not_there_holds_no_file(tmp_path: Path) -> None:
    plant(tmp_path, opt__app__a_DOT_sh="#!/bin/sh\ntrue\n")
    (tmp_path / "mnt").mkdir()
    here = tree.Tree("/", tmp_path, live=True)
    assert whereabouts.is_gone(here, "/opt/other/x.sh")
    assert not whereabouts.is_gone(here, "/opt/app/a.sh")
    assert not whereabouts.is_gone(here, "/mnt/nas/x.sh"), "an empty folder may be where a disk is mounted"


def test_without_any_collected_script_nothing_is_certainly_missing(tmp_path: Path) -> None:
    plant(tmp_path, etc__timezone="UTC\n")
    assert "? missing-script /srv/gone.sh [no scripts were collected] @3" in facts_of(tmp_path, "/srv/gone.sh")[0]


def test_what_is_read_and_then_written_is_state_and_the_other_way_round_is_not(tmp_path: Path) -> None:
    plant(
        tmp_path,
        srv__a_DOT_sh="#!/bin/sh\ncat /var/lib/x/stamp\necho 1 > /var/lib/x/stamp\n",
        srv__b_DOT_sh="#!/bin/sh\necho 1 > /var/lib/x/made\ncat /var/lib/x/made\n",
    )
    assert "state /var/lib/x/stamp @3" in facts_of(tmp_path, "/srv/a.sh")[0]
    assert not [line for line in facts_of(tmp_path, "/srv/b.sh")[0] if line.startswith("state")]


def test_a_tool_is_found_by_the_path_of_the_crontab(tmp_path: Path) -> None:
    plant(tmp_path, opt__tools__bin__tidy="#!/bin/sh\nrm -f /srv/x\n")
    assert facts_of(tmp_path, "tidy --all", PATH="/usr/bin:/opt/tools/bin")[1] == ["/opt/tools/bin/tidy"]


def test_a_stored_script_holds_no_secret(tmp_path: Path) -> None:
    plant(tmp_path, srv__a_DOT_sh="#!/bin/sh\nmysql -pHk7-winter-Tanne x\n")
    lines, _, texts = facts_of(tmp_path, "/srv/a.sh")
    assert "secret MYSQL_PASSWORD @2" in lines
    assert not any(b"Tanne" in text for text in texts.values())
    assert not any("Tanne" in line for line in lines)


HOSTILE = {
    "one line of a megabyte": "echo " + "x" * 1_000_000,
    "many words": "a b " * 50_000,
    "deep brackets": "(" * 5_000,
    "deep substitutions": "$(" * 2_000 + ")" * 2_000,
    "deep braces": "{" * 3_000 + "[" * 3_000,
    "open quote": "echo '" + "a" * 10_000,
    "NUL bytes": "echo \0 a\0b > /srv/\0x",
    "terminal escapes": "echo \x1b[31mred\x1b[0m > /srv/\x1b[31mx",
    "templates": "curl http://{{ host }}/${x}/%{y}/#{z} > '{% raw %}'",
    "lone surrogate escapes": "cat /srv/caf\\xe9",
    "empty": "",
    "operators": "a" + "+a" * 3_000,
    "empty lines": "\n" * 50_000,
    "no program": "this is no program at all\n" * 2_000,
}


@pytest.mark.parametrize("plugin", scripts.ALL, ids=lambda plugin: plugin.LANGUAGE)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_is_read_to_its_end(plugin, text: str) -> None:
    facts = plugin.inspect(text, Location(host="h", path="/x", line=1))
    assert all(len(fact.evidence.snippet) <= 160 for fact in facts)
    assert all(fact.value.isprintable() and fact.evidence.snippet.isprintable() for fact in facts)


@pytest.mark.parametrize(
    "raw", [b"\x7fELF\x02\x01\x01" + b"\0" * 11 + b"\x3e\0" + b"\0libpq.so.5\0", b"\0" * 100, b"#!/bin/sh\n\xff\xfe"]
)
def test_a_file_that_is_no_text_is_said_to_be_opaque(tmp_path: Path, raw: bytes) -> None:
    plant(tmp_path, srv__x="")
    (tmp_path / "srv" / "x").write_bytes(raw)
    facts = facts_of(tmp_path, "/srv/x")[0]
    assert facts
    # what has no text that could be kept holds its job back until somebody adds the file, as an archive of Java does
    assert ("reads-path /srv/x [program] @3" in facts) is (b"\0" in raw), facts


def test_a_long_shell_program_is_read_in_pieces_with_its_rows() -> None:
    body = "".join(f"step{n}() {{\n  echo {n} >> /srv/out/{n}.txt\n}}\n" for n in range(3000))
    facts = shell.inspect(body + "\0\ntouch /srv/last\n" + "x" * 5000 + "\n", Location(host="h", path="/srv/x.sh", line=1))
    written = {fact.value: fact.evidence.location for fact in facts if fact.kind == "writes-path"}
    where = written["/srv/out/1500.txt"]
    assert where is not None
    assert where.line == 1500 * 3 + 2
    assert any(fact.kind == "command" and fact.value == "(a line of 5,000 characters)" and not fact.certain for fact in facts)


@pytest.mark.parametrize("piece", ["\0", "a | "])
def test_a_hostile_shell_program_does_not_take_minutes(piece: str) -> None:
    # the parser's time grows with the square of these: a whole of 64 kB took 10 s, of 128 kB 40
    shell.inspect(piece * (128_000 // len(piece)), Location(host="h", path="/srv/x.sh", line=1))


LOCKS = {
    "srv/shop/cron.php": "<?php\nrequire __DIR__ . '/vendor/autoload.php';\n",
    "srv/shop/composer.json": '{"require": {"php": ">=8.1", "guzzlehttp/guzzle": "^7.0"}}',
    "srv/shop/composer.lock": '{"packages": [\n{"name": "guzzlehttp/guzzle", "version": "7.8.1"},\n'
    '{"name": "psr/log", "version": "3.0.0"}]}',
    "srv/new/tick.js": "const axios = require('axios');\nconst u = require('@acme/util');\n",
    "srv/new/package-lock.json": '{"lockfileVersion": 3, "packages": {"": {"version": "1.0.0"}, '
    '"node_modules/axios": {"version": "1.6.2"}, "node_modules/axios/node_modules/debug": {"version": "2.0.0"}, '
    '"node_modules/@acme/util": {"version": "0.1.0"}}}',
    "srv/old/tick.js": "require('axios');",
    "srv/old/package-lock.json": '{"lockfileVersion": 1, "dependencies": {"axios": {"version": "0.21.4"}}}',
    "srv/yarn/tick.js": "require('axios'); require('@acme/util');",
    "srv/yarn/yarn.lock": '# yarn lockfile v1\n\n"@acme/util@^0.1.0":\n  version "0.1.9"\n\n'
    'axios@^1.0.0, axios@^1.2.0:\n  version "1.6.8"\n',
    "srv/berry/tick.js": "require('axios');",
    "srv/berry/yarn.lock": '"axios@npm:^1.0.0":\n  version: 1.7.2\n  resolution: "axios@npm:1.7.2"\n',
    "srv/pnpm/tick.js": "require('axios'); require('@acme/util');",
    "srv/pnpm/pnpm-lock.yaml": "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      '@acme/util':\n"
    "        specifier: ^0.1.0\n        version: 0.1.9\n      axios:\n        specifier: ^1.0.0\n"
    "        version: 1.7.7(debug@4.3.4)\n\n"
    "packages:\n\n  axios@1.7.7:\n    resolution: {integrity: sha512-x}\n",
    "srv/pnpm5/tick.js": "require('axios');",
    "srv/pnpm5/pnpm-lock.yaml": "lockfileVersion: 5.4\n\nspecifiers:\n  axios: ^0.27.0\n\n"
    "dependencies:\n  axios: 0.27.2_debug@4.3.4\n",
    "srv/torn/tick.js": "require('axios');",
    "srv/own/tick.js": "require('axios'); require('left-pad');",
    "srv/own/package-lock.json": (  # a team's own copy: the registry's package of that version is another one
        '{"packages": {"node_modules/axios": {"version": "1.6.2", "resolved": "git+ssh://git@example.org/axios.git#0a1b"},'
        ' "node_modules/left-pad": {"version": "1.3.0", "resolved": "https://npm.example.org/left-pad-1.3.0.tgz"}}}'
    ),
    "srv/torn/package-lock.json": '{"packages": {"node_modules/axios": {"vers',
}


def test_lock_files_of_composer_npm_and_yarn_say_exact_versions(tmp_path: Path) -> None:
    for name, text in LOCKS.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    files = directory.open(str(tmp_path))[0]

    def libraries(command: str) -> list[tuple[str, str | None]]:
        place = Location(host="h", path="/etc/cron.d/a", line=1)
        schedule = Schedule(grammar="debian", expressions=("@daily",), timezone="UTC")
        job = Job(**JOB, location=place, schedule=schedule, user="root", command=command)
        found = follow.facts(files, Host(name="h"), job)[0].facts
        return sorted((fact.value, fact.detail) for fact in found if fact.kind == "library")

    assert libraries("php /srv/shop/cron.php") == [
        ("composer", "/srv/shop/vendor/autoload.php"),
        ("guzzlehttp/guzzle", "composer guzzlehttp/guzzle:7.8.1"),
    ]
    assert libraries("node /srv/new/tick.js") == [("@acme/util", "npm @acme/util@0.1.0"), ("axios", "npm axios@1.6.2")]
    assert libraries("node /srv/old/tick.js") == [("axios", "npm axios@0.21.4")]
    assert libraries("node /srv/yarn/tick.js") == [("@acme/util", "npm @acme/util@0.1.9"), ("axios", "npm axios@1.6.8")]
    assert libraries("node /srv/berry/tick.js") == [("axios", "npm axios@1.7.2")]
    assert libraries("node /srv/pnpm/tick.js") == [("@acme/util", "npm @acme/util@0.1.9"), ("axios", "npm axios@1.7.7")]
    assert libraries("node /srv/pnpm5/tick.js") == [("axios", "npm axios@0.27.2")]
    assert libraries("node /srv/torn/tick.js") == [("axios", None)]
    assert libraries("node /srv/own/tick.js") == [("axios", None), ("left-pad", "npm left-pad@1.3.0")]


def test_what_another_job_writes_is_the_others_output() -> None:
    def entry(name: str, *said: tuple[str, str]) -> JobFacts:
        seen = tuple(Fact(kind=kind, value=path, evidence=Evidence(snippet="x")) for kind, path in said)
        return JobFacts(job_id=name, facts=seen)

    found = others_output.of_other_jobs(
        [
            entry("a", ("writes-path", "/srv/out/orders.csv"), ("reads-path", "/srv/out/orders.csv")),
            entry("b", ("reads-path", "/srv/out/*.csv"), ("lists-path", "/srv/out"), ("reads-path", "/srv/in/x.csv")),
            entry("c", ("reads-path", "/etc/orders.conf"), ("reads-path", "/srv/outer/orders.csv")),
        ]
    )
    said = [(one.job_id, fact.value, fact.detail) for one in found for fact in one.facts if fact.kind == "persistence"]
    assert said == [("b", "/srv/out/*.csv", "other jobs' output"), ("b", "/srv/out", "other jobs' output")]


def elf_program(*needed: str, machine: int = 62) -> bytes:
    """The smallest dynamically linked program: a header, one loaded segment over everything, and its dynamic section."""
    strings = b"\0" + b"".join(name.encode() + b"\0" for name in needed)
    table = 64 + 2 * 56
    dynamic = table + len(strings)
    entries, at = b"", 1
    for name in needed:
        entries += struct.pack("<QQ", 1, at)
        at += len(name) + 1
    entries += struct.pack("<QQQQ", 5, table, 10, len(strings)) + struct.pack("<QQ", 0, 0)
    size = dynamic + len(entries)
    head = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, 0, 64, 0, 0, 64, 56, 2, 64, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 4, 0, 0, 0, size, size, 1)
    return (
        head + load + struct.pack("<IIQQQQQQ", 2, 4, dynamic, dynamic, dynamic, len(entries), len(entries), 1) + strings + entries
    )


def test_a_compiled_program_names_its_architecture_and_the_packages_of_its_libraries() -> None:
    place = Location(host="h", path="/opt/bin/report", line=1)
    said = elf.facts(elf_program("libpq.so.5", "libc.so.6", "libshop.so.1", machine=183), place, Evidence(snippet="x"))
    assert [(fact.kind, fact.value, fact.detail) for fact in said] == [
        ("interpreter", "compiled binary", "aarch64"),
        ("command", "/opt/bin/report", "opaque: compiled"),
        ("library", "libpq.so.5", "linked; Debian package libpq5"),
        ("library", "libshop.so.1", "linked"),
    ]


def test_a_damaged_program_is_opaque_and_nothing_else() -> None:
    """Cut anywhere, or with any one byte turned over."""
    whole = elf_program("libpq.so.5")
    place = Location(host="h", path="/opt/bin/report", line=1)
    broken = [whole[:length] for length in range(5, len(whole), 7)]
    broken += [whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :] for at in range(4, len(whole))]
    for raw in broken:
        said = elf.facts(raw, place, Evidence(snippet="x"))
        assert said[0].value == "compiled binary"
        assert said[1].certain is False
    cut = elf.facts(whole[: len(whole) - 20], place, Evidence(snippet="x"))
    assert (cut[0].detail, cut[2].value, cut[2].certain) == ("x86_64", "libpq.so.5", False)
    assert elf.facts(b"\x7fELF", place, Evidence(snippet="x"))[1].detail == "opaque: damaged ELF"


DEEP = """
import sys
from migrator import scripts
from migrator.model.source import Location
from migrator.scripts.reading import Context
for plugin in (plugin for plugin in scripts.ALL if plugin.LANGUAGE in {"node", "php"}):  # the others are always cut
    for piece in ("a: {", "a{\\n"):
        text = "<?php\\n" * (plugin.LANGUAGE == "php") + piece * (120_000 // len(piece))
        print(plugin.LANGUAGE, repr(piece), flush=True)
        plugin.read(text, Location(host="h", path="/x", line=1), Context())
print("all were read")
"""


def test_deep_nesting_does_not_end_the_process() -> None:
    """400 kB of `a: {` overflowed the stack of JavaScript's grammar: no exception of Python's, the process was gone. A quarter
    of a stack shows it with less text."""
    small = "import os, resource, sys; hard = resource.getrlimit(resource.RLIMIT_STACK)[1]; "
    small += "resource.setrlimit(resource.RLIMIT_STACK, (2 << 20, hard)); "
    again = f"{small}os.execv(sys.executable, [sys.executable, '-c', {DEEP!r}])"
    done = subprocess.run([sys.executable, "-c", again], capture_output=True, check=False, text=True)
    assert done.stdout.endswith("all were read\n"), (done.returncode, done.stdout[-60:], done.stderr[-300:])


BUSY = {  # 24 kB of `<!--` took Python's grammar 8 s and Ruby's longer than anybody waited; what stands behind it is read
    "python": ("import boto\n", "x{} = {}", 'open("/srv/out/report", "w")\n', ["(lines 1 to 4001)"]),
    "ruby": ("require 'json'\n", "X{} = {}", 'File.write("/srv/out/report", "x")\n', ["(lines 1 to 4001)"]),
}


@pytest.mark.parametrize("language", BUSY)
def test_a_text_that_keeps_the_grammar_busy_is_said_to_be_unread_by_its_lines(language: str) -> None:
    first, between, last, unread = BUSY[language]
    text = first + "<!--\n" * 4_000 + "\n".join(between.format(number, number) for number in range(2_000)) + "\n" + last
    plugin = next(plugin for plugin in scripts.ALL if language == plugin.LANGUAGE)
    found = plugin.read(text, Location(host="h", path="/srv/app/bin/run"), Context()).facts
    assert [fact.value for fact in found if fact.detail == "opaque: no program to read"] == unread
    assert "/srv/out/report" in [fact.value for fact in found if fact.kind == "writes-path"]


ENDLESS = """
from migrator.scripts import node, perl
from migrator.model.source import Location
from migrator.scripts.reading import Context
for last in ("$x", "@x", "a\\\\", "$ENV{A}"):
    perl.read(f"open(F, '>/srv/out'); print <<EOF;\\n{last}", Location(host="h", path="/x", line=1), Context())
node.read("[d%w[%w[T\\"\\"-s3');-1e'}", Location(host="h", path="/x", line=1), Context())
print("all were read")
"""


def test_texts_on_which_a_grammar_never_ends_end() -> None:
    """tree-sitter-perl 2.0.3 never came back from a cut script whose last line, in a here-document, has a variable;
    tree-sitter-javascript 0.25.0 on 23 letters."""
    done = subprocess.run([sys.executable, "-c", ENDLESS], capture_output=True, check=False, text=True, timeout=60)
    assert done.stdout == "all were read\n", done.stderr[-300:]


def test_what_starts_a_script_stands_behind_env_and_its_options(tmp_path: Path) -> None:
    heads = {
        "#!/usr/bin/env -S MODE=x perl -w": ("perl", "perl"),
        "#!/usr/bin/env -Spython3": ("python3", "python"),
        "#!/usr/bin/env -u X bash": ("bash", "shell"),
        "#!/bin/busybox sh": ("busybox", "shell"),
        "#!/usr/bin/tclsh": ("tclsh", None),
    }
    for number, (head, (program, language)) in enumerate(heads.items()):
        path = tmp_path / f"srv/{number}"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{head}\n")
        path.chmod(0o755)
        job = Job(
            **JOB,
            location=Location(host="web01", path="/etc/crontab", line=1),
            schedule=Schedule(grammar="debian", expressions=("@daily",), timezone="UTC"),
            user="root",
            command=f"/srv/{number}",
        )
        said = follow.facts(directory.open(str(tmp_path))[0], Host(name="web01"), job)[0]
        assert program in {fact.value for fact in said.facts if fact.kind == "interpreter"}, head
        assert [script.language for script in said.scripts] == [language], head
