"""systemd's words about a service: start, end, exit status, CPU and memory. A unit runs once at a time: its name joins them, and
in the journal the number of its invocation (INVOCATION_ID).

Line: `systemd[1]: Starting ok.service - A job that works...`, `Started simple.service - Simple service.`
Line: `systemd[1]: fail.service: Main process exited, code=exited, status=3/NOTIMPLEMENTED`
Line: `systemd[1]: ok.service: Deactivated successfully.`, `Failed with result 'timeout'.`, `Finished ok.service - A job.`
Line: `systemd[1]: fail.service: main process exited, code=exited, status=3/NOTIMPLEMENTED` and then
`Unit fail.service entered failed state.` (219, Red Hat 7)
Line: `systemd[1]: ok.service: Consumed 1.234s CPU time, 12.3M memory peak.` (where it was worth a line)
Source: systemd src/core/{unit,job,service}.c; older ones say a description instead of the name: the journal has it as UNIT
"""

import re
from collections.abc import Iterator

from migrator.model.usage import Event, EventKind, Line
from migrator.runlogs.wording import PidRole

NEEDLES: tuple[bytes, ...] = (b"systemd[1]: ",)
TAGS: tuple[str, ...] = ("systemd",)
UNIT = r"(?P<unit>[A-Za-z0-9:_.\\@-]{1,240}\.service)"
JOB = re.compile(rf"(?P<what>Starting|Started|Finished) {UNIT}(?: - .*|\.+)?$", re.DOTALL)
STATE = re.compile(
    rf"{UNIT}: (?P<what>Deactivated successfully|Succeeded|Failed with result|[Mm]ain process exited|Consumed)(?P<rest>.*)$"
)
FAILED = re.compile(rf"(?P<what>Unit) {UNIT} entered failed state\.$")  # 219, which says no result
UNNAMED = re.compile(r"(?P<what>Starting|Started|Finished) ")
CODE = re.compile(r", code=(?P<code>exited|killed|dumped), status=(?P<status>\d{1,3})")
SPAN = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(w|d|h|min|s|ms|us) ?")
SECONDS = {"w": 604800, "d": 86400, "h": 3600, "min": 60, "s": 1, "ms": 1e-3, "us": 1e-6}
MEMORY = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)([BKMGT]) memory peak")
MIB = {"B": 2**-20, "K": 2**-10, "M": 1, "G": 2**10, "T": 2**20}


def read(line: Line) -> Iterator[Event]:
    """Starts, ends, exit statuses and what was used."""
    text, figures = line.text, dict(line.figures)
    named = JOB.match(text) or STATE.match(text) or FAILED.match(text)
    found = named or (UNNAMED.match(text) if figures.get("unit", "").endswith(".service") else None)
    if found is None:
        return
    unit, what = (named["unit"] if named else figures["unit"]), found["what"]
    if what == "Consumed":
        cpu_s, memory_mib = _used(text, figures)
        yield _event("resource", line, unit, cpu_s=cpu_s, memory_mib=memory_mib)
    elif what.lower() == "main process exited":
        code = CODE.match(found["rest"])
        if code is not None:
            status = int(code["status"]) + (0 if code["code"] == "exited" else 128)
            yield _event("failure", line, unit, status=status)
    elif what in {"Starting", "Started"}:
        yield _event("start", line, unit, role="parent" if what == "Starting" else "child")
    else:
        yield _event("end", line, unit, status=None if what in {"Failed with result", "Unit"} else 0)


def _event(
    kind: EventKind,
    line: Line,
    unit: str,
    *,
    role: PidRole = "unknown",
    status: int | None = None,
    cpu_s: float | None = None,
    memory_mib: float | None = None,
) -> Event:
    return Event(
        kind, line.at_us, line.host, "systemd_unit", None, unit, None, role, line.session, status, cpu_s, memory_mib, None,
        line.resolution_us, line.order,
    )  # fmt: skip


def _used(text: str, figures: dict[str, str]) -> tuple[float | None, float | None]:
    """CPU seconds and peak MiB: exact from the journal's fields, rounded from the text."""
    spent, memory = text.partition("Consumed ")[2].partition(" CPU time")[0], MEMORY.search(text)
    parts = SPAN.findall(spent)
    cpu_s = round(sum(float(count) * SECONDS[unit] for count, unit in parts), 6) if parts else None
    memory_mib = None if memory is None else round(float(memory[1]) * MIB[memory[2]], 3)
    exact_cpu, exact_memory = figures.get("cpu_ns", ""), figures.get("peak_memory_bytes", "")
    if exact_cpu.isdecimal() and len(exact_cpu) < 20:
        cpu_s = int(exact_cpu) / 1e9
    if exact_memory.isdecimal() and len(exact_memory) < 19:
        memory_mib = int(exact_memory) / 2**20
    return cpu_s, memory_mib
