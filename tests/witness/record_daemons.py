"""Lets the real daemons run jobs of known length and keeps what they log: the fixtures under tests/fixtures/daemons.

Use: python tests/witness/record_daemons.py FOLDER [--minutes N]; as root, on Debian 12 with apt. Nothing outside of private roots
(an overlay over `/` in namespaces of their own) is touched: ending the one `unshare` of a daemon ends all of it.

Each daemon runs the same jobs every minute: eight of root in the same second, two of alice, one of bob that outlasts the next
start. A job writes its own truth (name, begin, end, status) into a file that no log knows; lengths vary by a fifth from minute to
minute. FOLDER/<daemon>/ is then a server's tree with etc/ and var/log/, and truth.json beside it.
"""

import argparse
import gzip
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
PACKAGES = "-o Dpkg::Options::=--force-confold cron rsyslog busybox acct sysstat libpam-systemd dbus"
JOB = r"""#!/bin/sh
# job NAME SECONDS STATUS: lasts about that long and ends like that; the truth goes where no log looks
began=$(date +%s.%N)
length=$(awk -v base="$2" -v seed="$$" 'BEGIN { srand(seed); printf "%.2f", base * (0.8 + 0.4 * rand()) }')
case $1 in burn) awk 'BEGIN { for (i = 0; i < 9000000; i++) x += i }' ;; esac
sleep "$length"
printf '%s\t%s\t%s\t%s\t%s\n' "$1" "$(id -un)" "$began" "$(date +%s.%N)" "$3" >>"/truth/$(id -un)"
[ "$3" != killed ] || kill -9 $$
exit "$3"
"""
# name, user, the command as it stands in the crontab
JOBS = (
    ("short", "root", "/opt/job short 1 0"),
    ("two", "root", "/opt/job two 2 0"),
    ("four", "root", "/opt/job four 4 3"),
    ("five", "root", "/opt/job five 4.5 0"),
    ("nine", "root", "/opt/job nine 9 killed"),
    ("burn", "root", "/opt/job burn 15 0"),
    ("text", "root", "/opt/job text 26 0; : 'größe\tx' 100\\% \\\\\\\\ >/dev/null"),
    ("forty", "root", "/opt/job forty 40 0"),
    ("alice", "alice", "/opt/job alice 6 0"),
    ("words", "alice", "/opt/job words 12 1  # two  blanks"),
    ("long", "bob", "/opt/job long 70 0"),
)
RSYSLOG = """\
module(load="imuxsock")
$FileCreateMode 0644
auth,authpriv.* /var/log/auth.log;RSYSLOG_FileFormat
cron.* /var/log/cron.log;RSYSLOG_FileFormat
auth,authpriv.* /var/log/old/auth.log;RSYSLOG_TraditionalFileFormat
cron.* /var/log/old/cron.log;RSYSLOG_TraditionalFileFormat
auth,authpriv.* /var/log/5424/auth.log;RSYSLOG_SyslogProtocol23Format
cron.* /var/log/5424/cron.log;RSYSLOG_SyslogProtocol23Format
*.*;auth,authpriv,cron.none /var/log/rest.log;RSYSLOG_FileFormat
"""
ROOT = r"""
set -eu
mount --make-rprivate /
mount -t tmpfs none "$ROOM/mnt"
mkdir "$ROOM/mnt/upper" "$ROOM/mnt/work" "$ROOM/mnt/root"
[ -z "$BASE" ] || cp -a "$BASE/." "$ROOM/mnt/upper/"
mount -t overlay overlay -o "lowerdir=/,upperdir=$ROOM/mnt/upper,workdir=$ROOM/mnt/work" "$ROOM/mnt/root"
root=$ROOM/mnt/root
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys" || :
mount -t tmpfs none "$root/dev"; mount -t tmpfs none "$root/run"; mount -t tmpfs none "$root/tmp"
chmod 1777 "$root/tmp"
for node in null zero full random urandom tty; do : >"$root/dev/$node"; mount --bind "/dev/$node" "$root/dev/$node"; done
hostname web01
mkdir -p "$root/truth" "$root/var/log/old" "$root/var/log/5424"; chmod 1777 "$root/truth"
cp "$ROOM/inside" "$root/inside"; cp -r "$ROOM/files/." "$root/"
[ ! -d "$ROOM/daemons" ] || { mkdir -p "$root/daemons"; mount --bind "$ROOM/daemons" "$root/daemons"; }
chroot "$root" /bin/sh /inside
mkdir -p "$ROOM/out"
cp -r "$root/truth" "$root/var/log" "$ROOM/out/"
"""
BASE = f"""
set -eu
export DEBIAN_FRONTEND=noninteractive
printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d
apt-get install -y -q --no-install-recommends {PACKAGES} >/dev/null ||
    {{ apt-get update -q >/dev/null; apt-get install -y -q --no-install-recommends {PACKAGES} >/dev/null; }}
useradd -m alice; useradd -m bob
"""
# before the daemon: no other jobs, an empty log, cron's session as Debian ships it
PREPARE = r"""
set -eu
rm -f /etc/cron.d/* /etc/cron.*/* /var/spool/cron/crontabs/*
: >/etc/crontab
find /var/log -type f -delete
cp /given/rsyslog.conf /etc/rsyslog.conf
rsyslogd
cp /given/work /etc/cron.d/work 2>/dev/null || :
"""
# the same jobs in /etc/crontab, a file of /etc/cron.d and the users' own crontabs
SPREAD = r"""
rm -f /etc/cron.d/work
cp -r /given/spread/etc/. /etc/
cp /given/spread/var/spool/cron/crontabs/* /var/spool/cron/crontabs/
for user in root alice bob; do
    chown $user:crontab /var/spool/cron/crontabs/$user; chmod 600 /var/spool/cron/crontabs/$user
done
"""
WAIT = 'sleep "$SECONDS_TO_RUN"\n'
DEBIAN = PREPARE + "/usr/sbin/cron -f -L {level} &\n" + WAIT + "kill $!\nsleep 75\n"
SPREAD_DEBIAN = DEBIAN.replace("/usr/sbin/cron", SPREAD + "/usr/sbin/cron", 1)
CRONIE = PREPARE + (
    "mkdir -p /etc/pam.d; cp /etc/pam.d/cron /etc/pam.d/crond; cp /etc/pam.d/cron /etc/pam.d/cronie\n"
    "$(cat /daemons/command | tr '\\n' ' ') /daemons/root/usr/sbin/crond -n -s &\n" + WAIT + "kill $!\nsleep 75\n"
)
BUSYBOX = PREPARE + (
    "rm /etc/cron.d/work; mkdir /busy; cp /given/busy/* /busy/\n"
    "$(cat /daemons/command | tr '\\n' ' ') /daemons/root/usr/bin/busybox crond -f -S -l 8 -c /busy &\n"
    + WAIT + "kill $!\nsleep 75\n"
)  # fmt: skip
ACCOUNTED = PREPARE + (
    ": >/var/log/pacct; accton /var/log/pacct\n/usr/sbin/cron -f -L 1 &\n" + WAIT + "kill $!\nsleep 75\naccton off\n"
    "LC_ALL=C dump-acct /var/log/pacct >/var/log/dump-acct.txt\n"
)
UNIT = "[Unit]\nDescription={about}\n[Service]\nType={kind}\nExecStart=/opt/job {name} {seconds} {status}\n"
TIMER = "[Unit]\nDescription=Every minute\n[Timer]\nOnCalendar=*-*-* *:*:00\nAccuracySec=1s\n[Install]\nWantedBy=timers.target\n"
UNITS = (("unit-ok", "A job that works", "oneshot", 5, "0"), ("unit-fails", "A job that fails", "oneshot", 3, "3"),
    ("unit-simple", "A simple one", "simple", 8, "0"), ("unit-burns", "One that computes", "oneshot", 2, "0"))  # fmt: skip
SYSTEMD = r"""
set -eu
rm -f /etc/cron.d/* /etc/cron.*/* /var/spool/cron/crontabs/*; : >/etc/crontab
find /var/log -type f -delete
cp /given/work /etc/cron.d/work
cp /given/units/* /etc/systemd/system/
mkdir -p /var/log/journal /etc/systemd/system.conf.d
printf '[Manager]\nDefaultCPUAccounting=yes\nDefaultMemoryAccounting=yes\n' >/etc/systemd/system.conf.d/all.conf
for unit in systemd-udevd.service systemd-logind.service systemd-timesyncd.service timers.target; do
    ln -sf /dev/null "/etc/systemd/system/$unit"
done
cat >/etc/systemd/system/recording.target <<END
[Unit]
Requires=basic.target
After=basic.target
Wants=cron.service recorded.service $(cd /given/units && echo *.timer)
END
ln -sf /etc/systemd/system/recording.target /etc/systemd/system/default.target
cat >/recorded <<END
sleep \$1; systemctl stop cron.service 'unit-*.timer'
sleep 75; journalctl --sync; journalctl --flush; : >/recorded.done
END
cat >/etc/systemd/system/recorded.service <<END
[Service]
Type=oneshot
ExecStart=/bin/sh /recorded $SECONDS_TO_RUN
END
mkdir -p /sys/fs/cgroup
mount -t tmpfs none /sys/fs/cgroup; mkdir /sys/fs/cgroup/systemd
mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
for kind in cpu,cpuacct memory pids; do
    mkdir -p "/sys/fs/cgroup/$kind"
    mount -t cgroup -o "$kind" cgroup "/sys/fs/cgroup/$kind" 2>/dev/null || rmdir "/sys/fs/cgroup/$kind"
done
echo fedcba9876543210fedcba9876543210 >/etc/machine-id
unshare -p --fork --kill-child --mount-proc env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=private \
    /lib/systemd/systemd --log-target=journal &
until [ -e /recorded.done ]; do sleep 1; done
kill -9 $!
"""
DAEMONS: dict[str, str] = {
    "debian-L1": DEBIAN.format(level=1), "debian-L3": DEBIAN.format(level=3), "debian-L15": DEBIAN.format(level=15),
    "debian-L1-files": SPREAD_DEBIAN.format(level=1), "cronie": CRONIE, "busybox": BUSYBOX, "pacct": ACCOUNTED,
    "systemd": SYSTEMD,
}  # fmt: skip


def namespace(*more: str) -> list[str]:
    return ["unshare", "-m", "-p", "-u", "-i", *more, "--fork", "--kill-child", "sh", "-c", ROOT]


def base(scratch: Path) -> Path:
    """What the private roots share: the packages and the users, as what each overlay begins with."""
    room = room_of(scratch, "base", BASE)
    keep = scratch / "lower"
    keep.mkdir()
    script = ROOT.replace('cp -r "$root/truth"', f'cp -a "$ROOM/mnt/upper/." {keep}/; true "$root/truth"')
    subprocess.run([*namespace()[:-1], script], env=environment(room, ""), check=True, timeout=600)
    shutil.rmtree(keep / "given", ignore_errors=True)
    return keep


def room_of(scratch: Path, name: str, inside: str) -> Path:
    room = scratch / name
    for folder in ("mnt", "files/given/busy", "files/given/units", "files/opt", "files/etc"):
        (room / folder).mkdir(parents=True)
    (room / "inside").write_text(inside)
    (room / "files/opt/job").write_text(JOB)
    (room / "files/opt/job").chmod(0o755)
    (room / "files/given/rsyslog.conf").write_text(RSYSLOG)
    (room / "files/etc/hostname").write_text("web01\n")
    (room / "files/given/work").write_text(crontab())
    for user in ("root", "alice", "bob"):
        lines = [f"* * * * * {command}\n" for _, owner, command in JOBS if owner == user]
        (room / f"files/given/busy/{user}").write_text("".join(lines))
    for path, lines in spread().items():
        target = room / "files/given/spread" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("".join(lines))
    for unit, about, kind, seconds, status in UNITS:
        text = UNIT.format(about=about, kind=kind, name=unit, seconds=seconds, status=status)
        (room / f"files/given/units/{unit}.service").write_text(text)
        (room / f"files/given/units/{unit}.timer").write_text(TIMER)
    return room


def crontab() -> str:
    return "SHELL=/bin/sh\n" + "".join(f"* * * * * {user} {command}\n" for _, user, command in JOBS)


def spread() -> dict[str, list[str]]:
    files: dict[str, list[str]] = {}
    for index, (_, user, command) in enumerate(JOBS):
        system = "etc/crontab" if index < 2 else "etc/cron.d/spread" if index < 5 else None
        path = system or f"var/spool/cron/crontabs/{user}"
        files.setdefault(path, []).append(f"* * * * * {user + ' ' if system else ''}{command}\n")
    return files


def environment(room: Path, base: str, seconds: int = 0) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "ROOM": str(room), "BASE": base, "SECONDS_TO_RUN": str(seconds)}


def truth(out: Path) -> list[list[object]]:
    """name, user, began, ended, exit status; a job that still slept at the end of the recording is not there."""
    rows = [line.split("\t") for file in sorted((out / "truth").iterdir()) for line in file.read_text().splitlines()]
    found = [
        [name, user, float(began), float(ended), 137 if status == "killed" else int(status)]
        for name, user, began, ended, status in rows
    ]
    return sorted(found, key=lambda row: (row[2], row[0]))


def packed(source: Path, target: Path) -> None:
    """gzip, with the time of the last write in its header, as logrotate leaves it: it tells the year of stamps without one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, int(source.stat().st_mtime)) as stream:
        stream.write(source.read_bytes())


def keep(name: str, out: Path, folder: Path) -> None:
    """The tree of a server, from what a private root left behind."""
    log = out / "log"
    runs = truth(out)
    trees = {name: ("cron.log", "auth.log")}
    if name == "debian-L1":
        trees["debian-L1-rfc3164"] = ("old/cron.log", "old/auth.log")
        trees["debian-L1-rfc5424"] = ("5424/cron.log", "5424/auth.log")
    if name == "pacct":
        trees = {"pacct": ("cron.log", "pacct", "dump-acct.txt")}
    if name == "systemd":
        trees = {"systemd": ()}
    for tree, logs in trees.items():
        root = folder / tree
        shutil.rmtree(root, ignore_errors=True)
        (root / "etc/cron.d").mkdir(parents=True)
        (root / "etc/hostname").write_text("web01\n")
        (root / "etc/timezone").write_text("Etc/UTC\n")
        names = (("root", 0), ("alice", 1001), ("bob", 1002))
        (root / "etc/passwd").write_text("".join(f"{user}:x:{uid}:{uid}::/:/bin/sh\n" for user, uid in names))
        if tree == "busybox":
            (root / "etc/alpine-release").write_text("3.22.0\n")
            spool = root / "var/spool/cron/crontabs"
            spool.mkdir(parents=True)
            for user in ("root", "alice", "bob"):
                shutil.copy(out.parent / f"files/given/busy/{user}", spool / user)
        elif tree == "debian-L1-files":
            shutil.copytree(out.parent / "files/given/spread", root, dirs_exist_ok=True)
        else:
            (root / "etc/cron.d/work").write_text(crontab())
        if tree == "cronie":
            (root / "etc/os-release").write_text('ID="rhel"\nVERSION_ID="9.4"\n')
        elif tree != "busybox":
            (root / "etc/os-release").write_text('ID=debian\nVERSION_ID="12"\n')
        if tree == "systemd":
            for unit in (out.parent / "files/given/units").iterdir():
                target = root / "etc/systemd/system" / unit.name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(unit, target)
            files = [word for path in sorted(log.rglob("*.journal")) for word in ("--file", str(path))]
            words = ["journalctl", *files, "-t", "CRON", "-t", "cron", "-t", "systemd", "-o", "export", "--all", "-q"]
            (log / "journal.export").write_bytes(subprocess.run(words, check=True, capture_output=True).stdout)
            packed(log / "journal.export", root / "var/log/journal.export.gz")
        for file in logs:
            if (log / file).exists():
                path = "var/account/pacct" if file == "pacct" else f"var/log/{Path(file).name}"
                packed(log / file, root / f"{path}.gz")
        (root / "truth.json").write_text(
            json.dumps({"runs": runs}, indent=None, separators=(",", ":")).replace("],[", "],\n[") + "\n"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=int, default=8)
    parser.add_argument("--scratch", type=Path, required=True, help="a folder that does not exist yet; may be removed afterwards")
    parser.add_argument("--only", action="append", choices=sorted(DAEMONS))
    given = parser.parse_args()
    given.scratch.mkdir(parents=True)
    scratch = given.scratch.resolve()
    shared = str(base(scratch))
    subprocess.run([HERE.parent.parent / ".ci/witness-daemons", scratch / "daemons"], check=True, timeout=600)
    (scratch / "daemons/command").write_text((scratch / "daemons/command").read_text().replace(str(scratch), ""))
    wanted = given.only or sorted(DAEMONS)
    rooms = {name: room_of(scratch, f"room-{name}", DAEMONS[name]) for name in wanted}
    for name in wanted:
        (rooms[name] / "daemons").mkdir()
        shutil.copytree(scratch / "daemons", rooms[name] / "daemons", dirs_exist_ok=True, symlinks=True)
    seconds = given.minutes * 60 + 75 - int(time.time() % 60)  # to :15 of a minute
    running = {
        name: subprocess.Popen(
            namespace(*(("-C",) if name == "systemd" else ())), env=environment(rooms[name], shared, seconds),
            stdin=subprocess.DEVNULL, stdout=(scratch / f"{name}.said").open("wb"), stderr=subprocess.STDOUT,
        )
        for name in wanted
    }  # fmt: skip
    for name, process in running.items():
        try:
            process.wait(seconds + 300)
        except subprocess.TimeoutExpired:
            process.kill()
        print(name, "ended with", process.wait(), file=sys.stderr)
        keep(name, rooms[name] / "out", given.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
