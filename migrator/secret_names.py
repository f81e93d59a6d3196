"""Which secrets a job needs when it runs: what its job file asks for is what its target's templates inject."""

import re
from collections.abc import Iterable

from migrator.model.finding import Fact
from migrator.model.job import Job

# Names that AWS sets itself, or under which its libraries find the role's own keys: Lambda takes none of them from a template.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
RESERVED = re.compile(r"AWS_|LAMBDA_|ECS_|MIGRATOR_|_")
PREFIX = "MIGRATOR_SECRET_"
MARK = re.compile(rb"@secret:([A-Z][A-Z0-9_]*)@")


def needed(job: Job, facts: Iterable[Fact]) -> tuple[str, ...]:
    """The names, sorted: of the line and its settings, and of every script behind it."""
    return tuple(sorted({secret.name for secret in job.secrets} | {fact.value for fact in facts if fact.kind == "secret"}))


def marked(texts: Iterable[bytes]) -> frozenset[str]:
    """The names that stand in texts as `@secret:NAME@`.

    >>> sorted(marked([b"mysql -p@secret:DB_PASSWORD@", b"-u @secret:not a name@"]))
    ['DB_PASSWORD']
    """
    return frozenset(mark.decode() for text in texts for mark in MARK.findall(text))


def injected_as(name: str) -> str:
    """The variable that carries a secret where AWS keeps its own names for itself; the runner looks there first.

    >>> injected_as("DB_PASSWORD"), injected_as("AWS_SECRET_ACCESS_KEY")
    ('DB_PASSWORD', 'MIGRATOR_SECRET_AWS_SECRET_ACCESS_KEY')
    """
    return PREFIX + name if RESERVED.match(name) else name
