"""<provider>/<language>/: the resources of all jobs in one language, set into that language's shell."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from migrator import chains, render
from migrator.emit import daily_check, job_folder
from migrator.errors import EmitError
from migrator.model.option import Resource
from migrator.model.plan import JobPlan, Organisation, OutFile


class Templates(NamedTuple):
    """The files of one provider and language, and the jobs of each stack: one, or as many as the platform's quota asks for."""

    out_files: tuple[OutFile, ...]
    parts: tuple[tuple[JobPlan, ...], ...]


class Language(NamedTuple):
    """How a deployment language is laid out."""

    fragment: str  # the template's name in templates/resources/<kind>/
    shell: str  # the template's name in templates/languages/
    output: str  # the shell's name in the tree, under the provider's folder
    per_job: str | None  # each job's own file; None: all fragments stand in the shell
    indent: str = ""


LANGUAGES = {
    "terraform": Language("terraform.tf.j2", "terraform/{provider}.tf.j2", "terraform/main.tf", "terraform/{job}.tf"),
    "sam": Language("sam.yaml.j2", "sam/template.yaml.j2", "sam/template.yaml", None, "  "),
    "bicep": Language("main.bicep.j2", "bicep/main.bicep.j2", "bicep/main.bicep", None),
    "kubernetes": Language("manifest.yaml.j2", "kubernetes/kustomization.yaml.j2", "kustomization.yaml", "{job}.yaml"),
}


Own = tuple[JobPlan, list[str]]  # a job and its fragments


class Beside(NamedTuple):
    """What else there is."""

    shared: Sequence[tuple[str, Mapping[str, object]]]  # kind and values of all that the jobs share
    kinds: frozenset[str]  # of all resources, the jobs' own, too


NOTHING = Beside((), frozenset())
# The most resources of one stack, with some room for what SAM adds; how a fragment's resources are counted.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html (500)
# https://learn.microsoft.com/azure/azure-resource-manager/templates/best-practices (800)
QUOTAS = {"sam": (450, re.compile(r"^\w+:$", re.MULTILINE)), "bicep": (750, re.compile(r"^resource \w+ ", re.MULTILINE))}
NONE = Organisation()
MAIL = re.compile(r"[^@\s]+@[^@\s]+")  # an owner who can be told; others are names of teams


def files(
    provider: str,
    language: str,
    entries: Iterable[JobPlan],
    region: str | None,
    organisation: Organisation = NONE,
    answers: Mapping[str, str] = {},
) -> Templates:
    """The templates of these jobs, all of one provider; `answers` say which of them are a chain and stand in one stack.

    Raises `EmitError` if two jobs want different things of one name."""
    layout = LANGUAGES[language]
    shared, by_job = _rendered(language, entries)
    beside = Beside([(one.kind, one.values) for one, _ in shared], frozenset(one.kind for one in _resources(by_job)))
    together = [fragment(resource, entry, layout, language, (), beside) for resource, entry in shared]
    everything = "\n".join([*together, *(text for _, own in by_job for text in own)])  # whose variables a shell declares
    out = []
    parts = split(language, together, by_job, answers)
    for number, part in enumerate(parts, 1):
        if not layout.per_job:  # what all jobs of a stack share may name them
            together = [fragment(resource, entry, layout, language, _named(part), beside) for resource, entry in shared]
        fragments = _joined(together if layout.per_job else [*together, *(text for _, own in part for text in own)])
        main = render.text(
            "languages/" + layout.shell.format(provider=provider),
            language,
            region=region,
            organisation=organisation,
            notify=next((owner for owner in organisation.owners if MAIL.fullmatch(owner)), ""),
            fragments="\n".join(layout.indent + line if line else "" for line in fragments.split("\n")).strip("\n"),
            jobs=[entry.job for entry, _ in part],
            switches=sorted({str(switch) for entry, _ in part for switch in _switches(entry)}),
            kinds={resource.kind for resource in _resources(part)},
            everything=everything,
            checked=any("daily_check" in resource.kind for resource, _ in shared),
            fixed=_fixed(entry for entry, _ in part),
            private=any(one.values.get("private_network") for one in _resources(part)),
            images=any(job_folder.is_image(entry) for entry, _ in part)
            or daily_check.image(entry for entry, _ in part) is not None,
            files=_files_of(layout, part, shared=bool(together)),
        )
        out.append(OutFile(path=f"{provider}/{part_name(layout.output, number, len(parts))}", content=main.encode()))
    if layout.per_job:
        if together:
            name = layout.per_job.format(job="shared")
            out.append(OutFile(path=f"{provider}/{name}", content=_joined(together).encode()))
        for entry, own in by_job:
            name = layout.per_job.format(job=entry.job.id)
            out.append(OutFile(path=f"{provider}/{name}", content=_joined(own).encode()))
    return Templates(tuple(file for file in out if file.content), tuple(tuple(entry for entry, _ in part) for part in parts))


def _resources(part: Iterable[Own]) -> Iterable[Resource]:
    """All that these jobs have."""
    return (resource for entry, _ in part for resource in entry.placement.option.resources)


def _fixed(entries: Iterable[JobPlan]) -> set[str]:
    """The places of jobs that need an address which stays the same."""
    return {
        entry.placement.option.target
        for entry in entries
        if any(need.kind == "fixed_address" for finding in entry.findings for need in finding.needs)
    }


def _files_of(layout: Language, part: Sequence[Own], *, shared: bool) -> list[str]:
    """The files that a shell names, where each job has its own."""
    names = [entry.job.id for entry, _ in part] + (["shared"] if shared else [])
    return sorted(layout.per_job.format(job=name) for name in names) if layout.per_job else []


def _rendered(language: str, entries: Iterable[JobPlan]) -> tuple[list[tuple[Resource, JobPlan]], list[Own]]:
    """What all jobs share, with the first that has it, and the fragments of each job.

    Raises `EmitError` if two jobs want different things of one name."""
    layout, jobs = LANGUAGES[language], tuple(entries)
    shared: dict[tuple[str, str], Resource] = {}
    first: dict[tuple[str, str], JobPlan] = {}  # whose fragment it becomes
    by_job: list[tuple[JobPlan, list[str]]] = []
    for entry in jobs:
        own = []
        for resource in entry.placement.option.resources:
            if _is_shared(resource, entry):
                known = shared.setdefault((resource.kind, resource.name), resource)
                first.setdefault((resource.kind, resource.name), entry)
                if _definition(known) != _definition(resource):
                    raise EmitError(
                        f"{resource.kind}.{resource.name}: two jobs describe it differently; emit them apart with --job"
                    )
                continue
            own.append(fragment(resource, entry, layout, language))
        by_job.append((entry, own))
    return [(resource, first[key]) for key, resource in sorted(shared.items(), key=lambda one: one[0])], by_job


def split(language: str, together: list[str], by_job: list[Own], answers: Mapping[str, str] = {}) -> list[list[Own]]:
    """The jobs in as few parts as the platform's quota of resources in one stack allows, in order, a chain undivided; what they
    share is in each."""
    quota = QUOTAS.get(language)
    if quota is None:
        return [by_job]
    most, resource = quota
    shared = sum(len(resource.findall(text)) for text in together)
    parts: list[list[Own]] = [[]]
    count = shared
    whole: dict[str | None, list[Own]] = {}
    for one in by_job:
        whole.setdefault(chains.first(one[0].job.id, answers), []).append(one)
    for chain in whole.values():
        own = sum(len(resource.findall(text)) for _, texts in chain for text in texts)
        if parts[-1] and count + own > most:
            parts.append([])
            count = shared
        parts[-1] += chain
        count += own
    return parts


def part_name(output: str, number: int, many: int) -> str:
    """The file of one part.

    >>> part_name("sam/template.yaml", 2, 12), part_name("sam/template.yaml", 1, 1)
    ('sam/template-02.yaml', 'sam/template.yaml')
    """
    stem, dot, suffix = output.rpartition(".")
    return output if many == 1 else f"{stem}-{number:0{max(2, len(str(many)))}}{dot}{suffix}"


def _named(part: Iterable[Own]) -> list[dict[str, object]]:
    """The jobs of one stack that a schedule starts, with the names of their switches and of their schedules in the template."""
    return [
        {
            "id": entry.job.id,
            "switch": str(switch),
            "schedules": [
                str(one.values["logical_id"])
                for one in entry.placement.option.resources
                if one.values.get("enabled_by") == switch and {"schedule_name", "logical_id"} <= one.values.keys()
            ],
        }
        for entry, _ in part
        for switch in sorted(_switches(entry), key=str)
    ]


def _switches(entry: JobPlan) -> set[object]:
    """The names under which a job's own switch stands in CloudFormation."""
    found = {resource.values.get("enabled_by") for resource in entry.placement.option.resources}
    return found - {None}


def fragment(
    resource: Resource,
    entry: JobPlan,
    layout: Language,
    language: str,
    part: Sequence[Mapping[str, object]] = (),
    beside: Beside = NOTHING,
) -> str:
    """One resource in a language; empty where the language needs none (SAM names a secret where it is used).

    `part`: the jobs of its stack.
    """
    template = f"resources/{resource.kind}/{layout.fragment}"
    if render.source(template) is None:
        return ""
    job = {
        "id": entry.job.id,
        "name": entry.job.name,
        "host": entry.job.host,
        "description": f"{entry.job.name}: was {entry.job.location} on {entry.job.host}",
    }
    around = {"beside": beside.shared, "kinds": beside.kinds}
    return render.text(template, language, v=resource.values, name=resource.name, job=job, part=part, **around)


def _is_shared(resource: Resource, entry: JobPlan) -> bool:
    identifier = entry.job.id.replace("-", "_")
    return not resource.name.startswith((identifier, f"job_{identifier}"))  # job_: where the id begins with a digit


def _definition(resource: Resource) -> dict[str, object]:
    return {key: value for key, value in resource.values.items() if key != "usage"}


def _joined(texts: Iterable[str]) -> str:
    whole = [text.strip("\n") for text in texts if text.strip()]
    return "\n\n".join(whole) + "\n" if whole else ""
