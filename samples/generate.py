"""Renders 60 days of logs for each sample server: truth first, then the lines that real daemons write about it.

Run `python samples/generate.py` in the checkout; same seed, same bytes. It shares no code with the tool: the firing
times below are written out by hand, so the truth is a witness and not a mirror.

Line shapes were taken from the real daemons: Debian cron 3.0pl1 under systemd-journald and rsyslog, cronie 1.5.7.
"""

import gzip
import json
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import zstandard

HERE = Path(__file__).parent
FIRST_DAY = date(2026, 9, 25)
END = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
DAYS = 60


@dataclass
class JobTruth:
    """A job as its server runs it: who, what is logged, when, and how long."""

    key: str
    path: str
    line: int
    user: str
    uid: int
    command: str
    fires: Callable[[ZoneInfo], Iterator[datetime]]
    seconds: Callable[[random.Random, int], float]
    fails: float = 0.0
    pam: bool = True
    parts: tuple[tuple[str, float], ...] = ()  # run-parts children (name, seconds)


@dataclass
class Run:
    """One run as it really was."""

    job: int
    start: float  # epoch seconds
    end: float
    exit_status: int
    parent: int = 0
    child: int = 0
    session: int = 0


def days(first: date = FIRST_DAY, count: int = DAYS) -> Iterator[date]:
    for offset in range(count):
        yield first + timedelta(days=offset)


def fixed(hour: int, minute: int, keep: Callable[[date], bool] = lambda _: True) -> Callable[[ZoneInfo], Iterator[datetime]]:
    """A fixed local time of day: cron runs it once in the repeated hour (its first pass, fold=0)."""

    def fires(zone: ZoneInfo) -> Iterator[datetime]:
        for day in days():
            if keep(day):
                yield datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(UTC)

    return fires


def every(
    minutes: int, offset: int = 0, last_days: int = DAYS, hours: tuple[int, ...] = tuple(range(24))
) -> Callable[[ZoneInfo], Iterator[datetime]]:
    """A wildcard schedule: runs by the clock on the wall, in both passes of the repeated hour."""

    def fires(zone: ZoneInfo) -> Iterator[datetime]:
        at = END - timedelta(days=last_days, hours=1)
        while at < END + timedelta(hours=1):
            local = at.astimezone(zone)
            if local.minute % minutes == offset and local.hour in hours:
                yield at
            at += timedelta(minutes=1)

    return fires


def around(median: float, spread: float = 0.15) -> Callable[[random.Random, int], float]:
    """Log-normal around a median."""
    return lambda rng, _: median * math.exp(rng.gauss(0, spread))


def growing(median: float, per_month: float) -> Callable[[random.Random, int], float]:
    """Longer each month, because the list that it works on grows."""
    return lambda rng, day: median * (1 + per_month) ** (day / 30.4) * math.exp(rng.gauss(0, 0.04))


def rare(idle: float, busy: float, share: float) -> Callable[[random.Random, int], float]:
    """A poller: nearly always ends at once."""
    return lambda rng, _: (busy if rng.random() < share else idle) * math.exp(rng.gauss(0, 0.2))


PORTS = "/etc/crontab"


def run_parts(period: str) -> str:
    return f"cd / && run-parts --report /etc/cron.{period}"


def guarded(period: str) -> str:
    return f"test -x /usr/sbin/anacron || {{ cd / && run-parts --report /etc/cron.{period}; }}"


WWW, ROOT = "/var/spool/cron/crontabs/www-data", "/var/spool/cron/crontabs/root"
WEB01 = [
    JobTruth("hourly", PORTS, 6, "root", 0, run_parts("hourly"), every(60, 17), around(0.02)),
    JobTruth("daily", PORTS, 7, "root", 0, guarded("daily"), fixed(6, 25), around(22)),
    JobTruth("weekly", PORTS, 8, "root", 0, guarded("weekly"), fixed(6, 47, lambda d: d.weekday() == 6), around(0.05)),
    JobTruth("monthly", PORTS, 9, "root", 0, guarded("monthly"), fixed(6, 52, lambda d: d.day == 1), around(0.03)),
    JobTruth(
        "certbot", "/etc/cron.d/certbot", 5, "root", 0,
        "test -x /usr/bin/certbot && perl -e 'sleep int(rand(3600))' && certbot -q renew --no-random-sleep-on-renew",
        every(60, 0, hours=(0, 12)), lambda rng, _: rng.uniform(4, 3600),
    ),
    JobTruth("sessionclean", "/etc/cron.d/php", 2, "root", 0,
             "  [ -x /usr/lib/php/sessionclean ] && /usr/lib/php/sessionclean", every(30, 9), around(0.4)),
    JobTruth("reindex", "/etc/cron.d/shop", 8, "www-data", 33, "/srv/shop/bin/reindex-catalogue.sh",
             fixed(4, 0, lambda d: d.weekday() == 6), around(2400, 0.06)),
    JobTruth("recommendations", "/etc/cron.d/shop", 10, "root", 0, "nice -n 10 /opt/analytics/build-recommendations.sh",
             fixed(1, 0, lambda d: d.weekday() == 5), around(10800, 0.05)),
    JobTruth("coupons", "/etc/cron.d/shop", 12, "www-data", 33, "/srv/shop/bin/coupon-mailer.php --weekly",
             fixed(5, 45, lambda d: d.weekday() == 0), around(0.01), fails=1.0),
    JobTruth("tick", WWW, 7, "www-data", 33, "cd /srv/shop && php artisan schedule:run >> /dev/null 2>&1",
             every(1, 0, last_days=10), around(0.7, 0.3)),
    JobTruth("report", WWW, 9, "www-data", 33, "/srv/shop/bin/nightly-report.sh", fixed(2, 15), around(715, 0.05), fails=0.02),
    JobTruth("import", WWW, 11, "www-data", 33,
             "flock -n /tmp/import-orders.lock php /srv/shop/bin/import-orders.php /srv/ftp/incoming",
             every(5, 0, last_days=10), rare(0.25, 9, 0.04)),
    JobTruth("warm", WWW, 13, "www-data", 33,
             "curl -fsS -o /dev/null 'https://shop.example.org/cron/warm?token=4f9d2c7be1a84d0fb6a3'",
             every(15), around(1.8, 0.4)),
    JobTruth("lucky", WWW, 15, "www-data", 33, "php /srv/shop/bin/lucky-friday.php",
             fixed(6, 30, lambda d: d.day == 13 or d.weekday() == 4), around(3.1)),
    JobTruth("stock", WWW, 17, "www-data", 33, '/usr/bin/mail -s "Stock count" warehouse@example.org',
             fixed(8, 0, lambda d: d.weekday() == 0), around(0.3)),
    JobTruth("dump", ROOT, 2, "root", 0,
             "mysqldump --single-transaction -h db01.shop.internal -u backup -pHk7-winter-Tanne shop | gzip"
             " | aws s3 cp - s3://example-shop-backup/shop-$(date +%F).sql.gz",
             fixed(3, 30), growing(190, 0.03)),
    JobTruth("cache", ROOT, 4, "root", 0, "find /srv/shop/cache -type f -mtime +7 -delete", fixed(5, 10), around(14)),
]  # fmt: skip

ETL, NEW_YORK = "/var/spool/cron/etl", ZoneInfo("America/New_York")


def new_york(hour: int, minute: int) -> Callable[[ZoneInfo], Iterator[datetime]]:
    """Monday to Friday by the clock in New York."""

    def fires(_: ZoneInfo) -> Iterator[datetime]:
        for day in days():
            if day.weekday() < 5:
                yield datetime(day.year, day.month, day.day, hour, minute, tzinfo=NEW_YORK).astimezone(UTC)

    return fires


PYTHON = "/usr/bin/python3 /opt/etl/"
ETL02 = [
    JobTruth("hourly", "/etc/cron.d/0hourly", 5, "root", 0, "run-parts /etc/cron.hourly", every(60, 1), around(0.3),
             pam=False, parts=(("rotate-staging", 0.2),)),
    JobTruth("market", "/etc/cron.d/market", 7, "etl", 1001, "/opt/etl/bin/close-of-day.sh", new_york(16, 20), around(48)),
    JobTruth("vacuum", "/etc/cron.d/maintenance", 4, "postgres", 26, "/usr/bin/vacuumdb --all --analyze --quiet",
             fixed(2, 40, lambda d: d.weekday() == 6), around(610)),
    JobTruth("month-end", "/etc/cron.d/maintenance", 6, "root", 0, "/opt/etl/bin/month-end.sh",
             fixed(6, 0, lambda d: d.day == 1), around(35), pam=False),
    JobTruth("extract", ETL, 5, "etl", 1001, PYTHON + "extract.py --out /data/staging", fixed(1, 0), around(205, 0.1)),
    JobTruth("transform", ETL, 6, "etl", 1001, PYTHON + "transform.py --in /data/staging --out /data/ready",
             fixed(1, 5), around(140, 0.1)),
    JobTruth("load", ETL, 7, "etl", 1001, PYTHON + "load.py --in /data/ready", fixed(1, 10), around(420, 0.08)),
    JobTruth("customers", ETL, 9, "etl", 1001, PYTHON + "export_customers.py /opt/etl/customers.txt",
             fixed(5, 0), growing(1900, 0.08)),
    JobTruth("inbox", ETL, 11, "etl", 1001, "/opt/etl/bin/watch-inbox.sh", every(10), rare(0.1, 20, 0.03)),
    JobTruth("crm", ETL, 13, "etl", 1001, PYTHON + "sync_crm.py", every(60, 0, hours=(0, 6, 12, 18)), around(75, 0.4)),
    JobTruth("quality", ETL, 15, "etl", 1001, "/opt/etl/bin/weekly-quality.sh",
             fixed(3, 47, lambda d: d.weekday() == 0), around(1320, 0.1)),
]  # fmt: skip

SENSOR = "/var/spool/cron/crontabs/sensor"
EDGE03 = [
    JobTruth("hourly", PORTS, 5, "root", 0, "   cd / && run-parts --report /etc/cron.hourly", every(60, 17), around(0.02)),
    JobTruth("daily", PORTS, 6, "root", 0,
             "test -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.daily )", fixed(6, 25), around(9)),
    JobTruth("push", SENSOR, 3, "sensor", 1001, "/home/sensor/bin/push-readings.sh", every(15), around(6, 0.3)),
    JobTruth("summary", SENSOR, 5, "sensor", 1001, "/usr/bin/python3 /home/sensor/bin/daily-summary.py",
             fixed(0, 20), around(31, 0.1)),
    JobTruth("refresh", SENSOR, 7, "sensor", 1001, "curl -fsS -X POST https://dashboard.example.io/api/refresh",
             fixed(7, 0, lambda d: d.weekday() < 5), around(2.2, 0.3)),
    JobTruth("calibrate", SENSOR, 9, "sensor", 1001, "/home/sensor/bin/calibrate.sh", fixed(1, 30), around(44, 0.2)),
]  # fmt: skip


def hanging(median: float, share: float) -> Callable[[random.Random, int], float]:
    """A job of which some runs never end: the log has their start only."""
    return lambda rng, _: 1e8 if rng.random() < share else median * math.exp(rng.gauss(0, 0.3))


APP = "/var/spool/cron/crontabs/app"
LEGACY04 = [
    JobTruth("hourly", PORTS, 6, "root", 0, "   cd / && run-parts --report /etc/cron.hourly", every(60, 17), around(0.02)),
    JobTruth("blocklist", "/etc/cron.d/haproxy-blocklist", 4, "root", 0, "/opt/app/bin/refresh-blocklist.sh",
             every(60, 5), around(1.6, 0.3)),
    JobTruth("dispatch", APP, 5, "app", 1002, "java -Xmx384m -jar /opt/billing/dispatch.jar --once",
             every(1, 0, last_days=8), around(26, 0.12)),
    JobTruth("orders", APP, 7, "app", 1002, "sleep 30; /opt/app/bin/poll-orders.sh", every(1, 0, last_days=8), around(30.9, 0.01)),
    JobTruth("feed", APP, 9, "app", 1002, "/opt/app/bin/import-feed.sh", every(20), rare(1.4, 640, 0.12)),
    JobTruth("partner", APP, 11, "app", 1002, "/opt/app/bin/ship-to-partner.sh", fixed(2, 10), around(41),
             fails=0.06),
    JobTruth("reporting", APP, 13, "app", 1002,
             "docker run --rm -v /srv/exports:/data registry.example.com/reporting:4 nightly", fixed(3, 30), around(380, 0.1)),
    JobTruth("cube", APP, 15, "app", 1002, "sudo -u reports /opt/app/bin/rebuild-cube.sh",
             fixed(4, 0, lambda d: d.weekday() == 6), around(505)),
    JobTruth("loyalty", APP, 17, "app", 1002, "/usr/bin/python2.7 /opt/app/legacy/sync_loyalty.py", fixed(5, 15), around(88)),
    JobTruth("month", APP, 19, "app", 1002, '[ "$(date +%d -d tomorrow)" = 01 ] && /opt/app/bin/close-month.sh',
             fixed(23, 0, lambda d: d.day >= 28),
             lambda rng, day: (70 if (FIRST_DAY + timedelta(days=day + 1)).day == 1 else 0.01) * math.exp(rng.gauss(0, 0.1))),
    JobTruth("crawl", APP, 21, "app", 1002, "/opt/app/bin/crawl-prices.sh", fixed(1, 40), hanging(1900, 0.1)),
    JobTruth("index", APP, 23, "app", 1002, "nohup /opt/app/bin/reindex.sh >/dev/null 2>&1 &", fixed(0, 0), around(0.02)),
    JobTruth("refresh", APP, 25, "app", 1002, "curl -fsS -X POST https://dashboard.example.io/api/refresh",
             fixed(7, 0, lambda d: d.weekday() < 5), around(2.2, 0.3)),
    JobTruth("upload", APP, 29, "app", 1002,
             "aws s3 sync /srv/exports s3://example-legacy-exports --only-show-errors", fixed(1, 20), around(55, 0.3)),
]  # fmt: skip


def real_runs(jobs: list[JobTruth], zone: ZoneInfo, rng: random.Random, pid_max: int) -> list[Run]:
    """The truth: every run from two hours before the log begins, in order of start, with the pids that the kernel gave."""
    begin = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=zone).timestamp()
    runs = []
    for index, job in enumerate(jobs):
        for at in job.fires(zone):
            if not begin - 7200 <= at.timestamp() < END.timestamp():
                continue
            start = at.timestamp() + 1 + rng.uniform(0.02, 0.4)
            took = job.seconds(rng, (at.date() - FIRST_DAY).days)
            runs.append(Run(index, start, start + took, 1 if rng.random() < job.fails else 0))
    runs.sort(key=lambda run: (round(run.start - 0.5), run.job))
    pid, session = 700, 40
    minute = 0
    for run in runs:
        elapsed = int(run.start // 60) - minute
        minute = int(run.start // 60)
        pid += rng.randint(1, 6) + min(elapsed, 30) * rng.randint(0, 3)  # what else the machine started meanwhile
        session += 1
        run.parent, run.child, run.session = pid % pid_max + 300, (pid + rng.choice((1, 1, 1, 2, 3))) % pid_max + 300, session
        pid += 4
    # several of one minute: cron forks all parents before the first child appears, so the pids interleave
    for first, second in zip(runs, runs[1:], strict=False):
        if int(first.start // 60) == int(second.start // 60) and rng.random() < 0.5:
            first.child, second.parent = second.parent, first.child
    return runs


@dataclass(order=True)
class Said:
    """One line of a log, not yet in any format."""

    at: float
    order: int
    tag: str = field(compare=False)
    pid: int = field(compare=False)
    text: str = field(compare=False)
    facility: int = field(compare=False)
    session: int | None = field(compare=False, default=None)
    unit: str = field(compare=False, default="cron.service")


def debian_lines(jobs: list[JobTruth], runs: list[Run], opened: str) -> Iterator[Said]:
    """What Debian's cron says at -L 5, and PAM about it: the CMD line names the grandchild, the others its parent."""
    for run in runs:
        job = jobs[run.job]
        user = f"{job.user}(uid={job.uid})" if "(uid" in opened else job.user
        yield Said(
            run.start,
            0,
            "CRON",
            run.parent,
            f"pam_unix(cron:session): session opened for user {user} by (uid=0)",
            10,
            run.session,
        )
        yield Said(run.start + 0.002, 1, "CRON", run.child, f"({job.user}) CMD ({job.command})", 9, run.session)
        if run.exit_status and "(uid" in opened:
            text = f"(CRON) error (grandchild #{run.child} failed with exit status {run.exit_status})"
            yield Said(run.end, 2, "CRON", run.parent, text, 9, run.session)
        yield Said(
            run.end + 0.001, 3, "CRON", run.parent, f"pam_unix(cron:session): session closed for user {job.user}", 10, run.session
        )


def cronie_lines(jobs: list[JobTruth], runs: list[Run]) -> Iterator[Said]:
    """What cronie 1.5.7 says on RHEL 9: CMD with the job's pid, CMDEND with the pid of its parent."""
    for run in runs:
        job = jobs[run.job]
        yield Said(run.start, 1, "CROND", run.child, f"({job.user}) CMD ({job.command})", 9)
        at = run.start + 0.01
        for name, seconds in job.parts:
            yield Said(at, 1, "run-parts", run.child + 1, f"(/etc/cron.hourly) starting {name}", 9)
            at += seconds / 2
            yield Said(at, 1, "run-parts", run.child + 4, f"(/etc/cron.hourly) finished {name}", 9)
        if job.pam:
            text = f"pam_unix(crond:session): session opened for user {job.user}(uid={job.uid}) by (uid=0)"
            yield Said(run.start, 0, "crond", run.parent, text, 10)
            yield Said(
                run.end + 0.002, 3, "CROND", run.parent, f"pam_unix(crond:session): session closed for user {job.user}", 10
            )
        yield Said(run.end, 2, "CROND", run.parent, f"({job.user}) CMDEND ({job.command})", 9)


NOISE = (
    ("sshd", "Connection closed by authenticating user root 192.0.2.{a} port {b} [preauth]", 10, "ssh.service"),
    ("sshd", "Invalid user admin from 198.51.100.{a} port {b}", 10, "ssh.service"),
    ("sshd", "pam_unix(sshd:session): session opened for user deploy(uid=1000) by (uid=0)", 10, "ssh.service"),
    ("sshd", "pam_unix(sshd:session): session closed for user deploy", 10, "ssh.service"),
    ("systemd", "Started session-{b}.scope - Session {b} of User deploy.", 3, "init.scope"),
    ("systemd", "man-db.service: Deactivated successfully.", 3, "init.scope"),
    ("kernel", "[UFW BLOCK] IN=ens5 OUT= SRC=203.0.113.{a} DST=10.0.0.7 LEN=40 PROTO=TCP DPT={b}", 0, ""),
    ("dhclient", "DHCPACK of 10.0.0.7 from 10.0.0.1", 3, "ifup.service"),
    ("chronyd", "Selected source 192.0.2.{a}", 3, "chrony.service"),
    ("sudo", "  deploy : TTY=pts/0 ; PWD=/home/deploy ; USER=root ; COMMAND=/usr/bin/crontab -l", 10, "session.scope"),
    ("postfix/smtpd", "connect from unknown[198.51.100.{a}] (root) CMD (not a cron line)", 2, "postfix.service"),
)


def noise(rng: random.Random, first: float, last: float, count: int) -> Iterator[Said]:
    """Lines of other programs, some of which look like cron's."""
    for order in range(count):
        tag, text, facility, unit = rng.choice(NOISE)
        at = rng.uniform(first, last)
        pid = 0 if tag == "kernel" else rng.randint(300, 32000)
        yield Said(at, 10 + order, tag, pid, text.format(a=rng.randint(1, 254), b=rng.randint(1024, 65000)), facility, None, unit)


def journal(lines: list[Said], host: str) -> bytes:
    """`journalctl -o json`: one object a line, every value a string."""
    out = []
    for said in lines:
        micros = int(said.at * 1e6)
        record = {
            "__REALTIME_TIMESTAMP": str(micros + 37),
            "_SOURCE_REALTIME_TIMESTAMP": str(micros),
            "_HOSTNAME": host,
            "PRIORITY": "6",
            "SYSLOG_FACILITY": str(said.facility),
            "SYSLOG_IDENTIFIER": said.tag,
            "_SYSTEMD_UNIT": said.unit,
            "MESSAGE": said.text,
        }
        if said.pid:
            record["_PID"] = str(said.pid)
        if said.session is not None:
            record["_AUDIT_SESSION"] = str(said.session)
        out.append(json.dumps(record, ensure_ascii=False))
    return ("\n".join(out) + "\n").encode()


def syslog(lines: list[Said], host: str, zone: ZoneInfo) -> bytes:
    """RFC3164 as rsyslog's traditional template writes it: local time, no year."""
    out = []
    for said in lines:
        local = datetime.fromtimestamp(said.at, zone)
        tag = f"{said.tag}[{said.pid}]" if said.pid else said.tag
        out.append(f"{local:%b} {local.day:2d} {local:%H:%M:%S} {host} {tag}: {said.text}")
    return ("\n".join(out) + "\n").encode()


def packed(content: bytes, at: float) -> bytes:
    """gzip with the time of rotation in its header, as logrotate's gzip leaves it."""
    return gzip.compress(content, 9, mtime=int(at))


def rotated(folder: Path, name: str, lines: list[Said], host: str, zone: ZoneInfo, dated: bool) -> None:
    """Weekly rotation on Sunday 03:14 local: the newest file plain, older ones compressed; runs are cut in the middle."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{name}*"):
        old.unlink()
    cuts = [
        datetime(day.year, day.month, day.day, 3, 14, tzinfo=zone).timestamp() for day in days() if day.weekday() == 6
    ]  # fmt: skip
    edges = [0.0, *cuts, END.timestamp() + 1e6]
    pieces = [[said for said in lines if low <= said.at < high] for low, high in zip(edges, edges[1:], strict=False)]
    for age, piece in enumerate(reversed(pieces)):
        content = syslog(piece, host, zone)
        cut = edges[len(pieces) - age]
        suffix = f"-{datetime.fromtimestamp(cut, zone):%Y%m%d}" if dated else f".{age}"
        if age == 0:
            (folder / name).write_bytes(content)
        elif age == 1 and not dated:
            (folder / f"{name}{suffix}").write_bytes(content)
        else:
            (folder / f"{name}{suffix}.gz").write_bytes(packed(content, cut))


def truth(jobs: list[JobTruth], runs: list[Run], first: float, last: float, statuses: bool) -> bytes:
    """truth.json: jobs, then runs as [job, start, seconds, exit status, which ends the log shows]."""
    rows = []
    for run in runs:
        shown = ("start" if run.start >= first else "") + ("end" if run.end <= last else "")
        if shown:
            rows.append([run.job, round(run.start, 3), round(run.end - run.start, 3), run.exit_status, shown])
    head = {
        "as_of": END.isoformat(),
        "first": first,
        "last": last,
        "statuses_in_log": statuses,
        "jobs": [{"key": j.key, "path": j.path, "line": j.line, "user": j.user, "command": j.command.strip()} for j in jobs],
    }
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    return (json.dumps(head)[:-1] + ', "runs": [\n' + lines + "\n]}\n").encode()


def window(lines: list[Said], first: float, last: float) -> list[Said]:
    return sorted(said for said in lines if first <= said.at <= last)


def main() -> None:
    first = datetime(2026, 9, 25, 1, 30, tzinfo=UTC).timestamp()
    last = END.timestamp() - 33.5

    zone, rng = ZoneInfo("Europe/Berlin"), random.Random(1)
    runs = real_runs(WEB01, zone, rng, 4_000_000)
    said = [*debian_lines(WEB01, runs, "(uid"), *noise(rng, first, last, 38_000)]
    folder = HERE / "web01"
    exported = journal(window(said, first, last), "web01")
    (folder / "var/log/journal.json.zst").write_bytes(zstandard.ZstdCompressor(level=19, write_checksum=True).compress(exported))
    (folder / "truth.json").write_bytes(truth(WEB01, runs, first, last, statuses=True))

    rng = random.Random(2)
    runs = real_runs(ETL02, zone, rng, 32_000)
    said = [*cronie_lines(ETL02, runs), *noise(rng, first, last, 24_000)]
    lines = window(said, first, last)
    folder = HERE / "etl02/var/log"
    rotated(folder, "cron", [s for s in lines if s.facility == 9], "etl02", zone, dated=True)
    rotated(folder, "secure", [s for s in lines if s.facility == 10], "etl02", zone, dated=True)
    rotated(folder, "messages", [s for s in lines if s.facility in {0, 2, 3}], "etl02", zone, dated=True)
    (HERE / "etl02/truth.json").write_bytes(truth(ETL02, runs, first, last, statuses=False))

    zone, rng = ZoneInfo("Europe/London"), random.Random(3)
    runs = real_runs(EDGE03, zone, rng, 32_000)
    said = [*debian_lines(EDGE03, runs, "plain"), *noise(rng, first, last, 16_000)]
    lines = window(said, first, last)
    folder = HERE / "edge03/var/log"
    rotated(folder, "syslog", [s for s in lines if s.facility != 10], "edge03", zone, dated=False)
    rotated(folder, "auth.log", [s for s in lines if s.facility == 10], "edge03", zone, dated=False)
    (HERE / "edge03/truth.json").write_bytes(truth(EDGE03, runs, first, last, statuses=False))

    zone, rng = ZoneInfo("Europe/Paris"), random.Random(4)
    runs = real_runs(LEGACY04, zone, rng, 32_000)
    said = [*debian_lines(LEGACY04, runs, "(uid"), *noise(rng, first, last, 8_000)]
    exported = journal(window(said, first, last), "legacy04")
    folder = HERE / "legacy04"
    (folder / "var/log/journal.json.zst").write_bytes(zstandard.ZstdCompressor(level=19, write_checksum=True).compress(exported))
    (folder / "truth.json").write_bytes(truth(LEGACY04, runs, first, last, statuses=True))


if __name__ == "__main__":
    main()
