"""The real daemons of Debian cron, cronie and busybox (built from source, with nicknames), driven by a virtual clock, against our
calendars: 64 schedules over both zone changes of a year in four zones (three for cronie and busybox)."""

import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import tools

from migrator.errors import ScheduleError
from migrator.model.job import Schedule
from migrator.schedule import crontab
from migrator.schedule.reading import LOST, calendar_of, remarks_of
from migrator.schedule.zones import TZDATA, to_instant, to_minute, transitions

HERE = Path(__file__).parent
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago")
HAND_MADE = """\
30 2 * * *
0 2 * * *
59 2 * * *
30 1 * * *
0 3 * * *
30 0 * * *
0 0 * * *
15 1 * * *
45 1 * * *
10 2 * * *
30 1,2,3 * * *
30 1-3 * * *
0 1-3 * * *
0,30 2 * * *
*/30 2 * * *
30 */2 * * *
15 * * * *
0 * * * *
*/15 * * * *
*/26 * * * *
*/24 7 * * *
14-16/5 */8 * * *
51 * * * 0
*/25 */8 * * *
5 0-23 * * *
5 0-23/2 * * *
* 2 * * *
* * * * 0
30 2 * * 0
30 2 * * 1
30 2 */2 * 0
30 2 13 * 0
45 23 * * 6
@hourly
@daily
@weekly
@midnight
0 2,3 * * *
1,59 1,2 * * *
*,5 2 * * *
5,* 2 * * *
30 2 29 3 *
30 2 8 * *
20 0,1,2,3,4 * * *
0-10/5 2 * * *
59 1 * * *
0 4 * * *
30 3 * * *
*/7 1-3 * * *
7-59/13 * * * *
""".splitlines()


def expressions() -> list[str]:
    rng = random.Random(3)
    made = [f"{rng.randint(0, 59)} {rng.randint(0, 4)} * * *" for _ in range(7)]
    made += [f"*/{rng.randint(2, 40)} {rng.randint(0, 3)}-{rng.randint(4, 9)} * * *" for _ in range(4)]
    made += [f"{rng.randint(0, 59)} */{rng.randint(2, 5)} * * {rng.randint(0, 6)},0" for _ in range(3)]
    return HAND_MADE + made


@pytest.fixture(scope="session")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = tmp_path_factory.mktemp("clock") / "clock.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, HERE / "schedule_clock.c", "-ldl"], check=True)
    return library


SETUP = r"""
set -e
mkdir -p "$ROOM/cron.d" "$ROOM/spool/crontabs" "$ROOM/busy"
mount --bind "$ROOM/cron.d" /etc/cron.d
mount --bind "$ROOM/spool" /var/spool/cron
mount -t tmpfs none /run
printf 'account required pam_permit.so\nsession required pam_permit.so\nauth required pam_permit.so\n' > /run/pam
for name in cron crond cronie; do test ! -e /etc/pam.d/$name || mount --bind /run/pam /etc/pam.d/$name; done
: > /run/empty
test ! -e /etc/crontab || mount --bind /run/empty /etc/crontab
exec env TZ="$ZONE" TZDIR="$ZONES" CLOCK_START="$START" CLOCK_END="$END" CLOCK_LOG="$ROOM/log" LD_PRELOAD="$CLOCK" "$@"
"""
FLAVOURS = ("debian", "cronie", "busybox")


@pytest.fixture(scope="session")
def daemons() -> dict[str, list[str]]:
    """The words that start each daemon. Fails, and does not skip, where one cannot be had."""
    room, loader = tools.daemons()
    return {
        "debian": ["/usr/sbin/cron", "-f", "-L", "0"],
        "cronie": [*loader, str(room / "root/usr/sbin/crond"), "-n", "-s"],
        "busybox": [str(room / "busybox"), "crond", "-f", "-l", "8", "-c", "BUSY"],
    }


def observed(daemon: list[str], expression: str, zone: str, start: int, end: int, clock: Path, room: Path) -> list[int]:
    """The minutes in which the daemon started the job."""
    line = f"{expression} echo job\n" if "BUSY" in daemon else f"{expression} root echo job\n"
    return [minute for minute, _ in jobs_seen(daemon, line, zone, start, end, clock, room)]


def jobs_seen(daemon: list[str], text: str, zone: str, start: int, end: int, clock: Path, room: Path) -> list[tuple[int, str]]:
    """The minutes in which the daemon started a job of a whole crontab, and its command."""
    (room / "cron.d").mkdir(parents=True)
    (room / "busy").mkdir()
    (room / ("busy/root" if "BUSY" in daemon else "cron.d/job")).write_text(text)
    command = [str(room / "busy") if word == "BUSY" else word for word in daemon]
    environment = {
        "ROOM": str(room),
        "ZONE": zone,
        "ZONES": f"{TZDATA}/zoneinfo",  # the pinned rules that we read, and not those of this machine
        "START": str(start * 60),
        "END": str(end * 60),
        "CLOCK": str(clock),
        "PATH": os.environ["PATH"],
    }
    subprocess.run(
        ["unshare", "-m", "--propagation", "private", "sh", "-c", SETUP, "sh", *command],
        env=environment, check=True, timeout=300, capture_output=True,
    )  # fmt: skip
    log = room / "log"
    lines = log.read_text().splitlines() if log.exists() else []
    found = (line.split(" ", 1) for line in lines)
    return [(int(at) // 60, command) for at, command in found]


def changes() -> Iterator[tuple[str, int]]:
    for zone in ZONES:
        start = to_minute(datetime(2026, 1, 10, tzinfo=UTC))
        for at, _, _ in transitions(zone, start, start + 365 * 1440)[:2]:
            yield zone, at


def compare(flavour: str, daemon: list[str], expression: str, zone: str, at: int, clock: Path, room: Path) -> str | None:
    start, end = at - 20 * 60, at + 12 * 60
    seen = observed(daemon, expression, zone, start, end, clock, room)
    shutil.rmtree(room)
    calendar = crontab.read(expression, flavour, zone)  # type: ignore[arg-type]
    # the daemon starts on a full minute and runs nothing for the minute it starts in
    want = {to_minute(moment) for moment in calendar.occurrences(to_instant(start + 2), to_instant(end - 1))}
    # caught-up batches are 10 s apart: the sixth and later ones of a fixed-time job spill over into the next minutes
    got = {minute for minute in seen if start + 2 <= minute < end - 1}
    late = {minute for minute in got - want if at in want and at < minute <= at + 12}
    if want != got - late:
        return f"{expression} {zone} {to_instant(at)}: ours {sorted(want - got)[:3]}, daemon's {sorted(got - want)[:3]} (minutes)"
    return None


NAMES = {"month": "jan FEB Mar apr may jun jul aug sep oct nov Dec".split(), "week": "sun Mon TUE wed thu fri sat".split()}
JUNK = {"debian": [";", "x", "?", "-1", ".5", "#3"], "busybox": [";", "x", "?", "-", "/", "#"]}


def random_field(rng: random.Random, flavour: str, low: int, high: int, names: list[str]) -> str:
    def number() -> str:
        return rng.choice(names) if names and rng.random() < 0.25 else str(rng.randint(low, high))

    def piece() -> str:
        first, second, step = number(), number(), rng.randint(1, high + 3)
        return rng.choice(["*", f"*/{step}", first, first, first, f"{first}-{second}", f"{first}-{second}/{rng.randint(1, 9)}"])

    text = ",".join(piece() for _ in range(rng.choice([1, 1, 1, 2, 3])))
    return text + (rng.choice(JUNK[flavour]) if flavour in JUNK and rng.random() < 0.05 else "")


def random_lines(rng: random.Random, flavour: str, count: int) -> list[str]:
    """Lines that the flavour takes, each with at most three firings a day: about dates, in every odd way of writing them."""
    found: list[str] = []
    while len(found) < count:
        fields = [str(rng.randint(0, 59)), rng.choice([str(rng.randint(0, 23)), "*/8", "22-4"])]
        for low, high, names, star in ((1, 31, [], 0.3), (1, 12, NAMES["month"], 0.6), (0, 7, NAMES["week"], 0.3)):
            fields.append("*" if rng.random() < star else random_field(rng, flavour, low, high, names))
        line = " ".join(fields)
        try:
            calendar = crontab.read(line, flavour, "UTC")  # type: ignore[arg-type]
        except ScheduleError:
            continue
        if calendar.clocks[0].minutes.bit_count() * calendar.clocks[0].hours.bit_count() <= 3:
            found.append(line)
    return found


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_random_lines_fire_on_the_daemons_dates(flavour: str, daemons: dict[str, list[str]], clock: Path, tmp_path: Path) -> None:
    """Fifty lines through five weeks from each of four days, among them 20 February of a leap year."""
    rng = random.Random(f"dates of {flavour}")
    years = rng.sample(range(2025, 2032), 3)
    starts = [datetime(2028, 2, 20, tzinfo=UTC), *(datetime(year, rng.randint(1, 12), 9, tzinfo=UTC) for year in years)]

    def differs(item: tuple[datetime, list[str]]) -> list[str]:
        begin, lines = item
        start = to_minute(begin)
        end = start + 35 * 1440
        user = "" if flavour == "busybox" else "root "
        text = "\n".join(f"{line} {user}echo job{number}x" for number, line in enumerate(lines)) + "\n"
        seen = jobs_seen(daemons[flavour], text, "UTC", start, end, clock, tmp_path / f"{start}")
        wrong = []
        for number, line in enumerate(lines):
            calendar = crontab.read(line, flavour, "UTC")  # type: ignore[arg-type]
            want = [to_minute(at) for at in calendar.occurrences(to_instant(start + 2), to_instant(end - 1))]
            got = [minute for minute, command in seen if f"job{number}x" in command and start + 2 <= minute < end - 1]
            if want != got:
                wrong.append(f"{line} from {begin:%Y-%m-%d}: {[str(to_instant(m)) for m in sorted(set(want) ^ set(got))[:3]]}")
        return wrong

    with ThreadPoolExecutor(4) as pool:
        wrong = [said for found in pool.map(differs, ((at, random_lines(rng, flavour, 50)) for at in starts)) for said in found]
    assert not wrong, "\n".join(wrong)


def test_cronie_does_not_notice_a_change_without_summer_time(daemons: dict[str, list[str]], clock: Path, tmp_path: Path) -> None:
    at = to_minute(datetime(2026, 9, 20, 1, tzinfo=UTC))  # Morocco: one hour back for good
    for flavour, want in (("cronie", at + 120), ("debian", at + 180)):
        seen = observed(daemons[flavour], "0 4 * * *", "Africa/Casablanca", at - 600, at + 600, clock, tmp_path / flavour)
        assert seen == [want], flavour


OTHER_CLOCK = (
    "30 2 * * *", "30 1 * * *", "*/30 1-3 * * *", "0 * * * *", "15 */2 * * *", "0 21 * * *", "45 6 * * *", "59 20 * * *",
    "0 22 * * *", "10 0 * * *",
)  # fmt: skip


@pytest.mark.parametrize(
    ("server", "zone"),
    [
        ("UTC", "America/New_York"),
        ("Asia/Kathmandu", "Australia/Lord_Howe"),
        ("Europe/Berlin", "America/New_York"),
        ("Europe/Berlin", "Asia/Kathmandu"),
        ("Europe/Berlin", "Europe/Berlin"),
        ("Australia/Lord_Howe", "Asia/Tokyo"),
        ("Africa/Casablanca", "Europe/Lisbon"),
    ],
)
def test_cronie_reads_cron_tz_on_that_zones_clock(
    server: str, zone: str, daemons: dict[str, list[str]], clock: Path, tmp_path: Path
) -> None:
    """Not at all in the zone's missing hour, twice in its repeated one; and fixed times in the hour that the server itself
    repeats are lost: every firing, and none of them twice."""
    start = to_minute(datetime(2026, 1, 10, tzinfo=UTC))
    times = [at for name in (server, zone) for at, _, _ in transitions(name, start, start + 365 * 1440)[:3]]
    times = list(dict.fromkeys(times))
    lost: list[str] = []

    def differs(item: tuple[int, tuple[str, int]]) -> str | None:
        number, (expression, at) = item
        low, high = at - 20 * 60, at + 12 * 60
        line = f"CRON_TZ={zone}\n{expression}"
        seen = observed(daemons["cronie"], line, server, low, high, clock, tmp_path / str(number))
        when = Schedule(grammar="cronie", expressions=(expression,), timezone=zone, server_timezone=server)
        calendar = calendar_of(when)
        assert calendar is not None
        want = [to_minute(moment) for moment in calendar.occurrences(to_instant(low + 2), to_instant(high - 1))]
        got = [minute for minute in seen if low + 2 <= minute < high - 1]
        lost.extend(remark for remark in remarks_of(when) if LOST in remark)
        away = sorted(set(want) ^ set(got))
        return None if want == got else f"{expression} at {to_instant(at)}: {[str(to_instant(m)) for m in away]} or twice"

    with ThreadPoolExecutor(4) as pool:
        wrong = [said for said in pool.map(differs, enumerate((e, at) for e in OTHER_CLOCK for at in times)) if said]
    assert not wrong, "\n".join(wrong)
    assert bool(lost) == (server not in {"UTC", "Asia/Kathmandu"}), lost


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_nicknames_are_the_daemons_own(flavour: str, daemons: dict[str, list[str]], clock: Path, tmp_path: Path) -> None:
    """Every nickname, through the five weeks around New Year."""
    start = to_minute(datetime(2026, 12, 5, 9, tzinfo=UTC))
    end = start + 35 * 1440
    user = "" if flavour == "busybox" else "root "
    text = "".join(f"{nickname} {user}echo job{number}x\n" for number, nickname in enumerate(crontab.NICKNAMES))
    seen = jobs_seen(daemons[flavour], text, "UTC", start, end, clock, tmp_path / "room")
    for number, nickname in enumerate(crontab.NICKNAMES):
        calendar = crontab.read(nickname, flavour, "UTC")  # type: ignore[arg-type]
        want = [to_minute(at) for at in calendar.occurrences(to_instant(start + 2), to_instant(end - 1))]
        assert want, nickname
        assert [m for m, command in seen if f"job{number}x" in command and start + 2 <= m < end - 1] == want, nickname


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_daemon_fires_when_our_calendar_says(
    flavour: str, daemons: dict[str, list[str]], clock: Path, tmp_path: Path
) -> None:
    zones = ZONES if flavour == "debian" else ZONES[:3]
    work = [(expression, zone, at) for expression in dict.fromkeys(expressions()) for zone, at in changes() if zone in zones]
    assert len({expression for expression, _, _ in work}) >= 60
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(
            lambda item: compare(flavour, daemons[flavour], *item[1], clock, tmp_path / str(item[0])), enumerate(work)
        )
    wrong = [problem for problem in found if problem]
    assert not wrong, f"{len(wrong)} of {len(work)}\n" + "\n".join(wrong)
