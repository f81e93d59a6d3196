"""What a bundle says beside the files: sizes of the paths that jobs touch, and the packages that own schedule files."""

from pathlib import Path

from test_schedulers_more import everything, put
from test_scripts import JOB

from migrator.model.job import Host, Job, Schedule
from migrator.model.source import Location
from migrator.scripts import facts as follow
from migrator.sources import directory

STATUS = """Package: certbot
Status: install ok installed
Conffiles:
 /etc/cron.d/certbot 9e2f3f2c1a9ff0a8b0d2c5b4e7a1d9c3
 /etc/letsencrypt/cli.ini 00000000000000000000000000000000
Description: x

Package: mdadm
Status: install ok installed
Conffiles:
 /etc/cron.daily/mdadm-check 0123456789abcdef0123456789abcdef
"""


def test_the_package_of_a_schedule_file_is_in_dpkgs_list(tmp_path: Path) -> None:
    put(tmp_path, "etc/os-release", "ID=debian\n")
    put(tmp_path, "var/lib/dpkg/status", STATUS)
    put(tmp_path, "etc/cron.d/certbot", "0 */12 * * * root certbot -q renew\n")
    put(tmp_path, "etc/cron.d/own", "0 1 * * * root /srv/own\n")
    put(tmp_path, "etc/crontab", "25 6 * * * root run-parts /etc/cron.daily\n")
    put(tmp_path, "etc/cron.daily/mdadm-check", "#!/bin/sh\n")
    (tmp_path / "etc/cron.daily/mdadm-check").chmod(0o755)
    owned = {job.location.path: job.managed_by for job in everything(tmp_path)[0]}
    assert owned == {
        "/etc/cron.d/certbot": "the package certbot",
        "/etc/cron.d/own": None,
        "/etc/crontab": None,
        "/etc/cron.daily/mdadm-check": "the package mdadm",
    }


def test_elsewhere_the_bundle_says_it(tmp_path: Path) -> None:
    put(tmp_path, "etc/os-release", "ID=rocky\n")
    put(tmp_path, "etc/cron.d/raid-check", "0 1 * * 0 root /usr/sbin/raid-check\n")
    put(tmp_path, "migrator/owners.txt", "/etc/cron.d/raid-check\tmdadm\nnonsense\n/etc/cron.d/x\tnot a package\n")
    (job,) = everything(tmp_path)[0]
    assert job.managed_by == "the package mdadm"


def test_the_sizes_of_touched_paths_become_facts(tmp_path: Path) -> None:
    put(tmp_path, "migrator/sizes.txt", "4404816\t/srv/exports\nx\t/y\n99\tz\n")
    put(tmp_path, "srv/list.csv", "x" * 3000)
    job = Job(
        **JOB,
        location=Location(host="web01", path="/etc/cron.d/app", line=3),
        schedule=Schedule(grammar="debian", expressions=("@daily",), timezone="UTC"),
        user="app",
        command="ls /srv/exports && cat /srv/list.csv /srv/gone",
    )
    found, _ = follow.facts(directory.open(str(tmp_path))[0], Host(name="web01"), job)
    sizes = {fact.value: fact.detail for fact in found.facts if fact.kind == "data-size"}
    assert sizes == {"/srv/exports": "4404816 KiB", "/srv/list.csv": "3 KiB"}
