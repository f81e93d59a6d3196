"""What the user stated about a server, put where it belongs: its zone, what it costs, and until when it is paid for."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

import msgspec

from migrator.errors import PlanError, ScheduleError
from migrator.model.finding import Question
from migrator.model.job import Job
from migrator.model.plan import Decisions, Request, Survey
from migrator.schedule import date_test, random_sleep
from migrator.schedule.reading import calendar_of

# What may be answered about a job although nobody asks: a rule, a shape, the choice or `emit` obeys each.
TOPICS = (
    "keep target shape dst timezone notify schedule-accepted timeout memory cpu scratch state output data service network "
    "address repeatable items parallelism date-test random-sleep"
).split()
CRON_GRAMMARS = frozenset({"debian", "cronie", "busybox", "systemd-cron", "supercronic"})
HOST_TOPICS = ("server-cost", "timezone", "reserved-until", "services")


def in_stated_zone(job: Job, answers: Mapping[str, str]) -> Job:
    """The job on the clock that the user stated for it (`<job id>/timezone`), or for a server whose files do not tell one
    (`<host>/timezone`). Raises `PlanError` for a zone that does not exist."""
    key = f"{job.id}/timezone"
    if key not in answers and not job.schedule.timezone_stated:
        key = f"{job.host}/timezone"
    if key not in answers:
        return job
    zone = answers[key].strip()
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, KeyError) as error:  # ZoneInfoNotFoundError is a KeyError
        raise PlanError(f"decisions.yaml: {key}: {zone!r} is no zone; an IANA name such as Europe/Berlin is right") from error
    return msgspec.structs.replace(job, schedule=msgspec.structs.replace(job.schedule, timezone=zone, timezone_stated=True))


def with_its_own_calendar(job: Job, answers: Mapping[str, str]) -> Job:
    """The job with what its command adds to its schedule: tests of the date, and a wait of random length.

    `<job id>/date-test`: `keep` (what is done unasked: the dates become the schedule's, and the test stays in the command),
    `drop` (it is taken out of the command), `cron` (the schedule is the line's alone). `<job id>/random-sleep`: `keep` (unasked)
    or `window` (it is taken out, and the schedule spreads the start). Raises `PlanError` for another word.
    """
    if job.schedule.grammar not in CRON_GRAMMARS or job.schedule.trigger != "calendar" or "@reboot" in job.schedule.expressions:
        return job
    return _with_random_sleep(_with_date_test(job, answers), answers)


def _with_date_test(job: Job, answers: Mapping[str, str]) -> Job:
    word = _one_of(answers, f"{job.id}/date-test", ("keep", "drop", "cron"))
    found = date_test.recognise(job.command, job.shell, gnu=job.schedule.grammar != "busybox")
    # date(1) asks TZ, cron does not: with another zone in force the dates are another zone's
    if found is None or word == "cron" or any(setting.name in {"TZ", "CRON_TZ"} for setting in job.environment):
        return job
    schedule = msgspec.structs.replace(job.schedule, date_test=found.text)
    try:
        calendar_of(schedule)
    except ScheduleError:
        return job
    return msgspec.structs.replace(job, schedule=schedule, command=found.dropped() if word == "drop" else job.command)


def _with_random_sleep(job: Job, answers: Mapping[str, str]) -> Job:
    word = _one_of(answers, f"{job.id}/random-sleep", ("keep", "window"))
    found = random_sleep.recognise(job.command)
    if found is None:
        return job
    if word != "window":
        return msgspec.structs.replace(job, schedule=msgspec.structs.replace(job.schedule, sleep_s=found.longest_s))
    longest = found.longest_s + (job.schedule.jitter_s or 0)
    return msgspec.structs.replace(job, schedule=msgspec.structs.replace(job.schedule, jitter_s=longest), command=found.dropped())


def _one_of(answers: Mapping[str, str], key: str, words: tuple[str, ...]) -> str:
    word = answers.get(key, words[0]).strip()
    if word not in words:
        raise PlanError(f"decisions.yaml: {key}: {word!r} is no such choice; write {', '.join(words[:-1])} or {words[-1]}")
    return word


def zone_question(survey: Survey) -> Question | None:
    """What has to be asked where the server's files do not tell its zone; None where they do, or where nothing runs by one."""
    guessed = [job for job in survey.jobs if job.schedule.trigger == "calendar" and not job.schedule.timezone_stated]
    if not guessed:
        return None
    count = "1 schedule" if len(guessed) == 1 else f"{len(guessed)} schedules"
    return Question(
        id=f"{survey.host.name}/timezone",
        text=f"By which zone does {survey.host.name} run its schedules?",
        hint=f"an IANA name such as Europe/Berlin; {count} would run at other hours than today if it is wrong",
        default=guessed[0].schedule.timezone,
    )


def server_cost(survey: Survey, decisions: Decisions, request: Request) -> Decimal | None:
    """What the user said the server costs: the answer in decisions.yaml before the option; None if neither is a number."""
    try:
        cost = Decimal(decisions.answers[f"{survey.host.name}/server-cost"])
    except (KeyError, InvalidOperation):
        return request.server_monthly_cost
    return cost if cost.is_finite() and cost >= 0 else request.server_monthly_cost


def reserved_until(survey: Survey, decisions: Decisions) -> date | None:
    """The day until which the server is paid for whether it is used or not (`<host>/reserved-until`); None: by the hour.

    Raises `PlanError` for what is no date."""
    key = f"{survey.host.name}/reserved-until"
    said = decisions.answers.get(key)
    if said is None:
        return None
    try:
        return date.fromisoformat(said.strip())
    except ValueError as error:
        raise PlanError(f"decisions.yaml: {key}: {said!r} is no day; write it as 2027-03-31") from error
