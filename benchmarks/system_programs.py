"""Makes migrator/scripts/system_programs.txt: `python benchmarks/system_programs.py > migrator/scripts/system_programs.txt`.

The programs that Debian packages of the sections admin, kernel, utils and net put into /sbin and /usr/sbin, which the Filesystem
Hierarchy Standard keeps for the administration of the system. From the Contents index that `apt-get update` fetches. Names like
`backup.sh`, which a job of somebody's own may have as well, are left out.
"""

import re

from draw_labels import lists

SECTIONS = frozenset({"admin", "kernel", "utils", "net"})


def main() -> None:
    """Prints the names, sorted."""
    found = set()
    for line in lists("Contents-").splitlines():
        if match := re.fullmatch(r"(?:usr/)?sbin/([\w.+-]+)\s+(\S+)", line):
            sections = {owner.split("/")[-2] for owner in match[2].split(",") if "/" in owner}
            if sections & SECTIONS and not match[1].endswith((".sh", ".pl", ".py")):
                found.add(match[1])
    print("\n".join(sorted(found)))


if __name__ == "__main__":
    main()
