"""Packed logs, growth and journals: `python benchmarks/packed.py [MB] [--grow GB...] [--journal FILE.journal]`.

Writes the logs of benchmarks/logs.py, packs them with gzip -6, zstd -3, xz -1 and bzip2, and runs in turns: `migrator runs` as
a whole process, our reader alone (finds lines with CRON), and the program that only counts (zgrep, xzgrep, bzgrep, `rg -z`).
`--grow`: plain logs of so many GB with 4 % lines of cron, each deleted after it was read: seconds, MiB.
`--journal`: what journalctl takes for an entry in each form, and what `migrator runs` takes with it. All is processor time,
children included.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from logs import took, written

ROUNDS = 3
READER = """
import sys
from migrator import blocks
print(sum(len(blocks.found(block, (b"CRON",))) for block in blocks.whole_lines(open(sys.argv[1], "rb"))))
"""
PACKERS = {
    "gz": (["gzip", "-6"], ["zgrep", "-c", "CRON"]),
    "zst": (["zstd", "-3", "-q"], ["rg", "-z", "-c", "CRON"]),
    "xz": (["xz", "-1"], ["xzgrep", "-c", "CRON"]),
    "bz2": (["bzip2"], ["bzgrep", "-c", "CRON"]),
}
TAGS = [word for tag in ("CRON", "CROND", "crond", "cron", "anacron") for word in ("-t", tag)]
FORMS = {"json, everything": ["-o", "json"], "json -t": ["-o", "json", *TAGS], "export -t": ["-o", "export", *TAGS]}


def packed(megabytes: int, folder: Path) -> None:
    """The table of packed logs."""
    print(f"| {megabytes} MB of syslog | runs, s | MiB | reader, s | MiB | counts only, s | runs / counts | reader / counts |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, share in (("30 % cron", 0.3), ("4 % cron", 0.04)):
        path = written(folder / name[:2].strip(), megabytes, share)
        root = path.parents[2]
        plain = path.rename(folder / "plain")
        for form, (packer, counter) in PACKERS.items():
            log = path.with_name(f"syslog.1.{form}")
            with plain.open("rb") as text, log.open("wb") as out:
                subprocess.run([*packer, "-c"], stdin=text, stdout=out, check=True)
            turns = [
                (
                    took([sys.executable, "-m", "migrator", "runs", str(root)]),
                    took([sys.executable, "-c", READER, str(log)]),
                    took([*counter, str(log)]),
                )
                for _ in range(ROUNDS)
            ]
            whole, reader, count = (statistics.median(turn[of].cpu_s for turn in turns) for of in range(3))
            mib, reader_mib = (max(turn[of].mib for turn in turns) for of in range(2))
            ratios = [statistics.median(turn[of].cpu_s / turn[2].cpu_s for turn in turns) for of in range(2)]
            print(f"| {name}, {form} (`{' '.join(counter)}`) | {whole:.2f} | {mib:.0f} | {reader:.2f} | {reader_mib:.0f}", end="")
            print(f" | {count:.2f} | {ratios[0]:.2f} | {ratios[1]:.2f} |", flush=True)
            log.unlink()
        plain.unlink()
        shutil.rmtree(root)


def grown(sizes: list[float], folder: Path) -> None:
    """The table of growth: plain logs, written for each size, deleted after it."""
    print("| plain syslog, 4 % cron | migrator runs, s | s a GB | MiB |\n| --- | --- | --- | --- |")
    for gigabytes in sizes:
        path = written(folder / "grown", round(gigabytes * 1024), 0.04)
        of = took([sys.executable, "-m", "migrator", "runs", str(path.parents[2])])
        print(f"| {gigabytes:g} GB | {of.cpu_s:.2f} | {of.cpu_s / gigabytes:.2f} | {of.mib:.0f} |", flush=True)
        shutil.rmtree(path.parents[2])


def journal(file: Path, folder: Path) -> None:
    """What an entry costs in each form."""
    print("| journal | s | entries | us an entry |\n| --- | --- | --- | --- |")
    ask = ["journalctl", "-q", "--no-pager", "--file", str(file)]
    for form, arguments in FORMS.items():
        text = subprocess.run([*ask, *arguments], stdout=subprocess.PIPE, check=True).stdout
        count = text.count(b"__CURSOR")
        taken = min(took([*ask, *arguments]).cpu_s for _ in range(ROUNDS))
        print(f"| journalctl {form} | {taken:.2f} | {count} | {taken / count * 1e6:.1f} |", flush=True)
    for name, log in (("system.journal", file.read_bytes()), ("cron.export", text)):
        root = folder / name
        (root / "etc").mkdir(parents=True)
        (root / "var/log/journal/a").mkdir(parents=True)
        (root / "var/log" / (name if name.endswith("export") else f"journal/a/{name}")).write_bytes(log)
        taken = min(took([sys.executable, "-m", "migrator", "runs", str(root)]).cpu_s for _ in range(ROUNDS))
        print(f"| migrator runs, {name}, start included | {taken:.2f} | {count} | {taken / count * 1e6:.1f} |", flush=True)


def main() -> None:
    """Print the tables that are asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("megabytes", type=int, nargs="?", default=100, help="0: no packed logs")
    parser.add_argument("--grow", type=float, nargs="*", default=[], metavar="GB")
    parser.add_argument("--journal", type=Path, metavar="FILE")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.megabytes:
            packed(given.megabytes, Path(folder))
        if given.grow:
            grown(given.grow, Path(folder))
        if given.journal:
            journal(given.journal, Path(folder))


if __name__ == "__main__":
    main()
