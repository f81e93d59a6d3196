"""Tests of the date in front of a command, and waits of random length: what is read is compared with real shells and date(1)."""

import random
import subprocess
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from dossiers import dossier
from plan_values import job

from migrator.assumptions import DEFAULT
from migrator.errors import PlanError
from migrator.model.job import Host, Job, Setting
from migrator.model.plan import Survey
from migrator.model.usage import Bucket, Spread, Usage
from migrator.rules import date_test as rule
from migrator.schedule import crontab, date_test, random_sleep
from migrator.schedule.days import CYCLE_START
from migrator.schedule.reading import calendar_of
from migrator.schedule.translate import translations
from migrator.stated import usage_on_their_dates, with_its_own_calendar
from migrator.targets.aws_parts import window_min

# every `ran` is the work; the shell says on which days it is reached
READ = r"""
[ "$(date +%d -d tomorrow)" = 01 ] && echo ran
[ "$(date -d tomorrow +%d)" = "01" ] && echo ran
[ `date -d '+1 day' +%d` -eq 1 ] && echo ran
[ $(date --date="next day" +%-d) -eq 1 ] || exit 0; echo ran
[ $(date -d '1 day ago' +%m) -ne $(date +%m) ] && echo ran
[ "$(date +%m)" != "$(date -d '7 days' +%m)" ] && echo ran
test $(date +%u) -eq 1 && echo ran
test `date +%w` -eq 0 && echo ran || true
[ $(date +%d) -le 7 ] && echo ran | cat
[ $(date +%d) -gt 7 -a $(date +%d) -lt 15 ] && echo ran
[ $(date +%d) -eq 1 -o $(date +%d) -eq 15 ] && echo ran
[ $(date +%u) -eq 5 -a $(date +%e) -ge 8 -o $(date +%-d) = 1 ] && echo ran
if [ -x /bin/sh ] && [ $(date +%d) -le 7 ]; then echo ran; fi
if [ $(date +%m) -eq 12 ]; then /bin/echo ran >&1; fi
[ -d / ] && [ "$(date +%u)" != 6 ] && [ "$(date +%u)" != 7 ] && echo ran
! [ $(date +%u) -gt 5 ] && echo ran
[ 08 -le $(date +%d) ] && (echo ran; true)
[ "$(date +%m%d)" = 1224 ] && echo ran 2>&1
[ "$(LC_ALL=C date +%a)" = Mon ] && echo ran
[ "$(LC_ALL=C /bin/date +%b)" = "Feb" ] && echo ran
[ "$(date +%e)" = 1 ] && echo ran
[ $(date +%e) = 1 ] && echo ran
test "$(date -d yesterday +%u)" = "7" && echo ran
[ $(date -d '-2 weeks' +%m) -lt $(date +%m) ] && echo ran
[ $(date +%d) -eq $(date -d "$(date +%Y-%m-01) +1 month -1 day" +%d) ] && echo ran
[ "$(date +%d)" = "$(date -d "$(date +%Y-%m-01) +1 month -1 day" +%d)" ] || exit 0; echo ran
[ $(( $(date +%-d) % 2 )) -eq 0 ] && echo ran
[ $(( ($(date +%-d) - 1) / 7 )) -eq 1 ] && echo ran
[ $(( $(date +%d) % 2 )) -eq 0 ] && echo ran
[ $(( $(date +%V) % 2 )) -eq 0 ] && echo ran
[ $(( $(date +%-V) % 2 )) -ne 0 ] && echo ran
[ $(( ( $(date +%-m) - 1 ) % 3 )) -eq 0 ] && echo ran
[ $(date +%V) -eq 12 ] && echo ran
[ $(date +%U) -eq 0 ] && echo ran
[ $(date +%W) -eq 0 ] && echo ran
[ "$(date +%U)" != "$(date +%W)" ] && echo ran
[ $(( $(date +%-W) % 4 )) -eq 1 ] && echo ran
[ $(( $(date +%-U) % 2 )) -eq 0 ] && echo ran
[ "$(date -d tomorrow +%W)" != "$(date +%W)" ] && echo ran
[ $(date +%V) -ge 52 -o $(date +%V) -eq 1 ] && echo ran
""".strip().splitlines()
READ_BY_BASH = r"""
[[ "$(date +%d -d tomorrow)" == 01 ]] && echo ran
[[ $(date +%d) -le 10 ]] && echo ran
[ $(date +%u) == 3 ] && echo ran
(( $(date +%d) <= 7 )) && echo ran
(( $(date +%-d) <= 7 )) && echo ran
(( 10#$(date +%V) % 2 == 0 )) && echo ran
! (( $(date +%d) <= 9 )) && echo ran
if (( $(date +%-d) >= 15 )); then echo ran; fi
""".strip().splitlines()
NOT_READ = r"""
[ $(date +%u) -eq 1 ] && echo ran; echo other
[ $(date +%u) -eq 1 ] && echo ran || echo other
[ $(date +%u) -eq 1 ] && echo ran & echo other
if [ $(date +%u) -eq 1 ]; then echo ran; else echo other; fi
[ $(( $(date +%s) / 604800 % 2 )) -eq 0 ] && echo ran
(( $(date +%-d) <= 7 )) && echo ran
[ $((10#$(date +%d))) -eq 7 ] && echo ran
[ $(date +%H) -lt 12 ] && echo ran
[ "$(date +%a)" = Mon ] && echo ran
[ "$(date -d 'next month' +%d)" = 01 ] && echo ran
[ "$(date -d '$X' +%d)" = 01 ] && echo ran
[ "$(date -u +%d)" = 01 ] && echo ran
[[ "$(date +%d)" = 01 ]] && echo ran
[ $(date +%u) == 3 ] && echo ran
test -f /x && echo ran
echo $(date +%d)
[ $(date +%d) -eq one ] && echo ran
[ $(date +%u) -eq 1 ] &&
""".strip().splitlines()
# none of them is read, and each is said to stay in the command
SAID = r"""
[ $(( $(date +%s) / 604800 % 2 )) -eq 0 ] && echo ran
[ $(( $(date +%s) / 86400 % 2 )) -eq 1 ] || echo ran
expr `date +%s` / 604800 % 2 > /dev/null || echo ran
expr $(date +%V) % 2 > /dev/null && echo ran
date +%u | grep -q 1 && echo ran
date | grep -q Mon && echo ran
if date +%d | grep -q 01; then echo ran; fi
case $(date +%d) in 0[1-7]) echo ran;; esac
[ "$(cal | awk 'NF {DAYS = $NF} END {print DAYS}')" = "$(date +%d)" ] && echo ran
cal | awk 'NF {d = $NF} END {exit d != 31}' && echo ran
[ "$(date +%a)" = Mon ] && echo ran
(( ($(date +%s) / 604800) % 2 )) && echo ran
""".strip().splitlines()
SHELL = r"""
date() {
  when= form=
  while [ $# -gt 0 ]; do
    case $1 in -d|--date) when=$2; shift;; --date=*) when=${1#--date=};; +*) form=$1;; esac
    shift
  done
  case $when in 20??-*) command date -d "$when" "$form";; *) command date -d "$when $NOW 12:00" "$form";; esac
}
while read -r NOW; do case $(eval "$COMMAND" 2>/dev/null) in *ran*) echo "$NOW";; esac; done
"""


def days() -> list[date]:
    """The edges of months in two years (one of them a leap year), Christmas Eve, and some days between."""
    rng = random.Random(3)
    edges = [date(2027 + n // 12, n % 12 + 1, 1) + timedelta(days=shift) for n in range(24) for shift in (-1, 0)]
    return [
        *edges,
        date(2028, 2, 29),
        date(2027, 12, 24),
        *(date(2027, 1, 1) + timedelta(days=rng.randint(0, 730)) for _ in range(40)),
    ]


def reached(command: str, shell: str) -> list[date]:
    said = subprocess.run(
        [shell, "-c", SHELL],
        input="".join(f"{day}\n" for day in days()),
        env={"PATH": "/usr/bin:/bin", "COMMAND": command.replace("/bin/date", "date"), "TZ": "UTC"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    return [date.fromisoformat(text) for text in said.split()]


@pytest.mark.parametrize(("command", "shell"), [(c, "dash") for c in READ] + [(c, "bash") for c in READ_BY_BASH])
def test_a_test_is_true_on_the_days_on_which_a_real_shell_says_so(command: str, shell: str) -> None:
    found = date_test.recognise(command, f"/bin/{shell}")
    assert found is not None
    bits = date_test.dates(found.text)
    read = [day for day in days() if bits >> ((day.toordinal() - CYCLE_START) % 146_097) & 1]
    assert read == reached(command, shell)
    assert set(reached(found.dropped(), shell)) == set(days()), "without its test it works every day"


@pytest.mark.parametrize("command", NOT_READ)
def test_what_is_not_surely_read_stays_in_the_command(command: str) -> None:
    assert date_test.recognise(command) is None


@pytest.mark.parametrize("command", SAID)
def test_a_test_that_is_not_read_is_said_to_stay(command: str) -> None:
    assert date_test.recognise(command) is None
    asked = msgspec.structs.replace(job("fortnightly"), command=command)
    assert with_its_own_calendar(asked, {}).schedule == asked.schedule
    (finding,) = rule.check(msgspec.structs.replace(dossier(""), job=asked), DEFAULT)
    assert "no schedule was made of" in finding.message


@pytest.mark.parametrize(
    "command", ["/opt/report --date $(date +%F)", "tar cf /b/$(date +%d).tar /srv", "/opt/calendar | cat", "update | x"]
)
def test_a_date_that_is_only_a_name_is_no_test(command: str) -> None:
    assert not date_test.mentions_date(command)


def test_every_other_week_has_no_calendar() -> None:
    """By the week's number the year begins anew, by seconds the 400-year cycle does not: the test stays in the command."""
    weekly = crontab.read("0 3 * * 1", "debian", "UTC")
    for test in ("[ $(( $(date +%V) % 2 )) -eq 0 ]", "[ $(( $(date +%-W) % 2 )) -eq 1 ]", "[ $(( $(date +%-U) % 2 )) -eq 0 ]"):
        assert date_test.dates(test).bit_count() > 65_000
        assert date_test.narrowed(weekly, test) is None
    assert (146_097 // 7) % 2 == 1


def test_the_dates_are_those_of_all_four_hundred_years() -> None:
    whole = date_test.dates('[ "$(date +%d -d tomorrow)" = 01 ]')
    assert whole.bit_count() == 4800
    for ordinal in (CYCLE_START, CYCLE_START + 146_096, date(2100, 2, 28).toordinal(), date(2399, 12, 31).toordinal()):
        day = date.fromordinal(ordinal)
        assert whole >> (ordinal - CYCLE_START) & 1 == ((day + timedelta(days=1)).day == 1)


@pytest.mark.parametrize(
    ("expression", "test", "eventbridge"),
    [
        ("0 4 28-31 * *", '[ "$(date +%d -d tomorrow)" = 01 ]', "cron(0 4 L * ? *)"),
        ("0 4 * * *", '[ "$(date +%d -d tomorrow)" = 01 ]', "cron(0 4 L * ? *)"),
        ("0 9 1-7 * *", "test $(date +%u) -eq 1", "cron(0 9 ? * 2#1 *)"),
        ("57 0 * * 0", "[ $(date +%d) -le 7 ]", "cron(57 0 ? * 1#1 *)"),
        ("0 3 1,15 * 5", "[ $(date +%u) = 5 ]", "cron(0 3 ? * FRI *)"),
        ("0 3 * * *", "[ $(date +%m) -eq 12 ]", "cron(0 3 * 12 ? *)"),
        ("0 4 * * *", '[ $(date +%d) -eq $(date -d "$(date +%Y-%m-01) +1 month -1 day" +%d) ]', "cron(0 4 L * ? *)"),
        ("0 9 * * 2", "[ $(( ($(date +%-d) - 1) / 7 )) -eq 1 ]", "cron(0 9 ? * 3#2 *)"),
        ("0 4 1 * *", "[ $(( ( $(date +%-m) - 1 ) % 3 )) -eq 0 ]", "cron(0 4 1 1,4,7,10 ? *)"),
    ],
)
def test_the_dates_become_the_schedules_and_are_proved(expression: str, test: str, eventbridge: str) -> None:
    line = with_its_own_calendar(_job(expression, f"{test} && /opt/x"), {})
    assert line.schedule.date_test == test
    assert line.command == f"{test} && /opt/x", "unasked, the test stays"
    found = {item.dialect: item for item in translations(line.schedule, {"dst": "guard"})}
    assert found["eventbridge"].expressions == (eventbridge,)
    assert found["eventbridge"].guard is None
    assert {item.proof.status for item in found.values()} == {"equal"}
    # by hand: each firing of the line on whose date the test is true
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
    bits = date_test.dates(test)
    line_alone = crontab.read(expression, "debian", "UTC")
    want = [at for at in line_alone.occurrences(start, end) if bits >> (at.date().toordinal() - CYCLE_START) & 1]
    whole = calendar_of(line.schedule)
    assert whole is not None
    assert list(whole.occurrences(start, end)) == want


def test_firings_on_other_dates_are_neither_billed_nor_part_of_the_mean() -> None:
    """Two years of a daily line that works on the last day of each month: 24 runs of 600 s, 706 that end within 10 ms."""
    line = _job("0 4 * * *", '[ "$(date +%d -d tomorrow)" = 01 ] && /opt/close')
    lengths = sorted([0.01] * 706 + [600.0] * 24)
    usage = Usage(
        job_id=line.id,
        observed_days=730,
        observed_runs=730,
        monthly_runs=30.436875,
        duration_s=Spread(count=730, p50=0.01, p95=0.01, p99=600, max=600),
        mean_s=sum(lengths) / 730,
        quantile_s=tuple(lengths[max(0, -(-730 * n // 100) - 1)] for n in range(101)),
        buckets=(Bucket(low_s=0.01, runs=706, sum_s=7.06), Bucket(low_s=500, runs=24, sum_s=14400)),
    )
    survey = Survey(host=Host(name="web01"), as_of=datetime(2026, 11, 24, tzinfo=UTC), jobs=(line,), usage=(usage,))
    asked = with_its_own_calendar(line, {})
    found = usage_on_their_dates((survey,), (asked,))[line.id]
    assert found.monthly_runs == 1.0
    assert (found.mean_s, found.duration_s.p50, found.duration_s.max) == (600, 600, 600)
    assert (found.observed_runs, found.duration_s.count) == (730, 24)
    # asked to start it on every date, each start is billed as it was
    assert usage_on_their_dates((survey,), (with_its_own_calendar(line, {f"{line.id}/date-test": "cron"}),))[line.id] == usage


def test_the_user_decides_what_becomes_of_a_test() -> None:
    line = _job("0 4 * * *", '[ "$(date +%d -d tomorrow)" = 01 ] && /opt/x')
    dropped = with_its_own_calendar(line, {"job-1/date-test": "drop"})
    assert (dropped.command, dropped.schedule.date_test) == ("/opt/x", '[ "$(date +%d -d tomorrow)" = 01 ]')
    assert with_its_own_calendar(line, {"job-1/date-test": "cron"}) == line
    with pytest.raises(PlanError, match="keep, drop or cron"):
        with_its_own_calendar(line, {"job-1/date-test": "perhaps"})


def test_a_test_that_no_calendar_says_or_that_asks_another_zone_changes_nothing() -> None:
    first_or_friday = _job("0 4 * * *", "[ $(date +%d) -eq 1 -o $(date +%u) -eq 5 ] && /opt/x")
    assert with_its_own_calendar(first_or_friday, {}) == first_or_friday
    for parity in ("[ $(( $(date +%-V) % 2 )) -eq 0 ]", "[ $(( $(date +%s) / 604800 % 2 )) -eq 0 ]"):
        # every other week by its number: two odd weeks meet at the end of a year of 53; by the epoch: 400 years are odd weeks
        every_other_week = _job("0 4 * * 1", f"{parity} && /opt/x")
        assert with_its_own_calendar(every_other_week, {}) == every_other_week
        assert date_test.mentions_date(every_other_week.command), "and it is said"
    never = _job("0 4 1 * *", "[ $(date +%d) -eq 2 ] && /opt/x")
    assert with_its_own_calendar(never, {}) == never
    elsewhere = msgspec.structs.replace(
        _job("0 4 * * *", "[ $(date +%u) -eq 1 ] && /opt/x"), environment=(Setting(name="TZ", value="Asia/Tokyo"),)
    )
    assert with_its_own_calendar(elsewhere, {}) == elsewhere


@pytest.mark.parametrize(
    ("command", "longest_s", "rest"),
    [
        ("sleep $((RANDOM % 600)); /opt/x", 599, "/opt/x"),
        ("sleep $(( $RANDOM % 60 ))m && /opt/x", 59 * 60, "/opt/x"),
        ("sleep $[RANDOM%30]; /opt/x", 29, "/opt/x"),
        ("sleep $(( ( RANDOM % 10 ) + 1 )); /opt/x", 10, "/opt/x"),
        ("sleep $((RANDOM % 99999)); /opt/x", 32767, "/opt/x"),
        ("sleep `shuf -i 1-300 -n 1`; /opt/x", 300, "/opt/x"),
        ("perl -e 'sleep int(rand(3600))' && /opt/x", 3600, "/opt/x"),
        ("test -x /opt/x && perl -e 'sleep int(rand(30*60))' && /opt/x", 1800, "test -x /opt/x && /opt/x"),
    ],
)
def test_a_wait_of_random_length_is_read_with_its_longest(command: str, longest_s: float, rest: str) -> None:
    found = random_sleep.recognise(command)
    assert found is not None
    assert (found.longest_s, found.dropped()) == (longest_s, rest)


@pytest.mark.parametrize(
    "command",
    ["sleep 30; /opt/x", "/opt/x; sleep $((RANDOM % 60))", "test -x /opt/x && sleep $((RANDOM % 9)); /opt/y", "sleep $N; x"],
)
def test_no_other_wait_is_read(command: str) -> None:
    assert random_sleep.recognise(command) is None


def test_a_wait_becomes_the_schedules_window_only_when_the_user_says_so() -> None:
    line = _job("0 4 * * *", "sleep $((RANDOM % 600)); /opt/x")
    kept = with_its_own_calendar(line, {})
    assert (kept.command, kept.schedule.sleep_s, window_min(kept)) == (line.command, 599, 0)
    assert all("waits up to 599 s, at random" in (item.proof.reason or "") for item in translations(kept.schedule, {}))
    moved = with_its_own_calendar(line, {"job-1/random-sleep": "window"})
    assert (moved.command, moved.schedule.jitter_s, window_min(moved)) == ("/opt/x", 599, 9)
    said = {item.dialect: item.proof.reason for item in translations(moved.schedule, {})}
    assert "flexible window" in str(said["eventbridge"])
    assert "starts at once" in str(said["kubernetes"])


def _job(expression: str, command: str) -> Job:
    line = job("job-1")
    schedule = msgspec.structs.replace(line.schedule, grammar="debian", expressions=(expression,), timezone="UTC")
    return msgspec.structs.replace(line, command=command, schedule=schedule)
