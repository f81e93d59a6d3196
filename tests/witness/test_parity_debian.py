"""Scripts that Debian packages ship in their cron directories: each is run by the real cron, and by the runner as an emitted job,
in two copies of one root. Exit status, output and the files that it left, with their modes, are the same; differences are listed.
"""

import json
import shutil

import emit_samples as samples
import msgspec
import pytest
import tools
from cron_room import Line, Root, Seen, root

from migrator.emit import job_file
from migrator.model.job import Host
from migrator.schedulers import system_crontab
from migrator.sources.opening import open_source

__all__ = ["root"]
pytestmark = pytest.mark.timeout(900)
LEAST = 40
HOST = Host(name="web01", timezone="UTC", os_id="debian", os_version="12", cron="debian")
# it sleeps for up to half an hour first, by chance, and then downloads
LEFT_OUT = {"/etc/cron.daily/apt-compat"}
# script -> (the only files whose content differs, and why); their names and modes, all other files, output and exit status do not
EXPLAINED: dict[str, tuple[set[str], str]] = {
    "daily-dlocate": (
        {"var/lib/dlocate/dlocatedb", "var/lib/dlocate/dlocatedb.stamps"},
        "two runs under cron differ as well: its database is filled while cron already goes on",
    ),
    "daily-locate": ({"var/cache/locate/locatedb"}, "it lists every file of the root, and the runner is one of them"),
    "monthly-acct": ({"var/log/wtmp.report"}, "the report holds the second at which it was made"),
}


def scripts(root: Root) -> list[str]:
    found = [
        path for folder in ("hourly", "daily", "weekly", "monthly") for path in sorted(root.root.glob(f"etc/cron.{folder}/*"))
    ]
    return [script for script in (f"/{path.relative_to(root.root)}" for path in found) if script not in LEFT_OUT]


def name_of(script: str) -> str:
    return script.removeprefix("/etc/cron.").replace("/", "-")


@pytest.fixture(scope="module")
def under_cron(root: Root) -> dict[str, Seen]:
    return root.under_cron({name_of(script): Line(script) for script in scripts(root)})


@pytest.fixture(scope="module")
def under_runner(root: Root, under_cron: dict[str, Seen], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    """The lines as migrator reads them, with the runner that every emitted job carries."""
    server, found = tmp_path_factory.mktemp("server"), {}
    (server / "etc/cron.d").mkdir(parents=True)
    (server / "etc/timezone").write_text("UTC\n")
    for script in scripts(root):
        (server / "etc/cron.d" / name_of(script)).write_text(f"* * * * * root {script}\n")
    for job in system_crontab.read(open_source(str(server))[0], HOST).jobs:
        name = job.location.path.rsplit("/", 1)[1]
        entry = msgspec.structs.replace(samples.entry("kubernetes_cron_job", job.id), job=job, facts=(), scripts=())
        folder = tmp_path_factory.mktemp("job")
        (folder / "job.json").write_bytes(job_file.content(entry, HOST, {}))
        shutil.copytree(tools.ROOT / "migrator/runner", folder / "runner", ignore=shutil.ignore_patterns("__pycache__"))
        found[name] = root.under_runner(name, folder, (), {"MIGRATOR_IN_IMAGE": "1"})
    return found


def unlike(wanted: Seen, found: Seen) -> tuple[set[str], str]:
    """The names of the files that differ in content alone; and what else differs, in words."""
    of = [{name: (mode, content) for name, mode, content in seen.files} for seen in (wanted, found)]
    content = {name for name in of[0].keys() & of[1].keys() if of[0][name] != of[1][name] and of[0][name][0] == of[1][name][0]}
    others = {name for name, *_ in set(wanted.files) ^ set(found.files)} - content
    ends = [(seen.exit_status, seen.output[:200]) for seen in (wanted, found)]
    return content, f"{ends} {sorted(others)[:9]}" if others or wanted[:2] != found[:2] else ""


def test_there_are_enough_of_them_and_they_do_something(root: Root, under_cron: dict[str, Seen]) -> None:
    assert len(scripts(root)) >= LEAST
    assert sum(bool(seen.output or seen.files or seen.exit_status) for seen in under_cron.values()) >= 15


def test_cron_and_the_runner_do_the_same_with_each(under_cron: dict[str, Seen], under_runner: dict[str, Seen]) -> None:
    differ = {name: unlike(wanted, under_runner[name]) for name, wanted in under_cron.items() if wanted != under_runner[name]}
    unexplained = {
        name: f"{sorted(content)} {more}"
        for name, (content, more) in differ.items()
        if more or not content <= EXPLAINED.get(name, (set(), ""))[0]
    }
    assert not unexplained, json.dumps(unexplained, indent=1)
    assert len(EXPLAINED) < LEAST / 10
