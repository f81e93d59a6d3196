"""jobs/<job id>/: everything that belongs to one job, whatever starts it."""

import functools
import importlib.resources
import posixpath
import re
from collections.abc import Mapping

from migrator import chains, locales, other_user, render, sh_form, unmet
from migrator.emit import job_file, node_packages, packages, php, programs, python_packages, secret_store, sh_runner
from migrator.model.finding import Fact
from migrator.model.job import Host
from migrator.model.option import Resource
from migrator.model.plan import JobPlan, OutFile

DEBIAN = {"13": "trixie", "12": "bookworm", "11": "bullseye"}
DEFAULT_RELEASE = "bookworm"
USER_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
# users that debian:*-slim brings along, with their numbers (base-passwd, passwd.master)
DEBIAN_USERS = {
    "daemon": 1, "bin": 2, "sys": 3, "games": 5, "man": 6, "lp": 7, "mail": 8, "news": 9, "uucp": 10, "proxy": 13, "www-data": 33,
    "backup": 34, "list": 38, "irc": 39, "nobody": 65534,
}  # fmt: skip
PLAIN_PATH = re.compile(r"/[A-Za-z0-9._/-]+")
# what a platform calls in a job's folder, where it takes the folder itself: by the kind of what runs it
ENTRIES = {
    "aws_lambda_function": (("handler.py", "job/handler.py.j2", "python"),),
    "azure_task_hub": (("function_app.py", "job/durable_app.py.j2", "python"), ("host.json", "job/host.json.j2", "text")),
    "azure_function_app": (("function_app.py", "job/function_app.py.j2", "python"), ("host.json", "job/host.json.j2", "text")),
}
WANTED = {
    "azure_function_app": ("azure-functions",),
    "azure_task_hub": ("azure-functions-durable",),
}  # libraries of the platform that those import
STORES = {  # how a file is brought to a store by hand
    "aws_s3_bucket": "aws s3 cp {path} s3://BUCKET/{key}",
    "gcp_storage_bucket": "gcloud storage cp {path} gs://BUCKET/{key}",
    "azure_storage_account": (
        "az storage blob upload --auth-mode login --account-name ACCOUNT --container-name CONTAINER --file {path} --name {key}"
    ),
    # POD: any that mounts the claim at /mnt/migrator
    "kubernetes_persistent_volume_claim": (
        """kubectl exec -i POD -- sh -c 'mkdir -p "${{0%/*}}" && cat > "$0"' /mnt/migrator/{key} < {path}"""
    ),
}
# folders of every image, which stay as they are, and what anybody may write into or nobody can
SYSTEM = frozenset(
    "/ /bin /boot /dev /etc /home /lib /media /mnt /opt /proc /root /run /sbin /srv /sys /usr /usr/bin /usr/lib /usr/local "
    "/usr/local/bin /usr/sbin /usr/share /var /var/backups /var/cache /var/lib /var/log /var/mail /var/run /var/spool".split()
)
ANYBODY_S = ("/tmp", "/var/tmp", "/dev/", "/proc/", "/sys/", "/run/", "/etc/", "/usr/", "/var/spool/cron")  # noqa: S108 - names
FIRST_UID = 10001  # no user of a base image has it


def files(
    entry: JobPlan,
    host: Host,
    scripts: Mapping[str, bytes],
    answers: Mapping[str, str],
    job_json: bytes | None = None,
    after: tuple[str, ...] = (),
) -> tuple[OutFile, ...]:
    """The folder of one job; `job_json`: its job file, where the caller has it already; `after`: the jobs that its end starts."""
    folder = f"jobs/{entry.job.id}"
    context = {**_context(entry, host, scripts, answers), "after": after}
    if not programs.is_run(entry):
        readme = render.text(f"shapes/{entry.placement.option.shape}/README.md.j2", "markdown", **context)
        return (OutFile(path=f"{folder}/README.md", content=readme.encode()),)
    zip_ = is_zip(entry.placement.option.resources)
    rendered = [
        ("README.md", "job/README.md.j2", "markdown"),
        ("test_job.py", "job/test_job_sh.py.j2" if context["sh"] else "job/test_job.py.j2", "python"),
        *([] if zip_ else [("Dockerfile", "job/Dockerfile.j2", "dockerfile"), (".dockerignore", "job/dockerignore.j2", "text")]),
        *([("requirements.txt", "job/requirements.txt.j2", "text")] if context["requirements"] else []),
        *(entry_programs(entry.placement.option.resources) if zip_ and not programs.handlers(entry) else ()),
    ]
    job_json = job_json or job_file.content(entry, host, answers)
    return (
        *(
            OutFile(path=f"{folder}/{name}", content=render.text(source, kind, **context).encode())
            for name, source, kind in rendered
        ),
        OutFile(path=f"{folder}/job.json", content=job_json),
        *(
            OutFile(
                path=f"{folder}/files{job_file.server_path(script.path)}",
                content=scripts[script.sha256],
                executable=script.executable is not False,
            )
            for script in entry.scripts
        ),
        *(
            OutFile(path=f"{folder}/{file.path}", content=file.content, executable=file.executable)
            for file in programs.files(entry)
        ),
        *(
            OutFile(path=f"{folder}/{file.path}", content=file.content, executable=file.executable)
            for file in (sh_runner.files(job_json) if context["sh"] else _runner())
        ),
    )


def is_image(entry: JobPlan) -> bool:
    """True where an image has to be built and pushed."""
    return programs.is_run(entry) and not is_zip(entry.placement.option.resources)


def is_zip(resources: tuple[Resource, ...]) -> bool:
    """True where the chosen target takes the folder itself, not an image."""
    return any(resource.values.get("package") == "zip" for resource in resources)


def entry_programs(resources: tuple[Resource, ...]) -> tuple[tuple[str, str, str], ...]:
    """File, template and language of what the platform calls; what stands around a function comes before the function."""
    kinds = {resource.kind for resource in resources}
    return next((files for kind, files in ENTRIES.items() if kind in kinds), ())


def _runner() -> tuple[OutFile, ...]:
    return tuple(OutFile(path=f"runner/{name}", content=content) for name, content in runner_files())


@functools.cache
def runner_files() -> tuple[tuple[str, bytes], ...]:
    """The runner, verbatim."""
    folder = importlib.resources.files("migrator") / "runner"
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".py"))
    return tuple((name, (folder / name).read_bytes()) for name in names)


def _context(entry: JobPlan, host: Host, scripts: Mapping[str, bytes], answers: Mapping[str, str]) -> dict[str, object]:
    job, option = entry.job, entry.placement.option
    languages = [script.language for script in entry.scripts]
    requirements = python_packages.requirements(entry.facts, languages)
    by_hand, sh = unmet.by_hand(entry, answers), sh_form.is_asked(entry.job.id, answers)
    npm_ci, pins = node_packages.locked(entry.facts, entry.scripts, scripts), node_packages.pinned(entry.facts, entry.scripts)
    composer = php.locked(entry.facts, entry.scripts, scripts)
    extensions = php.packages(entry, scripts) | php.asked_by(composer, entry.scripts, scripts)
    made = locales.needed(job_file.environment(job, host))
    more = [*extensions, *(["python3-pip"] if requirements else []), *(["locales"] if made else [])]
    run, becomes = other_user.as_run(job, host), other_user.becomes(job, host)
    facts = [
        fact for fact in entry.facts if becomes is None or (fact.kind, fact.value.rpartition("/")[2]) != ("command", becomes.by)
    ]
    plain_user = run.user if run.user and USER_NAME.fullmatch(run.user) and run.user != "root" else None
    home = job_file.home(run, host)
    return {
        "entry": entry,
        "job": job,
        "host": host,
        "option": option,
        "placement": entry.placement,
        "when": entry.schedule_in_words or " ".join(job.schedule.expressions),
        "translation": job_file.translation(entry),
        "notify": _told(job_file.notify(job, answers), option.resources, sh=sh),
        "redelivered": any(one.values.get("delivery_attempts") or one.values.get("tries") for one in option.resources),
        "unsent": any(one.kind == "kubernetes_cron_job" for one in option.resources),
        "secrets": secret_store.to_create(option.resources),
        "timezone": host.timezone or job.schedule.timezone,
        "sh": sh,
        "scripts": [job_file.server_path(script.path) for script in entry.scripts],
        "packages": packages.needed(facts, run.shell, more, runs_python=not sh),
        "locales": made,
        "becomes": becomes,
        "unknown_programs": packages.unknown(entry.facts),
        "requirements": [*(name for resource in option.resources for name in WANTED.get(resource.kind, ())), *requirements],
        "node": {folder: held for folder, held in pins.items() if not node_packages.covers(npm_ci, folder)},
        "npm_ci": npm_ci,
        "composer": composer,
        "extensions": sorted(extensions),
        "timers": _timers(option.resources),
        "unpinned": python_packages.unpinned(requirements),
        "libraries": _other_libraries(entry, languages, {f"npm {pin}" for held in pins.values() for pin in held}),
        "applications": [
            path
            for path in php.applications(entry.facts)
            if PLAIN_PATH.fullmatch(path) and path not in {one.folder for one in composer}
        ],
        "release": DEBIAN.get(host.os_version or "", DEFAULT_RELEASE) if host.os_id == "debian" else DEFAULT_RELEASE,
        "user": plain_user or "job",
        "user_exists": plain_user in DEBIAN_USERS,
        "uid": DEBIAN_USERS.get(plain_user or "", FIRST_UID),
        "home": home if PLAIN_PATH.fullmatch(home) and home != "/root" else "/home/job",
        "folders": written_folders(entry.facts),
        "has_files": bool(entry.scripts or programs.scripts(entry) or by_hand),
        "lock": job_file.lock(entry),
        "once": job_file.once(entry),
        "state": job_file.state(entry),
        "bring": _bring(job_file.state(entry), option.resources),
        "claim": next((str(made.values["claim"]) for made in option.resources if made.values.get("claim")), None),
        "ledger": job_file.ledger(entry),
        "unproved": job_file.unproved(entry),
        "fed_by": job_file.fed_by(entry),
        "workers": max(job_file.widths(entry), default=None) if programs.takes_messages(entry) else None,
        "handlers": programs.handlers(entry),
        "messages": programs.takes_messages(entry),
        "scheduled": programs.is_scheduled(entry),
        "before": chains.before(job.id, answers),
        "workflow": programs.is_workflow(entry),
        "data_by_hand": by_hand,
        "by_hand": [path.lstrip("/") for path in programs.scripts(entry)],
        "zip": is_zip(option.resources),
        "resources": option.resources,
        "firings": [at.isoformat() for at in entry.next_firings[:5]] if programs.is_scheduled(entry) else [],
    }


def written_folders(facts: tuple[Fact, ...]) -> list[str]:
    """Folders that the job writes into and that a bare image has not, or has for others: the job's user gets them."""
    paths = [fact.value for fact in facts if fact.kind in {"writes-path", "state"} and PLAIN_PATH.fullmatch(fact.value)]
    folders = {posixpath.normpath(posixpath.dirname(path)) for path in paths}
    return sorted(folder for folder in folders if folder not in SYSTEM and not folder.startswith(ANYBODY_S))


def _bring(state: Mapping[str, object], resources: tuple[Resource, ...]) -> list[str]:
    """The commands that bring a job's kept files into its store, once."""
    store = STORES.get(next((one.kind for one in resources if one.kind in STORES), ""), "")
    prefix, paths, found = str(state.get("prefix", "")), state.get("paths", ()), []
    each = store.format(path='"$file"', key=f'"{prefix}$file"')
    for one in paths if isinstance(paths, list | tuple) else ():
        path = str(one["path"])
        if one.get("folder"):
            found.append(f"find {render.literal('sh', path)} -type f | while read -r file; do {each}; done")
        elif "*" in path:
            pattern = "*".join(piece and render.literal("sh", piece) for piece in path.split("*"))
            found.append(f"for file in {pattern}; do {each}; done")
        else:
            found.append(store.format(path=render.literal("sh", path), key=render.literal("sh", prefix + path)))
    return found


def _told(notify: str, resources: tuple[Resource, ...], *, sh: bool) -> str:
    """When a person hears of a run, which is not always when its log has a notice."""
    return "failure" if notify == "output" and sh and sh_form.is_told_of_failures_only(resources) else notify


def _timers(resources: tuple[Resource, ...]) -> int:
    """How many expressions the platform starts the folder's program by, where each wants a function of its own."""
    found = next((resource.values.get("expressions") for resource in resources if resource.kind == "azure_function_app"), ())
    return len(found) if isinstance(found, list | tuple) else 0


def _other_libraries(entry: JobPlan, languages: list[str | None], installed: set[str]) -> list[str]:
    """Libraries of other languages than Python, and not Composer's, that nothing here installs. `installed`: npm's, as facts
    name them in `detail`."""
    python = "python" in languages
    return sorted(
        {
            fact.value
            for fact in entry.facts
            if fact.kind == "library"
            and not php.is_composer(fact)
            and fact.detail not in installed
            and not (fact.detail or "").startswith(("linked; Debian package", "composer "))
            and (not python or fact.detail == "use" or (fact.value in python_packages.AMBIGUOUS and not fact.detail))
        }
    )
