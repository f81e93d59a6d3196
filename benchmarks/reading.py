"""How long reading takes: a corpus as one server, 10,000 jobs, a file of junk, and readers on texts of doubling length. By hand.

`python benchmarks/reading.py CORPUS`: CORPUS holds crontabs/ and systemd/ (the tests find it by MIGRATOR_CORPUS).
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from migrator.hosts import reading
from migrator.schedulers import ALL
from migrator.sources.opening import open_source


def planned(tree: Path, out: Path) -> tuple[float, float, float, int, str]:
    """Seconds, seconds of processor time, MiB at most, exit status, and the last line of a `plan` in a process of its own."""
    before = time.monotonic()
    child = subprocess.Popen(
        [sys.executable, "-m", "migrator", "plan", str(tree), "-o", str(out)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert child.stdout is not None
    said = child.stdout.read().decode("utf-8", "replace").strip().splitlines()
    _, status, usage = os.wait4(child.pid, 0)
    return (
        time.monotonic() - before,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / 1024,
        os.waitstatus_to_exitcode(status),
        said[-1][:100] if said else "",
    )


def told(what: str, measured: tuple[float, float, float, int, str]) -> str:
    """A line of the table."""
    wall_s, processor_s, mib, status, last = measured
    return f"{what}: {wall_s:.1f} s ({processor_s:.1f} s of processor time), {mib:.0f} MiB, exit {status}: {last}"


def corpus_tree(corpus: Path, root: Path) -> None:
    """Every crontab as a user's tab or, where lines name users, a file of cron.d; every unit."""
    for folder in ("etc/cron.d", "var/spool/cron/crontabs", "etc/systemd/system"):
        (root / folder).mkdir(parents=True)
    (root / "etc/os-release").write_text("ID=debian\nVERSION_ID=12\n")
    (root / "etc/timezone").write_text("UTC\n")
    for number, path in enumerate(sorted((corpus / "crontabs").iterdir())):
        place = "etc/cron.d" if number % 2 else "var/spool/cron/crontabs"
        shutil.copyfile(path, root / place / f"c{number}")
    for path in sorted((corpus / "systemd").iterdir()):
        shutil.copyfile(path, root / "etc/systemd/system" / path.name)


def main() -> None:
    """Print a table."""
    print(f"load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        if len(sys.argv) > 1:
            corpus_tree(Path(sys.argv[1]), here / "corpus")
            print(told("corpus in one plan", planned(here / "corpus", here / "p1")))
        junk = here / "junk"
        (junk / "var/spool/cron/crontabs").mkdir(parents=True)
        (junk / "etc").mkdir()
        (junk / "etc/timezone").write_text("UTC\n")
        with (junk / "var/spool/cron/crontabs/app").open("wb") as out:
            for _ in range(100):
                out.write(b"*/5 * * junk 'x\\ %% \"root\n" * ((1 << 20) // 25))
        print(told("100 MB of junk", planned(junk, here / "p3")))
        many = here / "many"
        (many / "var/spool/cron/crontabs").mkdir(parents=True)
        (many / "etc").mkdir()
        (many / "etc/timezone").write_text("UTC\n")
        (many / "var/spool/cron/crontabs/app").write_text(
            "".join(f"{n % 60} {n % 24} * * * /srv/app/bin/job{n}.sh --out /srv/out/{n}\n" for n in range(10_000))
        )
        print(told("10,000 jobs", planned(many, here / "p2")))
        for lines in (20_000, 40_000, 80_000):
            (many / "var/spool/cron/crontabs/app").write_text("*/5 * * junk 'x %\nMAILTO='a\n# 0 1 * * * /x\n" * (lines // 3))
            before = time.process_time()
            (files,) = open_source(str(many))
            host, _ = reading.read(files)
            for reader in ALL:
                reader.read(files, host)
            print(f"{lines:,} lines of junk, every reader: {time.process_time() - before:.2f} s of processor time")
    print(f"this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB at most")


if __name__ == "__main__":
    main()
