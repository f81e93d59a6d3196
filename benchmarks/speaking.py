"""Which rules speak, and which of them change anything: on the samples, and on a corpus of crontabs if its folder is given.

Each rule is taken away once and everything is decided again: a job counts where its place, its size, its time limit, what is
created for it, or a question about it is another one. The samples are one fleet (a job may stand on two of them); the crontabs
of the corpus (`crontabs/`, `systemd/`) are laid into one server's folders.

Run: .venv/bin/python benchmarks/speaking.py [CORPUS] > benchmarks/speaking.md
"""

import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from migrator import pipeline, rules
from migrator.assumptions import DEFAULT
from migrator.model.plan import Decisions, JobPlan, Plan, Request, Survey
from migrator.prices import bundled
from migrator.sources.opening import open_source

SAMPLES = Path(__file__).parent.parent / "samples"
SYSTEM = ("etc__crontab", "etc__cron.d__")
ENOUGH = 25  # rules have to change something
Rules = tuple[rules.Rule, ...]


def observed(source: Path) -> Survey:
    """What is seen on one server."""
    (files,) = open_source(str(source))
    return pipeline.observe(files, None).survey


def laid_out(corpus: Path, folder: Path) -> Path:
    """The crontabs and units of a corpus as one server's files; a line without a user's name is a user's own."""
    for kind in ("etc/cron.d", "var/spool/cron/crontabs", "etc/systemd/system"):
        (folder / kind).mkdir(parents=True)
    for number, path in enumerate(sorted((corpus / "crontabs").iterdir())):
        place = "etc/cron.d" if any(word in path.name for word in SYSTEM) else "var/spool/cron/crontabs"
        shutil.copy2(path, folder / place / f"c{number}")
    for path in sorted((corpus / "systemd").iterdir()):
        shutil.copy2(path, folder / "etc/systemd/system" / path.name.rpartition("__")[2])
    return folder


def decided(fleets: list[tuple[Survey, ...]], book: list[Rules]) -> list[JobPlan]:
    """Every job, decided by these rules (all of them, and those that read bills)."""
    kept = rules.ALL, rules.ON_BILLS
    rules.ALL, rules.ON_BILLS = book
    try:
        plans: list[Plan] = [
            pipeline.decide(surveys, bundled.read(), DEFAULT, Decisions(), Request(provider="all")) for surveys in fleets
        ]
    finally:
        rules.ALL, rules.ON_BILLS = kept
    return [entry for plan in plans for entry in plan.jobs]


def outcome(entry: JobPlan) -> tuple[object, ...]:
    """What a rule may change."""
    placed = entry.placement
    option = placed.option
    return (placed.verdict, option.shape, option.target, option.size, option.timeout_s, option.resources, placed.questions)


def main() -> None:
    """Print each rule with the number of jobs that it speaks about, and of those that are decided otherwise without it."""
    sources = sorted(path for path in SAMPLES.iterdir() if (path / "etc").is_dir())
    with tempfile.TemporaryDirectory() as folder:
        fleets = [tuple(observed(source) for source in sources)]
        fleets += [(observed(laid_out(Path(name), Path(folder) / str(n))),) for n, name in enumerate(sys.argv[1:])]
    whole = decided(fleets, [rules.ALL, rules.ON_BILLS])
    spoken = Counter(rule for entry in whole for rule in {finding.rule for finding in entry.findings})
    changed: Counter[str] = Counter()
    for rule in rules.ALL:
        if spoken[rule.NAME]:
            book = [tuple(one for one in group if one is not rule) for group in (rules.ALL, rules.ON_BILLS)]
            without = decided(fleets, book)
            changed[rule.NAME] = sum(outcome(a) != outcome(b) for a, b in zip(whole, without, strict=True))
    count = sum(1 for rule in rules.ALL if changed[rule.NAME])
    print("# Rules that speak, and rules that change something\n")
    print(
        f"Made by `benchmarks/speaking.py`: {len(whole)} jobs of the {len(sources)} samples"
        + (" and of a corpus of crontabs" if sys.argv[1:] else "")
        + f". {count} of {len(rules.ALL)} rules change the place, size, time limit, resources or questions of a job "
        f"(at least {ENOUGH} have to); the others tell something that a person should know.\n"
    )
    print("| rule | jobs that it speaks about | decided otherwise without it |\n|---|---|---|")
    for rule in rules.ALL:
        print(f"| {rule.NAME} | {spoken[rule.NAME]} | {changed[rule.NAME]} |")
    silent = [rule.NAME for rule in rules.ALL if not spoken[rule.NAME]]
    print(f"\nSilent: {', '.join(silent) or 'none'}.")


if __name__ == "__main__":
    main()
