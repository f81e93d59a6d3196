"""Compiled programs of this machine against binutils' readelf and dpkg's own records."""

import re
import subprocess
from pathlib import Path

from migrator.model.source import Evidence, Location
from migrator.scripts import elf

FOLDER = Path("/usr/bin")
MOST = 400


def test_libraries_are_those_that_readelf_and_dpkg_name() -> None:
    programs = [path for path in sorted(FOLDER.iterdir()) if path.is_file() and not path.is_symlink()]
    programs = [path for path in programs if path.read_bytes()[:4] == b"\x7fELF"][:MOST]
    assert len(programs) > 100
    output = subprocess.run(["readelf", "-d", *map(str, programs)], capture_output=True, text=True, check=False).stdout
    wanted = {part.split("\n", 1)[0]: set(re.findall(r"\(NEEDED\).*\[(.*?)\]", part)) for part in output.split("File: ")[1:]}
    claimed: dict[str, str] = {}
    for path in programs:
        said = elf.facts(path.read_bytes(), Location(host="h", path=str(path), line=1), Evidence(snippet=""))
        ours = {fact.value: fact.detail or "" for fact in said if fact.kind == "library"}
        assert set(ours) == {name for name in wanted[str(path)] if not name.startswith(elf.EVERYWHERE)}, path
        claimed |= {name: detail.rpartition(" ")[2] for name, detail in ours.items() if "Debian package" in detail}
    assert len(claimed) > 30
    for name, package in claimed.items():
        owners = subprocess.run(["dpkg", "-S", f"*/{name}"], capture_output=True, text=True, check=False).stdout
        assert any(line.split(":")[0] == package for line in owners.splitlines()), (name, package, owners)
