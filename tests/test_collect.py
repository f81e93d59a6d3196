"""Collect: the program that packs a server, run in three shells on a made server and on this machine, and over a real sshd."""

import io
import json
import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import tree_sitter
import tree_sitter_bash
from click.testing import CliRunner
from planted import plant

from migrator import schedulers
from migrator.cli import group
from migrator.commands import jobs as jobs_command
from migrator.errors import SourceError
from migrator.hosts import reading
from migrator.sources import collecting
from migrator.sources.opening import open_source

SHELLS = {
    "dash": ["dash"],
    "busybox": ["busybox", "ash"],
    "bash": ["bash", "--posix"],
    "mksh": ["mksh"],
    "yash": ["yash", "-o", "posix"],
    "posh": ["posh"],
}
README = (Path(__file__).parent.parent / "README.md").read_text()
ROOT = os.geteuid() == 0


def shell(name: str) -> list[str]:
    if shutil.which(SHELLS[name][0]) is None:
        pytest.skip(f"{name} is not on this machine")
    return SHELLS[name]


def packed(command: list[str], text: str, **more: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, input=text.encode(), capture_output=True, check=False, **more)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize(("name", "redact"), [("dash", False), ("busybox", True)])
def test_this_machine_is_planned_from_its_bundle_as_from_its_files(name: str, redact: bool, tmp_path: Path) -> None:
    planned_as_from_its_files(name, redact, tmp_path)  # in the other shells: tests/witness/test_collect_shells.py


def planned_as_from_its_files(name: str, redact: bool, tmp_path: Path) -> None:
    """Pack this machine in that shell; what is read from the bundle must be what is read here."""
    done = packed(shell(name), collecting.program(2, redact=redact))
    assert done.returncode == 0, done.stderr
    assert b"are packed" in done.stderr
    at = tmp_path / "here.tar.gz"
    at.write_bytes(done.stdout)
    (there,), (here,) = open_source(str(at)), open_source("/")
    host, problems = reading.read(there)
    live_host, _ = reading.read(here)
    assert (host.name, host.release, host.vcpu, host.timezone) == (
        live_host.name,
        live_host.release,
        live_host.vcpu,
        live_host.timezone,
    )
    found, live = (
        {
            (job.location.path, job.location.line, job.user, job.enabled)
            for part in schedulers.ALL
            for job in part.read(files, of).jobs
        }
        for files, of in ((there, host), (here, live_host))
    )
    if ROOT:
        assert found == live
        assert not [problem for problem in problems if problem.kind == "unreadable"]


def test_shellcheck_finds_nothing(tmp_path: Path) -> None:
    shellcheck = Path(sys.executable).parent / "shellcheck"  # of the test extra
    for redact in (False, True):
        at = tmp_path / "collect.sh"
        at.write_text(collecting.program(60, redact=redact))
        done = subprocess.run([shellcheck, "-s", "sh", str(at)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """A small server's tree with busybox as its tools, to be entered with chroot."""
    if not ROOT or shutil.which("busybox") is None:
        pytest.skip("needs root and busybox")
    root = tmp_path / "server"
    for folder in (
        "bin",
        "etc/cron.d",
        "var/spool/cron/crontabs",
        "srv/shop/bin",
        "opt/app",
        "home/alice/bin",
        "var/log",
        "tmp",
        "dev",
    ):
        (root / folder).mkdir(parents=True)
    shutil.copy("/bin/busybox", root / "bin/busybox")
    for library in re.findall(
        r"(/\S+) \(0x", subprocess.run(["ldd", "/bin/busybox"], capture_output=True, text=True, check=False).stdout
    ):
        (root / library[1:]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, root / library[1:])
    for applet in subprocess.run(["busybox", "--list"], capture_output=True, text=True, check=True).stdout.split():
        (root / "bin" / applet).unlink(missing_ok=True) if applet != "busybox" else None
        if applet != "busybox":
            (root / "bin" / applet).symlink_to("busybox")
    os.mknod(root / "dev/null", 0o20666, os.makedev(1, 3))
    # no /dev/zero: the zeros between a bundle's members came from there, and without them it was damaged and called whole
    (root / "etc/hostname").write_text("shop01\n")
    (root / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n")
    (root / "etc/cron.d/shop").write_text(
        "MYSQL_PASSWORD=Winter-Tanne-9\n"
        "5 * * * * root cd /srv/shop && php artisan schedule:run\n"
        "7 * * * * root /srv/shop/bin/report.sh --password=hunter2hunter2 https://bob:Fichte-77@db.example.org/\n"
        "9 * * * * root /opt/app/crunch\n"
        '11 * * * * root "/opt/app/nightly report.sh" && /opt/app/old\\ one.sh\n'
    )
    (root / "var/spool/cron/crontabs/alice").write_text("0 1 * * * bin/push.sh\n0 2 * * * $HOME/bin/pull.py\n")
    (root / "opt/app/nightly report.sh").write_text("#!/bin/sh\necho nightly\n")
    (root / "opt/app/old one.sh").write_text("#!/bin/sh\necho old\n")
    (root / "srv/shop/artisan").write_text("#!/usr/bin/env php\n<?php\n")
    for name in LOCKS:
        (root / "srv/shop" / name).write_text("{}\n")
    (root / "srv/shop/bin/report.sh").write_text('#!/bin/sh\n. "$(dirname "$0")/common.sh"\necho ok\n')
    (root / "srv/shop/bin/common.sh").write_text("export API_TOKEN=abcdef0123456789\n/srv/shop/bin/deep.sh\n")
    (root / "srv/shop/bin/deep.sh").write_text("#!/bin/sh\n:\n")
    (root / "srv/shop/bin/unrelated.sh").write_text("#!/bin/sh\n:\n")
    (root / "srv/shop/secret.pem").write_text("-----BEGIN PRIVATE KEY-----\n")
    (root / "home/alice/bin/push.sh").write_text("cat /srv/shop/secret.pem\n")
    (root / "home/alice/bin/pull.py").write_text("print(1)\n")
    (root / "opt/app/crunch").write_bytes(b"\x7fELF\x02\x01\x01" + bytes(200_000))
    (root / "opt/app/crunch").chmod(0o755)
    (root / "var/log/syslog").write_text("Nov 24 03:00:00 shop01 CRON[1]: (root) CMD (x --password=hunter2hunter2)\n")
    (root / "var/log/syslog.1").write_text("old\n")
    os.utime(root / "var/log/syslog.1", (1_000_000_000, 1_000_000_000))
    return root


# everything that migrator/scripts reads for versions
LOCKS = (
    "composer.json composer.lock package.json package-lock.json yarn.lock pnpm-lock.yaml requirements.txt Pipfile.lock "
    "poetry.lock uv.lock pdm.lock Gemfile.lock"
).split()


def members(done: subprocess.CompletedProcess[bytes]) -> dict[str, bytes]:
    found = {}
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as tar:
        for entry in tar:
            stream = tar.extractfile(entry) if entry.isreg() else None
            found[entry.name] = stream.read() if stream else b""
    return found


def state(root: Path) -> dict[str, object]:
    return {
        str(path): (path.lstat().st_mtime_ns, path.lstat().st_mode, path.lstat().st_size)
        for path in [root, *sorted(root.rglob("*"))]
    }


def test_it_takes_what_jobs_call_and_nothing_else_and_changes_nothing(server: Path) -> None:
    before = state(server)
    done = packed(["chroot", str(server), "/bin/sh"], collecting.program(30))
    assert state(server) == before
    assert done.returncode == 0, done.stderr
    found = members(done)
    wanted = """
        etc/hostname etc/passwd etc/cron.d/shop var/spool/cron/crontabs/alice srv/shop/artisan srv/shop/composer.lock
        srv/shop/bin/report.sh srv/shop/bin/common.sh srv/shop/bin/deep.sh home/alice/bin/push.sh home/alice/bin/pull.py
        opt/app/crunch var/log/syslog migrator/collected.txt
    """
    assert {*wanted.split(), *(f"srv/shop/{name}" for name in LOCKS)} <= set(found), done.stderr
    assert {"opt/app/nightly report.sh", "opt/app/old one.sh"} <= set(found), "names with blanks, quoted and escaped"
    assert not {"srv/shop/bin/unrelated.sh", "srv/shop/secret.pem", "var/log/syslog.1", "bin/busybox"} & set(found)
    assert len(found["opt/app/crunch"]) == 65_536


def test_it_says_which_named_paths_lead_nowhere_on_the_server_itself(server: Path) -> None:
    """Of a bundle nothing else can tell a file that is gone from one that was not taken."""
    (server / "mnt/nas").mkdir(parents=True)
    (server / "etc/cron.d/more").write_text(
        "1 1 * * * root /opt/app/gone.sh; /srv/none/at/all.sh >/dev/null\n"
        "2 1 * * * root /mnt/nas/mounted-at-night.sh && /srv/shop/bin/unrelated.sh && sh /opt/app/notes\n"
        "TOKEN=/opt/hunter2hunter2\n"
    )
    (server / "opt/app/notes").write_text("true\n")  # there, and not taken: nothing says that it is a script
    for redact in (False, True):
        found = members(packed(["chroot", str(server), "/bin/sh"], collecting.program(30, redact=redact)))
        said = found["migrator/gone.txt"].decode().split()
        half = "/opt/app/nightly"  # of a name with a blank, in the other file: that nothing has this name is true
        assert set(said) == {"/opt/app/gone.sh", "/srv/none/at/all.sh", half, *(() if redact else ("/opt/hunter2hunter2",))}


def test_a_line_end_in_a_name_is_said_and_not_taken(server: Path) -> None:
    (server / "etc/cron.d/two\nlines").write_text("1 1 * * * root true\n")
    done = packed(["chroot", str(server), "/bin/sh"], collecting.program(30))
    assert b"collect: /etc/cron.d/two?lines has a line end in its name; not taken" in done.stderr
    assert not [name for name in members(done) if "two" in name]


def test_it_asks_sysstat_how_busy_the_processors_were(server: Path) -> None:
    (server / "var/log/sysstat").mkdir()
    (server / "var/log/sysstat/sa24").write_bytes(b"\x96\xd5u!")
    (server / "bin/sadf").write_text('#!/bin/sh\necho "{\\"of\\": \\"$*\\"}"\n')
    (server / "bin/sadf").chmod(0o755)
    found = members(packed(["chroot", str(server), "/bin/sh"], collecting.program(30)))
    assert found["migrator/sadf.json"] == b'{"of": "-j /var/log/sysstat/sa24 -- -u"}\n'


def test_process_accounting_is_packed_byte_for_byte(server: Path) -> None:
    content = bytes(range(256)) * 3
    (server / "var/log/account").mkdir()
    (server / "var/log/account/pacct").write_bytes(content)
    for redact in (False, True):
        found = members(packed(["chroot", str(server), "/bin/sh"], collecting.program(30, redact=redact)))
        assert found["var/log/account/pacct"] == content


def test_redacted_bundles_hold_no_secret_and_the_same_lines(server: Path) -> None:
    plain = members(packed(["chroot", str(server), "/bin/sh"], collecting.program(30)))
    masked = members(packed(["chroot", str(server), "/bin/sh"], collecting.program(30, redact=True)))
    assert set(plain) == set(masked)
    every = b"\n".join(masked.values())
    for secret in (b"Winter-Tanne-9", b"hunter2hunter2", b"Fichte-77", b"abcdef0123456789"):
        assert secret in b"\n".join(plain.values())
        assert secret not in every
    assert b"@secret:MYSQL_PASSWORD@" in every
    assert b"@secret:PASSWORD@ https://bob:@secret:URL_PASSWORD@@db.example.org/" in every
    for name in ("etc/cron.d/shop", "srv/shop/bin/report.sh"):
        assert plain[name].count(b"\n") == masked[name].count(b"\n")


def test_two_secrets_of_one_name_stay_two_and_one_secret_stays_one(server: Path) -> None:
    (server / "etc/cron.d/two").write_text(
        "1 2 * * * root /opt/app/a --password=Winter-Tanne-1 --proxy-user bob:Herbst-Kiefer-2 x\n"
        "1 3 * * * root /opt/app/b --password='Sommer-Eiche-3'\n"
        "1 4 * * * root /opt/app/c --password Winter-Tanne-1 # no line feed at its end: Debian's cron says so"
    )
    (server / "etc/localtime").write_bytes(b"TZif2\0\0\1PASSWORD=x\n")  # no text: its bytes stay
    log = server / "var/log/syslog"
    log.write_text(
        "Nov 24 03:00:00 shop01 CRON[1]: (root) CMD (/opt/app/b --password='Sommer-Eiche-3')\n"
        "Nov 24 03:00:00 shop01 CRON[2]: (root) CMD (/opt/app/b --password=Fruehling-Buche-4)\n"
    )
    found = members(packed(["chroot", str(server), "/bin/sh"], collecting.program(30, redact=True)))
    # PASSWORD is the fixture's own --password=hunter2hunter2, in a file that comes before
    assert found["etc/cron.d/two"].decode().splitlines() == [
        "1 2 * * * root /opt/app/a --password=@secret:PASSWORD_2@ --proxy-user bob:@secret:USER_PASSWORD@ x",
        "1 3 * * * root /opt/app/b --password='@secret:PASSWORD_3@'",
        "1 4 * * * root /opt/app/c --password @secret:PASSWORD_2@ # no line feed at its end: Debian's cron says so",
    ]
    assert not found["etc/cron.d/two"].endswith(b"\n")
    assert found["var/log/syslog"].decode().splitlines() == [
        "Nov 24 03:00:00 shop01 CRON[1]: (root) CMD (/opt/app/b --password='@secret:PASSWORD_3@')",
        "Nov 24 03:00:00 shop01 CRON[2]: (root) CMD (/opt/app/b --password=@secret:PASSWORD_OTHER@)",
    ]
    assert found["etc/localtime"] == b"TZif2\0\0\1PASSWORD=x\n"


@pytest.mark.parametrize("awk", ["mawk", "busybox"])
def test_the_mask_on_a_server_knows_the_planted_secrets(awk: str, tmp_path: Path) -> None:
    planted = plant(tmp_path / "tree")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/awk").symlink_to(shutil.which(awk) or pytest.skip(f"{awk} is not on this machine"))
    texts = b"\n".join(path.read_bytes() for path in sorted((tmp_path / "tree").rglob("*")) if path.is_file())
    harmless = b"ssh -p 22 web02 'mkdir -p /srv/x' --password-file=/etc/pw $PASS PASSWORD=$PASS"
    done = subprocess.run(
        ["dash", "-c", collecting.program(30, redact=True, with_logs=False), "collect", "mask"],
        input=b"\n\1\n" + texts + b"\n" + harmless + b"\n",
        capture_output=True,
        check=True,
        env={"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"},
    )
    assert done.stderr == b""
    assert done.stdout.count(b"\n") == texts.count(b"\n") + 2
    assert done.stdout.splitlines()[-1] == harmless
    leaked = {item.form for item in planted if item.value.encode() in done.stdout}
    assert leaked == set()


def test_what_the_mask_does_not_know_becomes_no_more(tmp_path: Path) -> None:
    """Of the ways of writing a secret down that the redaction knows (ways.txt), awk knows these."""
    lines = (Path(__file__).parent / "cases/redact/ways.txt").read_text().replace("\u240a", "\0").splitlines()
    ways = [line.partition("|")[2].replace("\0", "\n") for line in lines if not line.startswith("#")]
    text = "\n####\n".join(way.replace("«", "").replace("»", "") for way in ways)
    done = subprocess.run(
        ["dash", "-c", collecting.program(30, redact=True, with_logs=False), "collect", "mask"],
        input=b"\n\1\n" + text.encode() + b"\n",
        capture_output=True,
        check=True,
        cwd=tmp_path,
    )
    masked = done.stdout.decode().split("\n####\n")
    assert len(masked) == len(ways)
    through = [way for way, left in zip(ways, masked, strict=True) if any(one in left for one in re.findall("«(.+?)»", way))]
    assert len(through) <= 40, "\n".join(through)


def test_without_root_it_says_what_it_could_not_read(tmp_path: Path) -> None:
    if not ROOT:
        pytest.skip("needs root to become nobody")
    user = pwd.getpwnam("nobody")
    done = packed(["dash"], collecting.program(2), user=user.pw_uid, group=user.pw_gid, extra_groups=[], cwd="/")
    assert done.returncode == 0
    assert b"not as root" in done.stderr
    at = tmp_path / "nobody.tar.gz"
    at.write_bytes(done.stdout)
    (files,) = open_source(str(at))
    _, problems = reading.read(files)
    closed = {str(problem.location) for problem in problems if problem.kind == "unreadable"}
    assert "/root" in closed or os.access("/root", os.R_OK)


def test_the_command_of_the_readme_is_in_the_help() -> None:
    text = CliRunner().invoke(group, ["collect", "--help"]).output
    line = "ssh web01 'sudo sh' < collect.sh > web01.tar.gz"
    assert line in text
    assert line in README


@pytest.mark.parametrize("days", ["0", "-1", "x"])
def test_it_refuses_days_that_are_none(days: str) -> None:
    assert CliRunner().invoke(group, ["collect", "--days", days]).exit_code == 2


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def sshd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A real sshd on the loopback that lets this test's own key in, and an `ssh` on PATH that offers that key only."""
    daemon = shutil.which("sshd") or "/usr/sbin/sshd"
    if not ROOT or not Path(daemon).exists() or shutil.which("ssh") is None:
        pytest.skip("needs root and an OpenSSH server")
    Path("/run/sshd").mkdir(exist_ok=True)
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)], check=True)
    (tmp_path / "keys").write_text((tmp_path / "user.pub").read_text())
    port = free_port()
    (tmp_path / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {tmp_path}/host\nAuthorizedKeysFile {tmp_path}/keys\nStrictModes no\n"
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\nUsePAM no\nPidFile none\n"
    )
    public = (tmp_path / "host.pub").read_text().split()
    (tmp_path / "known").write_text(f"[127.0.0.1]:{port} {public[0]} {public[1]}\n")
    real = shutil.which("ssh")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/ssh").write_text(
        f'#!/bin/sh\nexec {real} -F none -o UserKnownHostsFile={tmp_path}/known -o IdentitiesOnly=yes -i {tmp_path}/user "$@"\n'
    )
    (tmp_path / "bin/ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    running = subprocess.Popen([daemon, "-D", "-e", "-f", str(tmp_path / "sshd_config")], stderr=subprocess.DEVNULL)
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield port
    running.terminate()
    running.wait()


def test_a_server_over_ssh_gives_the_jobs_of_this_machine(sshd: int) -> None:
    over_ssh = CliRunner().invoke(
        jobs_command.command, [f"ssh://root@127.0.0.1:{sshd}", "--format", "json"], standalone_mode=False
    )
    here = CliRunner().invoke(jobs_command.command, ["/", "--format", "json"], standalone_mode=False)
    both = [json.loads(done.stdout)["jobs"] for done in (over_ssh, here)]
    assert both[0] == both[1]


def test_ssh_errors_are_one_clear_line(sshd: int, tmp_path: Path) -> None:
    for source, says in (
        (f"ssh://root@127.0.0.1:{free_port()}", "Connection refused: nothing listens there"),
        (f"ssh://root@127.0.0.2:{sshd}", "refused"),
        (f"ssh://no-such-user@127.0.0.1:{sshd}", "Permission denied"),
        ("ssh://root@no-such-host.invalid", "there is no such host"),
        ("ssh://-oProxyCommand=touch x", "is no address"),
        ("ssh://root@127.0.0.1:0", "is no address"),
    ):
        with pytest.raises(SourceError, match=says):
            open_source(source)
    (tmp_path / "known").write_text("")
    with pytest.raises(SourceError, match="host key is not known"):
        open_source(f"ssh://root@127.0.0.1:{sshd}")


def test_a_server_without_our_tools_says_what_is_missing(sshd: int, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text('command="echo account closed >&2; exit 1" ' + (tmp_path / "user.pub").read_text())
    with pytest.raises(SourceError, match="account closed"):
        open_source(f"ssh://root@127.0.0.1:{sshd}")


# What came with bash 4 or later (its CHANGES). Other words of bash are refused by dash and busybox, which run the program here.
SINCE_BASH_4 = re.compile(
    r"\b(?:mapfile|readarray|coproc|declare|typeset|BASHPID|EPOCHSECONDS|globstar|pipefail)\b|&>>|\|&|;;?&|"
    r"\bwait -n|\bprintf -v|\bread -[iN]|\[\[? -v |\$\{\w+(?:,,?|\^\^?|@[A-Za-z])\}|\{\w+\.\.\w+\.\.|\$\{[\w@*]+: -"
)


@pytest.mark.parametrize("redact", [False, True])
def test_no_construct_that_bash_3_2_refuses(redact: bool) -> None:
    """No bash 3 can be had to try it. Before bash 4.0 the end of `$(...)` was found by counting: a pattern of `case`, a
    here-document or a quote in a comment within it misled it."""
    text = collecting.program(30, redact=redact).encode()
    tree = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language())).parse(text)
    code, inside, seen = bytearray(text), [(tree.root_node, False)], 0
    while inside:
        node, substituted = inside.pop()
        substituted = substituted or node.type == "command_substitution"
        seen += substituted
        misleads = node.type in {"case_statement", "heredoc_redirect"} or (
            node.type == "comment" and set(b"'\"`)(") & set(node.text)
        )
        assert not (substituted and misleads), f"line {node.start_point[0] + 1}: {node.type} within $(...)"
        if node.type in {"raw_string", "comment", "string_content"}:
            code[node.start_byte : node.end_byte] = b" " * (node.end_byte - node.start_byte)
        inside += [(child, substituted) for child in node.children]
    assert seen > 500
    assert not tree.root_node.has_error
    assert SINCE_BASH_4.findall(code.decode()) == []
