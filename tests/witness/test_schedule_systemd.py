"""`systemd-analyze calendar` against our reader of OnCalendar, on 600 expressions."""

import random
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from migrator.errors import ScheduleError
from migrator.schedule import on_calendar

ZONES = ("", "", "", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC", "Asia/Kathmandu", "Pacific/Chatham")
WEEK = ("Mon", "Tue", "Wednesday", "thu", "Fri", "SAT", "Sunday")
# a day before or long after a zone change: a timer that starts inside a repeated hour behaves otherwise than one that runs
BASES = ("2026-03-27 00:00:00", "2026-10-23 05:00:00", "2027-01-31 23:59:30", "2026-03-06 06:00:00", "2026-04-02 14:00:00")
HAND_MADE = """\
daily
weekly
monthly
quarterly
yearly
hourly
minutely
semi-annually
Sat..Mon
Mon *-05~07/1
*-*~01
*-02~03
*:0/15
*-*-1/2 00:00
*/2:00
Mon-Fri 10:00
2003-03-05
05:40
12:05..10
*~3..5
*-*~31
*-*~28
Mon,Fri, 10:00
08:05:40 UTC
*-*-7 0:0:0
0/60:00
*:10/55
1-5~2..4/2 0:0
*-*-31 0:0
*-02-30
Mon
UTC
1,,2:0
1:2:3:4
*-*-*
*
daily Europe/Berlin
2-29
*:*:*
0:0:0/7
99-1-1
69-1-1 0:0
08-5..6/5 13:15
""".splitlines()


def witness(expression: str, base: str) -> list[datetime] | None:
    """The next eight instants; None where systemd rejects the expression."""
    done = subprocess.run(
        ["systemd-analyze", "calendar", "--iterations=8", f"--base-time={base} UTC", expression],
        capture_output=True, text=True, check=False, env={"TZ": "UTC", "LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    if done.returncode:
        return None
    found = re.findall(r"(?:Next elapse|Iter\. #\d+): \w+ (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC", done.stdout)
    return [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in found]


def part(rng: random.Random, low: int, high: int, star: float) -> str:
    kind, first, last = rng.random(), rng.randint(low, high), rng.randint(low, high)
    if kind < star:
        return "*"
    if kind < star + 0.3:
        return f"{first:02}"
    if kind < star + 0.4:
        return f"{first}..{last}"
    if kind < star + 0.5:
        return f"{first}/{rng.randint(1, max(1, (high - low) // 2))}"
    if kind < star + 0.55:
        return f"{first}..{last}/{rng.randint(1, 7)}"
    return ",".join(str(rng.randint(low, high)) for _ in range(rng.randint(2, 3)))


def random_expression(rng: random.Random) -> str:
    words = []
    if rng.random() < 0.4:
        words.append(rng.choice([rng.choice(WEEK), ",".join(rng.sample(WEEK, 2)), f"{rng.choice(WEEK)}..{rng.choice(WEEK)}"]))
    if rng.random() < 0.75:
        year = "" if rng.random() < 0.3 else rng.choice(["*", "2027", "*", "2027..2030", "26..31", "2028/2", "*"]) + "-"
        day = rng.choice(["-", "-", "-", "~"]) + part(rng, 1, rng.choice([31, 12]), 0.4)
        words.append(f"{year}{part(rng, 1, 12, 0.6)}{day}")
    if rng.random() < 0.85 or not words:
        seconds = ":" + part(rng, 0, 59, 0.1) if rng.random() < 0.3 else ""
        words.append(f"{part(rng, 0, 23, 0.35)}:{part(rng, 0, 59, 0.2)}{seconds}")
    zone = rng.choice(ZONES)
    return " ".join([*words, zone] if zone else words)


def test_our_reader_fires_as_systemd_does() -> None:
    rng = random.Random(20261124)
    work = [(expression, rng.choice(BASES)) for expression in HAND_MADE + [random_expression(rng) for _ in range(560)]]
    with ThreadPoolExecutor(2) as pool:
        wanted = list(pool.map(lambda item: witness(*item), work))
    assert sum(want is not None for want in wanted) >= 400
    wrong = []
    for (expression, base), want in zip(work, wanted, strict=True):
        try:
            got = list(on_calendar.read((expression,), "UTC").next(datetime.fromisoformat(base).replace(tzinfo=UTC), 8))
        except ScheduleError:
            got = None
        if got is not None:
            got = [moment for moment in got if moment.year < 2200]  # systemd looks no further
        if got != want:
            wrong.append(f"{expression!r} from {base}: systemd {want and want[:3]}, ours {got and got[:3]}")
    assert not wrong, f"{len(wrong)} of {len(work)}\n" + "\n".join(wrong)
