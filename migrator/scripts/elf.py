"""Reads the head of a compiled program: its architecture, and the libraries that it is linked with.

Source: elf(5), ld.so(8); which Debian package brings a library: debian_libraries.toml, made from Debian's own Contents index.
"""

import io
import re
import tomllib
from functools import cache
from importlib import resources

from elftools.common.exceptions import ELFError
from elftools.construct import ConstructError
from elftools.elf.dynamic import DynamicSection, DynamicSegment
from elftools.elf.elffile import ELFFile

from migrator.model.finding import Fact
from migrator.model.source import Evidence, Location

MACHINES = {
    "EM_386": "x86",
    "EM_ARM": "arm",
    "EM_X86_64": "x86_64",
    "EM_AARCH64": "aarch64",
    "EM_RISCV": "riscv64",
    "EM_PPC64": "ppc64",
    "EM_S390": "s390x",
}
MAX_BYTES = 200_000_000
MAX_SCANNED = 2_000_000
MAX_LIBRARIES = 300
NAMED = re.compile(rb"\0(lib[\w+.-]{1,60}\.so(?:\.\d+){1,3})(?=\0)")
# what every Debian system has: libc6, libgcc-s1, libstdc++6
EVERYWHERE = (
    "libc.so.",
    "libm.so.",
    "libdl.so.",
    "libpthread.so.",
    "librt.so.",
    "libresolv.so.",
    "libutil.so.",
    "libgcc_s.so.",
    "libstdc++.so.",
    "ld-linux",
)
BROKEN = (
    ELFError,
    ConstructError,
    ValueError,
    OverflowError,
    KeyError,
    IndexError,
    AttributeError,
    TypeError,
    AssertionError,
    RecursionError,
    UnicodeError,
    MemoryError,
)


@cache
def _packages() -> dict[str, str]:
    text = resources.files("migrator.scripts").joinpath("debian_libraries.toml").read_text(encoding="utf-8")
    return {name: package for package, names in tomllib.loads(text).items() for name in names}


def package_of(library: str) -> str | None:
    """The Debian package that brings a library by its SONAME; None where no or several packages do, or where few need it.

    >>> package_of("libssl.so.3"), package_of("libshop.so.1")
    ('libssl3', None)
    """
    return _packages().get(library)


def facts(raw: bytes, location: Location, evidence: Evidence) -> tuple[Fact, ...]:
    """Its architecture and libraries; nothing else is known of it. What cannot be read is said to be opaque.

    Of a program that is cut off (a bundle holds the first 64 KiB) the libraries are those whose names stand in what is there.
    """
    try:
        program = ELFFile(io.BytesIO(raw[:MAX_BYTES]))
        machine = MACHINES.get(program["e_machine"])
    except BROKEN:  # a damaged or hostile file: the library has no one exception for it
        return (
            Fact(kind="interpreter", value="compiled binary", evidence=evidence),
            Fact(kind="command", value=location.path, evidence=evidence, certain=False, detail="opaque: damaged ELF"),
        )
    try:
        libraries, certain = _needed(program), True
    except BROKEN:
        libraries, certain = sorted({match[1].decode("ascii") for match in NAMED.finditer(raw[:MAX_SCANNED])}), False
    found = [
        Fact(kind="interpreter", value="compiled binary", evidence=evidence, detail=machine),
        Fact(kind="command", value=location.path, evidence=evidence, certain=False, detail="opaque: compiled"),
    ]
    for name in libraries:
        if not name.startswith(EVERYWHERE):
            package = package_of(name)
            detail = f"linked; Debian package {package}" if package else "linked"
            found.append(Fact(kind="library", value=name, evidence=evidence, certain=certain, detail=detail))
    return tuple(found)


def _needed(program: ELFFile) -> list[str]:
    """The DT_NEEDED entries in their order."""
    names: list[str] = []
    for part in (*program.iter_segments(), *(() if program.num_segments() else program.iter_sections())):
        if isinstance(part, DynamicSegment | DynamicSection):
            for tag in part.iter_tags("DT_NEEDED"):
                name: str = tag.needed  # type: ignore[attr-defined]  # pyelftools sets it by the kind of the tag
                if name.isprintable() and len(name) < 200 and name not in names:
                    names.append(name)
                if len(names) >= MAX_LIBRARIES:
                    break
    return names
