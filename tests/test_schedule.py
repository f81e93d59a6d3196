"""The calendar, its readers, the translations and their proofs, against hand-made expectations and independent witnesses."""

import ast
import json
import random
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cases import read_cases
from click.testing import CliRunner
from cronsim import CronSim, CronSimError
from hypothesis import given, settings
from hypothesis import strategies as st

from migrator.commands.schedule import command
from migrator.errors import ScheduleError
from migrator.model.job import Schedule
from migrator.runner import guard as guard_file
from migrator.schedule import crontab, enumeration, on_calendar
from migrator.schedule.calendar import Calendar, Clock
from migrator.schedule.crosscheck import crosscheck
from migrator.schedule.days import ones
from migrator.schedule.dialects import ALL
from migrator.schedule.phrasing import guard_of
from migrator.schedule.proof import only_at_zone_changes, prove
from migrator.schedule.readback import eventbridge_rule
from migrator.schedule.reading import calendar_of, remarks_of
from migrator.schedule.translate import translation, translations
from migrator.schedule.words import in_words
from migrator.schedule.zones import around_changes, to_instant, to_minute, transitions, zone

ROOT = Path(__file__).parent.parent
CASES = Path(__file__).parent / "cases" / "schedule"
eventbridge, kubernetes = (next(dialect for dialect in ALL if name == dialect.NAME) for name in ("eventbridge", "kubernetes"))
ZONES = (
    "UTC America/New_York Europe/Berlin Asia/Kathmandu Africa/Casablanca Antarctica/Troll America/Santiago Asia/Beirut "
    "Europe/London Pacific/Chatham"
).split()


def schedule(expression: str, timezone: str = "UTC", grammar: str = "debian") -> Schedule:
    return Schedule(grammar=grammar, expressions=(expression,), timezone=timezone)  # type: ignore[arg-type]


def at(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def fired(calendar: Calendar, start: str, end: str) -> list[str]:
    place = zone(calendar.timezone)
    return [f"{moment.astimezone(place):%m-%d %H:%M %z}" for moment in calendar.occurrences(at(start), at(end))]


# --- what each daemon reads -------------------------------------------------------------------------------------------------


def matrix() -> list[tuple[str, str, str, str]]:
    """(flavour, expression, the whole line, the real parser's answer) of every probe that is a schedule line."""
    text = (CASES / "grammar_matrix.txt").read_text().split("####")[0]
    found = []
    for block in text.split("LINE ")[1:]:
        lines = block.splitlines()
        line = ast.literal_eval(lines[0])
        match = re.match(r"[ \t]*(@\S+|[-*0-9~?H,+]\S*[ \t]+\S+[ \t]+\S+[ \t]+\S+[ \t]+\S+)([ \t]+\S|$)", line)
        # what the command part says (no command, an option, a sixth star) and cronie's dash in front are the line's reader's job
        if not match or re.search(r"G0[6489]|G1[0-9]|A20|G09|^@daily$|^\* \* \* \* \*$", line):
            continue
        names = {"deb": "debian", "cro": "cronie", "bb": "busybox"}
        found.extend((names[answer.split()[0]], match[1], line, answer) for answer in lines[1:])
    return found


def values(text: str, low: int, high: int) -> set[int]:
    if text == "EMPTY":
        return set()
    if text.startswith("*"):
        return set(range(low, high + 1))
    found: set[int] = set()
    for part in text.split(","):
        first, last, step = re.fullmatch(r"(\d+)(?:-(\d+)(?:/(\d+))?)?", part).groups()  # type: ignore[union-attr]
        found |= set(range(int(first), int(last or first) + 1, int(step or 1)))
    return found


@pytest.mark.parametrize("flavour", ["debian", "cronie", "busybox"])
def test_it_reads_every_probe_line_as_the_real_parser_did(flavour: str) -> None:
    probes = [probe for probe in matrix() if probe[0] == flavour]
    assert len(probes) > 100
    for _, expression, line, answer in probes:
        bits = re.search(r"m=(\S+) h=(\S+) d=(\S+) M=(\S+) w=(\S+)", answer)
        rejected = flavour != "busybox" and "ERROR" in answer.split("//")[0]
        if "~" in expression and flavour == "cronie" and not rejected:
            continue  # the parser drew a value: see test_it_pins_what_cronie_draws
        if "REBOOT" in answer:
            with pytest.raises(ScheduleError):
                crontab.read(expression, flavour, "UTC")  # type: ignore[arg-type]
            continue
        if rejected or bits is None:
            with pytest.raises(ScheduleError):
                crontab.read(expression, flavour, "UTC")  # type: ignore[arg-type]
            continue
        clock = crontab.read(expression, flavour, "UTC").clocks[0]  # type: ignore[arg-type]
        got = [set(ones(mask)) for mask in (clock.minutes, clock.hours, clock.days, clock.months, clock.weekdays)]
        want = [values(bits[n], *span) for n, span in ((1, (0, 59)), (2, (0, 23)), (3, (1, 31)), (4, (1, 12)), (5, (0, 7)))]
        want[4] = {weekday % 7 for weekday in want[4]}
        if flavour == "busybox":
            # busybox blanks a full day field when the other one is restricted: to us that is a field that does not decide
            want[2] = set(range(1, 32)) if bits[3] == "EMPTY" and bits[5] != "EMPTY" else want[2] - {0}
            want[4] = want[4] if bits[5] != "EMPTY" else set(range(7))
        assert got == want, line


@pytest.mark.parametrize(
    ("text", "pinned"), [("30~59 3 * * 1", "30 3 * * 1"), ("~ 4~ * * *", "0 4 * * *"), ("5,~10 1 ~ * ~", "0,5 1 1 * 0")]
)
def test_it_pins_what_cronie_draws(text: str, pinned: str) -> None:
    assert crontab.read(text, "cronie", "UTC").canonical() == crontab.read(pinned, "cronie", "UTC").canonical()
    found = translations(Schedule(grammar="cronie", expressions=(text,), timezone="UTC"), {})
    for item in found:
        assert item.proof.status in {"equal", "undocumented"}
        assert "cronie draws a value each time it loads the file" in (item.proof.reason or "")
    for item in translations(schedule("0~30 4 L * *", grammar="systemd-cron"), {}):
        assert "systemd-cron draws a value each time its generator runs, 0 to 31; pinned to 0" in (item.proof.reason or "")


def test_cronie_on_the_clock_of_another_zone_follows_it_and_what_it_loses_is_said() -> None:
    """CRON_TZ=America/New_York on a server in Berlin: seen with the real cronie (tests/witness)."""
    late = Schedule(grammar="cronie", expressions=("30 21 * * *",), timezone="America/New_York", server_timezone="Europe/Berlin")
    (said,) = remarks_of(late)
    assert "next on 2026-10-25 01:30 UTC" in said
    for found in translations(late, {}, as_of=at("2026-01-01T00:00"), names=frozenset({"eventbridge", "kubernetes"})):
        assert (found.proof.status, found.proof.differing) == ("differs", 3), found
        years = ("2026-10-24", "2027-10-30", "2028-10-28")
        of = "repeated hour of Europe/Berlin, the server's zone"
        assert found.proof.first[:3] == tuple(f"+{day}T21:30:00-04:00 ({of})" for day in years)
        assert only_at_zone_changes(found.proof)
    for guarded in translations(late, {"dst": "guard"}, names=frozenset({"eventbridge", "kubernetes"})):
        assert guarded.proof.status == "equal"
        assert guarded.guard is not None
        assert (guarded.guard.version, guarded.guard.calendars[0]["lost_in"]) == (2, "Europe/Berlin")
    early = Schedule(grammar="cronie", expressions=("30 2 * * *",), timezone="America/New_York", server_timezone="UTC")
    assert remarks_of(early) == ()
    calendar = calendar_of(early)
    assert calendar is not None
    # not in the missing hour, where on the server's own clock it would be caught up
    assert list(calendar.occurrences(at("2026-03-08T00:00"), at("2026-03-09T00:00"))) == []


@pytest.mark.parametrize("line", ["30 2 * * *", "0 0 13 * *", "15 1,2,3 * * 0"])
@pytest.mark.parametrize(("zone", "server"), [("Europe/Berlin", "Europe/Berlin"), ("America/New_York", "Europe/Berlin")])
def test_what_cronie_loses_is_enumerated_and_guarded_as_it_is_counted(line: str, zone: str, server: str) -> None:
    calendar = calendar_of(Schedule(grammar="cronie", expressions=(line,), timezone=zone, server_timezone=server))
    assert calendar is not None
    low, high = to_minute(at("2026-01-01T00:00")), to_minute(at("2030-01-01T00:00"))
    listed = [low + bit for bit in ones(calendar.minutes(low, high))]
    assert enumeration.firings(calendar, low, high).tolist() == listed
    contract = msgspec.to_builtins(guard_of(calendar))
    free = msgspec.structs.replace(calendar, clocks=tuple(msgspec.structs.replace(c, lost_in=None) for c in calendar.clocks))
    for around, until in around_changes([zone, server], low, high):
        for bit in ones(free.minutes(around, until)):
            assert guard_file.fires(contract, to_instant(around + bit)) == (around + bit in set(listed)), to_instant(around + bit)


def test_what_supercronic_does_in_the_hours_of_a_change_is_not_known_and_not_claimed() -> None:
    """tests/witness/test_schedule_cronexpr.py shows that its library goes astray there, and nowhere else."""
    for line, status in (("30 2 * * *", "undocumented"), ("@hourly", "undocumented"), ("30 4 * * *", "equal")):
        for found in translations(
            schedule(line, "Europe/Berlin", "supercronic"), {}, names=frozenset({"eventbridge", "kubernetes"})
        ):
            assert found.proof.status == status, found
            assert status == "equal" or str(found.proof.reason).startswith("nobody says what the source does")
    (kept,) = translations(
        schedule("30 2 * * *", "Europe/Berlin", "supercronic"), {"dst": "guard"}, names=frozenset({"kubernetes"})
    )
    assert kept.proof.status == "undocumented"
    (plain,) = translations(schedule("30 2 * * *", "Asia/Kathmandu", "supercronic"), {}, names=frozenset({"kubernetes"}))
    assert plain.proof.status == "equal"


def test_a_cron_job_in_a_zone_in_which_robfig_goes_astray_is_never_called_equal() -> None:
    """tests/witness/test_schedule_robfig.py: a whole day may be left out, and nothing says which."""
    for name in ("Africa/Cairo", "America/Santiago", "Australia/Lord_Howe"):
        (found,) = translations(schedule("0 12 * * *", name), {}, names=frozenset({"kubernetes"}))
        assert found.proof.status == "undocumented"
        assert f"goes astray where the clock of {name} is changed" in str(found.proof.reason)
        assert not only_at_zone_changes(found.proof)
        (held,) = translations(schedule("0 12 * * *", name), {"dst": "guard"}, names=frozenset({"kubernetes"}))
        assert (held.proof.status, held.timezone) == ("equal", "UTC")
        (there,) = translations(schedule("0 12 * * *", name, "kubernetes"), {}, names=frozenset({"eventbridge"}))
        assert there.proof.status == "undocumented"
        assert str(there.proof.reason).startswith("the source goes astray")


def test_a_change_that_cronie_does_not_notice_is_said() -> None:
    """Morocco gives its summer time up on 2026-09-20: the offset changes, tm_isdst does not (tests/witness: the real cronie)."""
    assert any("2026-09-20 01:00 UTC" in said for said in remarks_of(schedule("30 2 * * *", "Africa/Casablanca", "cronie")))
    for name, flavour in (("Africa/Casablanca", "debian"), ("Europe/Berlin", "cronie"), ("Europe/Dublin", "cronie")):
        assert remarks_of(schedule("30 2 * * *", name, flavour)) == ()
    (found,) = translations(schedule("30 2 * * *", "Africa/Casablanca", "cronie"), {}, names=frozenset({"eventbridge"}))
    assert "until crond is restarted" in str(found.proof.reason)
    other = Schedule(
        grammar="cronie", expressions=("30 2 * * *",), timezone="Asia/Kathmandu", server_timezone="Africa/Casablanca"
    )
    assert remarks_of(other) == ()  # what CRON_TZ names is looked up minute by minute


def test_a_random_delay_is_said_with_the_proof() -> None:
    delayed = Schedule(grammar="debian", expressions=("30 2 * * *",), timezone="UTC", jitter_s=600.0)
    assert all("up to 600 s later, at random" in (item.proof.reason or "") for item in translations(delayed, {}))


@pytest.mark.parametrize(
    ("expression", "flavour", "days"),
    [
        # real daemons, March 2026 (13 is a Friday)
        ("0 0 */2 * 1", "debian", [9, 23]),
        ("0 0 */2 * 1", "busybox", [2, 4, 6, 8, 9, 10, 12, 14, 16, 18, 20, 22, 23, 24, 26, 28, 30]),
        ("0 0 13 * 5", "cronie", [6, 13, 20, 27]),
        ("0 0 13 * 5", "systemd-cron", [13]),
        ("0 0 13 * 5", "supercronic", [6, 13, 20, 27]),
        ("0 0 13 * 5", "kubernetes", [6, 13, 20, 27]),
        ("0 0 1 * */2", "debian", [1]),
        ("0 0 1,*/10 * 1", "debian", [1, 2, 9, 11, 16, 21, 23, 30, 31]),
        ("0 0 */10,1 * 1", "debian", []),
        ("0 0 1 * 0-7", "debian", list(range(1, 32))),
        ("0 0 1 * 0-6", "busybox", [1]),
        ("0 0 * * 7", "debian", [1, 8, 15, 22, 29]),
        ("0 0 * * 7", "busybox", list(range(1, 32))),
        ("0 0 * * fri-mon", "debian", []),
        ("0 0 * * fri-mon", "busybox", [1, 2, 6, 7, 8, 9, 13, 14, 15, 16, 20, 21, 22, 23, 27, 28, 29, 30]),
        ("@weekly", "debian", [1, 8, 15, 22, 29]),
        ("@weekly", "systemd-cron", [2, 9, 16, 23, 30]),
        ("0 0 L * *", "systemd-cron", [31]),
        ("0 0 L * 5", "systemd-cron", []),
        ("0 0 1 * 5L", "systemd-cron", [27]),
    ],
)
def test_the_day_rule_is_the_daemons_own(expression: str, flavour: str, days: list[int]) -> None:
    calendar = crontab.read(expression, flavour, "UTC")  # type: ignore[arg-type]
    assert [moment.day for moment in calendar.occurrences(at("2026-03-01"), at("2026-04-01"))] == days


@pytest.mark.parametrize(
    ("expression", "flavour", "words"),
    [
        ("61 * * * *", "debian", "minute '61': 61 is out of range; debian allows 0-59"),
        ("* * * *", "debian", "4 fields; a crontab schedule has 5"),
        ("*/0 * * * *", "debian", "the step '0' is not a number above 0"),
        ("5/10 * * * *", "cronie", "a step needs a range or * before it"),
        ("0 0 * * monday", "debian", "day-of-week 'monday': 'monday' is not a number"),
        ("@Daily", "debian", "nicknames are written in small letters"),
        ("30~0 * * * *", "cronie", "is reversed"),
        ("0~60 * * * *", "cronie", "out of range"),
        ("0~59/10 * * * *", "cronie", "not a random value"),
        ("0 0 * * 5-1", "kubernetes", "is reversed"),
        ("0 0 * * 7", "kubernetes", "7 is out of range; kubernetes allows 0-6"),
        ("0 0 L * *", "debian", "'L' is not a number"),
        ("0 0 1,L * *", "systemd-cron", "systemd-cron says: field day=1,L (L), may be * or [1, 31] or 'L'"),
        (",".join(["1"] * 50_000) + " * * * *", "debian", "at most 20,000 characters"),
        ("1" + "," * 100_000 + " * * * *", "cronie", "at most 20,000 characters"),
        ("", "debian", "0 fields"),
        ("0 0 1 1\x00 *", "cronie", "month"),
    ],
)
def test_it_rejects_with_field_value_and_what_is_allowed(expression: str, flavour: str, words: str) -> None:
    with pytest.raises(ScheduleError, match=re.escape(words)):
        calendar_of(schedule(expression, grammar=flavour))


@pytest.mark.parametrize(
    ("expression", "flavour", "words"),
    [
        ("0 0 31 2 *", "debian", "never fires"),
        ("0 0 * * sat-sun", "debian", "reversed range is empty on Debian cron and on cronie 1.6"),
        ("0 0 * * 5-1", "cronie", "error on RHEL 7 to 9"),
        ("0 0 * * fri-mon", "busybox", "runs around the end on busybox"),
        ("5; 0 * * *", "debian", "skips ';' without a word"),
        ("0 0 * * 7", "busybox", "busybox logs a parse error"),
        ("0 0 */2 * 1", "debian", "both day fields must match"),
    ],
)
def test_it_says_what_is_odd(expression: str, flavour: str, words: str) -> None:
    assert any(words in remark for remark in remarks_of(schedule(expression, grammar=flavour)))


def test_an_unknown_zone_is_named_with_a_near_one() -> None:
    with pytest.raises(ScheduleError, match=r"time zone 'Europe/Berln'.*did you mean Europe/Berlin"):
        calendar_of(schedule("0 0 * * *", "Europe/Berln"))
    for name in ("../../etc/passwd", "", "Europe", "tzdata.zi", "x" * 5000, "Europe/Berlin\0", "/etc/localtime"):
        with pytest.raises(ScheduleError):
            zone(name)


def test_boot_and_after_last_run_are_no_calendar() -> None:
    assert calendar_of(schedule("@reboot")) is None
    assert calendar_of(Schedule(grammar="on-calendar", expressions=("5min",), timezone="UTC", trigger="after-last-run")) is None
    assert {item.proof.status for item in translations(schedule("@reboot"), {})} == {"impossible"}


# --- zone changes: seen with the real daemons, Europe/Berlin 2026 ------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "want"),
    [
        ("30 2 * * *", ["03-29 03:00 +0200"]),
        ("0 2 * * *", ["03-29 03:00 +0200"]),
        ("30 1,2,3 * * *", ["03-29 01:30 +0100", "03-29 03:00 +0200", "03-29 03:30 +0200"]),
        ("*/30 2 * * *", []),
        ("30 */2 * * *", ["03-29 00:30 +0100", "03-29 04:30 +0200"]),
        ("15 * * * *", ["03-29 00:15 +0100", "03-29 01:15 +0100", "03-29 03:15 +0200", "03-29 04:15 +0200"]),
    ],
)
def test_debian_runs_fixed_times_of_the_missing_hour_at_its_end(expression: str, want: list[str]) -> None:
    calendar = crontab.read(expression, "debian", "Europe/Berlin")
    assert fired(calendar, "2026-03-29T00:00+01:00", "2026-03-29T05:00+02:00") == want


@pytest.mark.parametrize(
    ("expression", "flavour", "want"),
    [
        ("30 2 * * *", "debian", ["10-25 02:30 +0200"]),
        ("*/30 2 * * *", "debian", ["10-25 02:00 +0200", "10-25 02:30 +0200", "10-25 02:00 +0100", "10-25 02:30 +0100"]),
        ("30 */2 * * *", "cronie", ["10-25 02:30 +0200", "10-25 02:30 +0100"]),
        ("30 2 * * *", "busybox", ["10-25 02:30 +0200", "10-25 02:30 +0100"]),
        ("30 2 * * *", "systemd-cron", ["10-25 02:30 +0200"]),
        ("30 2 * * *", "kubernetes", ["10-25 02:30 +0200", "10-25 02:30 +0100"]),
    ],
)
def test_the_repeated_hour_is_the_daemons_own(expression: str, flavour: str, want: list[str]) -> None:
    calendar = crontab.read(expression, flavour, "Europe/Berlin")  # type: ignore[arg-type]
    assert fired(calendar, "2026-10-25T02:00+02:00", "2026-10-25T03:00+01:00") == want


# --- the kernel -------------------------------------------------------------------------------------------------------------


def random_field(rng: random.Random, low: int, high: int, star: float) -> str:
    kind = rng.random()
    if kind < star:
        return "*"
    if kind < star + 0.15:
        return f"*/{rng.randint(2, max(2, (high - low) // 2))}"
    first = rng.randint(low, high)
    last = rng.randint(first, high)
    if kind < star + 0.35 or last == first:
        return str(first)
    if kind < star + 0.45:
        return f"{first}-{last}"
    if kind < star + 0.55:
        return f"{first}-{last}/{rng.randint(2, 5)}"
    return ",".join(str(rng.randint(low, high)) for _ in range(rng.randint(2, 4)))


def random_expression(rng: random.Random) -> str:
    bounds = ((0, 59, 0.15), (0, 23, 0.3), (1, 31, 0.5), (1, 12, 0.7), (0, 7, 0.5))
    return " ".join(random_field(rng, *bound) for bound in bounds)


def test_two_thousand_random_expressions_fire_as_cronsim_says() -> None:
    """Cronsim is Debian's calendar by another hand. Australia/Lord_Howe (a change of half an hour) is left to the real daemon in
    tests/witness: cronsim 2.8 skips firings there that Debian cron runs."""
    rng = random.Random(20261124)
    for _ in range(2000):
        expression, name = random_expression(rng), rng.choice([z for z in ZONES if z not in {"America/Santiago", "Asia/Beirut"}])
        start = datetime(rng.randint(2024, 2036), rng.randint(1, 12), rng.randint(1, 28), tzinfo=UTC)
        changes = transitions(name, to_minute(start), to_minute(start) + 366 * 1440)
        if changes and rng.random() < 0.6:
            start = to_instant(rng.choice(changes)[0]) - timedelta(hours=rng.randint(3, 30))
        theirs: list[datetime] = []
        try:
            other = CronSim(expression, start.astimezone(zone(name)))
        except CronSimError:  # it rejects dates that never come
            assert not crontab.read(expression, "debian", name).ever_fires()
            continue
        for moment in other:
            if not theirs or theirs[-1] != moment.astimezone(UTC):
                theirs.append(moment.astimezone(UTC))
            if len(theirs) == 12:
                break
        ours = crontab.read(expression, "debian", name).next(start, 12)
        # cronsim looks 50 years ahead
        assert list(ours[: len(theirs)]) == theirs, (expression, name, start)
        assert len(ours) == len(theirs) or ours[len(theirs)].year > start.year + 40, (expression, name, start)


def test_croniter_agrees_away_from_zone_changes() -> None:
    rng = random.Random(5)
    for _ in range(60):
        expression = random_expression(rng)
        # croniter 7 reads a step that leaves one value, and 7 as Sunday in a range, in its own way
        if "7" in expression.split()[4]:
            continue
        assert crosscheck(schedule(expression, "Europe/Berlin"), at("2026-11-24"), 20) == (), expression


def test_dates_are_exact_over_four_hundred_years() -> None:
    leap = crontab.read("0 0 29 2 *", "debian", "UTC")
    assert leap.monthly_runs() * 4800 == pytest.approx(97)
    assert [moment.year for moment in leap.next(at("2095-01-01"), 3)] == [2096, 2104, 2108]
    friday = crontab.read("0 0 */31,13 * 5", "debian", "UTC")  # the star: Friday AND (1 or 13)
    assert friday.monthly_runs() * 4800 == pytest.approx(688 + 687)  # Friday the 13th 688 times; the 1st is a Friday 687 times
    assert crontab.read("* * * * *", "debian", "UTC").monthly_runs() == pytest.approx(146097 * 1440 / 4800)


@pytest.mark.parametrize(
    ("expression", "timezone", "gap_s"),
    [
        ("* * * * *", "UTC", 60),
        ("2,59 * * * *", "UTC", 3 * 60),  # over the hour's end: what looking at one gap misses
        ("0 0 * * *", "UTC", 86400),
        ("0 0 * * *", "Europe/Berlin", 23 * 3600),
        ("30 4 1,15 * 5", "UTC", 86400),
        ("0 23 * * 0,1", "UTC", 86400),
        ("0 0 29 2 *", "UTC", 1461 * 86400),
        ("50 23 31 12 *", "UTC", 365 * 86400),
        ("0,59 0,23 * * *", "UTC", 60),
        ("30 2,3 * * *", "Europe/Berlin", 1800),  # 02:30 runs at 03:00 on the spring day
    ],
)
def test_the_smallest_gap_is_that_of_a_whole_cycle(expression: str, timezone: str, gap_s: float) -> None:
    assert crontab.read(expression, "debian", timezone).smallest_gap_s() == gap_s


def test_a_month_counts_its_zone_change() -> None:
    hourly = crontab.read("0 * * * *", "debian", "Europe/Berlin")
    assert [hourly.runs_in_month(2026, month) for month in (2, 3, 4, 10)] == [28 * 24, 31 * 24 - 1, 30 * 24, 31 * 24 + 1]
    beirut = crontab.read("30 * * * *", "debian", "Asia/Beirut")  # its clocks are put forward at midnight
    assert beirut.runs_in_month(2027, 3) == 31 * 24 - 1


FIELD = st.one_of(
    st.just("*"), st.integers(0, 11).map(str), st.tuples(st.integers(1, 5), st.integers(6, 11)).map("{0[0]}-{0[1]}".format)
)


@given(st.tuples(FIELD, FIELD, FIELD, FIELD, st.sampled_from(["*", "1", "0-3", "5"])), st.integers(0, 2))
@settings(max_examples=60, deadline=None)
def test_widening_a_field_never_takes_a_firing_away(fields: tuple[str, ...], which: int) -> None:
    # the day fields apart: there the star changes the rule; and 0 is no day or month
    parts = [part if n < 2 or part != "0" else "1" for n, part in enumerate(fields)]
    wide = [*parts[:which], "*" if which < 2 else parts[2] + ",12", *parts[which + 1 :]]
    if which == 2 and parts[2] == "*":
        return
    narrow = crontab.read(" ".join(parts), "busybox", "UTC").minutes(29_454_240, 29_454_240 + 400 * 1440)
    wider = crontab.read(" ".join(wide), "busybox", "UTC").minutes(29_454_240, 29_454_240 + 400 * 1440)
    if parts[4] == "*" or which < 2:
        assert narrow & ~wider == 0


# --- translations -----------------------------------------------------------------------------------------------------------


def test_every_line_of_the_converter_comparison_is_proved_for_every_platform() -> None:
    lines = read_cases(CASES / "converters.txt")[0].parts["lines"].splitlines()
    assert len(lines) == 27
    for line in lines:
        expression, runs = (part.strip() for part in line.rsplit(None, 1))
        calendar = crontab.read(expression, "debian", "UTC")
        assert sum(1 for _ in calendar.occurrences(at("2027-01-01"), at("2028-01-01"))) == int(runs), expression
        for item in translations(schedule(expression), {}):
            assert item.proof.status == "equal", (expression, item)
            assert not any("rate(" in text for text in item.expressions)


@pytest.mark.parametrize(
    ("expression", "timezone", "dialect", "want", "guarded"),
    [
        ("30 4 1,15 * 5", "Europe/Paris", "eventbridge", ("cron(30 4 1,15 * ? *)", "cron(30 4 ? * FRI *)"), True),
        ("30 4 1,15 * 5", "Europe/Paris", "cloud-scheduler", ("30 4 1,15 * 5",), False),
        ("30 4 1,15 * 5", "UTC", "functions", ("0 30 4 1,15 * *", "0 30 4 2-14,16-31 * 5"), False),
        ("30 4 1,15 * 5", "UTC", "systemd", ("*-*-1,15 04:30:00 UTC", "Fri *-*-2..14,16..31 04:30:00 UTC"), False),
        ("0 9 * * 7", "UTC", "eventbridge", ("cron(0 9 ? * SUN *)",), False),
        ("0 0 */2 * 1", "UTC", "eventbridge", ("cron(0 0 ? * MON *)",), True),
        ("30 2 * * 1-5", "Europe/Berlin", "container-apps", ("30 0,1 * * 1-5",), True),
        ("30 0 * * 1", "Europe/Berlin", "container-apps", ("30 22,23 * * 0",), True),
        ("30 0 1 1 *", "Asia/Kathmandu", "container-apps", ("45 18 28-31 1,12 *",), True),
        ("30 9 * * *", "Asia/Kathmandu", "functions", ("0 45 3 * * *",), False),
        ("*/15 * * * *", "America/New_York", "eventbridge", ("cron(0,15,30,45 * * * ? *)",), False),
    ],
)
def test_it_writes_the_fewest_expressions(
    expression: str, timezone: str, dialect: str, want: tuple[str, ...], guarded: bool
) -> None:
    found = next(item for item in translations(schedule(expression, timezone), {}) if item.dialect == dialect)
    assert found.expressions == want
    assert (found.guard is not None) == guarded
    assert found.proof.status == "equal", found.proof


def test_a_guard_lets_each_shared_instant_through_once() -> None:
    found = next(item for item in translations(schedule("30 4 1,15 * 5"), {}) if item.dialect == "eventbridge")
    assert found.guard is not None
    guard = {"timezone": found.guard.timezone, "dst": found.guard.dst, "calendars": found.guard.calendars}
    both = at("2027-01-15T04:30")  # a Friday, and the 15th
    assert [guard_file.fires(guard, both, n) for n in (0, 1)] == [True, False]
    assert [guard_file.fires(guard, at("2027-01-22T04:30"), n) for n in (0, 1)] == [False, True]
    assert guard_file.fires(guard, both)
    assert not guard_file.fires(guard, at("2027-01-16T04:30"))


def test_zone_changes_are_named_and_left_to_the_user() -> None:
    lines = {item.dialect: item for item in translations(schedule("30 2 * * *", "Europe/Berlin"), {}, at("2026-11-24"))}
    spring = lines["eventbridge"].proof
    assert (spring.status, spring.differing) == ("differs", 3)
    assert spring.first[0] == "-2027-03-28T03:00:00+02:00 (missing hour)"
    assert lines["cloud-scheduler"].proof.status == "undocumented"
    assert lines["kubernetes"].proof.differing == 6  # three springs missing, three autumns twice
    assert {item.choice for item in lines.values()} == {None}


@pytest.mark.parametrize("choice", ["guard", "utc"])
@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Beirut", "Antarctica/Troll"])
def test_a_choice_makes_zone_changes_equal(choice: str, name: str) -> None:
    for expression in ("30 2 * * *", "15 1,2 * * 0", "30 0 * * *"):
        for item in translations(schedule(expression, name), {"dst": choice}):
            if item.dialect == "cloud-scheduler" and choice == "guard":
                continue  # what Google does there is not documented, so a guard cannot be proved to mend it
            assert item.proof.status == "equal", (expression, name, item)


def test_accept_keeps_the_difference_and_says_so() -> None:
    found = translations(schedule("30 2 * * *", "Europe/Berlin"), {"dst": "accept"})
    assert [item.choice for item in found if item.proof.status == "differs"] == ["accept"] * 5
    with pytest.raises(ScheduleError, match="one of accept, guard, utc"):
        translations(schedule("30 2 * * *"), {"dst": "hope"})


def test_a_sub_minute_timer_has_no_minute_expression() -> None:
    found = {item.dialect: item.proof.status for item in translations(schedule("*-*-* *:*:0/10", grammar="on-calendar"), {})}
    assert found["eventbridge"] == "impossible"
    assert found["functions"] == "equal"
    assert found["systemd"] == "equal"


def test_the_last_day_of_the_month_is_said_where_it_can_be() -> None:
    found = {item.dialect: item for item in translations(schedule("*-*~1 04:00", grammar="on-calendar"), {})}
    assert found["eventbridge"].expressions == ("cron(0 4 L * ? *)",)
    assert found["cloud-scheduler"].expressions == ("0 4 28-31 * *",)
    assert {item.proof.status for item in found.values()} == {"equal"}


@pytest.mark.parametrize("choice", ["guard", "utc"])
def test_days_that_shift_into_the_whole_week_are_every_day(choice: str) -> None:
    for item in translations(schedule("17,32 * 30 * 0-5", "Europe/Berlin"), {"dst": choice}):
        if item.timezone == "UTC":
            assert item.proof.status == "equal", item
        assert item.proof.reason != "fires on other dates or times", item


@given(st.integers(0, 10**9))
@settings(max_examples=120, deadline=None)
def test_what_is_written_reads_back_equal_or_says_where_not(seed: int) -> None:
    rng = random.Random(seed)
    expression, name = random_expression(rng), rng.choice([*ZONES, "Australia/Lord_Howe"])
    calendar = crontab.read(expression, "debian", name)
    if not calendar.ever_fires():
        return
    dialect = rng.choice(ALL)
    found = translation(calendar, dialect, "guard" if rng.random() < 0.5 else None)
    if found.proof.status == "differs":
        assert found.proof.reason == "equal but for the missing and the repeated hour of zone changes", (expression, name, found)
    else:
        assert found.proof.status in {"equal", "undocumented"}, (expression, name, found)


def test_long_lists_are_cut_where_eventbridge_ends() -> None:
    minutes = ",".join(str(n) for n in range(60) if n % 7 not in {0, 3})
    hours = ",".join(str(n) for n in range(0, 24, 2))
    days = ",".join(str(n) for n in range(1, 32) if n % 5)
    found = translation(crontab.read(f"{minutes} {hours} {days} 1,3,5,8,10,12 *", "debian", "UTC"), eventbridge, None)
    assert len(found.expressions) >= 1
    assert all(len(text) <= 256 for text in found.expressions)
    assert found.proof.status == "equal"


def test_long_lists_are_cut_where_a_guard_hears_each_expression_too() -> None:
    minutes = ",".join(str(n) for n in range(60) if n % 7 not in {0, 3})
    hours = ",".join(str(n) for n in range(0, 24, 2))
    days = ",".join(str(n) for n in range(1, 32) if n % 5)
    for line in (f"{minutes} {hours} {days} 1,3,5,8,10,12 1,3,5", f"{minutes} {hours} {days} 1,3,5,8,10,12 2"):
        found = translation(crontab.read(line, "debian", "Europe/Berlin"), eventbridge, "guard")
        assert len(found.expressions) >= 3
        assert all(len(text) <= 256 for text in found.expressions)
        assert found.guard is not None
        assert {item["expression"] for item in found.guard.calendars} == set(range(len(found.expressions)))
        assert found.proof.status == "equal", found.proof


def test_eventbridge_rules_are_read_in_utc() -> None:
    (part,) = eventbridge_rule.read(("cron(0 12 ? * 2-6 *)",), "Europe/Berlin")
    assert part.timezone == "UTC"
    assert ones(part.clocks[0].weekdays) == [1, 2, 3, 4, 5]
    for wrong in (
        "rate(5 minutes)",
        "cron(0 12 * * * *)",
        "cron(0 12 ? * ? *)",
        "cron(0 12 ? * 1/2 *)",
        "cron(0 12 ? * 8 *)",
        "0 12 * * *",
    ):
        with pytest.raises(ScheduleError):
            eventbridge_rule.read((wrong,))
    nth = eventbridge_rule.read(("cron(0 12 ? * MON#1 *)",))[0]
    assert [moment.day for moment in nth.occurrences(at("2026-11-01"), at("2027-01-01"))] == [2, 7]


# --- the proof catches what is wrong ----------------------------------------------------------------------------------------

MUTATIONS = [
    ("a shifted weekday", "30 2 * * 1-5", "cron(30 2 ? * MON,TUE,WED,THU,FRI *)", "cron(30 2 ? * TUE,WED,THU,FRI,SAT *)"),
    ("unix numbers on AWS", "30 2 * * 1-5", "cron(30 2 ? * MON,TUE,WED,THU,FRI *)", "cron(30 2 ? * 1-5 *)"),
    ("a lost weekday", "30 2 * * 1-5", "cron(30 2 ? * MON,TUE,WED,THU,FRI *)", "cron(30 2 ? * MON,TUE,WED,THU *)"),
    ("a lost month", "0 3 1 1,4,7,10 *", "cron(0 3 1 1,4,7,10 ? *)", "cron(0 3 1 1,4,7 ? *)"),
    ("a shifted month", "0 3 1 1,4,7,10 *", "cron(0 3 1 1,4,7,10 ? *)", "cron(0 3 1 2,5,8,11 ? *)"),
    ("a swapped step", "*/20 */3 * * *", None, "cron(0,3,6,9,12,15,18,21,24,27,30,33,36,39,42,45,48,51,54,57 0,20 * * ? *)"),
    ("a step from 1", "0 0 */2 * *", None, "cron(0 0 2/2 * ? *)"),
    ("minute and hour swapped", "30 2 * * *", "cron(30 2 * * ? *)", "cron(2 30 * * ? *)"),
    ("minute and hour swapped, both small", "10 2 * * *", "cron(10 2 * * ? *)", "cron(2 10 * * ? *)"),
    ("a wrong year", "30 2 * * *", "cron(30 2 * * ? *)", "cron(30 2 * * ? 2026-2030)"),
    ("the 31st lost", "0 0 1-31/2 * *", None, "cron(0 0 1-29/2 * ? *)"),
    ("the last day for the 31st", "0 0 31 * *", "cron(0 0 31 * ? *)", "cron(0 0 L * ? *)"),
    ("the first Monday for Monday", "0 0 * * 1", "cron(0 0 ? * MON *)", "cron(0 0 ? * MON#1 *)"),
    ("a rate for a phase", "*/5 * * * *", None, "rate(5 minutes)"),
    ("an extra minute", "0 5 * * *", "cron(0 5 * * ? *)", "cron(0,1 5 * * ? *)"),
    ("an hour off", "0 5 * * *", "cron(0 5 * * ? *)", "cron(0 4 * * ? *)"),
    ("every day for a weekday", "0 5 * * 3", "cron(0 5 ? * WED *)", "cron(0 5 * * ? *)"),
    ("29 February lost", "0 0 28-29 2 *", "cron(0 0 28,29 2 ? *)", "cron(0 0 28 2 ? *)"),
    ("the wrong half of the OR", "0 0 13 * 5", None, "cron(0 0 13 * ? *)"),
    ("a range too long", "0 9-17 * * *", "cron(0 9-17 * * ? *)", "cron(0 9-18 * * ? *)"),
]


@pytest.mark.parametrize(("name", "expression", "right", "wrong"), MUTATIONS, ids=[item[0] for item in MUTATIONS])
def test_the_proof_catches_a_mutated_translation(name: str, expression: str, right: str | None, wrong: str) -> None:
    calendar = crontab.read(expression, "debian", "UTC")
    if right:
        assert prove(calendar, eventbridge, (right,), "UTC").status == "equal"
    assert prove(calendar, eventbridge, (wrong,), "UTC").status in {"differs", "impossible"}


def test_the_proof_catches_seeded_mutations_of_every_writer() -> None:
    """Each number of each written expression is changed in turn; whatever changes the meaning must be seen."""
    rng = random.Random(42)
    caught = 0
    for expression, name in (("37 5 3,17 2,9 *", "Europe/Berlin"), ("20 4 * * 2", "UTC"), ("11 3 1,15 * 5", "Europe/Paris")):
        calendar = crontab.read(expression, "debian", name)
        for dialect in ALL:
            good = translation(calendar, dialect, "guard")
            assert good.proof.status == "equal", good
            for which, text in enumerate(good.expressions):
                for match in re.finditer(r"(?<![\w/])\d+(?![\w/])", text.removesuffix(good.timezone)):
                    other = str(int(match[0]) + rng.choice([1, 2]))
                    bad = [*good.expressions]
                    bad[which] = text[: match.start()] + other + text[match.end() :]
                    proof = prove(calendar, dialect, tuple(bad), good.timezone, good.guard)
                    # a superset is no mistake where the guard drops the rest
                    if proof.status == "equal":
                        # and two lines of one systemd timer may meet: it fires once
                        assert good.guard is not None or dialect.NAME == "systemd", bad
                        continue
                    caught += 1
    assert caught > 60


def test_the_proof_catches_a_double_firing_a_wrong_zone_and_a_wrong_guard() -> None:
    calendar = crontab.read("30 4 1,15 * 5", "debian", "Europe/Paris")
    pair = ("cron(30 4 1,15 * ? *)", "cron(30 4 ? * FRI *)")
    unguarded = prove(calendar, eventbridge, pair, "Europe/Paris", None, at("2026-11-24"))
    assert unguarded.status == "differs"
    assert unguarded.first[0] == "2x2027-01-01T04:30:00+01:00 (date or time)"
    good = translation(calendar, eventbridge, None)
    assert prove(calendar, eventbridge, good.expressions, "Europe/London", good.guard).status == "differs"
    other = guard_of(crontab.read("30 4 1,16 * 5", "debian", "Europe/Paris"))
    assert prove(calendar, eventbridge, good.expressions, "Europe/Paris", other).status == "differs"


def test_four_years_are_not_enough_and_the_proof_does_not_stop_there() -> None:
    # 29 February on a Monday: next in 2044, beyond the last zone change that is compared
    calendar = crontab.read("0 0 */28 2 1", "debian", "UTC")
    proof = prove(calendar, kubernetes, ("0 0 1 2 1",), "UTC")
    assert proof.status == "differs"
    never = Calendar(
        timezone="UTC", dst="clock", clocks=(Clock(minutes=1, hours=1, days=1 << 29, months=1 << 2, weekdays=1 << 1),)
    )
    other = Calendar(
        timezone="UTC", dst="clock", clocks=(Clock(minutes=1, hours=1, days=1 << 29, months=1 << 2, weekdays=1 << 5),)
    )

    class Fixed:
        def read(self, expressions: tuple[str, ...], timezone: str) -> tuple[Calendar, ...]:
            return (other,)

    assert prove(never, Fixed(), ("x",), "UTC").status == "differs"


# --- the guard file ---------------------------------------------------------------------------------------------------------


@given(st.integers(0, 10**9))
@settings(max_examples=60, deadline=None)
def test_the_guard_file_agrees_with_the_kernel(seed: int) -> None:
    rng = random.Random(seed)
    name = rng.choice([*ZONES, "Australia/Lord_Howe"])
    calendar = crontab.read(random_expression(rng), rng.choice(["debian", "busybox", "systemd-cron"]), name)  # type: ignore[arg-type]
    built = guard_of(calendar)
    guard = {"timezone": built.timezone, "dst": built.dst, "calendars": built.calendars}
    place = zone(name)
    start = to_minute(datetime(2026, 1, 1, tzinfo=UTC))
    changes = transitions(name, start, start + 365 * 1440)
    middle = rng.choice(changes)[0] if changes else start + 5000
    bits = calendar.minutes(middle - 400, middle + 400)
    for n in range(800):
        moment = to_instant(middle - 400 + n) + timedelta(seconds=rng.randint(0, 59))
        assert guard_file.fires(guard, moment, zone=place) == bool(bits >> n & 1), (calendar, moment)
    after = to_instant(middle) - timedelta(hours=30)
    following = calendar.next(after, 1)
    if following and following[0] - after < timedelta(days=60):
        assert guard_file.next_firing(guard, after, 61, zone=place) == following[0]
        assert guard_file.last_firing(guard, following[0], 61, zone=place) == following[0]
        assert guard_file.last_firing(guard, following[0] + timedelta(seconds=59), 61, zone=place) == following[0]


def test_the_guard_file_needs_nothing_but_the_standard_library() -> None:
    tree = ast.parse((ROOT / "migrator/runner/guard.py").read_text())
    names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {str(name).split(".", maxsplit=1)[0] for name in names} <= set(sys.stdlib_module_names)


# --- OnCalendar -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "first"),
    [
        ("Mon..Fri *-*-* 02:30:00 Europe/Berlin", "2026-11-24T01:30"),
        ("Mon *-05~07/1 09:00", "2027-05-31T09:00"),
        ("*-*~1", "2026-11-30T00:00"),
        ("*-02~03", "2027-02-26T00:00"),
        ("*-*-1..7 10:00", "2026-12-01T10:00"),
        ("weekly", "2026-11-30T00:00"),
        ("*:0/15", "2026-11-24T00:15"),
        ("Sat,Sun 2027-*-* 6:5", "2027-01-02T06:05"),
        ("Thu 2-29", "2052-02-29T00:00"),
    ],
)
def test_on_calendar_fires_as_systemd_says(expression: str, first: str) -> None:
    assert on_calendar.read((expression,), "UTC").next(at("2026-11-24T00:00:00"), 1) == (at(first),)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "Sat..Mon",
        "*/2:00",
        "25:00",
        "*-13-1",
        "*-*-32",
        "Mon Tue",
        "1 10:00",
        "0:0:0.5",
        "1,,2:0",
        "*-*~31",
        "10:00 Mars/Base",
        "0:0/0",
    ],
)
def test_on_calendar_refuses_what_systemd_refuses(expression: str) -> None:
    with pytest.raises(ScheduleError):
        on_calendar.read((expression,), "UTC")


def test_several_on_calendar_lines_add_up() -> None:
    calendar = on_calendar.read(("*:0", "*:0/30", "Mon 04:10 Europe/Berlin"), "UTC")
    assert calendar.monthly_runs() == pytest.approx(48 * 30.436875 + 30.436875 / 7)
    assert len(list(calendar.occurrences(at("2026-11-23"), at("2026-11-24")))) == 49


@pytest.mark.skipif(
    not Path("/usr/bin/systemd-analyze").exists(), reason="systemd-analyze is the witness; make witness demands it"
)
def test_on_calendar_agrees_with_systemd_analyze_on_a_few() -> None:
    for expression in ("Mon..Fri *-*-* 02:30:00", "*-*~1", "*:0/15", "Mon *-05~07/1", "semiannually"):
        out = subprocess.run(
            ["/usr/bin/systemd-analyze", "calendar", "--iterations=4", "--base-time=2026-11-24 00:00:00 UTC", expression],
            capture_output=True,
            text=True,
            check=True,
            env={"TZ": "UTC", "LC_ALL": "C"},
        ).stdout
        want = [at(text) for text in re.findall(r"(?:elapse|#\d+): \w+ (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC", out)]
        assert list(on_calendar.read((expression,), "UTC").next(at("2026-11-24T00:00:00"), 4)) == want


# --- words and the command --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("30 2 * * 1-5", "at 02:30 on Monday to Friday"),
        ("*/5 * * * *", "every 5 minutes"),
        ("0 */6 * * *", "at 00:00, 06:00, 12:00 and 18:00"),
        ("0 0 1 1 *", "at 00:00 on the 1st of the month in January"),
        ("15 * * * *", "at minute 15 of every hour"),
        ("0 0 31 2 *", "never (no date has it)"),
        ("@reboot", "when the machine starts"),
        ("0 9 * * 6,0", "at 09:00 on Saturday and Sunday"),
    ],
)
def test_a_schedule_in_words(expression: str, words: str) -> None:
    assert in_words(schedule(expression)) == words


def test_the_command_gives_the_frozen_json() -> None:
    arguments = ["30 4 1,15 * 5", "--tz", "Europe/Paris", "--to", "all", "--next", "2", "--format", "json"]
    found = json.loads(CliRunner().invoke(command, arguments, catch_exceptions=False).stdout)
    assert {"expression", "flavour", "timezone"} <= set(found["source"])
    assert [item["dialect"] for item in found["targets"]] == [dialect.NAME for dialect in ALL]
    for item in found["targets"]:
        assert {"dialect", "timezone", "expressions", "guard", "proof"} == set(item)
        assert {"status", "differing", "first"} <= set(item["proof"])
        assert item["proof"]["status"] == "equal"
    assert found["next"] == ["2026-01-01T04:30:00+01:00", "2026-01-02T04:30:00+01:00"]


@pytest.mark.parametrize(
    "arguments", [["61 * * * *"], ["* * * *"], ["0 0 * * *", "--tz", "Mars/Base"], ["0 0 * * *", "--to", "perl"]]
)
def test_the_command_refuses_with_exit_2(arguments: list[str]) -> None:
    assert CliRunner().invoke(command, arguments).exit_code == 2


def test_the_command_starts_without_heavy_packages() -> None:
    heavy = "numpy polars jinja2 boto3 croniter ruamel".split()
    code = f"import sys, migrator.commands.schedule, migrator.schedule.translate; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_the_array_kernel_lists_what_the_bitmaps_hold() -> None:
    rng = random.Random(11)
    start = to_minute(datetime(2026, 1, 1, tzinfo=UTC))
    for _ in range(150):
        name = rng.choice([*ZONES, "Australia/Lord_Howe"])
        calendar = crontab.read(random_expression(rng), rng.choice(["debian", "busybox", "systemd-cron"]), name)  # type: ignore[arg-type]
        begin = start + rng.randint(0, 400) * 1440 + rng.randint(0, 1439)
        length = rng.randint(1, 400) * 1440
        assert (enumeration.firings(calendar, begin, begin + length) - begin).tolist() == ones(
            calendar.minutes(begin, begin + length)
        )
