"""Reads the head of a compiled program: its architecture and the libraries that it names.

Source: elf(5).
"""

import re
import struct

from migrator.model.finding import Fact
from migrator.model.source import Evidence, Location

MACHINES = {3: "x86", 40: "arm", 62: "x86_64", 183: "aarch64", 243: "riscv64", 21: "ppc64", 22: "s390x"}
SHARED = re.compile(rb"\0(lib[\w+.-]{1,60}\.so(?:\.\d+){0,3})(?=\0)")
SCAN_BYTES = 2_000_000


def facts(raw: bytes, location: Location, evidence: Evidence) -> tuple[Fact, ...]:
    """An opaque program: nothing else is known of it."""
    machine = None
    if len(raw) >= 20:
        order = ">" if raw[5] == 2 else "<"
        machine = MACHINES.get(struct.unpack_from(f"{order}H", raw, 18)[0])
    libraries = sorted({match[1].decode("ascii") for match in SHARED.finditer(raw[:SCAN_BYTES])})
    found = [
        Fact(kind="interpreter", value="compiled binary", evidence=evidence, detail=machine),
        Fact(kind="command", value=location.path, evidence=evidence, certain=False, detail="opaque: compiled"),
    ]
    found += [
        Fact(kind="library", value=name, evidence=evidence, certain=False, detail="linked")
        for name in libraries
        if not name.startswith(("libc.", "libm.", "libdl.", "libpthread.", "libgcc", "libstdc"))
    ]
    return tuple(found)
