"""How fast logs become runs, beside programs that only look for a word: `python benchmarks/logs.py [MB] [--peers PYTHON]`.

On a quiet machine `python benchmarks/logs.py 1000 --peers PYTHON` takes six minutes.

Writes logs of 40 servers, half Debian's (sessions of PAM and CMD), half cronie's (CMD and CMDEND), with 30 % and with 4 % lines
of cron into a temporary folder. Each row is run in turns with `rg -c CRON`; the table has the smallest of some whole processes,
and the ratio to the smallest ripgrep of the same turns: of the wall's time, and of the processors' time, because a busy machine
stretches the wall's, above all of what works on two processors. `one processor`: the same where only one may be used. Memory is
that of all processes of a row together at its largest, shared pages once (PSS), looked for in a run of its own
(not of others at 500 MB and more).
`--peers`: a Python with pandas, polars, duckdb and dask, whose rows are extraction only, without pairs, where they do not say
otherwise; those that pair take a start and an end for one run without asking whether others overlap, as usual queries do.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

ROUNDS, ROUNDS_OF_OTHERS = 3, 1  # the others' at 500 MB and more
LOOK_S = 0.02  # between two looks at memory
HOSTS = 40
SHORTEST_S = 0.02  # no end stands before its start, which no cron writes
NOISE = (
    "kernel: [UFW BLOCK] IN=eth0 OUT= SRC=198.51.100.{n} DST=192.0.2.1 LEN=40 TTL=244 PROTO=TCP SPT={n}1 DPT=22",
    "sshd[{n}]: Failed password for invalid user admin from 198.51.100.{n} port 5{n} ssh2",
    "postfix/smtpd[{n}]: connect from unknown[198.51.100.{n}]",
    "dhclient[{n}]: DHCPREQUEST for 192.0.2.7 on eth0 to 192.0.2.1 port 67 xid=0x{n}",
    "systemd[1]: Started session-{n}.scope - Session {n} of User root.",
)
HEAD = """| | wall s | CPU s | MB/s | times `rg -c CRON`, wall | CPU | MiB |
| --- | --- | --- | --- | --- | --- | --- |"""
LOOP = r"""
import re, sys
said = re.compile(rb"^(\S+) (\S+) (CROND?)\[(\d+)\]: (?:\((\w+)\) (CMD|CMDEND) \((.*)\)|"
                  rb"pam_unix\(cron:session\): session (\w+) for user (\w+).*)$")
print(sum(1 for line in open(sys.argv[1], "rb") if said.match(line.rstrip())))
"""
PAIRING_LOOP = r"""
import re, sys
from collections import Counter, defaultdict, deque
from datetime import datetime
said = re.compile(rb"^(\S+) (\S+) (CROND?)\[(\d+)\]: (?:\((\w+)\) (CMD|CMDEND) \((.*)\)|"
                  rb"pam_unix\(cron:session\): session (\w+) for user (\w+).*)$")
begun, lengths = defaultdict(deque), Counter()
for line in open(sys.argv[1], "rb"):
    if b"CRON" not in line or (match := said.match(line.rstrip())) is None:
        continue
    stamp, host, tag, pid, user, what, command, session, _ = match.groups()
    if what == b"CMD" and tag == b"CRON":
        continue
    key = (host, user, command) if what else (host, pid)
    at = datetime.fromisoformat(stamp.decode()).timestamp()
    if what == b"CMD" or session == b"opened":
        begun[key].append(at)
    elif begun[key]:
        lengths[round(at - begun[key].popleft(), 1)] += 1
print(lengths.total())
"""
READER = """
import sys
from migrator import blocks
print(sum(len(blocks.found(block, (b"CRON",))) for block in blocks.whole_lines(open(sys.argv[1], "rb"))))
"""
SAID = r"^(\S+) (\S+) (CROND?)\[(\d+)\]: (.*)$"
FIELDS = """with fields as (
  select split_part(l, ' ', 1) stamp, split_part(l, ' ', 2) host, split_part(l, ' ', 3) tag, substr(l, strpos(l, ']: ') + 3) said
  from read_csv('{sys.argv[1]}', delim='\\x01', header=false, columns={{'l': 'VARCHAR'}}, quote='', escape='', auto_detect=false)
  where contains(l, ' CRON')), lines as (
  select stamp::timestamptz stamp, host, split_part(tag, '[', 1) daemon, split_part(split_part(tag, '[', 2), ']', 1)::int pid,
  case when contains(said, ') CMDEND (') then 'CMDEND' when contains(said, ') CMD (') then 'CMD'
       when contains(said, 'session opened') then 'opened' when contains(said, 'session closed') then 'closed' end what,
  case when starts_with(said, '(') then substr(split_part(said, ')', 1), 2)
       else split_part(split_part(split_part(said, 'for user ', 2), ' ', 1), '(', 1) end who,
  case when starts_with(said, '(') then substr(said, strpos(said, ' (') + 2, length(said) - strpos(said, ' (') - 2) end command
  from fields)"""
PEERS = {
    "pandas, str.extract": f"""
import sys, pandas
lines = pandas.read_csv(sys.argv[1], sep="\\x01", header=None, names=["l"], quoting=3).l
print(len(lines[lines.str.contains("CRON", regex=False)].str.extract(r"{SAID}").dropna()))
""",
    "polars, splitn": """
import sys, polars as p
lines = p.scan_csv(sys.argv[1], separator="\\x01", has_header=False, quote_char=None, new_columns=["l"])
lines = lines.filter(p.col("l").str.contains(" CRON", literal=True)).select(p.col("l").str.splitn(" ", 4))
print(lines.unnest("l").with_columns(p.col("field_2").str.splitn("[", 2)).collect().height)
""",
    "duckdb, string functions": """
import sys, duckdb
print(duckdb.sql(f\"\"\"select count(*), max(stamp), max(host), max(tag), max(length(said)) from (
  select split_part(l, ' ', 1) stamp, split_part(l, ' ', 2) host, split_part(l, ' ', 3) tag, substr(l, strpos(l, ']: ') + 3) said
  from read_csv('{sys.argv[1]}', delim='\\x01', header=false, columns={{'l': 'VARCHAR'}}, quote='', escape='', auto_detect=false)
  where contains(l, ' CRON'))\"\"\").fetchall())
""",
    "duckdb, string functions, each start with the next end": """
import sys, duckdb
print(duckdb.sql(f\"\"\"with lines as (
  select split_part(l, ' ', 1)::timestamptz stamp, split_part(l, ' ', 2) host, split_part(l, ' ', 3) tag,
  substr(l, strpos(l, ']: ') + 3) said
  from read_csv('{sys.argv[1]}', delim='\\x01', header=false, columns={{'l': 'VARCHAR'}}, quote='', escape='', auto_detect=false)
  where contains(l, ' CRON')), events as (
  select stamp, host, case when starts_with(said, 'pam') then tag else replace(said, 'CMDEND', 'CMD') end joins,
  contains(said, 'opened') or contains(said, ') CMD (') starts
  from lines where not (starts_with(tag, 'CRON[') and contains(said, ') CMD ('))), pairs as (
  select starts, lead(starts) over each_key follows, epoch(lead(stamp) over each_key) - epoch(stamp) length
  from events window each_key as (partition by host, joins order by stamp))
  select count(*), sum(length), quantile_cont(length, 0.95) from pairs where starts and not follows\"\"\").fetchall())
""",
    "duckdb, all fields": f"""
import sys, duckdb
print(duckdb.sql(f\"\"\"{FIELDS}
  select count(*), max(stamp), max(host), max(daemon), max(pid), max(what), max(who), max(command) from lines\"\"\").fetchall())
""",
    "duckdb, all fields, each start with the next end, figures of each job": f"""
import sys, duckdb
print(duckdb.sql(f\"\"\"{FIELDS}, cronie as (
  select who, command, what, epoch(lead(stamp) over each_command) - epoch(stamp) length, lead(what) over each_command follows
  from lines where daemon = 'CROND' window each_command as (partition by host, who, command order by stamp)), processes as (
  select host, who, command, stamp, what, epoch(lead(stamp) over each_process) - epoch(stamp) length,
  lead(what) over each_process follows from lines where daemon = 'CRON'
  window each_process as (partition by host, pid, what = 'CMD' order by stamp)), debian as (
  select what, who, command, last_value(case when what = 'opened' and follows = 'closed' then length end ignore nulls) over (
  partition by host, who order by stamp rows between unbounded preceding and current row) length from processes), runs as (
  select who, command, length from cronie where what = 'CMD' and follows = 'CMDEND' union all
  select who, command, length from debian where what = 'CMD')
  select who, command, count(*), quantile_cont(length, [0.5, 0.95, 0.99]), max(length) from runs group by all\"\"\").fetchall())
""",
    "dask.bag, re (2 processes)": f"""
import re, sys, dask.bag
said = re.compile(r"{SAID}")
if __name__ == "__main__":
    lines = dask.bag.read_text(sys.argv[1], blocksize="16MiB").filter(lambda line: "CRON" in line)
    print(lines.map(lambda line: said.match(line)).filter(bool).count().compute(num_workers=2))
""",
}


class Taken(NamedTuple):
    """What a process took."""

    cpu_s: float
    wall_s: float


def written(root: Path, megabytes: int, share: float) -> Path:
    """A server whose syslog has this share of cron's lines; prints how many runs it has."""
    chance, at = random.Random(7), datetime(2026, 11, 1, tzinfo=UTC)
    (root / "etc/cron.d").mkdir(parents=True)
    (root / "var/log").mkdir(parents=True)
    (root / "etc/cron.d/work").write_text("".join(f"* * * * * root /opt/job{number} --all\n" for number in range(8)))
    path, size, runs = root / "var/log/syslog", 0, 0
    pids = dict.fromkeys(range(HOSTS), 1000)
    with path.open("w") as log:
        while size < megabytes << 20:
            lines: list[tuple[float, str]] = []
            for _ in range(200):  # in a minute
                host, begin = chance.randrange(HOSTS), chance.random() * 50
                pids[host] = pid = (pids[host] + 5) % 4_000_000
                command, length = f"/opt/job{chance.randrange(8)} --all", SHORTEST_S + chance.random() * 9
                if host % 2:
                    said = [
                        (0.01, f"CROND[{pid + 1}]: (root) CMD ({command})"),
                        (length, f"CROND[{pid}]: (root) CMDEND ({command})"),
                    ]
                else:
                    session = f"CRON[{pid}]: pam_unix(cron:session): session"
                    said = [
                        (0.0, f"{session} opened for user root(uid=0) by (uid=0)"),
                        (0.01, f"CRON[{pid + 1}]: (root) CMD ({command})"),
                        (length, f"{session} closed for user root"),
                    ]  # fmt: skip
                lines += [(begin + later, f"web{host:02d} {text}") for later, text in said]
                runs += 1
            for _ in range(round(len(lines) * (1 / share - 1))):
                text = chance.choice(NOISE).format(n=chance.randrange(1, 255))
                lines.append((chance.random() * 60, f"web{chance.randrange(HOSTS):02d} {text}"))
            for offset, text in sorted(lines):
                size += log.write(f"{(at + timedelta(seconds=offset)).isoformat(timespec='microseconds')} {text}\n")
            at += timedelta(minutes=1)
    print(f"{root.name}: {runs} runs", file=sys.stderr)
    return path


def begun(arguments: list[str]) -> subprocess.Popen[bytes]:
    # an installed program's modules are compiled once, not at each start
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)


def took(arguments: list[str]) -> Taken:
    """One process, its children included."""
    at = time.perf_counter()
    process = begun(arguments)
    _, status, used = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - at
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{arguments} ended with {process.returncode}")
    return Taken(used.ru_utime + used.ru_stime, wall_s)


def memory(arguments: list[str]) -> float:
    """The most MiB that a process and all that it begins have at a time."""
    process, largest = begun(arguments), 0.0
    while process.poll() is None:
        largest = max(largest, sum(_pss(number) for number in _family(process.pid)))
        time.sleep(LOOK_S)
    return largest


def _family(number: int) -> list[int]:
    try:
        children = Path(f"/proc/{number}/task/{number}/children").read_text().split()
    except OSError:
        return []
    return [number, *(each for child in children for each in _family(int(child)))]


def _pss(number: int) -> float:
    try:
        text = Path(f"/proc/{number}/smaps_rollup").read_text()
    except OSError:  # it has just ended
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith("Pss:")), 0.0)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("megabytes", type=int, nargs="?", default=100)
    parser.add_argument("--peers", help="a Python with pandas, polars, duckdb and dask")
    given = parser.parse_args()
    migrator = [sys.executable, "-m", "migrator", "runs"]
    print(f"{given.megabytes} MB of syslog, load {os.getloadavg()[0]:.0f}\n\n{HEAD}")
    with tempfile.TemporaryDirectory() as folder:
        for name, share in (("30 % cron", 0.3), ("4 % cron", 0.04)):
            path = written(Path(folder) / name[:2].strip(), given.megabytes, share)
            (Path(folder) / "empty/etc").mkdir(parents=True, exist_ok=True)
            rows = {
                "migrator runs": [*migrator, str(path.parents[2])],
                "migrator runs, one processor": ["taskset", "-c", "0", *migrator, str(path.parents[2])],
                "migrator runs, no log at all": [*migrator, f"{folder}/empty"],
                "for line, re.match (no pairs)": [sys.executable, "-c", LOOP, str(path)],
                "for line, re.match, each end with the first start": [sys.executable, "-c", PAIRING_LOOP, str(path)],
            }
            if given.peers:
                rows |= {peer: [given.peers, "-c", text, str(path)] for peer, text in PEERS.items() if "dask" not in peer}
                script = Path(folder) / "bag.py"  # its processes read the program again
                script.write_text(next(text for peer, text in PEERS.items() if "dask" in peer))
                rows["dask.bag, re (2 processes, no pairs)"] = [given.peers, str(script), str(path)]
            show(name, given.megabytes, rows, ["rg", "-c", "CRON", str(path)])
            plain = path.rename(Path(folder) / "plain")
            for packer, form, counter in (["gzip", "-6"], "gz", "zgrep"), (["zstd", "-3", "-q"], "zst", "zstdgrep"):
                packed = path.with_name(f"syslog.1.{form}")
                with plain.open("rb") as text, packed.open("wb") as out:
                    subprocess.run([*packer, "-c"], stdin=text, stdout=out, check=True)
                ours = {"migrator runs": rows["migrator runs"], "reader alone": [sys.executable, "-c", READER, str(packed)]}
                show(f"{name}, {form}", given.megabytes, ours, [counter, "-c", "CRON", str(packed)])
                packed.unlink()
            plain.unlink()
            shutil.rmtree(path.parents[2])


def show(name: str, megabytes: int, rows: dict[str, list[str]], base: list[str]) -> None:
    """The smallest of each row, run in turns with `base`."""
    took(base)
    bases = []
    for row, arguments in rows.items():
        rounds = ROUNDS if "migrator" in row or megabytes < 500 else ROUNDS_OF_OTHERS
        turns = [(took(base), took(arguments)) for _ in range(rounds)]
        least = Taken(*(max(min(each), 0.001) for each in zip(*(base_took for base_took, _ in turns), strict=True)))
        own = Taken(*(min(each) for each in zip(*(taken for _, taken in turns), strict=True)))
        bases.append(least)
        mib = f"{memory(arguments):,.0f}" if rounds == ROUNDS else ""
        print(
            f"| {name}: {row} | {own.wall_s:.2f} | {own.cpu_s:.2f} | {megabytes / own.wall_s:,.0f} "
            f"| {own.wall_s / least.wall_s:.1f} | {own.cpu_s / least.cpu_s:.1f} | {mib} |",
            flush=True,
        )
    least = Taken(*(min(each) for each in zip(*bases, strict=True)))
    said = f"{name}: `{' '.join(base[:-1])}`"
    print(f"| {said} | {least.wall_s:.3f} | {least.cpu_s:.3f} | {megabytes / least.wall_s:,.0f} | 1 | 1 | |", flush=True)


if __name__ == "__main__":
    main()
