"""Process accounting's records of cron's jobs: exact length, exit status and processor time, by the pid of the job's shell.

Line: (of the reader of such files) pid 66, a child of cron's process 48: sh, 3.72 s, status 3, 0.05 s of a processor
Source: logfiles/process_accounting.py; the command is not told: the pid joins it to cron's own line, else user and time
"""

from collections.abc import Iterator

from migrator.model.usage import Event, Line

NEEDLES: tuple[bytes, ...] = ()
TAGS: tuple[str, ...] = ("process-accounting",)


def read(line: Line) -> Iterator[Event]:
    """The end of a job; `session` is the pid of cron's process between."""
    told = dict(line.figures)
    if "elapsed_s" not in told:
        return  # anybody can write such a tag into syslog
    length = float(told["elapsed_s"])
    yield Event(
        "end", line.at_us, line.host, "accounting", told["user"] or None, None, line.pid, "child", told["parent"],
        int(told["exit_status"]), float(told["cpu_s"]), None, length, line.resolution_us, line.order,
    )  # fmt: skip
