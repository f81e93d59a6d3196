"""Laws of the calendar and its translations, on any crontab line that a daemon takes."""

import itertools
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from cronsim import CronSim, CronSimError
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from migrator.errors import ScheduleError
from migrator.model.job import Schedule
from migrator.schedule import crontab
from migrator.schedule.proof import AT_CHANGES, UNDOCUMENTED_AT_CHANGES, UNKNOWN_AT_CHANGES
from migrator.schedule.reading import calendar_of
from migrator.schedule.translate import translations
from migrator.schedule.zones import to_instant, to_minute, transitions, zone

FLAVOURS = crontab.FLAVOURS
ZONES = (
    "UTC Europe/Berlin America/New_York Asia/Kathmandu Africa/Casablanca Antarctica/Troll Australia/Lord_Howe America/Santiago "
    "Asia/Beirut Pacific/Chatham Africa/Cairo America/Nuuk Europe/Dublin"
).split()
BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
NAMES = ((), (), (), ("jan", "Feb", "DEC"), ("sun", "Mon", "SAT"))


def piece(low: int, high: int, names: tuple[str, ...]) -> st.SearchStrategy[str]:
    number = st.integers(low, high).map(str)
    single = st.one_of(number, st.sampled_from(names)) if names else number
    spans = st.tuples(number, number).map("-".join)
    step = st.integers(1, 40).map(str)
    return st.one_of(
        st.just("*"), single, single, spans, st.tuples(st.just("*"), step).map("/".join), st.tuples(spans, step).map("/".join)
    )


def field(which: int) -> st.SearchStrategy[str]:
    one = piece(*BOUNDS[which], NAMES[which])
    return st.one_of(st.just("*"), one, one, st.lists(one, min_size=2, max_size=4).map(",".join))


LINE = st.one_of(
    st.tuples(*(field(n) for n in range(5))).map(" ".join),
    st.sampled_from(["@daily", "@weekly", "@monthly", "@yearly", "@hourly", "@midnight", "@annually", "@quarterly"]),
)


@given(LINE, st.sampled_from(FLAVOURS), st.sampled_from(ZONES), st.sampled_from([None, "guard", "utc", "accept"]))
@settings(max_examples=60, deadline=None)
def test_what_is_written_for_any_line_reads_back_equal_or_says_where_not(
    line: str, flavour: crontab.Flavour, name: str, choice: str | None
) -> None:
    try:
        calendar = crontab.read(line, flavour, name)
    except ScheduleError:
        assume(False)
    when = Schedule(grammar=flavour, expressions=(line,), timezone=name)
    for found in translations(when, {} if choice is None else {"dst": choice}):
        reason = found.proof.reason or ""
        if not calendar.ever_fires():
            assert (found.proof.status, found.expressions) == ("impossible", ())
            continue
        if found.proof.status == "equal":
            assert found.expressions
            continue
        # what is not equal differs in the hours of zone changes and nowhere else, or cannot be said and says so
        words = (AT_CHANGES, UNDOCUMENTED_AT_CHANGES, UNKNOWN_AT_CHANGES, "the platform goes astray", "the source goes astray")
        assert reason.startswith(words), found


def numbers(low: int, high: int) -> st.SearchStrategy[frozenset[int]]:
    return st.frozensets(st.integers(low, high), min_size=1, max_size=6)


@given(numbers(1, 31), numbers(0, 6), numbers(0, 59), numbers(0, 23))
@settings(max_examples=150, deadline=None)
def test_either_day_field_takes_as_few_expressions_as_can_be(
    days: frozenset[int], weekdays: frozenset[int], minutes: frozenset[int], hours: frozenset[int]
) -> None:
    """An expression whose day fields must both match picks a product of days and weekdays, a matrix of rank 1; expressions that
    never meet add up, so there are at least as many as the rank of the days and weekdays on which the line fires. Where only one
    field may be restricted, an expression is a whole row or a whole column, and a cross of both is neither."""
    fires = np.array([[day in days or weekday in weekdays for weekday in range(7)] for day in range(1, 32)], dtype=float)
    assume(len(weekdays) < 7)
    line = " ".join(",".join(map(str, sorted(values))) for values in (minutes, hours, days)) + " * "
    line += ",".join(map(str, sorted(weekdays)))
    found = {item.dialect: item for item in translations(Schedule(grammar="debian", expressions=(line,), timezone="UTC"), {})}
    fewest_products = int(np.linalg.matrix_rank(fires))
    fewest_stripes = next(
        count
        for count in (1, 2)
        for chosen in itertools.combinations(_stripes(days, weekdays), count)
        if (sum(chosen) > 0).tolist() == (fires > 0).tolist()
    )
    for name, item in found.items():
        fewest = {"cloud-scheduler": 1, "kubernetes": 1, "functions": fewest_products, "systemd": fewest_products}.get(
            name, fewest_stripes
        )
        assert item.proof.status == "equal", item
        assert len(item.expressions) == fewest, (line, item)
        # where the platform can keep them apart, nothing has to be guarded
        guarded = {"eventbridge", "container-apps", "logic-apps"}
        assert (item.guard is not None) == (name in guarded), item


def _stripes(days: frozenset[int], weekdays: frozenset[int]) -> "list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]]":
    """What one expression with one restricted day field can pick and the line does: all days, those days, those weekdays."""
    row = np.array([[1.0 if day in days else 0.0] * 7 for day in range(1, 32)])
    column = np.array([[1.0 if weekday in weekdays else 0.0 for weekday in range(7)]] * 31)
    return [np.ones((31, 7)), row, column]


@given(
    st.tuples(*(numbers(*bound) for bound in BOUNDS)),
    st.integers(0, 4),
    st.data(),
    st.sampled_from(FLAVOURS),
    st.sampled_from(ZONES),
    st.sets(st.integers(0, 4), max_size=3),
)
@settings(max_examples=150, deadline=None)
def test_firings_never_get_fewer_when_a_field_is_widened(
    sets: tuple[frozenset[int], ...],
    which: int,
    data: st.DataObject,
    flavour: crontab.Flavour,
    name: str,
    starred: set[int],
) -> None:
    """Stars stay where they are: to put one into a day field changes how the two day fields combine."""
    wide = [*sets]
    wide[which] = sets[which] | data.draw(numbers(*BOUNDS[which]))

    def line(fields: list[frozenset[int]]) -> str:
        return " ".join("*" if n in starred - {which} else ",".join(map(str, sorted(values))) for n, values in enumerate(fields))

    start = to_minute(datetime(2027, 1, 1, tzinfo=UTC))
    narrow, wider = (crontab.read(line(fields), flavour, name) for fields in ([*sets], wide))
    # a full day field of busybox counts as none at all
    assume(flavour != "busybox" or not (which in {2, 4} and len(wide[which]) >= (31, 7)[which == 4]))
    assert narrow.minutes(start, start + 366 * 1440) & ~wider.minutes(start, start + 366 * 1440) == 0


@pytest.mark.parametrize("name", ["Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca", "Antarctica/Troll"])
def test_zones_with_odd_rules_fire_as_cronsim_says(name: str) -> None:
    """300 lines each. At Lord Howe, whose clock moves half an hour, cronsim 2.8 skips firings that Debian cron runs (the real
    daemon says so in tests/witness), so there the firings within a day of a change are left out."""
    rng = random.Random(name)
    compared = 0
    for _ in range(300):
        line = " ".join(_field(rng, *bound) for bound in BOUNDS)
        calendar = crontab.read(line, "debian", name)
        start = datetime(rng.randint(2025, 2035), rng.randint(1, 12), 1, tzinfo=UTC)
        changes = [at for at, _, _ in transitions(name, to_minute(start), to_minute(start) + 800 * 1440)]
        if changes and rng.random() < 0.7:
            start = to_instant(rng.choice(changes)) - timedelta(hours=rng.randint(2, 40))
        try:
            theirs = sorted({at.astimezone(UTC) for at in itertools.islice(CronSim(line, start.astimezone(zone(name))), 30)})
        except CronSimError:
            assert not calendar.ever_fires()
            continue
        last = theirs[-1]
        ours = list(calendar.occurrences(start + timedelta(microseconds=1), last + timedelta(microseconds=1)))
        if name == "Australia/Lord_Howe":
            theirs, ours = ([at for at in found if not _near(at, changes)] for found in (theirs, ours))
        assert [at for at in ours if at <= last] == theirs, (line, start)
        compared += len(theirs)
    assert compared > 3000


def _near(at: datetime, changes: list[int]) -> bool:
    return any(abs(to_minute(at) - change) <= 1440 for change in changes)


def _field(rng: random.Random, low: int, high: int) -> str:
    first, last = sorted((rng.randint(low, high), rng.randint(low, high)))
    return rng.choice(["*", "*", str(first), f"{first}-{last}", f"{first},{last}", f"*/{rng.randint(2, 12)}"])


@pytest.mark.parametrize("timezone", ["UTC", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Africa/Casablanca"])
@pytest.mark.parametrize("line", ["*/7 * * * *", "30 2 * * *", "0 0 * * 0", "15,45 */3 1-7 * 1", "59 23 31 12 *", "0 0 30 2 *"])
def test_runs_of_days_count_what_occurrences_list(line: str, timezone: str) -> None:
    calendar = calendar_of(Schedule(grammar="debian", expressions=(line,), timezone=timezone))
    assert calendar is not None
    place = zone(timezone)
    begin, end = (datetime(year, 1, 1, tzinfo=place).astimezone(UTC) for year in (2026, 2027))
    listed = Counter((at.astimezone(place).month, at.astimezone(place).day) for at in calendar.occurrences(begin, end))
    assert {day: count for day, count in calendar.runs_of_days(2026).items() if count} == listed
