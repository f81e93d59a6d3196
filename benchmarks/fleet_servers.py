"""Simulated servers for the fleet's benchmark and its tests: truth first, then a bundle as `migrator collect` packs it.

The seed decides everything: jobs, lengths, the form of the log (four of them), and for one in twenty how its bundle is damaged.
"""

import gzip
import io
import json
import random
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

END = datetime(2026, 11, 23, tzinfo=UTC)
FORMS = ("rfc3164", "iso", "cronie", "journal")
DAMAGES = ("cut", "noise", "empty")
WORK = (
    "/opt/shop/import.sh --all",
    "/usr/bin/php /srv/app/artisan schedule:run",
    "/opt/etl/load.py",
    "/usr/local/bin/backup.sh /srv",
    "/opt/mail/queue.sh",
    "/usr/bin/find /var/cache/app -mtime +7 -delete",
    "/opt/report/nightly.sh",
    "curl -fsS https://example.org/ping",
)
NOISE = ("sshd[{n}]: Failed password for invalid user admin from 198.51.100.7 port 5{n} ssh2",
         "kernel: [UFW BLOCK] IN=eth0 OUT= SRC=198.51.100.9 DST=192.0.2.1 LEN=40 PROTO=TCP SPT={n} DPT=22",
         "systemd[1]: session-{n}.scope: Deactivated successfully.")  # fmt: skip


class Simulated(NamedTuple):
    """What a bundle is made of, and what has to be found in it."""

    name: str
    form: str
    damage: str | None
    jobs: int
    runs: int  # whose start lies in the logs


class Line(NamedTuple):
    at: float
    tag: str
    pid: int
    text: str


def written(folder: Path, seed: int, days: int = 7, lines_of_noise: int = 5000) -> Simulated:
    """Write `<name>.tar.gz` into the folder."""
    chance = random.Random(seed)
    name, form = f"srv{seed:05d}", FORMS[seed % len(FORMS)]
    damage = DAMAGES[seed // 20 % len(DAMAGES)] if seed % 20 == 7 else None
    begin = END.timestamp() - days * 86400
    jobs = chance.sample(WORK, chance.randrange(3, len(WORK) + 1))
    crontab, lines, runs, pid = [], [], 0, chance.randrange(1000, 30000)
    for number, command in enumerate(jobs):
        every = (5, 60, 1440)[number % 3]
        minute = chance.randrange(60)
        crontab.append(
            f"{'*/5 * * * *' if every == 5 else f'{minute} * * * *' if every == 60 else f'{minute} 2 * * *'} root {command}"
        )
        usual = chance.choice((0.4, 3.0, 40.0)) if every == 5 else chance.choice((2.0, 90.0, 800.0))
        first = {5: 0, 60: minute, 1440: 120 + minute}[every]
        for fired in range(first, days * 1440, every):
            start = begin + 60 * fired + 1 + chance.random() * 0.2
            end = start + usual * chance.uniform(0.8, 1.3)
            pid += chance.randrange(2, 9)
            runs += 1
            lines += _said(form, start, end, pid, command)
    if form != "journal":
        for _ in range(lines_of_noise):
            tag, _, text = chance.choice(NOISE).format(n=chance.randrange(1000, 9999)).partition(": ")
            bare, _, number = tag.rstrip("]").partition("[")
            lines.append(Line(begin + chance.random() * days * 86400, bare, int(number or 0), text))
    lines = sorted(line for line in lines if line.at < END.timestamp())
    files = {"etc/hostname": f"{name}\n".encode(), "etc/timezone": b"Etc/UTC\n"}
    release = "ID=rocky\nVERSION_ID=9\n" if form == "cronie" else "ID=debian\nVERSION_ID=12\n"
    files["etc/os-release"] = release.encode()
    files["etc/cron.d/work"] = ("\n".join(crontab) + "\n").encode()
    half = begin + days * 43200
    if form == "journal":
        files["var/log/journal.json"] = "".join(map(_journal, lines)).encode()
    else:
        log = "var/log/cron" if form == "cronie" else "var/log/syslog"
        old = "".join(_text(line, name, form) for line in lines if line.at < half).encode()
        files[f"{log}-{datetime.fromtimestamp(half, UTC):%Y%m%d}.gz" if form == "cronie" else f"{log}.1.gz"] = gzip.compress(
            old, 6, mtime=half
        )
        files[log] = "".join(_text(line, name, form) for line in lines if line.at >= half).encode()
    raw = _packed(files)
    if damage is not None:
        raw = {"cut": raw[: len(raw) // 2], "noise": chance.randbytes(5000), "empty": b""}[damage]
    (folder / f"{name}.tar.gz").write_bytes(raw)
    return Simulated(name, form, damage, len(jobs), runs)


def _said(form: str, start: float, end: float, pid: int, command: str) -> list[Line]:
    if form == "cronie":
        return [Line(start, "CROND", pid + 1, f"(root) CMD ({command})"), Line(end, "CROND", pid, f"(root) CMDEND ({command})")]
    session = "pam_unix(cron:session): session"
    found = [
        Line(start, "CRON", pid, f"{session} opened for user root(uid=0) by (uid=0)"),
        Line(start + 0.002, "CRON", pid + 1, f"(root) CMD ({command})"),
        Line(end, "CRON", pid, f"{session} closed for user root"),
    ]
    return [*found, Line(end - 0.001, "CRON", pid, f"(root) END ({command})")] if form == "iso" else found


def _text(line: Line, host: str, form: str) -> str:
    at = datetime.fromtimestamp(line.at, UTC)
    stamp = at.isoformat(timespec="microseconds") if form == "iso" else f"{at:%b} {at.day:2} {at:%H:%M:%S}"
    return f"{stamp} {host} {line.tag}{f'[{line.pid}]' if line.pid else ''}: {line.text}\n"


def _journal(line: Line) -> str:
    parent = line.pid - 1 if " CMD (" in line.text else line.pid
    entry = {
        "__REALTIME_TIMESTAMP": str(int(line.at * 1e6)), "_SOURCE_REALTIME_TIMESTAMP": str(int(line.at * 1e6)),
        "SYSLOG_IDENTIFIER": line.tag, "_PID": str(line.pid), "MESSAGE": line.text, "_AUDIT_SESSION": str(parent),
        "_BOOT_ID": "0123456789abcdef0123456789abcdef", "_TRANSPORT": "syslog", "PRIORITY": "6", "_UID": "0",
    }  # fmt: skip
    return json.dumps(entry) + "\n"


def _packed(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with gzip.GzipFile(fileobj=stream, mode="wb", mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as tar:
        for path, content in sorted(files.items()):
            member = tarfile.TarInfo(path)
            member.size, member.mtime, member.mode = len(content), (END + timedelta(hours=1)).timestamp(), 0o644
            tar.addfile(member, io.BytesIO(content))
    return stream.getvalue()
