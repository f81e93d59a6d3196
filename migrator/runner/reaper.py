"""The parent of one job: a program of its own, to which falls what the job leaves behind, so that the end of all of it is known.

What a job starts with nohup, setsid or by daemonising leaves its shell, and its session, and would fall to process 1. On Linux
it falls to this program instead (PR_SET_CHILD_SUBREAPER), which waits until no child is left. One for each run: what an earlier
run left, or another one that goes on beside it, is never its child.

It is told what to start on the first of two descriptors (marshal: arguments, environment, folder, umask), and says on the
second, a line each: `reaps yes|no`, `command PID`, `failed ERRNO folder|shell`, `ended STATUS` when the command itself has
ended, `spent CPU_SECONDS PEAK_KIB` at the end of all. Needs no other file: `python -IBS` starts it in
hundredths of a second.
Source: prctl(2), PR_SET_CHILD_SUBREAPER; wait(2)
"""

from __future__ import annotations

import marshal
import os
import resource
import signal
import sys

try:
    import ctypes
except ImportError:  # a Python that was built without libffi
    ctypes = None  # type: ignore[assignment]

CHILD_SUBREAPER = 36  # linux/prctl.h


def becomes_reaper() -> bool:
    """True if orphans of this process's descendants are its children from now on."""
    if ctypes is None or not sys.platform.startswith("linux"):
        return False
    try:
        return bool(ctypes.CDLL(None).prctl(CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
    except (OSError, AttributeError):  # no C library to be found, or one without prctl
        return False


def main(order: int, report: int) -> None:
    """Start the command and wait for all that comes of it."""
    for descriptor in (order, report):
        os.set_inheritable(descriptor, False)
    with os.fdopen(order, "rb") as told:
        arguments, environment, folder, umask = marshal.loads(told.read())  # noqa: S302 - our own runner wrote it

    def say(text: str) -> None:
        os.write(report, f"{text}\n".encode())

    say(f"reaps {'yes' if becomes_reaper() else 'no'}")
    command = os.fork()
    if command == 0:
        of = "folder"
        try:
            os.setsid()
            for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and the job would, too
                signal.signal(number, signal.SIG_DFL)
            if umask is not None:
                os.umask(umask)
            os.chdir(folder)
            of = "shell"
            os.execve(arguments[0], arguments, environment)  # noqa: S606 - the shell is the job's own
        except OSError as error:
            say(f"failed {error.errno} {of}")
        finally:
            os._exit(127)
    say(f"command {command}")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):  # the job's input and output: their ends are to be seen
        os.dup2(nowhere, descriptor)
    while True:
        try:
            child, status = os.wait()
        except ChildProcessError:
            break
        if child == command:
            # as a shell says it; waitstatus_to_exitcode
            say(f"ended {128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)}")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    say(f"spent {used.ru_utime + used.ru_stime:.6f} {used.ru_maxrss}")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
