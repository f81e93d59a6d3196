"""What stands around the jobs: README, Makefile, workflows, the commands of the day after, and how each server is left."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from migrator import chains, render
from migrator.emit import cut_over, daily_check, day_two, job_folder, pauses, programs, shells
from migrator.model.plan import JobPlan, OutFile, Plan
from migrator.runner import paused

Groups = Mapping[tuple[str, str], Sequence[Sequence[JobPlan]]]  # by provider and language: the jobs of each file of templates
REGISTRIES = {
    "aws": "123456789012.dkr.ecr.us-east-1.amazonaws.com/jobs",
    "gcp": "us-central1-docker.pkg.dev/PROJECT/jobs",
    "azure": "REGISTRY.azurecr.io/jobs",
    "kubernetes": "registry.example.com/jobs",
}
DIGESTS = {
    "terraform": "{provider}/terraform/images.auto.tfvars.json",
    "bicep": "{provider}/bicep/images.parameters.json",
    "kubernetes": "{provider}/kustomization.yaml",
}
ENVIRONMENT = "production"  # whose reviewers agree to `apply` where the organisation names none
CLOUDS = frozenset({"aws", "gcp", "azure"})  # which let a workflow in by what GitHub says of it; a cluster has its own way
PLATFORMS = {"x86_64": "linux/amd64", "arm64": "linux/arm64"}
# what the workflow takes from the repository's variables, and under which name a command wants it
SETTINGS = {
    "aws": (("AWS_REGISTRY", "AWS_REGISTRY"), ("STACK", "STACK")),
    "gcp": (("GCP_REGISTRY", "GCP_REGISTRY"), ("TF_VAR_project", "GCP_PROJECT")),
    "azure": (("AZURE_REGISTRY", "AZURE_REGISTRY"), ("GROUP", "AZURE_GROUP"), ("TF_VAR_resource_group_name", "AZURE_GROUP")),
    "kubernetes": (("KUBERNETES_REGISTRY", "KUBERNETES_REGISTRY"), ("KUBECONFIG_COMMAND", "KUBECONFIG_COMMAND")),
}
VARIABLES = {  # what the commands of the day after take from the environment
    "aws_lambda_function": (("STACK", "the stack of SAM"),),
    "aws_api_destination": (("STACK", "the stack of SAM"),),
    "azure_logic_app_workflow": (("GROUP", "the resource group"),),
    "gcp_cloud_scheduler_http_job": (("REGION", "the region"),),
    "aws_ecs_task_definition": (("SUBNETS", "subnet ids with commas"), ("SECURITY_GROUPS", "security group ids with commas")),
    "gcp_cloud_run_v2_job": (("REGION", "the region"),),
    "gcp_cloud_run_v2_service": (("REGION", "the region"),),
    "azure_container_app_job": (("GROUP", "the resource group"), ("WORKSPACE", "the id of the log workspace")),
    "azure_function_app": (("GROUP", "the resource group"), ("WORKSPACE", "the id of the log workspace")),
}


# what GitHub takes in CODEOWNERS; a team's name in other words stands in README.md only
# https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
CODE_OWNER = re.compile(r"@[A-Za-z0-9-]+(?:/[A-Za-z0-9._-]+)?|[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+")


class Group(NamedTuple):
    """The jobs of one provider in one language. `name`: the provider, with the language where it has several here."""

    name: str
    provider: str
    language: str
    images: tuple["Image", ...]  # () where the language builds its own
    digests: str  # the file that says which image is run
    templates: tuple[str, ...]
    stacks: tuple[str, ...]  # what follows the name of each template's stack
    apps: tuple["App", ...] = ()  # whose code is brought after the deployment


class Image(NamedTuple):
    """An image that has to be built: the name under which the templates take it, its folder, and for which processor."""

    job_id: str
    folder: str
    platform: str


class App(NamedTuple):
    """A job whose code goes into an app that the templates create, and what that app's name begins with."""

    job_id: str
    name: str


def files(plan: Plan, emitted: Sequence[JobPlan], groups: Groups, regions: Mapping[str, str | None]) -> tuple[OutFile, ...]:
    """Everything but README.md, which says what was left out, too. `regions`: of each provider."""
    context = _context(plan, emitted, groups)
    rendered = [
        ("Makefile", "Makefile.j2", "makefile"),
        (".gitignore", "gitignore.j2", "text"),
        ("ruff.toml", "ruff.toml.j2", "text"),
        (".github/workflows/check.yml", "check.yml.j2", "workflow"),
    ]
    if groups:
        rendered += [(".github/workflows/deploy.yml", "deploy.yml.j2", "workflow")]
    if context["owners"]:
        rendered += [(".github/CODEOWNERS", "codeowners.j2", "text")]
    if context["registries"]:
        rendered += [("digests.py", "digests.py.j2", "python")]
    found = [
        OutFile(path=path, content=render.text(f"delivery/{name}", kind, **context).encode()) for path, name, kind in rendered
    ]
    if context["jobs"]:
        script = render.text("delivery/jobs.sh.j2", "shell", **context)
        found.append(OutFile(path="jobs.sh", content=script.encode(), executable=True))
    for provider, language in sorted(groups):
        if language == "terraform":
            backend = render.text("delivery/backend.tf.j2", language, provider=provider, region=regions[provider])
            found.append(OutFile(path=f"{provider}/terraform/backend.tf.example", content=backend.encode()))
    return (*found, *cut_over.files(plan, emitted))


def subjects(plan: Plan) -> tuple[str, ...]:
    """What GitHub's token says of the workflow's jobs, after the name of the repository: in their environment, or on the branch.

    Source: https://docs.github.com/actions/reference/security/oidc#example-subject-claims
    """
    environments = plan.decisions.organisation.environments
    if environments:  # both jobs run in it
        return tuple(f"environment:{name}" for name in environments)
    return ("ref:refs/heads/main", f"environment:{ENVIRONMENT}")


def made(groups: Groups) -> list[Group]:
    """The groups in order, with the files and stacks that each has."""
    found: list[Group] = []
    for (provider, language), parts in sorted(groups.items()):
        output, many = shells.LANGUAGES[language].output, len(parts)
        templates = tuple(f"{provider}/{shells.part_name(output, at, many)}" for at in range(1, many + 1))
        stacks = tuple(f"-{at:0{max(2, len(str(many)))}}" if many > 1 else "" for at in range(1, many + 1))
        entries = [entry for part in parts for entry in part]
        images = tuple(
            Image(entry.job.id, f"jobs/{entry.job.id}", _platform(entry)) for entry in entries if job_folder.is_image(entry)
        )
        check = daily_check.image(entries)
        images += () if check is None else (Image(*check, PLATFORMS["x86_64"]),)
        several = sum(provider == other for other, _ in groups) > 1
        name = f"{provider}-{language}" if several else provider
        digests = DIGESTS.get(language, "").format(provider=provider)
        apps = tuple(
            App(entry.job.id, str(made.values["app_name"]))
            for part in parts
            for entry in part
            for made in entry.placement.option.resources
            if made.kind == "azure_function_app"
        )
        found.append(Group(name, provider, language, images if digests else (), digests, templates, stacks, apps))
    return found


def _context(plan: Plan, emitted: Sequence[JobPlan], groups: Groups) -> dict[str, object]:
    everything = made(groups)
    placed = [
        (entry, group.language, stack)
        for group in everything
        for part, stack in zip(groups[group.provider, group.language], group.stacks, strict=True)
        for entry in part
    ]
    jobs = [(entry.job.id, done) for entry, *where in placed if (done := day_two.commands(entry, *where)) is not None]
    kinds = {resource.kind for entry in emitted for resource in entry.placement.option.resources}
    answers = plan.decisions.answers
    befores = {entry.job.id: one for entry in emitted if (one := chains.before(entry.job.id, answers)) is not None}
    chained: dict[str | None, list[str]] = {}
    for entry in emitted:
        chained.setdefault(chains.first(entry.job.id, answers), []).append(entry.job.id)
    told = {
        (entry.job.id, word): command
        for entry, language, stack in placed
        for word in paused.WORDS
        if (command := pauses.command(entry, word, chained.get(entry.job.id, ()), stack if language == "sam" else None))
        is not None
    }
    return {
        "told": told,
        "tellers": {command.split(" ", 1)[0] for command in told.values()},
        "plan": plan,
        "prefix": plan.decisions.organisation.name_prefix or "",
        "owners": [owner for owner in plan.decisions.organisation.owners if CODE_OWNER.fullmatch(owner)],
        "groups": everything,
        "checked": any("daily_check" in kind for kind in kinds),
        "registries": {group.provider: REGISTRIES[group.provider] for group in everything if group.images},
        "settings": SETTINGS,
        "default_environment": ENVIRONMENT,
        "jobs": sorted(jobs),
        "befores": befores,
        "heads": {job_id: chains.first(job_id, answers) for job_id in befores},
        "variables": sorted({variable for kind in kinds for variable in VARIABLES.get(kind, ())}),
        "queues": any(done.redrive for _, done in jobs),
        "aws": any(provider == "aws" for provider, _ in groups),
        "apps": any(group.apps for group in everything),
        "pushed": "gcp_pubsub_subscription" in kinds,
        "scheduled": any(programs.is_scheduled(entry) for entry in emitted),
    }


def _platform(entry: JobPlan) -> str:
    size = entry.placement.option.size
    return PLATFORMS["x86_64" if size is None else size.architecture]
