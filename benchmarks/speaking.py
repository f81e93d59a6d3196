"""Which rules speak: on the samples, and on the crontabs of a corpus if its folder is given; a rule that never does is named.

Run: .venv/bin/python benchmarks/speaking.py [CORPUS] > benchmarks/speaking.md
"""

import sys
from collections import Counter
from pathlib import Path

from migrator import pipeline, rules
from migrator.assumptions import DEFAULT
from migrator.errors import MigratorError
from migrator.model.plan import Decisions, Plan, Request
from migrator.prices import bundled
from migrator.sources.opening import open_source

SAMPLES = Path(__file__).parent.parent / "samples"


def planned(source: Path) -> list[Plan]:
    """A plan of each server in a source; none where nothing can be read."""
    try:
        surveys = [pipeline.observe(server, None).survey for server in open_source(str(source))]
    except MigratorError as error:
        print(f"{source.name}: {error}", file=sys.stderr)
        return []
    request = Request(provider="all")
    return [pipeline.decide((survey,), bundled.read(), DEFAULT, Decisions(), request) for survey in surveys if survey.jobs]


def main() -> None:
    """Print each rule with the number of jobs that it speaks about."""
    sources = sorted(path for path in SAMPLES.iterdir() if (path / "etc").is_dir())
    spoken: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    jobs = 0
    for source in [*sources, *(Path(name) for name in sys.argv[1:])]:
        for plan in planned(source):
            for entry in plan.jobs:
                jobs += 1
                spoken.update({finding.rule for finding in entry.findings})
                asked.update({finding.rule for finding in entry.findings if finding.needs or finding.verdict or finding.question})
    print("# Rules that speak on real input")
    print()
    print(
        f"Made by `benchmarks/speaking.py`: {jobs} jobs of the samples"
        + (" and of a corpus of crontabs." if sys.argv[1:] else ".")
    )
    print()
    print("| rule | jobs | of them with a need, a verdict or a question |")
    print("|---|---|---|")
    for rule in rules.ALL:
        print(f"| {rule.NAME} | {spoken[rule.NAME]} | {asked[rule.NAME]} |")
    silent = [rule.NAME for rule in rules.ALL if not spoken[rule.NAME]]
    print()
    print(f"Silent: {', '.join(silent) or 'none'}.")


if __name__ == "__main__":
    main()
