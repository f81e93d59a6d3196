"""Measures the calendar kernel beside croniter and cronsim in the same process.

Run: .venv/bin/python benchmarks/schedule.py
"""

import itertools
import platform
import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from croniter import croniter
from cronsim import CronSim

from migrator.model.job import Schedule
from migrator.schedule import crontab, enumeration
from migrator.schedule.calendar import Calendar
from migrator.schedule.translate import translations
from migrator.schedule.zones import to_minute, zone

START, END = datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
FIRST, LAST = to_minute(START), to_minute(END)


def generated(count: int) -> list[str]:
    """A fleet's mixture: 4 % every minute, a fifth dense, most of it a few times a day or week, 0.3 % on 29 February."""
    rng = random.Random(10)
    found = []
    for _ in range(count):
        kind = rng.random()
        minute, hour = rng.randint(0, 59), rng.randint(0, 23)
        if kind < 0.04:
            found.append("* * * * *")
        elif kind < 0.24:
            found.append(f"*/{rng.choice([2, 5, 10, 15, 20, 30])} * * * *")
        elif kind < 0.34:
            found.append(f"{minute} * * * *")
        elif kind < 0.74:
            found.append(f"{minute} {hour} * * *")
        elif kind < 0.90:
            found.append(f"{minute} {hour} * * {rng.randint(0, 7)}")
        elif kind < 0.997:
            found.append(f"{minute} {hour} {rng.randint(1, 28)} * *")
        else:
            found.append(f"{minute} {hour} 29 2 *")
    return found


def seconds(work: Callable[[], object], times: int = 5) -> float:
    """The median of several runs."""
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def processor_seconds(work: Callable[[], object], times: int = 5) -> float:
    """The median of several runs in processor time: what other work on the machine does not stretch."""
    taken = []
    for _ in range(times):
        begin = time.process_time()
        work()
        taken.append(time.process_time() - begin)
    return statistics.median(taken)


def count(calendars: list[Calendar]) -> int:
    """Every firing of the year enumerated, one schedule after the other, and counted."""
    return sum(len(enumeration.firings(calendar, FIRST, LAST)) for calendar in calendars)


def rates(expression: str, name: str, firings: int) -> tuple[float, float, float]:
    """Firings a second: ours, cronsim's, croniter's."""
    calendar = crontab.read(expression, "debian", name)
    total = len(enumeration.firings(calendar, FIRST, LAST))
    ours = total / seconds(lambda: enumeration.firings(calendar, FIRST, LAST))
    begin = START.astimezone(zone(name))
    simulated = firings / seconds(lambda: list(itertools.islice(CronSim(expression, begin), firings)), 3)
    iterated = croniter(expression, begin, implement_cron_bug=True)
    return ours, simulated, firings / seconds(lambda: [iterated.get_next(datetime) for _ in range(firings)], 3)


def main() -> None:
    """Print the tables."""
    expressions = generated(10_000)
    print(f"Medians on {platform.machine()}, Python {platform.python_version()}; peers in the same process.\n")
    print("| firings a second | ours | cronsim | croniter | ours / croniter |\n|---|---|---|---|---|")
    for expression, name, firings in (
        ("*/5 * * * *", "UTC", 5000),
        ("*/5 * * * *", "America/New_York", 5000),
        ("30 2 * * 1-5", "America/New_York", 500),
    ):
        ours, simulated, iterated = rates(expression, name, firings)
        print(f"| `{expression}` {name} | {ours:,.0f} | {simulated:,.0f} | {iterated:,.0f} | {ours / iterated:,.0f} x |")
    print("\n| what | measured | goal |\n|---|---|---|")
    for name in ("UTC", "America/New_York"):
        calendars = [crontab.read(expression, "debian", name) for expression in expressions]
        total = count(calendars)
        wall, taken = seconds(lambda c=calendars: count(c)), processor_seconds(lambda c=calendars: count(c))  # type: ignore[misc]
        goal = "1.5 s" if name != "UTC" else ""
        print(f"| 10,000 schedules x 1 year, {name}: {total:,} firings | {wall:.2f} s; processor {taken:.2f} s | {goal} |")
        kept = processor_seconds(lambda c=calendars: [enumeration.firings(item, FIRST, LAST) for item in c], 3)  # type: ignore[misc]
        print(f"| the same, all held in memory at once (1.5 GB) | processor {kept:.2f} s | |")
        taken = seconds(lambda c=calendars: [item.monthly_runs() for item in c], 3)  # type: ignore[misc]
        print(f"| their runs a month, exact, without enumerating ({name}) | {taken:.2f} s | |")
    pairs = list(itertools.pairwise(calendars))[:5000]
    taken = processor_seconds(lambda: [a.canonical() == b.canonical() for a, b in pairs]) / len(pairs)
    print(f"| one comparison of two schedules over 400 years | {taken * 1e6:.1f} µs | 15 µs |")
    fields = random.Random(4)
    odd = [
        crontab.read(
            f"{m} {m % 24} {fields.randint(1, 15)}-{fields.randint(16, 31)} 1-{fields.randint(2, 12)} {m % 7}", "debian", "UTC"
        )
        for m in range(60)
    ]
    taken = processor_seconds(lambda: [a.canonical() == b.canonical() for a in odd for b in odd]) / len(odd) ** 2
    print(f"| the same where every date field is restricted | {taken * 1e6:.1f} µs | 15 µs |")
    after = START + timedelta(days=40)
    taken = seconds(lambda: [item.next(after) for item in calendars[:500]], 3) / 500
    print(f"| one `next` | {taken * 1e6:.0f} µs | |")
    some = [Schedule(grammar="debian", expressions=(e,), timezone="Europe/Berlin") for e in dict.fromkeys(expressions[:40])]
    taken = seconds(lambda: [translations(item, {}) for item in some], 3) / len(some)
    print(f"| one schedule in six languages, each proved | {taken * 1e3:.0f} ms | |")
    taken = seconds(lambda: [translations(item, {}, names=frozenset({"kubernetes"})) for item in some], 3) / len(some)
    print(f"| one schedule in one language, proved | {taken * 1e3:.1f} ms | 10 ms |")


if __name__ == "__main__":
    main()
