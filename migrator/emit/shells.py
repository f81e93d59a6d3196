"""<provider>/<language>/: the resources of all jobs in one language, set into that language's shell."""

from collections.abc import Iterable
from typing import NamedTuple

from migrator import render
from migrator.emit import job_folder
from migrator.errors import EmitError
from migrator.model.option import Resource
from migrator.model.plan import JobPlan, OutFile


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


def files(provider: str, language: str, entries: Iterable[JobPlan], region: str | None) -> tuple[OutFile, ...]:
    """The templates of these jobs, all of one provider. Raises `EmitError` if two jobs want different things of one name."""
    layout, jobs = LANGUAGES[language], tuple(entries)
    shared: dict[tuple[str, str], Resource] = {}
    first: dict[tuple[str, str], JobPlan] = {}  # whose fragment it becomes
    by_job: list[tuple[JobPlan, list[str]]] = []
    together: list[str] = []
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
    together = [fragment(resource, first[key], layout, language) for key, resource in sorted(shared.items())]
    out = []
    fragments = _joined(together if layout.per_job else [*together, *(text for _, own in by_job for text in own)])
    main = render.text(
        "languages/" + layout.shell.format(provider=provider),
        language,
        region=region,
        fragments="\n".join(layout.indent + line if line else "" for line in fragments.split("\n")).strip("\n"),
        jobs=[entry.job for entry, _ in by_job],
        images=any(job_folder.is_image(entry) for entry, _ in by_job),
        files=sorted(layout.per_job.format(job=entry.job.id) for entry, _ in by_job) if layout.per_job else [],
    )
    out.append(OutFile(path=f"{provider}/{layout.output}", content=main.encode()))
    if layout.per_job:
        if fragments:
            name = layout.per_job.format(job="shared")
            out.append(OutFile(path=f"{provider}/{name}", content=fragments.encode()))
        for entry, own in by_job:
            name = layout.per_job.format(job=entry.job.id)
            out.append(OutFile(path=f"{provider}/{name}", content=_joined(own).encode()))
    return tuple(out)


def fragment(resource: Resource, entry: JobPlan, layout: Language, language: str) -> str:
    """One resource in a language; empty where the language needs none (SAM names a secret where it is used)."""
    template = f"resources/{resource.kind}/{layout.fragment}"
    if render.source(template) is None:
        return ""
    job = {
        "id": entry.job.id,
        "name": entry.job.name,
        "host": entry.job.host,
        "description": f"{entry.job.name}: was {entry.job.location} on {entry.job.host}",
    }
    return render.text(template, language, v=resource.values, name=resource.name, job=job)


def _is_shared(resource: Resource, entry: JobPlan) -> bool:
    identifier = entry.job.id.replace("-", "_")
    return not resource.name.startswith((identifier, f"job_{identifier}"))  # job_: where the id begins with a digit


def _definition(resource: Resource) -> dict[str, object]:
    return {key: value for key, value in resource.values.items() if key != "usage"}


def _joined(texts: Iterable[str]) -> str:
    whole = [text.strip("\n") for text in texts if text.strip()]
    return "\n\n".join(whole) + "\n" if whole else ""
