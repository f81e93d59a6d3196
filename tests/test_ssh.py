"""A server behind ssh whose sudo asks for a password: nothing hangs, and a line says what was therefore not collected."""

import logging
import tarfile
from pathlib import Path

import pytest

from migrator.sources import collecting, ssh

# stands for ssh: runs the remote command here, as a user who is not root
STAND_IN = '#!/bin/sh\nfor last; do :; done\nPATH={bin}:$PATH\nexport PATH\nexec sh -c "$last"\n'


def program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


@pytest.mark.parametrize(("sudo", "warned"), [("exit 1", True), ('shift; exec "$@"', False)])
def test_a_sudo_that_asks_is_a_line_and_no_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, sudo: str, warned: bool
) -> None:
    tree = tmp_path / "tree/etc"
    tree.mkdir(parents=True)
    (tree / "crontab").write_text("0 1 * * * root /x\n")
    with tarfile.open(tmp_path / "bundle.tar.gz", "w:gz") as bundle:
        bundle.add(tree, "etc")
    programs = tmp_path / "bin"
    programs.mkdir()
    program(programs / "id", "#!/bin/sh\necho 1000\n")
    program(programs / "sudo", f'#!/bin/sh\n[ "$1" = -n ] || read password\n{sudo}\n')
    program(tmp_path / "ssh", STAND_IN.format(bin=programs))
    monkeypatch.setattr(ssh, "SSH", str(tmp_path / "ssh"))
    monkeypatch.setattr(collecting, "program", lambda days: f"exec cat {tmp_path}/bundle.tar.gz\n")
    with caplog.at_level(logging.WARNING):
        (files,) = ssh.open("ssh://ops@web01")
    assert files.content("/etc/crontab") == b"0 1 * * * root /x\n"
    assert ("sudo asks for a password there" in caplog.text) is warned
