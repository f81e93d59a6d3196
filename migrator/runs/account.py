"""Joins the kernel's accounting of processes to the starts that cron logged: by pid and time, exactly.

An accounting record knows when a job's shell began (to the second), how long it lived, what it used and how it ended, but not
its command. A record without a logged start is a run of its own: of that user, at that time.
"""

from collections import defaultdict

from migrator.model.usage import Event
from migrator.runs.parts import Life, Start


def account(starts: list[Start], records: list[Event], near_us: int, life: Life) -> list[Start]:
    """Set end, exit status and processor time of the starts that have a record; the starts that only records tell."""
    by_pid = defaultdict[tuple[str, int], list[Start]](list)
    for start in starts if records else ():
        if start.event.pid is not None and start.event.pid_role != "unknown":
            by_pid[start.event.pid_role, start.event.pid].append(start)
    alone, used = [], set[int]()
    for record in records:
        parent = int(record.session or 0)
        near = [
            start
            for start in (*by_pid.get(("child", record.pid or 0), ()), *by_pid.get(("parent", parent), ()))
            if abs(start.event.at_us - record.at_us) <= near_us
            and record.user in {None, start.event.user}
            and id(start) not in used
        ]
        if near:
            start = min(near, key=lambda item: abs(item.event.at_us - record.at_us))
            used.add(id(start))
        else:
            start = Start(record._replace(kind="start"), life)
            alone.append(start)
        start.end, start.resource, start.exit_status, start.quality = record, record, record.exit_status, "exact"
    return alone
