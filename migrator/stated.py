"""What the user stated about a server, put where it belongs: its zone, what it costs, and until when it is paid for."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

import msgspec

from migrator import pricebook
from migrator.errors import PlanError, PriceError, ScheduleError
from migrator.model.finding import Question
from migrator.model.job import Job
from migrator.model.option import CostItem, Placement, PriceBook
from migrator.model.plan import Decisions, Request, Survey
from migrator.model.usage import Bucket, Usage
from migrator.rules import run_time
from migrator.rules.dossier_reading import number
from migrator.savings import STATED
from migrator.schedule import date_test, random_sleep
from migrator.schedule.reading import calendar_of
from migrator.topics import ACCEPTED, OPEN

EGRESS = "egress-gib"  # what a job sends to the internet, GiB a month
CRON_GRAMMARS = frozenset({"debian", "cronie", "busybox", "systemd-cron", "supercronic"})


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


def usage_on_their_dates(surveys: tuple[Survey, ...], jobs: tuple[Job, ...]) -> dict[str, Usage]:
    """What was measured, by job; where a test of the date is part of the schedule, of the runs that get past it.

    The log has a line for each firing of the line. Those on other dates end at once, so they are taken for its shortest runs.
    """
    dated = {job.id: job for job in jobs if job.schedule.date_test is not None}
    found = {entry.job_id: entry for survey in surveys for entry in survey.usage}
    return {job_id: _past_its_test(entry, dated[job_id]) if job_id in dated else entry for job_id, entry in found.items()}


def _past_its_test(usage: Usage, job: Job) -> Usage:
    calendar = calendar_of(job.schedule)
    if not usage.monthly_runs or calendar is None:
        return usage
    monthly_runs = calendar.monthly_runs()
    share = min(monthly_runs / usage.monthly_runs, 1.0)
    left = idle = round(usage.duration_s.count * (1 - share))
    buckets: list[Bucket] = []
    for bucket in usage.buckets:
        ended_at_once = min(left, bucket.runs)
        left -= ended_at_once
        if kept := bucket.runs - ended_at_once:
            buckets.append(Bucket(low_s=bucket.low_s, runs=kept, sum_s=bucket.sum_s * kept / bucket.runs))
    runs = sum(bucket.runs for bucket in buckets)
    if not runs:  # nothing was timed, or too little to say which runs worked
        return msgspec.structs.replace(usage, monthly_runs=monthly_runs)
    quantiles = (
        tuple(usage.quantile_s[100 - round((100 - n) * runs / (runs + idle))] for n in range(101)) if usage.quantile_s else ()
    )
    longest = usage.duration_s
    if quantiles:
        longest = msgspec.structs.replace(longest, count=runs, p50=quantiles[50], p95=quantiles[95], p99=quantiles[99])
    mean_s = sum(bucket.sum_s for bucket in buckets) / runs
    return msgspec.structs.replace(
        usage,
        monthly_runs=monthly_runs,
        duration_s=longest,
        mean_s=mean_s,
        sd_s=None,
        quantile_s=quantiles,
        buckets=tuple(buckets),
    )


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


def few_runs_question(
    survey: Survey, placements: tuple[Placement, ...], answers: Mapping[str, str], enough_runs: int
) -> Question | None:
    """The one question about all moving jobs whose few runs support no bound; None where it was answered, or nothing is at stake.

    What has fewer than `enough_runs` is asked about job by job. Raises `PlanError` for an answer below 1."""
    key = f"{survey.host.name}/{run_time.SERVER_TOPIC}"
    if key in answers:
        factor = None if answers[key] == ACCEPTED else number(answers[key])
        if answers[key] != ACCEPTED and (factor is None or factor < 1):
            raise PlanError(f"decisions.yaml: {key}: {answers[key]!r} is neither {ACCEPTED} nor a number from 1 on")
        return None
    moving = {placed.job_id for placed in placements if placed.verdict == "move"}
    few = [
        entry.duration_s.count
        for entry in survey.usage
        if entry.job_id in moving
        and enough_runs <= entry.duration_s.count < run_time.FEWEST
        and f"{entry.job_id}/timeout" not in answers
    ]
    if not few:
        return None
    counts = f"{min(few)} to {max(few)}" if min(few) < max(few) else f"{min(few)}"
    jobs = "1 job that moves has" if len(few) == 1 else f"{len(few)} jobs that move have"
    return Question(
        id=key,
        text=f"How many times its longest measured run may a run take, where fewer than {run_time.FEWEST} were measured?",
        hint=f"{jobs} {counts} measured runs, which bound no run time; {ACCEPTED}: 1.25 to 1.8 times, fewer runs "
        "more; a number: that many times for each; or plan again with more logs",
        default=ACCEPTED,
        monthly_money=0.0,
    )


def server_cost(survey: Survey, decisions: Decisions, request: Request) -> Decimal | None:
    """What the user said the server costs: the answer in decisions.yaml, else the option, else what such a type costs in this
    organisation; None if none is a number."""
    instance_type = request.instance_type or survey.host.instance_type
    otherwise = request.server_monthly_cost
    if otherwise is None and instance_type is not None:
        otherwise = decisions.organisation.server_costs.get(instance_type)
    try:
        cost = Decimal(decisions.answers[f"{survey.host.name}/server-cost"])
    except (KeyError, InvalidOperation):
        return otherwise
    return cost if cost.is_finite() and cost >= 0 else otherwise


def reserved_until(survey: Survey, decisions: Decisions) -> date | None:
    """The day until which the server is paid for whether it is used or not (`<host>/reserved-until`); None: by the hour.

    Raises `PlanError` for what is no date."""
    key = f"{survey.host.name}/reserved-until"
    said = decisions.answers.get(key, decisions.organisation.reserved_until)
    if said is None:
        return None
    try:
        return date.fromisoformat(said.strip())
    except ValueError as error:
        raise PlanError(f"decisions.yaml: {key}: {said!r} is no day; write it as 2027-03-31") from error


def beside_the_bill(survey: Survey, decisions: Decisions, prices: PriceBook, region: str | None) -> tuple[CostItem, ...]:
    """What the user states about a server beside its machine: hours of care (`<host>/care-hours`), backups kept
    (`<host>/backup-gib`), and the data that its jobs send (`<job id>/egress-gib`). Raises `PlanError`
    for what is no amount; what has no price is a line without a cost."""
    found = []
    hours = _amount(survey, decisions, "care-hours")
    if hours is not None:
        rate = decisions.organisation.care_hour_usd
        found.append(
            CostItem(
                name="hours of care",
                unit="hour",
                monthly_quantity=hours,
                unit_price=rate or Decimal(0),
                monthly_cost=None if rate is None else hours * rate,
                source=STATED,
                as_of="",
                note=None if rate is not None else "unknown: organisation, care-hour-usd is not said",
            )
        )
    kept_gib = _amount(survey, decisions, "backup-gib")
    if kept_gib is not None:
        found.append(_backup(kept_gib, survey.host.provider, region or survey.host.region, prices))
    said = [one for job in survey.jobs if (one := amount(f"{job.id}/{EGRESS}", decisions.answers)) is not None]
    where = region or survey.host.region
    line = pricebook.sent(prices, survey.host.provider, where, sum(said, Decimal(0))) if said and where is not None else None
    return (*found, *(() if line is None else (line,)))


def _backup(kept_gib: Decimal, provider: str | None, region: str | None, prices: PriceBook) -> CostItem:
    try:
        price = pricebook.snapshot_price(prices, provider or "", region or "")
    except PriceError as error:
        return CostItem(
            name="backup",
            unit="GB-month",
            monthly_quantity=kept_gib,
            unit_price=Decimal(0),
            monthly_cost=None,
            source=STATED,
            as_of="",
            note=f"unknown: {error}",
        )
    return pricebook.item("backup", price, kept_gib)


def _amount(survey: Survey, decisions: Decisions, topic: str) -> Decimal | None:
    return amount(f"{survey.host.name}/{topic}", decisions.answers)


def amount(key: str, answers: Mapping[str, str]) -> Decimal | None:
    """An amount that the user stated; None where nothing is said, or that nobody knows. Raises `PlanError` for what is none."""
    if answers.get(key, "").strip() in OPEN:
        return None
    try:
        found = Decimal(answers[key].strip())
    except InvalidOperation as error:
        raise PlanError(f"decisions.yaml: {key}: {answers[key]!r} is no number") from error
    if not found.is_finite() or found < 0:
        raise PlanError(f"decisions.yaml: {key}: {answers[key]!r} is no amount")
    return found
