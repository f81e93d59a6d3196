"""Makes migrator/emit/debian_packages.toml: which Debian package brings each program that programs.toml knows. By hand.

Line: `jq: /usr/bin/jq`, as `apt-file search -x '^/(usr/)?s?bin/'` prints Debian's own Contents index
Source: the archive that this machine's apt is set up with (`apt-file update` before). Programs of several
packages, of packages that every Debian system has (Priority: required), and of none are left out: emit/packages.py decides
about the first by hand.
"""

import re
import subprocess
import tomllib
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "migrator/emit/debian_packages.toml"
PROGRAMS = ROOT / "migrator/scripts/programs.toml"


def output(*command: str) -> str:
    """What a program prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def required() -> set[str]:
    """Packages that are on every Debian system."""
    found = set()
    for block in output("apt-cache", "dumpavail").split("\n\n"):
        name = re.search(r"(?m)^Package: (\S+)$", block)
        if name and re.search(r"(?m)^(?:Priority: required|Essential: yes)$", block):
            found.add(name[1])
    return found


def main() -> None:
    """Write the table."""
    known = set(tomllib.loads(PROGRAMS.read_text()))
    everywhere = required()
    packages: dict[str, set[str]] = defaultdict(set)
    for line in output("apt-file", "search", "-x", "^/(usr/)?s?bin/[^/]+$").splitlines():
        package, _, path = line.partition(": ")
        packages[path.strip().rpartition("/")[2]].add(package)
    release = re.search(r'VERSION="?([^"\n]+)', Path("/etc/os-release").read_text())
    name = release[1] if release else "?"
    head = f"# Made by benchmarks/debian_packages.py from the Contents index of Debian {name}; not by hand.\n"
    lines, several = [], 0
    for program in sorted(known):
        found = packages.get(program, set()) - everywhere
        if packages.get(program, set()) & everywhere:
            continue
        if len(found) > 1 and program in found:  # the package of the same name is what is meant
            found = {program}
        several += len(found) > 1
        if len(found) == 1:
            key = program if re.fullmatch(r"[A-Za-z0-9_-]+", program) else f'"{program}"'
            lines.append(f'{key} = "{found.pop()}"\n')
    TARGET.write_text(head + "".join(lines))
    print(f"{len(known)} programs known, {len(lines)} in exactly one package, {several} in several, {len(packages)} in the index")


if __name__ == "__main__":
    main()
