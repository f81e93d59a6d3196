"""Which scripts and documented command lines are labelled next, by a rule that nobody chooses by: `python benchmarks/draw_labels.py SET FOLDER`.

The pool: programs of Debian 12's packages whose tags or names say that a server has them for its upkeep, in packages of at most 800 kB that are no libraries and
that no earlier set has used; for the lines, the documentation of these and of clients (of at most 4 MB). A package's sha256 decides its set: first digit 0 to 7 development, 8 to b the
eighth set, c to f the ninth, 8 to f the tenth (what the two left). Packages come in the order of that hash, as many as the set's row says; of one package at
most three programs and two lines. The tenth also has lines of MIGRATOR_CORPUS that no set has, one of a file, in the order of the hash of `file:line`: whatever
looks like a system crontab's job that starts something.

Four heaps, each by plain patterns over the text (not by our readers), in the order of the hash of `package path`: what may keep
something for the next run, speak with this machine, touch the machine, and (lines of documentation only) carry a password. A program is taken if it
has 6 to 90 lines without comments. Whatever stands in a heap is labelled, also where it turns out to be nothing of the kind.

The eleventh set comes from public repositories of GitHub, `eleventh FILE`: rows `path TAB owner/name` in, the order to read them in out. CRON_PATHS were
written down before any text was read (nine were added once, see there); of an index of public repositories the first LISTED (in the order of their
names) that hold a path at exactly that place are asked; those whose name's sha256 begins with 0 to 7 stay development material; the others come in
the order of that hash, until EACH of a path are taken. Left out: fewer than 6 or more than 90 lines (see `fits`), text of another language than the
path says or with Windows' line ends, a second text of an owner for a path, a text whose commands are those of one that is taken already. Of a
crontab the last job is the case. Commit and sha256 of each text stand in the labels.
"""

import gzip
import hashlib
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from cases import read_cases
from test_labelled import FOLDER

# ruff: noqa: E501 - patterns
MOST_BYTES = 800_000
# set: first digits of the package's hash, packages, programs of each heap, lines with a password, lines of this machine
SETS = {
    "development": ("01234567", 170, 60, 60, 60),
    "eighth": ("89ab", 260, 22, 34, 12),
    "ninth": ("cdef", 200, 13, 20, 8),
    "tenth": ("89abcdef", 600, 14, 14, 12),
    "tenth_more": ("4567", 600, 0, 8, 6),
}
CORPUS_LINES = {"tenth": 14}
# after 17 programs of the tenth had been read: too few labels of the rare kinds; digits 4 to 7 lie behind what the development set took
MORE = {("tenth_more", "state, strictly"): 12, ("tenth_more", "this machine"): 10, ("tenth_more", "password in it"): 6}
# clients that other packages' documentation shows, too
CLIENTS = frozenset(
    "curl wget mysql mysqldump mysqladmin psql pg_dump ldapsearch ldapadd ldapmodify smbclient mount rsync ssh openssl snmpwalk snmpget redis-cli mongo mongodump lftp git docker htpasswd kinit".split()
)
# where scripts lie that cron starts, for the eleventh set: what they are for is spread over backup, clearing up, watching, fetching, telling
CRON_PATHS = (
    "backup.sh scripts/backup.sh mysql_backup.sh mysqldump.sh pg_backup.sh cron/daily.sh bin/cron.sh deploy/cron.sh cleanup.sh scripts/sync.sh healthcheck.sh monitor.sh watchdog.sh "
    "check_disk.sh check_ip.sh rotate.sh update.sh scripts/update.sh ddns.sh duckdns.sh renew.sh watch.sh cron.py scripts/monitor.py backup.py notify.py cron.pl backup.pl cron.php cron/cron.php crontab"
).split()
# after the texts of these had been looked at, before any was labelled: too few secrets, sockets and states
CRON_PATHS += [
    "dbbackup.sh",
    "backup_mysql.sh",
    "telegram.sh",
    "sendmail.py",
    "dyndns.sh",
    "update_ip.sh",
    "rss.py",
    "check_mysql.sh",
    "mongo_backup.sh",
]
LISTED, EACH = 30, 3
PATHS = re.compile(
    r"(etc/cron\.(?:hourly|daily|weekly|monthly)/[\w-]+|usr/share/munin/plugins/[\w-]+|usr/lib/nagios/plugins/[\w.-]+"
    r"|usr/(?:s?bin|lib/[\w.-]+|share/[\w.-]+)/[\w.-]+|usr/share/doc/[\w.+-]+/(?:examples|contrib)/[\w.-]+)"
)
# packages that a server has for its upkeep
UPKEEP = re.compile(
    r"admin::(?:backup|monitoring|automation|accounting|logging|user-management|virtualization|cluster|filesystem|power-management)|network::server|mail::|^Package: (?:\w+-)?(?:cron|backup|munin|nagios|monitoring)",
    re.M,
)
LIBRARY = re.compile(r"lib|python3?-|ruby-|golang-|node-|r-|php-|elpa-|fonts-|linux-|gcc-|task-")
TAGS = re.compile(
    r"network::client|works-with::(?:db|mail|archive)|network::server|protocol::|security::(?:authentication|cryptography)|admin::|-(?:utils?|tools|clients?|cli)$",
    re.M,
)  # whose documentation is read
HEAPS = {
    "state": re.compile(
        r"stamp|\bstate|last[-_]?(?:run|seen|check|time)|previous|\.old\b|\.offset|-newer|\s-nt\s|\.db\b|sqlite|\.rrd|dbmopen|pickle|already",
        re.I,
    ),
    "this machine": re.compile(
        r"localhost|127\.0\.0\.1|\.sock\b|unix:|[PA]F_UNIX|\bmysql\b|\bpsql\b|DBI->connect|redis-cli|memcache|ldapsearch", re.I
    ),
    "password in it": re.compile(
        r"(?:pass(?:w(?:or)?d|phrase)?|secret|token)\w*['\"]?\s*(?:=>|=|:)\s*['\"]?[A-Za-z0-9]\w{2,}['\"]?\s*(?:[,;)]|$)|-p ?['\"]?\w*(?:pass|secret)",
        re.I | re.M,
    ),
    "host": re.compile(
        r"/proc/|/sys/|systemctl|invoke-rc\.d|\bservice |/etc/init\.d|dpkg|apt-get|\bu?mount\b|ifconfig|\bip (?:a|l|r)|\bdf\b|\bwho\b|smartctl|\bps |getent|iptables|useradd|/var/log"
    ),
    # the heap "state" of the eighth set gave three labels in twenty-two programs: a stricter pattern over the same packages, for both sets
    "state, strictly": re.compile(
        r"find .*-newer|\s-(?:nt|ot)\s|last[-_]?(?:run|seen|check|time|update|id|pos)\w*\s*=|\$\{?\w*(?:STAMP|STATE|OFFSET|PREV)\w*|state_?file|stamp_?file|touch [\"$/]|cmp -s|diff -q|dbmopen|\btie\b"
        r"|retrieve\(|pickle\.load|shelve|md5sum -c|sqlite3\.connect|dbi:SQLite|\.rrd\b.*update|\bdate -r\b|stat -c ?['\"]?%[YyZ]|getmtime|filemtime|-M \$|wget.* -N|cookie-jar",
        re.I,
    ),
}
SHEBANG = re.compile(r"#!\s*\S*?(?:/|env +)(?:ba|da|k|z)?(?:sh|perl|python3?|php|ruby)\b")
PASSWORD = re.compile(
    r"-{1,2}\w*pass(?:w(?:or)?d|phrase)?[= ]['\"]?\w|\b\w*(?:PASS|PASSWORD|SECRET|TOKEN|KEY)=['\"]?\w|password[=:]\w|-\w*secret[\w-]*[= ]\w|-\w*token[= ]\w|://[^/\s:@]+:[^/\s@]+@|(?:\s-u|--user)[ =]?[a-z]\w+[:%]\w|\s-[pPw] ?\w*(?:pass|secret)",
    re.I,
)
MARKUP = re.compile(r"\\f.|\\&|<[^<>]{1,40}>")
HERE = re.compile(r"localhost|127\.0\.0\.1|::1\b|/run/\S+\.sock")
JOB = re.compile(r"(?:@\w+|[\d*/,-]+(?:\s+[\w*/,-]+){4})\s+(?=\S*[/a-z])\S{2,}.{6,200}$")
# a line that somebody types: a prompt, or roff's for an example, then a name that is a program of the package
TYPED = re.compile(
    r"^\s*(?:(?:[$#%>]|\w*\$|Example:|\.(?:B|I|BR|IP|TP)|sudo)\s+)*((?:[A-Z_]+=\S+ )*([a-z][\w.+-]+) (?=.*\S).{8,200})$"
)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def lists(kind: str) -> str:
    """Texts of apt's own lists."""
    command = [
        "/usr/lib/apt/apt-helper",
        "cat-file",
        *map(str, sorted(Path("/var/lib/apt/lists").glob(f"*bookworm_main_{kind}*.lz4"))),
    ]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def packages(digits: str, count: int) -> list[str]:
    """Packages of the pool, in the order of their hash."""
    used = {
        case.parts[part].split()[0]
        for path in FOLDER.glob("labelled*.txt")
        if path.stem != f"labelled_{sys.argv[1]}"  # drawn again, it is the same set
        for case in read_cases(path)
        for part in ("debian", "documented")
        if part in case.parts
    }
    upkeep, clients = set(), set()
    for entry in lists("binary-amd64_Packages").split("\n\n"):
        if match := re.match(r"Package: (\S+)\n(?:.*\n)*?Size: (\d+)", entry):
            name = match[1]
            if not LIBRARY.match(name) and name not in used and digest(name)[0] in digits:
                upkeep |= {name} if int(match[2]) <= MOST_BYTES and UPKEEP.search(entry) else set()
                clients |= (
                    {name}
                    if int(match[2]) <= 5 * MOST_BYTES
                    and (TAGS.search(entry) or TAGS.search(name))
                    and ("role::program" in entry or "Tag:" not in entry)
                    else set()
                )
    print(f"{len(upkeep)} packages of upkeep, {len(clients)} with documentation of clients", file=sys.stderr)
    return sorted(upkeep, key=digest)[:count] + sorted(clients - upkeep, key=digest)[: 3 * count]


def corpus_lines(most: int) -> list[tuple[str, str]]:
    """Jobs of other people's crontabs that no set has: `file:line` and the line."""
    used = {
        case.parts["corpus"].strip()
        for path in FOLDER.glob("labelled*.txt")
        for case in read_cases(path)
        if "corpus" in case.parts
    }
    rows, files = [], set()
    for path in (Path(os.environ["MIGRATOR_CORPUS"]) / "crontabs").iterdir():
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if JOB.match(line.strip()) and f"{path.name}:{number}" not in used:
                rows.append((f"{path.name}:{number}", line.strip()))
    taken = []
    for where, line in sorted(rows, key=lambda row: digest(row[0])):
        name = where.rpartition(":")[0]
        if name not in files and len(taken) < most:
            files.add(name)
            taken.append((where, line))
    return taken


def text_of(path: Path) -> str:
    raw = path.read_bytes()[:2_000_000]
    try:
        return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    except (OSError, EOFError, UnicodeDecodeError):
        return ""


def fits(text: str) -> bool:
    """Whether a program is neither nothing nor a day's work to label: 6 to 90 lines that are neither empty nor begin with `#`."""
    return 6 <= sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in text.splitlines()) <= 90


def repositories(rows: list[str]) -> list[tuple[str, str]]:
    """Path and repository of the eleventh set's candidates, in the order in which they are read until EACH of a path are taken."""
    listed = defaultdict(list)
    for path, name in (row.split("\t") for row in rows):
        listed[path] += [name] if len(listed[path]) < LISTED else []
    kept = {path: [name for name in names if digest(name)[0] in "89abcdef"] for path, names in listed.items()}
    return [(path, name) for path in CRON_PATHS for name in sorted(kept.get(path, ()), key=digest)]


def main() -> None:
    """Fetches and unpacks the packages, prints the heaps."""
    if sys.argv[1] == "eleventh":
        print("\n".join(map("\t".join, repositories(Path(sys.argv[2]).read_text().splitlines()))))
        return
    digits, count, most, passwords, here = SETS[sys.argv[1]]
    folder = Path(sys.argv[2])
    names = packages(digits, count)
    (folder / "deb").mkdir(parents=True, exist_ok=True)
    heaps, lines = defaultdict(list), defaultdict(list)
    wanted = [name for name in names if not (folder / name).exists()]
    for at in range(0, len(wanted), 25):
        some = wanted[at : at + 25]
        got = subprocess.run(
            ["apt-get", "download", "-qq", *some], cwd=folder / "deb", capture_output=True, timeout=300, check=False
        )
        for name in some if got.returncode else ():  # one that has gone keeps the others back
            subprocess.run(
                ["apt-get", "download", "-qq", name], cwd=folder / "deb", capture_output=True, timeout=300, check=False
            )
    for name in names:
        tree = folder / name
        if not tree.exists():
            found = sorted((folder / "deb").glob(f"{name}_*.deb"))
            if not found:
                continue
            subprocess.run(["dpkg", "-x", str(found[0]), str(tree)], check=True, timeout=120)
        own = {path.name for place in ("bin", "sbin", "usr/bin", "usr/sbin") for path in (tree / place).glob("*")}
        programs = defaultdict(list)
        for path in sorted(tree.rglob("*")):
            if not path.is_file() or path.is_symlink():
                continue
            inside = "/" + str(path.relative_to(tree))
            doc = "/doc/" in inside or "/man/man" in inside
            match = PATHS.fullmatch(inside[1:])
            text = text_of(path) if match or doc else ""
            if match and SHEBANG.match(text) and not inside.endswith(".gz"):
                if fits(text):
                    code = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
                    for heap, pattern in HEAPS.items():
                        if pattern.search("\n".join(code)):
                            programs[heap].append(inside)
            elif doc and "changelog" not in inside:
                for number, line in enumerate(text.splitlines(), 1):
                    typed = (
                        TYPED.match(MARKUP.sub("", line.replace("\\-", "-"))) if len(line) < 300 and " \\- " not in line else None
                    )
                    if typed and (typed[2] in own or typed[2] in CLIENTS):
                        for heap, pattern in (("password", PASSWORD), ("here", HERE)):
                            if pattern.search(typed[1]):
                                lines[heap].append((name, f"{inside}:{number}", line.strip()))
        for heap, found in programs.items():
            heaps[heap] += [
                (name, inside) for inside in sorted(found, key=lambda inside, name=name: digest(f"{name} {inside}"))[:3]
            ]
    taken = set()
    for heap in HEAPS:
        rows = [row for row in sorted(heaps[heap], key=lambda row: digest(" ".join(row))) if row not in taken][
            : most + MORE.get((sys.argv[1], heap), 12 if heap == "state, strictly" else 0)
        ]
        taken |= set(rows)
        for name, inside in rows:
            print(f"{heap}\t{name} {inside}")
    for heap, most_lines in (("password", passwords), ("here", here)):
        rows, per = [], defaultdict(int)
        for name, where, line in sorted(lines[heap], key=lambda row: digest(f"{row[0]} {row[1]}")):
            if per[name] < 2 and len(rows) < most_lines and (name, where) not in taken:
                per[name] += 1
                rows.append((name, where, line))
                taken.add((name, where))
        for name, where, line in rows:
            print(f"{heap}\t{name} {where}\t{line}")
    for where, line in corpus_lines(CORPUS_LINES.get(sys.argv[1], 0)) if sys.argv[1] in CORPUS_LINES else ():
        print(f"corpus\t{where}\t{line}")


if __name__ == "__main__":
    main()
