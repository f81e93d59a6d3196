"""What pam_env gives a job, asked of the machine's own Linux-PAM, and what an image prints in the locale of its server.

Source: pam_start_confdir(3) (Linux-PAM 1.4 and newer), which takes a folder of services beside /etc/pam.d.
"""

import ctypes
import random
from pathlib import Path

import emit_samples as samples
import msgspec
import pytest
import tools
from containers import Engine, engine

from migrator.emit import job_folder
from migrator.hosts import reading
from migrator.model.job import Setting
from migrator.schedulers import given_variables
from migrator.sources.opening import open_source

__all__ = ["engine"]
UNCOVERED = "what pam_env reads"
LINES = (
    "A=b", ' B="c d"', "export C='e'", "D=x # y", 'E="q#r"', 'F="s" ', "G=", 'H=""', 'I="a"b"', "bad-key=1", "=x", "J=$A-${B}",
    "K=a\\ b", "# L=m", "M = n", "A=again", 'N="o\\', 'p"', "Q=it's", "R=\"don't\"", "C=", "NOEQ", 'T="tab\tx"', "U=ü", "",
    "\t V=w", "export  W=x", "X=a=b", "Y='", 'Z="', "1=2", "_=3", "AA='a\"", "BB=a\\", "", "CC=a\\\\", "DD=e",
)  # fmt: skip

PIECES = ("A", "B", "=", "=", '"', "'", "#", " ", "\t", "\\", "\n", "\n", "export ", "x", "é")


ABORT = 26  # PAM_ABORT


class Conversation(ctypes.Structure):
    _fields_ = (("talk", ctypes.c_void_p), ("data", ctypes.c_void_p))


CONFIGURED = (
    "A DEFAULT=b", "B\tDEFAULT=\"c d\"", "C DEFAULT=x OVERRIDE=${A}", "D DEFAULT=@{HOME}/d", "E OVERRIDE=@{HOME}:@{SHELL}", "F",
    "G DEFAULT=", 'H DEFAULT=""', "I DEFAULT=x OVERRIDE=", "J DEFAULT=\\$A\\@{B}",
    "K DEFAULT=$A@b", "L OTHER=x", "M DEFAULT=x y",
    'N DEFAULT="x"y', "O DEFAULT=x # y", "P DEFAULT=x\\",
    " OVERRIDE=z", "A DEFAULT=again${A}", "Q DEFAULT=${NONE}x",
    "R DEFAULT=@{NONE}",
    "S DEFAULT=@{PAM_USER}",
    "B", "T  DEFAULT=a\t\tOVERRIDE=b", 'U DEFAULT="a\\"b"', "V=x", 'W DEFAULT="open', "X DEFAULT=a DEFAULT=b",
    "Y DEFAULT=\\x", "Z DEFAULT=x OVERRIDE=${NONE}",
)  # fmt: skip
PARTS = (
    " ", " DEFAULT=x", " OVERRIDE=${A}", '\tDEFAULT="', " OVERRIDE=@", '"', "${A}", "${B}", "@{HOME}", "@{PAM_TTY}",
    "@{", "$", '"', "\\",
    "#", "x", "=", "é",
)  # fmt: skip


def of_pam(folder: Path, text: str, option: str = "envfile") -> dict[str, str] | None:
    """What pam_env gives for a file of this text; None where it opens no session."""
    (folder / "variables").write_text(text)
    other = "conffile=/dev/null" if option == "envfile" else "readenv=0"
    (folder / "job").write_text(f"session required pam_env.so {other} {option}={folder}/variables\n")
    try:
        pam = ctypes.CDLL("libpam.so.0")
    except OSError:
        tools.missing("libpam.so.0", UNCOVERED)
    handle, conversation = ctypes.c_void_p(), Conversation()
    assert pam.pam_start_confdir(b"job", b"root", ctypes.byref(conversation), str(folder).encode(), ctypes.byref(handle)) == 0
    if opened := pam.pam_open_session(handle, 0):
        assert opened == ABORT
        return None
    pam.pam_getenvlist.restype = ctypes.POINTER(ctypes.c_char_p)
    given, found = pam.pam_getenvlist(handle), {}
    for at in range(1000):
        one = given[at]
        if one is None:
            break
        name, _, value = one.decode("utf-8", "surrogateescape").partition("=")
        found[name] = value
    pam.pam_end(handle, 0)
    return found


def ours(folder: Path, text: str, option: str = "envfile") -> dict[str, str]:
    root = folder / "tree"
    (root / "etc/pam.d").mkdir(parents=True, exist_ok=True)
    (root / "etc/security").mkdir(exist_ok=True)
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/bash\n")
    (root / "etc/pam.d/cron").write_text("session required pam_env.so\n")
    (root / "etc/environment").write_text(text if option == "envfile" else "")
    (root / "etc/security/pam_env.conf").write_text(text if option != "envfile" else "")
    (files,) = open_source(str(root))
    host, _ = reading.read(files)
    given = given_variables.of_user(given_variables.of_cron(files, host, "debian"), host, "root")
    return {setting.name: setting.value for setting in given}


def broken(folder: Path, text: str) -> bool:
    """Whether a file of pam_env's own is said to keep cron from its jobs."""
    ours(folder, text, "conffile")
    (files,) = open_source(str(folder / "tree"))
    host, _ = reading.read(files)
    return any("without its }" in problem.message for problem in given_variables.withheld(files, host, "debian"))


def test_every_line_is_read_as_pam_env_reads_it(tmp_path: Path) -> None:
    text = "\n".join(LINES)
    real = of_pam(tmp_path, text)
    assert real is not None
    assert len(real) > 20
    assert ours(tmp_path, text) == real
    draw = random.Random(7)
    for _ in range(300):
        text = "".join(
            draw.choice(["A", "B", "=", "=", '"', "'", "#", " ", "\t", "\\", "\n", "\n", "export ", "x", "é"]) for _ in range(40)
        )
        assert ours(tmp_path, text) == of_pam(tmp_path, text), text


def test_every_line_of_its_own_configuration_is_read_as_pam_env_reads_it(tmp_path: Path) -> None:
    text = "\n".join(CONFIGURED)
    real = of_pam(tmp_path, text, "conffile")
    assert real is not None
    assert len(real) > 10
    assert ours(tmp_path, text, "conffile") == real
    draw, aborted = random.Random(11), 0
    for _ in range(600):
        lines = (draw.choice("ABC") + " " + "".join(draw.choice(PARTS) for _ in range(draw.randint(0, 9))) for _ in range(5))
        text = "A DEFAULT=a\n" + "\n".join(lines)
        real = of_pam(tmp_path, text, "conffile")
        if real is None:
            aborted += 1
            assert broken(tmp_path, text), text
        else:
            named = {name: value for name, value in real.items() if given_variables.NAME.fullmatch(name)}
            assert ours(tmp_path, text, "conffile") == named, text
            assert not broken(tmp_path, text), text
    assert 5 < aborted < 300


@pytest.mark.timeout(600)
def test_an_image_sorts_and_dates_as_its_server_did(tmp_path: Path, engine: Engine) -> None:
    entry = samples.entry("aws_fargate", "tick-1a2b")
    command = "printf 'b\\nA\\na\\nB\\n' | sort | paste -sd ' '; date -d 2026-03-01 +%B; LC_ALL=pl_PL locale charmap"
    settings = (Setting(name="LANG", value="de_DE.UTF-8"), Setting(name="LC_MONETARY", value="pl_PL"))
    job = msgspec.structs.replace(entry.job, command=command, environment=settings)
    for file in job_folder.files(msgspec.structs.replace(entry, job=job), samples.HOST, samples.SCRIPTS, {}):
        path = tmp_path / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    engine.build(tmp_path / "jobs/tick-1a2b", "spoken")
    done = engine.run("spoken")
    printed = [line for line in done.stdout.splitlines() if "migrator" not in line]
    assert done.returncode == 0, done.stdout + done.stderr
    for wanted in ("a A b B", "März", "ISO-8859-2"):
        assert wanted in done.stdout.replace("\\u00e4", "ä"), printed
