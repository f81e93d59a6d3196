"""The converter comparison: ordinary crontab lines to EventBridge, every instant of a year compared with Debian cron's.

Ours is measured here: the truth is cronsim's (another implementation of Debian cron), our output is the expression text read by
aws-croniter (another implementation of AWS cron) and, where two expressions share instants, passed through the guard file that is
emitted. Neither is our own code. The five peers were run once with their own code, see `OTHERS`.

Run: .venv/bin/python benchmarks/converters.py
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from aws_croniter import AwsCroniter
from cronsim import CronSim

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from cases import read_cases

from migrator.model.finding import Translation
from migrator.model.job import Schedule
from migrator.runner import guard
from migrator.schedule.translate import translations

START, END = datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
NICKNAMES = {"@daily": "0 0 * * *", "@hourly": "0 * * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *"}
LINES = Path(__file__).parent.parent / "tests/cases/schedule/converters.txt"
# measured once with their own code, on a list of the same kinds of lines: right, wrong, invalid for AWS, refuses, phase lost
OTHERS = (
    ("copilot-cli `toAWSCron`", 17, 3, 4, 3, 0),
    ("sanity-io unix-cron-to-aws-cron", 15, 4, 8, 0, 0),
    ("elastic_whenever", 15, 0, 9, 3, 0),
    ("cloudhopper-mc", 12, 15, 0, 0, 0),
    ("alien-core `crontab_to_eventbridge`", 9, 7, 8, 0, 3),
)


def truth(expression: str) -> list[datetime]:
    """Debian cron's firings of the year, by cronsim."""
    found = []
    for at in CronSim(NICKNAMES.get(expression, expression), START - timedelta(minutes=1)):
        if at >= END:
            break
        found.append(at)
    return found


def fired(translation: Translation) -> list[datetime]:
    """The firings of the year of what we wrote, by aws-croniter and the guard file."""
    contract = None if translation.guard is None else msgspec.to_builtins(translation.guard)
    found = []
    for number, text in enumerate(translation.expressions):
        listed = AwsCroniter(text.removeprefix("cron(").removesuffix(")")).get_all_schedule_bw_dates(START, END)
        found += [at for at in listed if at < END and (contract is None or guard.fires(contract, at, number, UTC))]
    return sorted(found)


def measure() -> tuple[int, int, list[str]]:
    """(right, of how many, the lines that are wrong)."""
    lines = [line.rsplit(None, 1)[0].strip() for line in read_cases(LINES)[0].parts["lines"].splitlines() if line.strip()]
    wrong = []
    for line in lines:
        schedule = Schedule(grammar="debian", expressions=(line,), timezone="UTC")
        (found,) = translations(schedule, {}, names=frozenset({"eventbridge"}))
        if found.proof.status != "equal" or fired(found) != truth(line):
            wrong.append(line)
    return len(lines) - len(wrong), len(lines), wrong


def main() -> None:
    """Print the table."""
    right, count, wrong = measure()
    print("| converter | right | wrong times | invalid for AWS | refuses | phase lost |\n|---|---|---|---|---|---|")
    print(f"| **migrator** | **{right}** of {count} | {len(wrong)} | 0 | 0 | 0 |")
    for name, *figures in OTHERS:
        print(f"| {name} | {' | '.join(str(figure) for figure in figures)} |")
    for line in wrong:
        print(f"\nwrong: `{line}`", file=sys.stderr)


if __name__ == "__main__":
    main()
