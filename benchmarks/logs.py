"""How fast logs become runs, beside ripgrep, grep and a plain Python loop in the same minute: `python benchmarks/logs.py [MB]`.

Writes a syslog with 30 % and one with 4 % lines of cron into a temporary folder and prints a table of medians of whole processes.
"""

import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROUNDS = 3
NOISE = (
    "kernel: [UFW BLOCK] IN=eth0 OUT= SRC=198.51.100.{n} DST=192.0.2.1 LEN=40 TTL=244 PROTO=TCP SPT={n}1 DPT=22",
    "sshd[{n}]: Failed password for invalid user admin from 198.51.100.{n} port 5{n} ssh2",
    "postfix/smtpd[{n}]: connect from unknown[198.51.100.{n}]",
    "dhclient[{n}]: DHCPREQUEST for 192.0.2.7 on eth0 to 192.0.2.1 port 67 xid=0x{n}",
)
LOOP = """
import re, sys
said = re.compile(rb"^(\\S+) (\\S+) CRON\\[(\\d+)\\]: \\((\\w+)\\) (CMD|END) \\((.*)\\)$")
print(sum(1 for line in open(sys.argv[1], "rb") if said.match(line.rstrip())))
"""


def written(root: Path, megabytes: int, share: float) -> Path:
    """A server whose syslog has this share of cron's lines."""
    chance, at = random.Random(7), datetime(2026, 11, 1, tzinfo=UTC)
    (root / "etc/cron.d").mkdir(parents=True)
    (root / "var/log").mkdir(parents=True)
    (root / "etc/cron.d/work").write_text("".join(f"* * * * * root /opt/job{number} --all\n" for number in range(8)))
    path, pid, size = root / "var/log/syslog", 1000, 0
    with path.open("w") as log:
        while size < megabytes << 20:
            at += timedelta(seconds=7)
            pid = (pid + 5) % 4_000_000
            lines = []
            command = f"/opt/job{chance.randrange(8)} --all"
            lines.append((0.0, f"CRON[{pid + 1}]: (root) CMD ({command})"))
            lines.append((chance.random() * 6, f"CRON[{pid}]: (root) END ({command})"))
            noise = range(round(2 / share) - 2)
            lines += [(chance.random() * 6, chance.choice(NOISE).format(n=chance.randrange(1, 255))) for _ in noise]
            for offset, said in sorted(lines):
                stamp = (at + timedelta(seconds=offset)).isoformat(timespec="microseconds")
                size += log.write(f"{stamp} web01 {said}\n")
    return path


def cpu_s(arguments: list[str]) -> float:
    """Median of the processor's time of whole processes, after one that warms the cache; a busy machine stretches the wall's."""
    taken = []
    for _ in range(ROUNDS + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(arguments, capture_output=True, check=False)  # grep stops at the first hit where nobody listens
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(taken[1:])


def main() -> None:
    """Print the table."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    print(f"| {megabytes} MB of syslog | CPU seconds | MB/s | times rg (grep where there is none) |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for name, share in (("30 % cron", 0.3), ("4 % cron", 0.04)):
            path = written(Path(folder) / name[:2].strip(), megabytes, share)
            rows = [("migrator runs", [sys.executable, "-m", "migrator", "runs", str(path.parents[2])])]
            rows += [(tool, [tool, "-c", "CRON", str(path)]) for tool in ("rg", "grep") if shutil.which(tool)]
            rows.append(("for line, re.match (no pairs)", [sys.executable, "-c", LOOP, str(path)]))
            times = {row: cpu_s(arguments) for row, arguments in rows}
            base = times.get("rg", times.get("grep", 0.0))
            for row, seconds in times.items():
                print(f"| {name}: {row} | {seconds:.2f} | {megabytes / seconds:,.0f} | {seconds / base:.1f} |")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"\nLargest process: {peak} MiB. Python {sys.version.split()[0]}.")


if __name__ == "__main__":
    main()
