"""The whole tree: which jobs are emitted, which are left out and why, and all files."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec

from migrator import chains, render, secret_names, sh_form, unmet
from migrator.assumptions import settled
from migrator.emit import daily_check, delivery, job_file, job_folder, packages, programs, schedule_text, secret_store, shells
from migrator.errors import EmitError
from migrator.model.job import Host
from migrator.model.plan import JobPlan, OutFile, Plan
from migrator.schedule.proof import only_at_zone_changes
from migrator.schedule.translate import CHOICES
from migrator.schedule.words import difference

AUTO = "auto"
VERDICTS = {"stay": "stays on the server", "drop": "goes with the server", "delete": "can be deleted"}
PROGRAMS = frozenset(programs.HANDLERS)  # the shapes whose programs exist


class Place(NamedTuple):
    """What `emit` has to know of a target; the caller takes it from the targets room."""

    title: str
    provider: str
    languages: tuple[str, ...]
    region: str | None


class LeftOut(NamedTuple):
    """A job of which nothing is written. `blocking`: it should move, and something has to be decided first."""

    job_id: str
    reason: str
    blocking: bool


class EmitResult(NamedTuple):
    """Every file of the tree, and every job that is not in it."""

    out_files: tuple[OutFile, ...]
    left_out: tuple[LeftOut, ...]
    emitted: tuple[str, ...]


def emit(
    plan: Plan,
    scripts: Mapping[str, bytes],
    places: Mapping[str, Place],
    iac: str = AUTO,
    job_ids: Collection[str] = (),
) -> EmitResult:
    """Render a plan. `job_ids`: only these; empty: all. Raises `EmitError` for an id that the plan does not have."""
    plan = msgspec.structs.replace(plan, jobs=tuple(without_packages(entry) for entry in plan.jobs))
    known = {entry.job.id for entry in plan.jobs}
    for job_id in job_ids:
        if job_id not in known:
            raise EmitError(f"{job_id}: no such job in the plan; `migrator jobs` and the report list the ids")
    hosts = {host.host.name: host.host for host in plan.hosts}
    by_id = {entry.job.id: entry for entry in plan.jobs}
    emitted: list[JobPlan] = []
    left_out: list[LeftOut] = []
    job_files: dict[str, bytes] = {}
    for entry in sorted(plan.jobs, key=lambda entry: entry.job.id):
        if job_ids and entry.job.id not in job_ids:
            continue
        host, answers = hosts.get(entry.job.host) or Host(name=entry.job.host), plan.decisions.answers
        head = by_id.get(chains.first(entry.job.id, answers) or "", entry)
        why = _why_not(entry, answers, places) or _data_lost(entry, answers) or _secrets_lost(entry, scripts)
        if why is None and programs.is_scheduled(entry):
            job_files[entry.job.id] = job_file.content(entry, host, answers)
            language = _language(places[entry.placement.option.target], iac)
            why = _unproved(entry, job_files[entry.job.id], answers, language, plan.as_of)
        elif why is None and programs.is_run(entry):
            job_files[entry.job.id] = job_file.content(entry, host, answers, head)
        if why is None and programs.is_run(entry) and sh_form.is_asked(entry.job.id, answers):
            why = _no_sh(entry, job_files[entry.job.id], scripts, answers)
        if why is None:
            emitted.append(entry)
        else:
            left_out.append(why)
    emitted, torn = _whole_chains(emitted, plan.decisions.answers, places, iac)
    left_out += torn
    out: list[OutFile] = []
    followers = chains.followers(plan.decisions.answers)
    for entry in emitted:
        host = hosts.get(entry.job.host) or Host(name=entry.job.host)
        after = followers.get(entry.job.id, ())
        out.extend(job_folder.files(entry, host, scripts, plan.decisions.answers, job_files.get(entry.job.id), after))
    groups: dict[tuple[str, str], list[JobPlan]] = {}
    for entry in emitted:
        place = places[entry.placement.option.target]
        groups.setdefault((place.provider, _language(place, iac)), []).append(entry)
    regions: dict[str, str | None] = {}
    parts: dict[tuple[str, str], tuple[tuple[JobPlan, ...], ...]] = {}
    for (provider, language), entries in sorted(groups.items()):
        option = entries[0].placement.option
        regions[provider] = region = option.region or plan.request.region or places[option.target].region
        templates = shells.files(provider, language, entries, region, plan.decisions.organisation, plan.decisions.answers)
        out.extend(templates.out_files)
        parts[provider, language] = templates.parts
    out.extend(daily_check.files(emitted, job_files, settled({one.name: one.value for one in plan.assumptions})))
    out.extend(delivery.files(plan, emitted, parts, regions))
    out.extend(_around(plan, emitted, left_out, places, parts))
    return EmitResult(tuple(sorted(out, key=lambda file: file.path)), tuple(left_out), tuple(entry.job.id for entry in emitted))


def without_packages(entry: JobPlan) -> JobPlan:
    """The job without the scripts that a package of its image brings."""
    brought = packages.brought(entry.facts)
    return (
        msgspec.structs.replace(entry, scripts=tuple(one for one in entry.scripts if one.path not in brought))
        if brought
        else entry
    )


def _language(place: Place, iac: str) -> str:
    return iac if iac in place.languages else place.languages[0]


def _why_not(entry: JobPlan, answers: Mapping[str, str], places: Mapping[str, Place]) -> LeftOut | None:
    job, placement = entry.job, entry.placement
    reasons = "; ".join(dict.fromkeys(placement.reasons))
    if placement.verdict in VERDICTS:
        return LeftOut(job.id, ": ".join(filter(None, (VERDICTS[placement.verdict], reasons))), blocking=False)
    if placement.verdict == "insufficient-data" and f"{job.id}/target" not in answers:
        return LeftOut(job.id, f"insufficient data: {reasons}; answer {job.id}/target to emit it all the same", blocking=False)
    place = places.get(placement.option.target)
    if place is None or not place.languages:
        return LeftOut(job.id, f"stays on {job.host}: {placement.option.target} has nothing to create", blocking=False)
    if placement.option.shape not in PROGRAMS:
        shape = placement.option.shape
        return LeftOut(
            job.id, f"the programs of the shape {shape} are not written yet; answer {job.id}/shape: scheduled_batch", True
        )
    unsayable = next((misfit.message for misfit in placement.option.misfits if misfit.need == "schedule"), None)
    if unsayable is not None:
        return LeftOut(job.id, f"{unsayable}; answer {job.id}/target or {job.id}/shape", True)
    if programs.is_scheduled(entry) and job_file.translation(entry) is None:
        return LeftOut(job.id, f"its schedule has no {placement.option.dialect} form: {' '.join(job.schedule.expressions)}", True)
    return None


def _whole_chains(
    emitted: list[JobPlan], answers: Mapping[str, str], places: Mapping[str, Place], iac: str
) -> tuple[list[JobPlan], list[LeftOut]]:
    """The jobs whose chain can be written: what one of its templates names has to stand beside it."""
    left_out: list[LeftOut] = []
    followers = chains.followers(answers)
    while True:
        beside = {
            entry.job.id: (places[entry.placement.option.target].provider, _language(places[entry.placement.option.target], iac))
            for entry in emitted
        }
        torn = []
        for entry in emitted:
            job_id = entry.job.id
            before = chains.before(job_id, answers)
            ends = (*followers.get(job_id, ()), *((before,) if before else ()))
            apart = next((end for end in ends if beside.get(end) != beside[job_id]), None)
            if apart is not None:
                why = f"it belongs to the workflow of {apart}, which is not emitted beside it"
                torn.append(LeftOut(job_id, f"{why}; see there, or choose the same target, or --iac", blocking=True))
        if not torn:
            return emitted, left_out
        left_out += torn
        gone = {item.job_id for item in torn}
        emitted = [entry for entry in emitted if entry.job.id not in gone]


def _unproved(entry: JobPlan, job_json: bytes, answers: dict[str, str], language: str, as_of: datetime) -> LeftOut | None:
    """The expressions are read out of the rendered templates and proved once more, whatever the plan says of them."""
    proof = schedule_text.prove_again(entry, language, job_json, dict(job_folder.runner_files())["guard.py"], as_of)
    if proof.status == "equal" or schedule_text.is_accepted(entry, proof, answers):
        return None
    first = (
        f" ({', '.join(difference(text) for text in proof.first[:3])}{' ...' if len(proof.first) > 3 else ''})"
        if proof.first
        else ""
    )
    why = f"{proof.reason or proof.differing}{first}"
    offers = f"answer {entry.job.id}/schedule-accepted: yes to accept that"
    if only_at_zone_changes(proof):
        chosen = job_file.translation(entry)
        others = " or ".join(word for word in CHOICES if chosen is None or word != chosen.choice)
        offers = f"answer {entry.job.id}/dst: {others}, then plan again"
    return LeftOut(entry.job.id, f"its schedule is not proved equal ({proof.status}: {why}); {offers}", blocking=True)


def _data_lost(entry: JobPlan, answers: Mapping[str, str]) -> LeftOut | None:
    """Files that the job needs and that nothing here carries: it would begin again from nothing, or fail each time."""
    needs = unmet.of_entry(entry, answers)
    return LeftOut(entry.job.id, "; ".join(needs), blocking=True) if needs else None


def _secrets_lost(entry: JobPlan, scripts: Mapping[str, bytes]) -> LeftOut | None:
    """A secret that no template would inject: the runner would refuse to start, at the first firing."""
    injected = {secret.variable for secret in secret_store.to_create(entry.placement.option.resources)}
    lost = sorted((job_file.marked(entry, scripts) | {*secret_names.needed(entry.job, entry.facts)}) - injected)
    if not lost:
        return None
    return LeftOut(
        entry.job.id, f"its templates do not inject {', '.join(lost)}; the plan is older than this version: plan again", True
    )


def _no_sh(entry: JobPlan, job_json: bytes, scripts: Mapping[str, bytes], answers: Mapping[str, str]) -> LeftOut | None:
    """What the job would lose with the runner that the user asked for."""
    lacks = sh_form.lacking(entry, job_json, [scripts[script.sha256] for script in entry.scripts], answers)
    if not lacks:
        return None
    id_ = entry.job.id
    why = f"the runner for images without Python cannot do what it needs: {', '.join(lacks)}"
    return LeftOut(id_, f"{why}; answer {id_}/{sh_form.TOPIC}: python, then plan again", blocking=True)


def _by_reason(left_out: list[LeftOut]) -> list[tuple[tuple[bool, str], list[str]]]:
    """Each reason once with its jobs; what waits for a decision comes first."""
    found: dict[tuple[bool, str], list[str]] = {}
    for item in sorted(left_out, key=lambda item: not item.blocking):
        found.setdefault((item.blocking, item.reason), []).append(item.job_id)
    return list(found.items())


def _around(
    plan: Plan,
    emitted: list[JobPlan],
    left_out: list[LeftOut],
    places: Mapping[str, Place],
    groups: delivery.Groups,
) -> tuple[OutFile, ...]:
    entries = {entry.job.id: entry for entry in plan.jobs}
    kinds = {resource.kind for entry in emitted for resource in entry.placement.option.resources}
    context: dict[str, object] = {
        "plan": plan,
        "emitted": [
            {
                "entry": entry,
                "place": places[entry.placement.option.target],
                "package": "image" if job_folder.is_image(entry) else "zip" if programs.is_run(entry) else "none: a call",
            }
            for entry in emitted
        ],
        "left_out": [
            {"reason": reason, "blocking": blocking, "entries": [entries[job_id] for job_id in ids]}
            for (blocking, reason), ids in _by_reason(left_out)
        ],
        "groups": delivery.made(groups),
        "clouds": sorted({provider for provider, _ in groups} & delivery.CLOUDS),
        "subjects": delivery.subjects(plan),
        "hosts": sorted({entry.job.host for entry in emitted}),
        "notes": [peak.summary for peak in plan.quotas if {*peak.jobs} & {entry.job.id for entry in emitted}],
        "images": sorted(entry.job.id for entry in emitted if job_folder.is_image(entry)),
        "queues": any(programs.takes_messages(entry) for entry in emitted),
        "undelivered": "aws_scheduler_schedule" in kinds,
        "checked": any(daily_check.of(entry) is not None for entry in emitted),
        "asks": bool(kinds & {*daily_check.SCHEDULERS, "kubernetes_lease"}),
        "registries": sorted({group.provider for group in delivery.made(groups) if group.images}),
        "google": any(kind.startswith("gcp_cloud_run") for kind in kinds),
    }
    return (OutFile(path="README.md", content=render.text("delivery/README.md.j2", "markdown", **context).encode()),)
