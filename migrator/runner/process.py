"""One process: the job's shell with its command, in a session of its own, with a deadline, its output line by line.

Output and errors are one stream, as in cron's mail. The end is the end of all that the command started, whether it still writes
or not, because nothing lives on after the container: `nohup work &` under cron goes on when the line has ended, and is waited
for here. The exit status is the command's own, as cron's is. The deadline holds for all of it.

What left the job's session is known where `reaper.py` may take it in (Linux); elsewhere the job's session is waited for, where
/proc shows it, else its process group.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from . import family

CHUNK = 65536
GRACE_S = 10.0  # between SIGTERM and SIGKILL
GONE_S = 5.0  # after SIGKILL
REAPER = str(Path(__file__).with_name("reaper.py"))


class Ended(NamedTuple):
    """How it ended. `exit_status` as a shell says it: 128 + signal for a killed process."""

    exit_status: int
    timed_out: bool
    stopped: bool  # the platform asked us to stop
    duration_s: float  # until the last process had ended
    output_bytes: int
    cpu_s: float | None
    peak_memory_mib: float | None
    command_s: float | None  # until the command itself had ended, which cron calls the end; None: it was killed with the rest
    still_running: tuple[str, ...]  # what had to be asked to end: names of programs
    remaining: tuple[str, ...]  # and what is there all the same
    all_known: bool  # False: what leaves the job's session is not seen here


class _Report:
    """What the reaper says, as it says it."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.reaps = False
        self.command = 0  # process number
        self.failed: tuple[int, str] | None = None
        self.exit_status: int | None = None
        self.command_s: float | None = None
        self.cpu_s: float | None = None
        self.peak_memory_mib: float | None = None

    @property
    def is_whole(self) -> bool:
        """True once nothing can be left: it reaped all, to the end."""
        return self.reaps and self.cpu_s is not None

    def listen(self, descriptor: int) -> None:
        """Until the reaper has ended."""
        with open(descriptor, encoding="ascii") as lines:
            for line in lines:
                word, *values = line.split()
                if word == "reaps":
                    self.reaps = values[0] == "yes"
                elif word == "command":
                    self.command, self.started = int(values[0]), time.monotonic()
                elif word == "failed":
                    self.failed = int(values[0]), values[1]
                elif word == "ended":
                    self.exit_status, self.command_s = int(values[0]), time.monotonic() - self.started
                elif word == "spent":
                    self.cpu_s, self.peak_memory_mib = float(values[0]), int(values[1]) / 1024


def run(
    arguments: list[bytes],
    environment: dict[bytes, bytes],
    folder: str,
    umask: int | None,
    stdin: bytes | None,
    deadline_s: float | None,
    line: Callable[[bytes], None],
    grace_s: float = GRACE_S,
    stop: threading.Event | None = None,
) -> Ended:
    """Run it to its end; `line` gets each line of output without its newline (very long ones in parts of 64 KiB).

    `stop`: set by a signal handler when the platform wants us gone. Raises `OSError` where it cannot be started.
    """
    began = time.monotonic()
    order, tell = os.pipe()
    heard, say = os.pipe()
    try:
        reaper = subprocess.Popen(
            [sys.executable, "-IBS", REAPER, str(order), str(say)],
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(order, say),
            start_new_session=True,
        )
    except OSError:
        os.close(tell)
        os.close(heard)
        raise
    finally:
        os.close(order)
        os.close(say)
    report, counted = _Report(), [0]
    reader = threading.Thread(target=_read, args=(reaper.stdout, line, counted), daemon=True)
    teller = threading.Thread(target=report.listen, args=(heard,), daemon=True)
    with contextlib.suppress(BrokenPipeError), os.fdopen(tell, "wb") as told:  # it ended at once: its status says so
        told.write(marshal.dumps((arguments, environment, folder, umask)))
    reader.start()
    teller.start()
    if stdin is not None:
        threading.Thread(target=_feed, args=(reaper.stdin, stdin), daemon=True).start()
    stop = stop or threading.Event()

    def runs() -> bool:
        if reader.is_alive() or teller.is_alive():
            return True
        return not report.is_whole and bool(family.running(reaper.pid, report.command))

    while runs():
        left = None if deadline_s is None else deadline_s - (time.monotonic() - began)
        if stop.is_set() or (left is not None and left <= 0):
            break
        _pause(reader, teller, 0.2 if left is None else min(0.2, left))
    ended_by_us = runs()
    timed_out = ended_by_us and not stop.is_set()
    command_s = report.command_s  # of its own accord
    asked = _end(reaper.pid, report, runs, (reader, teller), grace_s) if ended_by_us else ()
    reader.join(1.0)
    remaining = _names(family.running(reaper.pid, report.command)) if ended_by_us else ()
    if ended_by_us and teller.is_alive():  # another user's, which we may not end, perhaps not even see
        remaining = remaining or ("a process of another user",)
        reaper.kill()
    code = reaper.wait()
    teller.join(1.0)
    if not reader.is_alive() and reaper.stdout is not None:
        reaper.stdout.close()
    if report.failed is not None:
        number, of = report.failed
        raise OSError(number, os.strerror(number), folder if of == "folder" else arguments[0].decode("utf-8", "backslashreplace"))
    status = report.exit_status
    if status is None:  # killed with the reaper, or not to be killed
        status = 128 - code if code < 0 else 128 + signal.SIGKILL
    return Ended(
        exit_status=status,
        timed_out=timed_out,
        stopped=ended_by_us and stop.is_set(),
        duration_s=time.monotonic() - report.started,
        output_bytes=counted[0],
        cpu_s=report.cpu_s,
        peak_memory_mib=report.peak_memory_mib,
        command_s=command_s if ended_by_us else report.command_s,
        still_running=asked,
        remaining=remaining,
        all_known=report.reaps,
    )


def _read(stream: object, line: Callable[[bytes], None], counted: list[int]) -> None:
    rest = b""
    descriptor = stream.fileno()  # type: ignore[attr-defined] # a pipe of Popen
    while True:
        chunk = os.read(descriptor, CHUNK)
        if not chunk:
            break
        counted[0] += len(chunk)
        *whole, rest = (rest + chunk).split(b"\n")
        for text in whole:
            line(_last_part(text, line))
        rest = _last_part(rest, line)
    if rest:
        line(rest)


def _last_part(text: bytes, line: Callable[[bytes], None]) -> bytes:
    """What is left of it after its parts of 64 KiB, which are said: how much a read gives decides nothing."""
    while len(text) > CHUNK:
        cut = CHUNK - _begun(text[:CHUNK])
        line(text[:cut])
        text = text[cut:]
    return text


def _begun(text: bytes) -> int:
    """How many bytes at the end begin a character of UTF-8 and do not finish it: no part of a line ends within one."""
    for count in (1, 2, 3):
        byte = text[-count]
        if byte >= 0xC0:
            return count if (2 if byte < 0xE0 else 3 if byte < 0xF0 else 4) > count else 0
        if byte < 0x80:
            return 0
    return 0


def _feed(stream: object, text: bytes) -> None:
    with contextlib.suppress(BrokenPipeError):  # it may end without reading, as under cron
        try:
            stream.write(text)  # type: ignore[attr-defined]
        finally:
            stream.close()  # type: ignore[attr-defined]


def _pause(reader: threading.Thread, teller: threading.Thread, seconds: float) -> None:
    """Until something may have ended, but not longer."""
    for one in (reader, teller):
        if one.is_alive():
            one.join(seconds)
            return
    time.sleep(seconds)


def _names(processes: tuple[family.Process, ...]) -> tuple[str, ...]:
    """Programs by name, each once."""
    return tuple(dict.fromkeys(one.name for one in processes))


def _end(
    parent: int, report: _Report, runs: Callable[[], bool], ends: tuple[threading.Thread, threading.Thread], grace_s: float
) -> tuple[str, ...]:
    """SIGTERM to all that still runs, SIGKILL to what is left of it after the grace; says what was asked."""
    asked = family.running(parent, report.command)
    family.signal_all(asked, signal.SIGTERM, parent)
    until = time.monotonic() + grace_s
    while runs() and time.monotonic() < until:
        _pause(*ends, 0.05)
    until = time.monotonic() + GONE_S
    while runs() and time.monotonic() < until:  # more than once: it may have started something meanwhile
        family.signal_all(family.running(parent, report.command), signal.SIGKILL, parent)
        _pause(*ends, 0.05)
    return _names(asked)
