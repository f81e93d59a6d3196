"""What a job leaves running when its command has ended: waited for, ended at the deadline, told. Real processes, both runners.

What is left waits for a word through a named pipe, so that no run can end before the test lets it.
"""

import contextlib
import io
import json
import os
import select
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from test_runner import Run, job_json, record
from test_runner_sh import Sh, gone

from migrator.runner import family, job_file, process
from migrator.runner.run import run as run_job

WORK = b"#!/bin/sh\nread word <$1.fifo\necho $1 >>ended\n"
PARENT = b"#!/bin/sh\n(exit 3) &\nexec ./work $1\n"  # what it becomes never asks for the end of its child
LEFT = {
    "nohup": b"nohup ./work nohup >/dev/null 2>&1 &",
    "zombie": b"nohup ./parent zombie >/dev/null 2>&1 &",
    "session": b"setsid ./work session >/dev/null 2>&1 </dev/null &",
    "daemon": b"setsid sh -c './work daemon >/dev/null 2>&1 </dev/null &' &",
}
IN_SESSION = ("nohup", "zombie")  # what the shells know of where they are not the first process
FIRST = [str(shutil.which("unshare")), "-rpf", "--mount-proc", "--kill-child"]  # process 1 of a namespace, as in a container


class Room(NamedTuple):
    """A folder in which things are left running."""

    folder: Path

    def command(self, *kinds: str) -> bytes:
        """Leaves these, says the number of its shell, and ends."""
        for name, text in (("work", WORK), ("parent", PARENT)):
            (self.folder / name).write_bytes(text)
            (self.folder / name).chmod(0o755)
        for kind in kinds:
            os.mkfifo(self.folder / f"{kind}.fifo")
        return b"cd " + bytes(self.folder) + b"\n" + b"\n".join(LEFT[kind] for kind in kinds) + b"\necho $$\nexit 3"

    def release(self, kind: str) -> None:
        """Let it do its work, and wait until it is done."""
        (self.folder / f"{kind}.fifo").write_text("go\n")
        until = time.monotonic() + 20
        while kind not in self.ended() and time.monotonic() < until:
            time.sleep(0.01)

    def ended(self) -> list[str]:
        path = self.folder / "ended"
        return path.read_text().split() if path.exists() else []


@pytest.fixture
def room(tmp_path: Path) -> Room:
    (tmp_path / "room").mkdir()
    return Room(tmp_path / "room")


@pytest.fixture(autouse=True)
def _nothing_stays(tmp_path: Path) -> Iterator[None]:
    """What a failed test did not release."""
    yield
    for path in tmp_path.rglob("*.fifo"):
        waiting = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        os.write(waiting, b"go\n")
        os.close(waiting)


def lines_of(child: "subprocess.Popen[bytes]", first: bytes = b"") -> list[dict[str, object]]:
    out, error = child.communicate(timeout=60)
    assert error == b"", error.decode()
    return [json.loads(line) for line in [*first.splitlines(), *out.splitlines()]]


def test_all_that_a_job_leaves_is_waited_for_in_a_container_and_outside(tmp_path: Path) -> None:
    """Eight runs at once. Nothing comes out of any of them between the end of its shell and the word to what it left."""
    namespaces = subprocess.run([*FIRST, "true"], capture_output=True, check=False).returncode == 0
    kinds = {form: tuple(LEFT) if form == "python" else IN_SESSION for form in ("python", "dash", "busybox", "bash")}
    kinds |= {f"{form} first": tuple(LEFT) for form in kinds} if namespaces else {}
    rooms, children, first = {}, {}, {}
    for form, left in kinds.items():
        folder = tmp_path / form.replace(" ", "-")
        (folder / "room").mkdir(parents=True)
        rooms[form] = Room(folder / "room")
        job, before = job_json(rooms[form].command(*left), notify="none"), FIRST if form.endswith(" first") else ()
        shell = form.split()[0]
        runner = Run(folder / "image") if shell == "python" else Sh(folder / "sh", shell)
        children[form] = runner.start(job, before=before)
    for form, child in children.items():
        assert child.stdout is not None
        first[form] = child.stdout.readline()  # the number of the shell
        assert b'"stream": "output"' in first[form], (form, child.communicate())
    streams = {child.stdout.fileno(): form for form, child in children.items() if child.stdout is not None}
    assert [streams[one] for one in select.select([*streams], [], [], 0.3)[0]] == []
    for form, left in kinds.items():
        for kind in left[:-1]:
            rooms[form].release(kind)
        assert children[form].poll() is None, f"{form}: one is left"
        rooms[form].release(left[-1])
    for form, left in kinds.items():
        lines = lines_of(children[form], first[form])
        end = record(lines)
        assert (form, end["exit_status"], end["outcome"], sorted(rooms[form].ended())) == (form, 3, "failed", sorted(left))
        assert 0 <= end["command_s"] <= end["duration_s"]
        assert end["still_running"] == []
    if not namespaces:
        pytest.skip("no namespaces here: what the runners do as process 1 is not covered")


STUBBORN = b"#!/bin/sh\ntrap '' TERM\necho $$ >&3\nexec 3>&-\nwhile :; do read word <never; done\n"
POLITE = b"#!/bin/sh\ntrap 'echo asked >>heard; exit' TERM\necho $$ >&3\nexec 3>&-\nwhile :; do sleep 0.1; done\n"


def test_the_platform_s_end_reaches_what_was_left_and_kills_what_does_not_listen(room: Room) -> None:
    for name, text in (("stubborn", STUBBORN), ("polite", POLITE)):
        (room.folder / name).write_bytes(text)
        (room.folder / name).chmod(0o755)
    os.mkfifo(room.folder / "never")
    (room.folder / "heard").touch()
    command = b"cd " + bytes(room.folder) + b"\nsetsid ./stubborn 3>&1 >/dev/null 2>&1 & setsid ./polite 3>&1 >/dev/null 2>&1 &"
    pids, stop = list[bytes](), threading.Event()

    def line(text: bytes) -> None:
        pids.append(text)
        if len(pids) == 2:
            stop.set()

    ended = process.run(
        [b"/bin/sh", b"-c", command], {b"PATH": b"/usr/bin:/bin"}, "/", None, None, None, line, grace_s=1.0, stop=stop
    )
    assert (ended.stopped, ended.timed_out, ended.exit_status, ended.remaining) == (True, False, 0, ())
    assert {"stubborn", "polite"} <= {*ended.still_running}
    assert (room.folder / "heard").read_text() == "asked\n", "each is asked once"
    assert all(gone(int(pid)) for pid in pids)


def test_the_time_limit_holds_for_what_was_left_and_names_it(tmp_path: Path) -> None:
    """`work` waits for a word that never comes. All forms at once: it is mostly waiting."""
    children = {}
    for form in ("python", "dash", "busybox", "bash"):
        room, folder = Room(tmp_path / form), tmp_path / f"{form}-runner"
        room.folder.mkdir()
        runner = Run(folder) if form == "python" else Sh(folder, form)
        children[form] = runner.start(job_json(room.command("nohup"), timeout_s=4)), room
    for form, (child, room) in children.items():
        end = record(lines_of(child))
        assert (form, end["outcome"], end["exit_status"], end["still_running"]) == (form, "timed-out", 3, ["work"])
        assert end["message"].endswith(" s of 4 s; the command itself had ended, still running: work")
        assert end["command_s"] < end["duration_s"]
        assert room.ended() == []


def test_a_run_knows_its_own_processes_from_all_others(room: Room) -> None:
    """Two runs of one process, as in a function app, and something that an earlier one left: none waits for or ends another's."""
    before = subprocess.Popen(["sleep", "1000"])
    ended, started = list[process.Ended](), threading.Event()

    def start(command: bytes, line: Callable[[bytes], None], stop: threading.Event | None = None) -> process.Ended:
        return process.run([b"/bin/sh", b"-c", command], {b"PATH": b"/usr/bin:/bin"}, "/", None, None, None, line, stop=stop)

    long = threading.Thread(
        target=lambda: ended.append(start(room.command("session", "daemon"), lambda _: started.set())), daemon=True
    )
    long.start()
    assert started.wait(20)
    assert start(b"exit 4", lambda _: None).exit_status == 4
    stop = threading.Event()
    assert start(b"echo; exec sleep 1000", lambda _: stop.set(), stop).stopped
    assert before.poll() is None
    assert ended == []
    room.release("session")
    room.release("daemon")
    long.join(20)
    assert [(one.exit_status, one.still_running) for one in ended] == [(3, ())]
    before.kill()
    before.wait()


@pytest.fixture
def without_ctypes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python that cannot make itself the reaper."""
    program = (
        "import runpy, sys; sys.modules['ctypes'] = None; "
        "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    (tmp_path / "python").write_text(f'#!/bin/sh\nshift\nexec {sys.executable} -IS -c "{program}" "$@"\n')
    (tmp_path / "python").chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))


@pytest.mark.usefixtures("without_ctypes")
@pytest.mark.parametrize("has_proc", [True, False])
def test_where_orphans_cannot_be_taken_in_the_session_is_waited_for_and_it_says_so(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, has_proc: bool
) -> None:
    if not has_proc:
        monkeypatch.setattr(family, "_all", list)
    (tmp_path / "job.json").write_text(json.dumps(job_json(room.command("nohup"))))
    out, done = io.StringIO(), list[int]()
    run = threading.Thread(
        target=lambda: done.append(run_job(job_file.read(tmp_path / "job.json"), {"MIGRATOR_IN_IMAGE": "1"}).exit_status),
        daemon=True,
    )
    with contextlib.redirect_stdout(out):
        run.start()
        (room.folder / "nohup.fifo").write_text("go\n")
        run.join(20)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert (done, room.ended()) == ([3], ["nohup"])
    assert [line["message"] for line in lines if line["severity"] == "WARNING"] == [
        "night: what leaves the session of its shell is not seen on this system, nor waited for"
    ]


def test_a_job_that_kills_its_parent_has_failed(room: Room) -> None:
    heard = list[bytes]()
    ended = process.run(
        [b"/bin/sh", b"-c", b"kill -9 $PPID; echo on"], {b"PATH": b"/usr/bin:/bin"}, "/", None, None, None, heard.append
    )
    assert (ended.exit_status, ended.cpu_s, heard) == (137, None, [b"on"])


def test_a_program_with_any_name_is_read(tmp_path: Path) -> None:
    """/proc shows the name as it is: brackets, blanks and newlines, too."""
    name = tmp_path / "a) R 1\n(b"
    shutil.copy(str(shutil.which("sleep")), name)
    with subprocess.Popen([name, "1000"], start_new_session=True) as child:
        until = time.monotonic() + 20
        while not (found := [one.name for one in family.running(-1, child.pid)]) and time.monotonic() < until:
            time.sleep(0.01)
        child.kill()
    assert found == ["a) R 1\n(b"]
    assert family.running(-1, child.pid) == ()


def test_a_run_leaves_no_process_of_its_own(tmp_path: Path) -> None:
    """No reaper, no zombie: the program that ran a job has no child."""
    (tmp_path / "job.json").write_text(json.dumps(job_json(b"(exit 3) & setsid true & echo x")))
    program = (
        "import os, sys; from pathlib import Path; from migrator.runner import job_file; from migrator.runner.run import run\n"
        f"run(job_file.read(Path({str(tmp_path / 'job.json')!r})), {{}})\n"
        "try:\n    os.waitpid(-1, os.WNOHANG)\nexcept ChildProcessError:\n    print('none')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "none"
