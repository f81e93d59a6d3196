"""Which secrets a job needs when it runs: what its job file asks for is what its target's templates inject."""

import re
from collections.abc import Iterable

from migrator.model.finding import Fact
from migrator.model.job import Job

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
