"""Proves what stands in the rendered templates: the expressions are read out of their text, and compared with cron once more."""

import json
import re
from datetime import datetime
from functools import lru_cache
from types import ModuleType
from typing import NamedTuple

import msgspec

from migrator.emit import job_file
from migrator.emit.shells import LANGUAGES, fragment
from migrator.errors import ScheduleError
from migrator.model.finding import Guard, Proof
from migrator.model.plan import JobPlan
from migrator.schedule import dialects
from migrator.schedule.proof import Fires, only_at_zone_changes, prove
from migrator.schedule.reading import calendar_of

STRING = r'("(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\')'
# what a fragment that holds a schedule looks like: its expression, and its time zone where the platform takes one
EXPRESSIONS = re.compile(
    rf"^\s*(?:schedule_expression\s*=|schedule\s*=|ScheduleExpression:|cronExpression:|schedule:|for_each = .*\?) *\[?{STRING}",
    re.MULTILINE,
)
TIMEZONE = re.compile(
    rf"^\s*(?:schedule_expression_timezone\s*=|time_zone\s*=|ScheduleExpressionTimezone:|timeZone:) *{STRING}", re.MULTILINE
)
NUMBER = re.compile(
    r'(?:expression[\\"]+: |MIGRATOR_EXPRESSION\W+[vV]alue\W+|X-Migrator-Expression" = "|jsonencode\(\{ expression = ")(\d+)'
)
# the settings of an app that hold a schedule for each of its timers
SETTINGS = re.compile(rf"\bMIGRATOR_SCHEDULE_(\d+)'?\s*(?:=|value:)\s*{STRING}")
# the trigger of a workflow, each member in its own line
RECURRENCE = re.compile(
    rf"frequency\s*[=:]\s*{STRING}\s+interval\s*[=:]\s*(\d+)\s+schedule\s*[=:]\s*(\{{.*\}})\s+startTime\s*[=:]\s*{STRING}\s+"
    rf"timeZone\s*[=:]\s*{STRING}"
)
KINDS = frozenset(
    {
        "aws_scheduler_schedule",
        "gcp_cloud_scheduler_http_job",
        "gcp_cloud_scheduler_job",
        "azure_container_app_job",
        "azure_function_app",
        "azure_logic_app_workflow",
        "kubernetes_cron_job",
    }
)


class Said(NamedTuple):
    """What one rendered fragment says about when it starts the job."""

    expression: str
    timezone: str
    number: int | None  # which expression the guard hears; None: the fragment does not say


def said(text: str) -> tuple[Said, ...]:
    """The schedule of a rendered fragment; () where it has none.

    >>> said('schedule: "5 4 * * *"\\ntimeZone: "Europe/Berlin"')
    (Said(expression='5 4 * * *', timezone='Europe/Berlin', number=None),)
    """
    if settings := tuple(Said(_unquoted(match[2]), "UTC", int(match[1])) for match in SETTINGS.finditer(text)):
        return settings
    if recurrences := tuple(_recurrence(match) for match in RECURRENCE.finditer(text)):
        return recurrences
    zone, number = TIMEZONE.search(text), NUMBER.search(text)
    return tuple(
        Said(_unquoted(match[1]), _unquoted(zone[1]) if zone else "UTC", int(number[1]) if number else None)
        for match in EXPRESSIONS.finditer(text)
    )


def _recurrence(match: re.Match[str]) -> Said:
    """A trigger as the JSON that Logic Apps gets: its schedule is an object of HCL or of Bicep, with plain words in it."""
    schedule = json.loads(match[3].replace("'", '"').replace(" = ", ": "))
    recurrence = {
        "frequency": _unquoted(match[1]),
        "interval": int(match[2]),
        "schedule": schedule,
        "startTime": _unquoted(match[4]),
    }
    return Said(json.dumps(recurrence, separators=(",", ":")), _unquoted(match[5]), None)


def prove_again(entry: JobPlan, language: str, job_json: bytes, guard_py: bytes, as_of: datetime) -> Proof:
    """The proof for the text of this job's templates, with the guard that its job file carries, and the guard file that is
    emitted beside it executed."""
    calendar = calendar_of(entry.job.schedule)
    option = entry.placement.option
    reader = next((dialect for dialect in dialects.ALL if option.dialect == dialect.NAME), None)
    if calendar is None or reader is None:
        return Proof(status="impossible", reason="it has no calendar, or its target no schedule")
    texts = [fragment(resource, entry, LANGUAGES[language], language) for resource in option.resources if resource.kind in KINDS]
    found = [one for text in texts for one in said(text)]
    if not found:
        return Proof(status="impossible", reason="no schedule stands in its templates")
    guard = json.loads(job_json)["guard"]
    if len({one.timezone for one in found}) > 1:
        return Proof(status="impossible", reason="its templates name several time zones")
    if _bound(guard) and [one.number for one in found] != list(range(len(found))):
        return Proof(status="impossible", reason="its templates do not say which of the expressions fired, and its guard asks")
    try:
        return prove(
            calendar,
            reader,
            tuple(one.expression for one in found),
            found[0].timezone,
            None if guard is None else msgspec.convert(guard, Guard),
            as_of,
            _executable(guard_py),
        )
    except ScheduleError as error:
        return Proof(status="impossible", reason=str(error))


@lru_cache(maxsize=4)
def _executable(guard_py: bytes) -> Fires:
    """What the emitted guard file decides: its own text, and not the module that it was copied from."""
    module = ModuleType("emitted_guard")
    exec(compile(guard_py, "runner/guard.py", "exec"), module.__dict__)  # noqa: S102  # our own runner's file, as it is emitted
    fires: Fires = module.fires
    return fires


def is_accepted(entry: JobPlan, proof: Proof, answers: dict[str, str]) -> bool:
    """Whether the user takes the difference: the daylight-saving choice covers zone changes only."""
    job, chosen = entry.job, job_file.translation(entry)
    if answers.get(f"{job.id}/schedule-accepted") == "yes":
        return chosen is not None and proof.status in {"differs", "undocumented"} and proof.first == chosen.proof.first
    word = answers.get(f"{job.id}/dst", answers.get("all/dst"))
    return "accept" in {word, chosen and chosen.choice} and only_at_zone_changes(proof)


def _bound(guard: dict[str, object] | None) -> bool:
    calendars = guard["calendars"] if guard else []
    return isinstance(calendars, list) and any(item.get("expression") is not None for item in calendars)


def _unquoted(literal: str) -> str:
    text = literal[1:-1]
    if literal[0] == "'":
        return re.sub(r"\\(.)", r"\1", text)
    whole: str = json.loads(literal)
    return whole
