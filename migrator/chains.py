"""Which job starts which, where the user made a chain of jobs one workflow.

Line: `<job id>/after: <job id>` in decisions.yaml: the first is started when the second has ended well, and has no schedule any
more. Both then have the shape `workflow`.
"""

from collections.abc import Mapping

import msgspec

from migrator.model.plan import Decisions

TOPIC = "after"
SHAPE = "workflow"


def before(job_id: str, answers: Mapping[str, str]) -> str | None:
    """The job whose end starts this one; None: its own schedule does."""
    return answers.get(f"{job_id}/{TOPIC}")


def after(job_id: str, answers: Mapping[str, str]) -> tuple[str, ...]:
    """The jobs that the end of this one starts, sorted.

    >>> after("a", {"c/after": "a", "b/after": "a", "d/after": "b", "a/shape": "workflow"})
    ('b', 'c')
    """
    ending = f"/{TOPIC}"
    return tuple(sorted(key.removesuffix(ending) for key, value in answers.items() if value == job_id and key.endswith(ending)))


def followers(answers: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The same for every job whose end starts others.

    >>> followers({"c/after": "a", "b/after": "a", "d/after": "b", "a/shape": "workflow"})
    {'a': ('b', 'c'), 'b': ('d',)}
    """
    ending = f"/{TOPIC}"
    found: dict[str, list[str]] = {}
    for key, value in answers.items():
        if key.endswith(ending):
            found.setdefault(value, []).append(key.removesuffix(ending))
    return {job_id: tuple(sorted(after)) for job_id, after in found.items()}


def first(job_id: str, answers: Mapping[str, str]) -> str | None:
    """The job at the head of the chain, whose schedule starts them all: the job itself where it is in none; None for a circle.

    >>> first("c", {"c/after": "b", "b/after": "a"}), first("a", {}), first("a", {"a/after": "b", "b/after": "a"})
    ('a', 'a', None)
    """
    seen = [job_id]
    while (one := before(seen[-1], answers)) is not None:
        if one in seen:
            return None
        seen.append(one)
    return seen[-1]


def with_shapes(decided: Decisions) -> Decisions:
    """The decisions, and the shape that follows from each chain; what the user said of a shape stays.

    >>> with_shapes(Decisions(answers={"b/after": "a", "a/shape": "fan_out"})).answers
    {'b/after': 'a', 'a/shape': 'fan_out', 'b/shape': 'workflow'}
    """
    found = dict(decided.answers)
    for key, value in decided.answers.items():
        if key.endswith(f"/{TOPIC}"):
            for job_id in (key.removesuffix(f"/{TOPIC}"), value):
                found.setdefault(f"{job_id}/shape", SHAPE)
    return msgspec.structs.replace(decided, answers=found)


def wrong(answers: Mapping[str, str], monthly_runs: Mapping[str, float | None]) -> dict[str, str]:
    """What of the chains cannot be: answer id -> message. `monthly_runs`: of each job of the plan; None where nobody knows."""
    found: dict[str, str] = {}
    for key, one in answers.items():
        job_id, _, topic = key.rpartition("/")
        if topic != TOPIC or job_id not in monthly_runs:
            continue
        own, other = monthly_runs[job_id], monthly_runs.get(one)
        if one not in monthly_runs:
            found[key] = f"{key}: no job of this plan is called {one!r}"
        elif first(job_id, answers) is None:
            found[key] = f"{key}: {one} comes after {job_id} itself: a circle starts never"
        elif own is None or other is None or abs(own - other) > 0.005 * max(own, other):
            found[key] = f"{key}: {job_id} starts {_times(own)} a month and {one} {_times(other)}: each end would start it"
        else:
            for end in (job_id, one):
                said = answers.get(f"{end}/shape", SHAPE)
                if said != SHAPE:
                    found[key] = f"{key}: {end}/shape is {said}; a chain is a {SHAPE}"
    return found


def _times(monthly: float | None) -> str:
    return "nobody knows how often" if monthly is None else f"{monthly:,.1f} times"
