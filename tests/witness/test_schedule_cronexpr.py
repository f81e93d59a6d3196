"""The real gorhill/cronexpr, against our reading of supercronic's lines. Debian has the very commit that supercronic required,
until it took a copy of its own."""

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from test_schedule_robfig import START, answers, field

from migrator.errors import ScheduleError
from migrator.model.job import Schedule
from migrator.schedule import crontab
from migrator.schedule.reading import remarks_of
from migrator.schedule.translate import translations
from migrator.schedule.zones import to_instant, to_minute, transitions

ODD = """\
30 4 1,15 * 5
0 0 13 * 5
0 0 */2 * 1
0 0 1 * */2
0 0 1-31 * 1
0 0 * * 7
0 0 * * 0-7
0 0 * * 7-7
0 0 * * 0,7
0 0 * * sun-tue
0 12 * jan-mar,oct mon-fri
0 0 * JAN SUN
0 0 31 2 *
0 0 29 2 *
5/10 * * * *
0 5/4 * * *
0 0 ? * 1
61 * * * *
* * * *
0 0 0 * *
0 24 * * *
0 0 * * 8
@daily
@weekly
@monthly
@hourly
@yearly
@annually
@midnight
@reboot
@Daily
0 12 * * * 2027
0 12 29 2 * 2027-2030
15 30 4 * * * *
*/20 30 4 * * 1 2026
0 0 0 1 1 * 1969
""".splitlines()
ZONES = ("UTC", "Asia/Kathmandu")  # at zone changes the library goes astray (see below)


def expressions() -> list[str]:
    rng = random.Random(8)
    made = [" ".join(field(rng, low, high) for low, high in ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))) for _ in range(60)]
    return [*ODD, *made]


@pytest.mark.parametrize("zone", ZONES)
def test_supercronics_library_fires_as_we_read_it(zone: str, tmp_path: Path) -> None:
    windows = [(START, START + 60 * 1440)]
    asked = [(zone, text, low, high) for text in expressions() for low, high in windows]
    wrong = []
    for (_, text, low, high), answer in zip(asked, answers(asked, tmp_path, "cronexpr_next"), strict=True):
        theirs = [int(second) for second in answer.split()] if answer != "error" else None
        try:
            calendar = crontab.read(text, "supercronic", zone)
        except ScheduleError:
            ours = None
        else:
            ours = [
                int(at.timestamp()) for at in calendar.occurrences(*(datetime.fromtimestamp(m * 60, UTC) for m in (low, high)))
            ]
        if ours != theirs:
            differing = (
                None
                if None in (ours, theirs)
                else [str(datetime.fromtimestamp(s, UTC)) for s in sorted(set(ours or ()) ^ set(theirs or ()))[:3]]
            )
            wrong.append(f"{zone} {text}: ours {ours and ours[:2]}, theirs {theirs and theirs[:2]}: {differing}")
    assert len({text for _, text, _, _ in asked}) >= 60
    assert not wrong, f"{len(wrong)} of {len(asked)}\n" + "\n".join(wrong[:40])


def test_reversed_ranges_never_fire_there_and_are_refused_here(tmp_path: Path) -> None:
    """In a date; in a minute or an hour the library itself breaks down."""
    lines = ("0 0 * * 1-7", "0 0 * * 5-7", "0 0 * * sat-sun", "0 0 20-10 * *")
    assert answers([("UTC", line, START, START + 60 * 1440) for line in lines], tmp_path, "cronexpr_next") == [""] * len(lines)
    for line in lines:
        with pytest.raises(ScheduleError, match="reversed"):
            crontab.read(line, "supercronic", "UTC")


CHANGING = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Atlantic/Azores")
NIGHTLY = ("30 1 * * *", "30 2 * * *", "*/30 1-3 * * *", "15 * * * *", "15 1 * * 0", "0 0 * * *")
NEAR = 120  # minutes from a zone change within which the library goes astray


def test_it_goes_astray_in_the_hours_of_a_zone_change_and_nowhere_else(tmp_path: Path) -> None:
    """So that the law is `unknown` there, and every other instant is as we read it. For a job that west of Greenwich is to fire
    in the missing hour it names the same instant again and again; what follows is left out of the comparison."""
    texts = [text for text in (*expressions(), *NIGHTLY) if text.count(" ") == 4 and _is_sparse(text)]
    asked = [(zone, text, START, START + 700 * 1440) for zone in CHANGING for text in texts]
    astray: dict[str, int] = dict.fromkeys(CHANGING, 0)
    stuck, wrong = set(), []
    for (zone, text, low, end), answer in zip(asked, answers(asked, tmp_path, "cronexpr_next"), strict=True):
        words = answer.split()
        calendar = crontab.read(text, "supercronic", zone)
        assert calendar.dst == "unknown"
        if words[-1:] == ["stuck"]:
            stuck.add(zone)
        high = end if words[-1:] != ["stuck"] else int(words[-2]) // 60
        words = words if words[-1:] != ["stuck"] else words[:-2]
        ours = {to_minute(at) for at in calendar.occurrences(to_instant(low), to_instant(high))}
        theirs = {int(word) // 60 for word in words}
        changes = [at for at, _, _ in transitions(zone, low - 1440, high + 1440)]
        for minute in ours ^ theirs:
            if any(abs(minute - at) <= NEAR for at in changes):
                astray[zone] += 1
            else:
                wrong.append(f"{zone} {text}: {to_instant(minute)}")
    assert not wrong, "\n".join(wrong[:20])
    assert all(astray.values()), f"the library has been repaired: {astray}"
    assert stuck == {"America/New_York", "Atlantic/Azores"}


def _is_sparse(text: str) -> bool:
    try:
        clock = crontab.read(text, "supercronic", "UTC").clocks[0]
    except ScheduleError:
        return False
    return clock.minutes.bit_count() * clock.hours.bit_count() <= 100 and bool(clock.dates())


def test_what_is_not_known_is_undocumented_in_the_proof(tmp_path: Path) -> None:
    at = to_minute(datetime(2026, 10, 25, 1, tzinfo=UTC))  # Berlin: 03:00 becomes 02:00
    (theirs,) = answers([("Europe/Berlin", "@hourly", at - 90, at + 90)], tmp_path, "cronexpr_next")
    assert theirs.split() == [str((at + minutes) * 60) for minutes in (0, 60)], "the first pass has been repaired"
    hourly = Schedule(grammar="supercronic", expressions=("@hourly",), timezone="Europe/Berlin")
    nightly = Schedule(grammar="supercronic", expressions=("30 4 * * *",), timezone="Europe/Berlin")
    for when, status in ((hourly, "undocumented"), (nightly, "equal")):
        assert {found.proof.status for found in translations(when, {}, names=frozenset({"kubernetes"}))} == {status}
        assert any("astray" in remark for remark in remarks_of(when)) == (status == "undocumented")
