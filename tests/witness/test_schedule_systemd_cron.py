"""The real systemd-cron against our reading of crontabs under it: its generator turns lines into timers, and systemd itself says
when these elapse."""

import random
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import tools
from test_schedule_daemons import HAND_MADE, random_lines
from test_schedule_systemd import witness

from migrator.errors import ScheduleError
from migrator.schedule import crontab, on_calendar
from migrator.schedule.days import ones

ZONES = ("", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
BASES = ("2026-03-27 00:00:00", "2026-10-23 05:00:00", "2028-02-20 23:59:30")
# `*/0` is not among them: the generator of 2.5.1 never ends on it
ODD = """\
30 4 1,15 * 5
0 0 13 * 5
0 0 */2 * 1
0 0 1 * */2
0 0 1-31 * 1
0 0 * * 7
0 0 * * 0-7
0 0 * * 1-7/2
0 0 * * 5-7
0 0 31 2 *
0 0 29 2 *
0 12 * jan-mar,oct mon-fri
5 4 1,*/10 * *
*/60 * * * *
0 */24 * * *
61 * * * *
* * * *
5-1 * * * *
0 22-4 * * *
0 0 * * sat-sun
0 0 * nov-feb *
0 0 0 * *
0 24 * * *
0 0 * 13 *
0 0 * * 8
5/10 * * * *
0 0 * * monday
0 0 * * SUN
0 0 * * sun,mon
0 0 * * 0-sun
0 0 * * 6-0
0 0 * * fri-sun
0 0 * * 7/2
0 0 * jan *
0 0 * 1-mar *
+5 * * * *
50-70 * * * *
0 20-30 * * *
0 0 0-5 * *
5,70 * * * *
, * * * *
**/2 * * * *
1-5-7 * * * *
1,,2 * * * *
0 0 L * *
0 0 L * 5
0 0 * * 5L
0 0 1 * 5L
0 0 13,L * 5L
0 0 * * 0L
0 0 * * 7L
0 0 * 2 3L
0 0 * * friL
0 0 * * sunL
0 0 1,L * *
0 0 28,L * *
0 0 L-3 * *
0 0 LW * *
0 0 l * *
0 0 * * 5l
0 0 * * L
0 0 * * 1,5L
0 0 * * 1-3L
0 0 * * 8L
0 0 * L *
L * * * *
H 4 * * *
0 0 ? * 1
0 0 * * 5#2
30~5 * * * *
~~ * * * *
60~70 * * * *
0 0 0~5 * *
0 0 * * 5~0
5~1-3 * * * *
*/x * * * *
*/2/3 * * * *
@every 5m
@Daily
@fortnightly
@minutely
@hourly
@daily
@midnight
@weekly
@monthly
@quarterly
@semi-annually
@semiannually
@bi-annually
@biannually
@yearly
@annually
""".splitlines()
GENERATE = r"""
set -e
mount --bind "$ROOM/cron.d" /etc/cron.d
mount -t tmpfs none /run
: > /run/empty
for file in /etc/crontab /etc/anacrontab; do test ! -e $file || mount --bind /run/empty $file; done
exec "$@" "$ROOM/out"
"""


DRAWN = ("~", "0~30", "~30", "40~", "5~7", "*~5", "50~70", "0~59/10", "~,~", "10,20~30", "+5~9", "5~5/2")


def timers(lines: list[str], zone: str, room: Path, said: list[str] | None = None) -> dict[int, list[str]]:
    """The OnCalendar lines that the generator writes for each line, by its number; a line that it rejects has none. What it says
    of them goes to `said`."""
    folder, loader = tools.daemons()
    (room / "cron.d").mkdir(parents=True)
    (room / "out").mkdir()
    text = (f"CRON_TZ={zone}\n" if zone else "") + "".join(f"{line} root echo job{n}x\n" for n, line in enumerate(lines))
    (room / "cron.d/job").write_text(text)
    generator = folder / "root/usr/lib/systemd/system-generators/systemd-crontab-generator"
    done = subprocess.run(
        ["unshare", "-m", "--propagation", "private", "sh", "-c", GENERATE, "sh", *loader, generator],
        env={"ROOM": str(room), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}, check=True, capture_output=True, timeout=60, text=True,
    )  # fmt: skip
    if said is not None:
        said += done.stderr.splitlines()
    found = {}
    for path in (room / "out").glob("*.timer"):
        unit = path.read_text()
        number = re.search(r"echo job(\d+)x", unit)
        if number is not None:
            found[int(number[1])] = re.findall(r"^OnCalendar=(.*)$", unit, re.MULTILINE)
    return found


@pytest.mark.parametrize("zone", ZONES)
def test_a_line_under_systemd_cron_fires_as_its_timer_does(zone: str, tmp_path: Path) -> None:
    rng = random.Random(f"systemd-cron in {zone}")
    lines = [*dict.fromkeys([*ODD, *HAND_MADE, *random_lines(rng, "systemd-cron", 30)])]
    assert len(lines) >= 110
    made = timers(lines, zone, tmp_path)
    assert len(made) >= 60

    def differs(item: tuple[int, str]) -> str | None:
        number, line = item
        base = BASES[number % len(BASES)]
        try:
            calendar = crontab.read(line, "systemd-cron", zone or "UTC")
        except ScheduleError as error:
            if number not in made or all(witness(said, base) is None for said in made[number]):  # systemd itself rejects those
                return None
            return f"{line}: ours refuses it ({error}), the generator wrote {made[number]}"
        if number not in made:
            return f"{line}: the generator refuses it"
        (said,) = made[number]
        want = witness(said, base)
        got = [at for at in calendar.next(datetime.fromisoformat(base).replace(tzinfo=UTC), 8) if at.year < 2200]
        return None if got == (want or []) else f"{line} ({said}) from {base}: systemd {want and want[:3]}, ours {got[:3]}"

    with ThreadPoolExecutor(2) as pool:
        wrong = [problem for problem in pool.map(differs, enumerate(lines)) if problem]
    assert not wrong, f"{len(wrong)} of {len(lines)}\n" + "\n".join(wrong)


def test_what_it_draws_lies_in_what_we_say_and_may_be_what_we_pin(tmp_path: Path) -> None:
    """Forty draws of each: none outside of the range that the remark names, and for a short range the pinned one among them."""
    lines = [f"{field} 4 * * *" for field in DRAWN for _ in range(40)]
    made = timers(lines, "", tmp_path)
    for number, field in enumerate(DRAWN):
        reading = crontab.explain(f"{field} 4 * * *", "systemd-cron", "UTC")
        ranges = [(int(low), int(high)) for remark in reading.remarks for low, high in re.findall(r"(\d+) to (\d+);", remark)]
        assert len(ranges) == field.count("~")
        pinned = set(ones(reading.calendar.clocks[0].minutes))
        drawn = set()
        for found in range(number * 40, number * 40 + 40):
            minutes = re.fullmatch(r"\*-\*-\* 4:([\d,]+):00", made[found][0])
            assert minutes is not None
            drawn |= {int(word) for word in minutes[1].split(",")}
        kept = {10} if field.startswith("10,") else set()
        assert all(any(low <= value <= high for low, high in ranges) for value in drawn - kept), (field, ranges, sorted(drawn))
        if max(high - low for low, high in ranges) <= 5:
            assert pinned <= drawn, (field, sorted(drawn))


def test_why_it_leaves_a_line_out_is_said_in_its_own_words(tmp_path: Path) -> None:
    said: list[str] = []
    lines = [line for line in ODD if len(line.split()) == 5]
    made = timers(lines, "", tmp_path, said)
    seen = 0
    for number, line in enumerate(lines):
        words = [text.split(f"echo job{number}x: ", 1)[1] for text in said if f"echo job{number}x: " in text]
        if number in made or not words or not words[0].startswith("field "):
            continue
        with pytest.raises(ScheduleError) as refused:
            crontab.read(line, "systemd-cron", "UTC")
        assert str(refused.value).endswith(f"systemd-cron says: {words[0]}"), (str(refused.value), words)
        seen += 1
    assert seen >= 15


def test_what_its_timers_say_is_what_we_read_there(tmp_path: Path) -> None:
    """A server under systemd-cron shows a job twice, as a line and as a timer: both readings are the same calendar."""
    lines = [line for line in HAND_MADE if not line.startswith("@")]
    for number, (said,) in timers(lines, "Europe/Berlin", tmp_path).items():
        line = crontab.read(lines[number], "systemd-cron", "Europe/Berlin")
        timer = on_calendar.read((said,), "UTC")
        start = datetime(2026, 3, 20, tzinfo=UTC)
        assert timer.next(start, 400) == line.next(start, 400), lines[number]
