"""One process: the job's shell with its command, in a process group of its own, with a deadline, its output line by line.

Output and errors are one stream, as in cron's mail. The end is the end of the stream: a child in the background that still
writes is waited for, because nothing lives on after the container.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

CHUNK = 65536
GRACE_S = 10.0  # between SIGTERM and SIGKILL


class Ended(NamedTuple):
    """How it ended. `exit_status` as a shell says it: 128 + signal for a killed process."""

    exit_status: int
    timed_out: bool
    stopped: bool  # the platform asked us to stop
    duration_s: float
    output_bytes: int
    cpu_s: float
    peak_memory_mib: float


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

    `stop`: set by a signal handler when the platform wants us gone.
    """
    started = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    child = subprocess.Popen(
        arguments,
        stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        cwd=folder,
        umask=-1 if umask is None else umask,
        start_new_session=True,
    )
    counted = [0]
    reader = threading.Thread(target=_read, args=(child.stdout, line, counted), daemon=True)
    reader.start()
    if stdin is not None:
        threading.Thread(target=_feed, args=(child.stdin, stdin), daemon=True).start()
    stop = stop or threading.Event()
    while reader.is_alive() or child.poll() is None:
        left = None if deadline_s is None else deadline_s - (time.monotonic() - started)
        if stop.is_set() or (left is not None and left <= 0):
            break
        _pause(child, reader, 0.2 if left is None else min(0.2, left))
    ended_by_us = reader.is_alive() or child.poll() is None
    timed_out = ended_by_us and not stop.is_set()
    if ended_by_us:
        _end(child, reader, grace_s)
    reader.join(1.0)
    code = child.wait()
    if not reader.is_alive() and child.stdout is not None:
        child.stdout.close()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Ended(
        exit_status=128 - code if code < 0 else code,
        timed_out=timed_out,
        stopped=ended_by_us and stop.is_set(),
        duration_s=time.monotonic() - started,
        output_bytes=counted[0],
        cpu_s=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        peak_memory_mib=after.ru_maxrss / 1024,
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
            line(text)
        if len(rest) >= CHUNK:
            line(rest)
            rest = b""
    if rest:
        line(rest)


def _feed(stream: object, text: bytes) -> None:
    with contextlib.suppress(BrokenPipeError):  # it may end without reading, as under cron
        try:
            stream.write(text)  # type: ignore[attr-defined]
        finally:
            stream.close()  # type: ignore[attr-defined]


def _pause(child: subprocess.Popen[bytes], reader: threading.Thread, seconds: float) -> None:
    if reader.is_alive():
        reader.join(seconds)
        return
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(seconds)


def _end(child: subprocess.Popen[bytes], reader: threading.Thread, grace_s: float) -> None:
    """SIGTERM to the whole group, SIGKILL to what is left of it after the grace."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, number)
        until = time.monotonic() + (grace_s if number == signal.SIGTERM else 5.0)
        while time.monotonic() < until and (reader.is_alive() or child.poll() is None):
            _pause(child, reader, 0.05)
        if not reader.is_alive() and child.poll() is not None:
            return
