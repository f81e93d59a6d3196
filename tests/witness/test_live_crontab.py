"""The real `crontab` command, in a mount namespace of its own: nothing of this machine's spool is touched."""

import getpass
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
TAB = "# keep  this   blank\nMAILTO=ops@example.org\n*/5 * * * * /srv/a.sh\n@daily echo '100\\% \\ sure' %in\n\n"


def inside(script: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """Run a shell script with an empty spool that exists only for it."""
    assert shutil.which("crontab"), "the package cron is missing: make witness installs it as root"
    spool = "/var/spool/cron/crontabs"
    setup = f"set -e; mount -t tmpfs tmpfs /var/spool/cron; mkdir -m 1730 {spool}; chgrp crontab {spool}; "
    migrator = f'migrator() {{ {sys.executable} -m migrator "$@"; }}; '
    command = ["unshare", "--mount", "sh", "-c", setup + migrator + script]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)


def test_a_live_crontab_is_listed_switched_off_and_restored_byte_for_byte(tmp_path: Path) -> None:
    user = getpass.getuser()
    (tmp_path / "tab").write_text(TAB)
    server = tmp_path / "server"
    spool = server / "var/spool/cron/crontabs"
    spool.mkdir(parents=True)
    (server / "etc").mkdir()
    (server / "etc/hostname").write_text("here\n")
    (spool / user).write_text((tmp_path / "tab").read_text())
    script = f"""
    crontab tab
    migrator jobs crontab:{user} --format csv > jobs.csv
    migrator plan server -o plan --as-of 2026-11-24 > plan.txt
    id=$(migrator jobs server --format csv | grep -o 'a-[0-9a-f]*' | head -1)
    migrator cutover plan --user {user} --job "$id" > dry.txt; crontab -l > after_dry
    migrator cutover plan --user {user} --job "$id" --apply > diff.txt; crontab -l > off
    migrator cutover plan --user {user} --back --apply > back.txt; crontab -l > on
    """
    process = inside(script, tmp_path)
    assert process.returncode == 0, process.stderr
    original = (tmp_path / "tab").read_text()
    assert (tmp_path / "after_dry").read_text() == original
    assert (tmp_path / "off").read_text() == original.replace("*/5 *", "# moved by migrator: */5 *")
    assert (tmp_path / "on").read_text() == original
    assert "/srv/a.sh" in (tmp_path / "jobs.csv").read_text()
    assert "+# moved by migrator: */5 * * * * /srv/a.sh" in (tmp_path / "diff.txt").read_text()


def test_no_crontab_is_an_empty_one(tmp_path: Path) -> None:
    process = inside(f"migrator jobs crontab:{getpass.getuser()} --format json", tmp_path)
    assert process.returncode == 0, process.stderr
    assert '"jobs": []' in process.stdout.replace("\n", "").replace(" ", "").replace('"jobs":[]', '"jobs": []')


def test_without_a_name_it_is_ones_own(tmp_path: Path) -> None:
    (tmp_path / "tab").write_text(TAB)
    process = inside("crontab tab; migrator jobs crontab: --format csv", tmp_path)
    assert process.returncode == 0, process.stderr
    assert "/srv/a.sh" in process.stdout
    assert f"/var/spool/cron/crontabs/{getpass.getuser()}" in process.stdout
