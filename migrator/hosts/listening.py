"""Ports on which the server answers others.

Line: `tcp LISTEN 0 511 0.0.0.0:80 0.0.0.0:* users:(("nginx",pid=741,fd=6))` (ss), `0: 00000000:0050 00000000:0000 0A ...` (proc)
Source: ss(8) -Hlntup as `migrator collect` stores it; proc(5): net/tcp, net/tcp6
"""

import re
from typing import NamedTuple

from migrator.hosts.text import lines
from migrator.model.source import Evidence, HostFiles, Location

SS = "/migrator/ss.txt"
TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
READS: tuple[str, ...] = (SS, *TABLES)
LISTEN = "0A"  # enum in the kernel's include/net/tcp_states.h
MOST_LINES = 20_000
# what answers on a machine of every kind: remote access, name service, time, portmapper
STANDARD = {22, 53, 111, 123, 323, 5353, 5355}
# Source: IANA's service names; for what listens behind no name
KNOWN = {
    21: "ftp", 25: "smtp", 80: "http", 110: "pop3", 143: "imap", 389: "ldap", 443: "https", 445: "smb", 465: "smtps",
    587: "submission", 636: "ldaps", 993: "imaps", 995: "pop3s", 1433: "mssql", 1521: "oracle", 2049: "nfs", 3306: "mysql",
    5432: "postgresql", 5672: "amqp", 6379: "redis", 8080: "http-alt", 8443: "https-alt", 9092: "kafka", 9200: "elasticsearch",
    11211: "memcached", 27017: "mongodb",
}  # fmt: skip


class Port(NamedTuple):
    """A TCP port that is open to others; `program` is None where the tree does not say who listens."""

    number: int
    program: str | None
    evidence: Evidence


def ports(files: HostFiles) -> tuple[Port, ...] | None:
    """Listening TCP ports that are not on the loopback and not every machine's; None where nothing tells."""
    told = [path for path in (SS, *TABLES) if files.exists(path)]
    found: dict[int, Port] = {}
    for path in told:
        for number, line in enumerate(lines(files, path)[:MOST_LINES], 1):
            entry = _of_ss(line) if path == SS else _of_proc(line)
            if entry is None or entry[0] in STANDARD:
                continue
            port, program = entry
            snippet = f"listens on port {port}" + (f": {program}" if program else "")
            location = Location(host="", path=path, line=number)
            found.setdefault(port, Port(port, program, Evidence(snippet=snippet, location=location)))
    return tuple(found[port] for port in sorted(found)) if told else None


def _of_ss(line: str) -> tuple[int, str | None] | None:
    """Port and program of a line of ss.

    >>> _of_ss('tcp LISTEN 0 511 0.0.0.0:80 0.0.0.0:* users:(("nginx",pid=741,fd=6))')
    (80, 'nginx')
    >>> _of_ss("tcp LISTEN 0 244 127.0.0.1:5432 0.0.0.0:*") is None
    True
    """
    match = re.match(r"tcp\s+LISTEN\s+\d+\s+\d+\s+(\S+):(\d{1,5})\s+\S+(?:\s+users:\(\(\"([^\"]{1,64})\")?", line)
    if match is None or match[1].strip("[]").startswith(("127.", "::1", "::ffff:127.")):
        return None
    return int(match[2]), match[3]


def _of_proc(line: str) -> tuple[int, str | None] | None:
    """Port of a line of /proc/net/tcp; addresses are hexadecimal, each 32-bit word in the machine's (little) byte order.

    >>> _of_proc("   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1")
    (80, None)
    >>> _of_proc("   1: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1") is None
    True
    """
    match = re.match(r"\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) ", line)
    if match is None or match[3] != LISTEN:
        return None
    address = match[1]
    loopback = address[-8:].endswith("7F") if len(address) == 8 else address == "0" * 24 + "01000000"
    mapped = address.startswith("0000000000000000FFFF0000") and address.endswith("7F")
    return None if loopback or mapped else (int(match[2], 16), None)


def name_of(port: Port) -> str:
    """The program's name, else the port's registered one, else `port 8123`."""
    return port.program or KNOWN.get(port.number) or f"port {port.number}"
