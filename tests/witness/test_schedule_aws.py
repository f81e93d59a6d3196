"""aws-croniter, another reader of AWS cron, against every EventBridge expression that is written for 300 random schedules."""

import random
from datetime import UTC, datetime

from aws_croniter import AwsCroniter

from migrator.model.job import Schedule
from migrator.schedule import crontab
from migrator.schedule.dialects import eventbridge
from migrator.schedule.readback.eventbridge import read
from migrator.schedule.reading import calendar_of

START = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)


def field(rng: random.Random, low: int, high: int) -> str:
    first, last = sorted((rng.randint(low, high), rng.randint(low, high)))
    choices = ["*", str(first), f"{first}-{last}", f"{first},{last}", f"*/{rng.randint(2, 9)}"]
    return rng.choice(choices)


def test_aws_croniter_reads_what_we_wrote_as_we_meant_it() -> None:
    rng = random.Random(1)
    checked = 0
    for _ in range(300):
        expression = " ".join(field(rng, *bounds) for bounds in ((0, 59), (0, 23), (1, 28), (1, 12), (0, 7)))
        for text in eventbridge.write(crontab.read(expression, "debian", "UTC"), "accept").expressions:
            ours = list(read((text,), "UTC")[0].next(START, 6))
            theirs = [moment.replace(tzinfo=UTC) for moment in AwsCroniter(text[5:-1]).get_next(START, 6)]
            assert ours == theirs, (expression, text)
            checked += 1
    assert checked >= 250


def test_aws_croniter_knows_the_last_day_and_the_nth_weekday_as_we_wrote_them() -> None:
    for expression, test in [
        ("0 4 28-31 * *", '[ "$(date +%d -d tomorrow)" = 01 ]'),
        *((f"30 9 {7 * n - 6}-{7 * n} * *", f"test $(date +%u) -eq {weekday}") for n in (1, 2, 3, 4) for weekday in range(1, 8)),
    ]:
        calendar = calendar_of(Schedule(grammar="debian", expressions=(expression,), timezone="UTC", date_test=test))
        assert calendar is not None
        (text,) = eventbridge.write(calendar, "accept").expressions
        assert "L" in text or "#" in text
        theirs = [moment.replace(tzinfo=UTC) for moment in AwsCroniter(text[5:-1]).get_next(START, 30)]
        assert list(calendar.next(START, 30)) == theirs, text
