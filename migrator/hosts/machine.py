"""Processors and memory.

Source: proc(5): cpuinfo, meminfo
"""

import re

from migrator.hosts.text import lines
from migrator.model.job import HostPart
from migrator.model.source import Evidence, HostFiles, Location

READS: tuple[str, ...] = ("/proc/cpuinfo", "/proc/meminfo")


def read(files: HostFiles) -> HostPart:
    """Virtual processors, memory, and the architecture where cpuinfo tells."""
    cpu = lines(files, "/proc/cpuinfo")
    count = sum(1 for line in cpu if re.match(r"processor\s*:", line))
    architecture = None
    if any(re.match(r"flags\s*:.*\blm\b", line) for line in cpu):
        architecture = "x86_64"
    elif any(re.match(r"CPU architecture\s*:\s*8", line) for line in cpu):
        architecture = "aarch64"
    memory = next(
        (int(m[1]) for line in lines(files, "/proc/meminfo") if (m := re.match(r"MemTotal:\s+(\d{1,15}) kB", line))), None
    )
    evidence = []
    if count:
        evidence.append(Evidence(snippet=f"{count} processors", location=Location(host="", path="/proc/cpuinfo")))
    if memory is not None:
        evidence.append(Evidence(snippet=f"MemTotal: {memory} kB", location=Location(host="", path="/proc/meminfo")))
    return HostPart(
        vcpu=count or None,
        memory_mib=None if memory is None else memory // 1024,
        architecture=architecture,
        evidence=tuple(evidence),
    )
