"""Makes migrator/scripts/debian_libraries.toml: which Debian package brings a shared library. By hand.

Line: `libssl3: /usr/lib/x86_64-linux-gnu/libssl.so.3`, as `apt-file search` prints Debian's own Contents index
Source: the archive that this machine's apt is set up with (`apt-file update` before). Only libraries that exactly one package
brings, and only packages that at least five others need.
"""

import re
from collections import Counter, defaultdict
from pathlib import Path

from debian_packages import output

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "migrator/scripts/debian_libraries.toml"
LIBRARY = re.compile(r"lib[\w+.-]+\.so\.\d[\d.]*")
LEAST = 5


def needed() -> Counter[str]:
    """How many packages depend on each."""
    count: Counter[str] = Counter()
    for line in re.findall(r"(?m)^(?:Depends|Pre-Depends): (.*)$", output("apt-cache", "dumpavail")):
        count.update(set(re.findall(r"(?:^|[,|] ?)([a-z0-9][a-z0-9+.-]+)", line)))
    return count


def main() -> None:
    """Write the table."""
    bring: dict[str, set[str]] = defaultdict(set)
    pattern = r"^/(usr/)?lib/(x86_64-linux-gnu/)?lib[^/]+\.so\.[0-9.]+$"
    for line in output("apt-file", "search", "-x", pattern).splitlines():
        package, _, path = line.partition(": ")
        name = path.strip().rpartition("/")[2]
        if LIBRARY.fullmatch(name) and name.count(".") <= 3:
            bring[name].add(package)
    count = needed()
    table: dict[str, list[str]] = defaultdict(list)
    for name, packages in sorted(bring.items()):
        if len(packages) == 1 and count[package := next(iter(packages))] >= LEAST:
            table[package].append(name)
    release = re.search(r'VERSION="?([^"\n]+)', Path("/etc/os-release").read_text())
    for names in table.values():  # `libpq.so.5.15` beside `libpq.so.5`: nothing is linked with the longer one
        names[:] = [name for name in names if not any(name.startswith(other + ".") for other in names)]
    system = f"Debian {release[1] if release else '?'}"
    head = f"# Made by benchmarks/debian_libraries.py from the Contents index of {system}; not by hand.\n"
    lines = [
        f'"{package}" = [{", ".join(f"{chr(34)}{name}{chr(34)}" for name in names)}]\n'
        for package, names in sorted(table.items())
    ]
    TARGET.write_text(head + "".join(lines))
    print(f"{sum(map(len, table.values()))} libraries of {len(table)} packages; {len(bring)} in the index")


if __name__ == "__main__":
    main()
