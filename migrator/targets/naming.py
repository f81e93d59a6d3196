"""Names of what is created around a job, as providers take them, and the numbers of firings that its bill rests on."""

import hashlib
import re

from migrator.model.finding import Dossier, Translation
from migrator.model.job import Job
from migrator.model.option import Shape
from migrator.schedule import dialects


def identifier(job: Job, suffix: str = "") -> str:
    """The job's name in templates: a lower_snake identifier."""
    return identified(job.id, suffix)


def identified(job_id: str, suffix: str = "") -> str:
    """The same, of a job of which only the id is known."""
    name = re.sub(r"[^a-z0-9]+", "_", job_id.lower()).strip("_") or "job"
    return (name if name[0].isalpha() else f"job_{name}") + (f"_{suffix}" if suffix else "")


def short_name(job: Job, limit: int) -> str:
    """The job's id as a DNS label of at most `limit` characters, shortened with a digest where it is too long.

    Lower case letters, digits and single hyphens, a letter first: what Cloud Run, Container Apps and Kubernetes all take.
    """
    return label(job.id, limit)


def label(text: str, limit: int) -> str:
    """Any text as a DNS label of at most `limit` characters, with a digest where it is not the text itself.

    >>> label("web01", 40), label("web01.example.com", 40)
    ('web01', 'web01-example-com-9954c360')
    """
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "job"
    name = name if name[0].isalpha() else f"job-{name}"
    if len(name) <= limit and name in {text, f"job-{text}"}:
        return name
    return f"{name[: limit - 9].rstrip('-')}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def numbered(name: str, number: int, many: bool, between: str = "-") -> str:
    """The name of one of several things: `name-2`; the bare name where there is only one."""
    return f"{name}{between}{number}" if many else name


def described(job: Job, limit: int) -> str:
    """Where the job comes from, for the console; the command is not in it."""
    return plain(f"{job.name}: was {job.location} on {job.host}", limit)


def plain(text: str, limit: int) -> str:
    """Text that every console takes: printable ASCII without markup, at most `limit` characters.

    >>> plain("Größe\\n<1>", 80)
    'Gr??e ?1?'
    """
    one_line = " ".join(text.split())
    return "".join(c if c.isascii() and c.isprintable() and c not in "<>{}" else "?" for c in one_line)[:limit]


def environment_name(name: str) -> str:
    """The name of a secret in a provider's store where only letters, digits and hyphens are allowed."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def monthly_runs(dossier: Dossier, shape: Shape) -> float | None:
    """Runs a month of the shape's work; None where the job has no calendar."""
    if shape.parts:
        return shape.parts[0].monthly_invocations
    return dossier.usage.monthly_runs if dossier.usage else None


def monthly_skips(translation: Translation | None, runs: float | None) -> float | None:
    """Firings a month that the guard ends at once, because the expressions say more instants than the job has.

    0 without a guard: then every firing is a run. None: the number of runs is unknown.
    """
    if translation is None or translation.guard is None:
        return 0.0
    if runs is None:
        return None
    reader = next(dialect for dialect in dialects.ALL if translation.dialect == dialect.NAME)
    fired = sum(calendar.monthly_runs() for calendar in reader.read(translation.expressions, translation.timezone))
    return max(fired - runs, 0.0)
