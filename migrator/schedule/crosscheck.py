"""A second opinion: compares a Debian or cronie schedule's next firings with croniter.

Source: croniter with `implement_cron_bug=True` follows Debian's day rule; it does not follow Debian's zone changes, so firings
within a day of one are left out. It reads no wrapped ranges and no junk: an expression that it rejects is no difference.
"""

from datetime import UTC, datetime, timedelta

from croniter import CroniterBadCronError, CroniterBadDateError, croniter
from msgspec.structs import replace

from migrator.model.job import Schedule
from migrator.schedule.reading import calendar_of
from migrator.schedule.zones import to_minute, transitions, zone

NEAR = timedelta(days=1)


def crosscheck(schedule: Schedule, start: datetime, count: int = 50) -> tuple[str, ...]:
    """The instants on which our calendar and croniter differ among the next `count` firings after `start`, one sentence each;
    empty where they agree, or where croniter cannot read the schedule. A test of the date in front of the command is no part of
    what croniter is asked.

    >>> nightly = Schedule(grammar="debian", expressions=("30 2 * * 1-5",), timezone="Europe/Berlin")
    >>> crosscheck(nightly, datetime(2026, 11, 24, tzinfo=UTC))
    ()
    >>> last_day = replace(nightly, date_test='[ "$(date +%d -d tomorrow)" = 01 ]')
    >>> crosscheck(last_day, datetime(2026, 11, 24, tzinfo=UTC))
    ()
    """
    calendar = calendar_of(replace(schedule, date_test=None))
    if calendar is None or schedule.grammar not in {"debian", "cronie"} or not calendar.ever_fires():
        return ()
    place = zone(schedule.timezone)
    found: list[str] = []
    for expression in schedule.expressions:
        try:
            other = croniter(expression, start.astimezone(place), implement_cron_bug=True)
            theirs = [other.get_next(datetime).astimezone(UTC) for _ in range(count)]
        except (CroniterBadCronError, CroniterBadDateError):
            continue
        ours = list(calendar.occurrences(start + timedelta(microseconds=1), theirs[-1] + timedelta(minutes=1)))
        low, high = to_minute(start) - 1440, to_minute(theirs[-1]) + 1440
        changes = [at for at, _, _ in transitions(schedule.timezone, low, high)]
        for at in sorted(set(ours) ^ set(theirs)):
            if not any(abs(to_minute(at) - change) <= NEAR // timedelta(minutes=1) for change in changes):
                who = "we fire, croniter does not" if at in set(ours) else "croniter fires, we do not"
                found.append(f"{expression}: {at.astimezone(place).isoformat()}: {who}")
    return tuple(found)
