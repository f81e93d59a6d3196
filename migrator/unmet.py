"""What a job needs that nothing emitted would give it, its files above all: such a job must not be started elsewhere.

Both sides of the house ask here: nothing is emitted for a job with an unmet need, and no server counts as free because of it.
"""

from collections.abc import Collection, Iterable, Mapping

from migrator.model.finding import NOT_COLLECTED, NOT_READ, Fact, FactKind, Finding, NeedKind, ScriptFile
from migrator.model.job import Job
from migrator.model.plan import JobPlan

DATA: tuple[NeedKind, ...] = ("persistent_files", "local_files")
OBJECT_STORAGE, SHARE, SHARED_DISK = "object-storage", "share", "shared-disk"
USER, BY_HAND = "user", "by-hand"
ADDRESS, THROUGH_NAT = "address", "nat"
BACKGROUND, ENDS, STAYS = "background", "ends", "stays"
STARTERS = frozenset({"start-stop-daemon", "daemonize", "daemon"})
DAEMONS = frozenset(
    "apache2 containerd cron crond dnsmasq dockerd dovecot exim4 gunicorn haproxy httpd mariadbd memcached mongod mysqld "
    "mysqld_safe named nginx node_exporter php-fpm postgres postmaster proftpd rabbitmq-server redis-server rsyslogd slapd smbd "
    "snmpd squid sshd supervisord uwsgi varnishd vsftpd Xvfb".split()
)
# Rule -> the topic of its answer, the word that meets the need, what it means, and the word that has a store carry the files.
ANSWERS: dict[str, tuple[str, str, str, str]] = {
    "local-state": ("state", "not-needed", "if it may start from nothing each time", OBJECT_STORAGE),
    "output-files": ("output", "not-needed", "if nobody reads them", OBJECT_STORAGE),
    "local-files": ("data", "copy", "if they belong to the program, and add them to its folder", SHARE),
}
CARRY = {
    "local-state": "to have them brought before each run and kept after it",
    "output-files": "to have them kept there after each run",
    "local-files": "to have them brought from object storage, where their writer has to put them",
}
SENTENCES = {
    "local-state": "remembers {names} from run to run, and no run would see what the one before wrote",
    "output-files": "leaves {names} on the server's disk, and the disk of a run ends with it",
    "local-files": "reads {names} on the server's disk, which is not there",
}
KINDS: dict[str, tuple[FactKind, ...]] = {
    "local-state": ("state",),
    "output-files": ("writes-path",),
    "local-files": ("reads-path", "lists-path", "deletes-path"),
}
# Lists, queries, templates and settings below these folders that no job writes are installed with their program.
PROGRAM_FOLDERS = ("/opt/", "/usr/local/")
STATIC = (
    ".txt", ".sql", ".csv", ".json", ".xml", ".html", ".tpl", ".j2", ".tmpl", ".xsl", ".list", ".md",
    ".ini", ".cfg", ".conf", ".env", ".toml", ".yaml", ".yml", ".properties",
)  # fmt: skip
# Not data of the job: scratch, devices, logs, and what the system or an image brings along.
SYSTEM = ("/tmp/", "/var/tmp/", "/dev/", "/proc/", "/sys/", "/run/", "/var/run/", "/var/log/", "/usr/", "/bin/", "/sbin/", "/lib")  # noqa: S108


def unmet(
    job: Job,
    facts: Iterable[Fact],
    findings: Iterable[Finding],
    scripts: Iterable[ScriptFile],
    answers: Mapping[str, str],
    relieved: Collection[NeedKind] = (),
    carried: Collection[str] = (),
) -> tuple[str, ...]:
    """One sentence for each need that nothing meets: what is missing, and the answer that meets it; () where all is met.

    `relieved`: needs that the chosen shape does away with; `carried`: paths that an object store carries where the job goes.
    """
    facts = tuple(facts)
    found, asked_of = list[str](), set[str]()
    for finding in findings:
        if finding.rule == "root-privileges" and finding.needs and answers.get(f"{job.id}/{USER}") != BY_HAND:
            names = [fact.value for fact in facts if fact.kind == "sudo" and fact.evidence in finding.evidence]
            found.append(
                f"becomes {_listed(names) or 'another user'} on the way, and an image has one user and no sudo; take that out of "
                f"the command or script and plan again, or answer {job.id}/{USER}: {BY_HAND} and make the image so that it can"
            )
        if any(need.kind == "fixed_address" for need in finding.needs) and answers.get(f"{job.id}/{ADDRESS}") != THROUGH_NAT:
            found.append(
                "needs an address that stays the same, and no template makes a network: give the templates subnets that go out "
                f"through a NAT gateway with a reserved address, then answer {job.id}/{ADDRESS}: {THROUGH_NAT}"
            )
        if finding.rule == "background-process" and finding.needs:
            left = [fact for fact in facts if fact.kind == "background" and fact.evidence in finding.evidence]
            found += _left_running(job, left, answers)
        known = ANSWERS.get(finding.rule)
        asked = any(need.kind in DATA and need.kind not in relieved for need in finding.needs)
        if known is None or not asked:
            continue
        topic, word, meaning, carrying = known
        said = answers.get(f"{job.id}/{topic}")
        if said == word:
            continue
        kinds = KINDS[finding.rule]
        names = [fact.value for fact in facts if fact.kind in kinds and fact.evidence in finding.evidence]
        sentence = SENTENCES[finding.rule]
        if said not in {carrying, SHARED_DISK}:
            asked_of |= set(names) if topic == "data" else set()
            offers = f"answer {job.id}/{topic}: {carrying} {CARRY[finding.rule]}, or {job.id}/{topic}: {word} {meaning}"
            found.append(f"{sentence.format(names=_listed(names) or 'files')}; {offers}")
            continue
        lost = [name for name in names if not (covers(carried, name) or (_is_item(name) and topic == "data" and carried))]
        if lost or not names:
            where = "no disk can be shared" if said == SHARED_DISK else "object storage cannot carry it"
            why = f"{where}: its name is known only when it runs, or its place has none"
            found.append(f"{sentence.format(names=_listed(lost) or 'files')}; {why}; answer {job.id}/{topic}: {word} {meaning}")
    missing = [path for path in to_add(facts, scripts) if path not in asked_of]
    if missing and answers.get(f"{job.id}/data") != "copy":
        found.append(
            f"needs {_listed(missing)}, not in the tree, no text, or too large to copy; collect it and plan again, "
            f"or answer {job.id}/data: copy and add it to the job's folder by hand"
        )
    return tuple(dict.fromkeys(found))


def is_daemon(fact: Fact) -> bool:
    """True for a program left running that goes on until somebody ends it: by what starts it, or by its name.

    >>> from migrator.model.source import Evidence
    >>> seen = Evidence(snippet="")
    >>> [is_daemon(Fact(kind="background", value=name, evidence=seen, detail="&")) for name in ("mysqld", "work.sh")]
    [True, False]
    """
    return fact.detail in STARTERS or fact.value in DAEMONS


def _left_running(job: Job, left: Iterable[Fact], answers: Mapping[str, str]) -> tuple[str, ...]:
    """What a run would wait for, nobody knows how long."""
    left, said = tuple(left), answers.get(f"{job.id}/{BACKGROUND}")
    daemons = [fact.value for fact in left if is_daemon(fact)]
    if daemons and said != ENDS:
        return (
            f"starts {_listed(daemons)}, which goes on until somebody ends it, and a run would wait for it up to its time limit; "
            f"move it as a service and take it out of the line, or answer {job.id}/{BACKGROUND}: {ENDS} if it ends by itself",
        )
    if answers.get(f"{job.id}/timeout", "unknown").strip() not in {"unknown", ""}:
        return ()
    names = _listed(fact.value for fact in left) or "work"
    return (
        f"leaves {names} running, and no log says how long that takes; a run waits for it up to its time limit: answer "
        f"{job.id}/timeout with the seconds that it may take, or run it in the foreground and plan again",
    )


def of_entry(entry: JobPlan, answers: Mapping[str, str]) -> tuple[str, ...]:
    """The unmet needs of a planned job in the shape that was chosen."""
    shape = next((shape for shape in entry.shapes if shape.kind == entry.placement.option.shape), None)
    relieved = () if shape is None else shape.relieves
    return unmet(entry.job, entry.facts, entry.findings, entry.scripts, answers, relieved, carried_by(entry))


def carried_by(entry: JobPlan) -> tuple[str, ...]:
    """The paths that the resources of the chosen place carry for the job."""
    for resource in entry.placement.option.resources:
        state = resource.values.get("state")
        if isinstance(state, dict):
            return tuple(str(one["path"]) for one in state["paths"])
    return ()


def covers(carried: Collection[str], path: str) -> bool:
    """True where a path, or a folder above it, is carried.

    >>> covers(["/srv/in", "/d/x-*.sql"], "/srv/in/a.csv"), covers(["/srv/in"], "/srv/inbox"), covers(["/d/*.sql"], "/d/*.sql")
    (True, False, True)
    """
    return any(path == one or path.startswith(one.rstrip("/") + "/") for one in carried)


def to_add(facts: Iterable[Fact], scripts: Iterable[ScriptFile]) -> tuple[str, ...]:
    """The paths of programs and static files that the job surely needs and that were not copied, sorted."""
    copied = {script.path for script in scripts}
    facts = tuple(facts)
    written = {fact.value for fact in facts if fact.kind in {"writes-path", "state"}}
    return tuple(
        sorted(
            {
                fact.value
                for fact in facts
                if fact.certain
                and fact.value not in copied
                and (_missing(fact) or _program(fact) or (_static(fact) and fact.value not in written))
            }
        )
    )


def by_hand(entry: JobPlan, answers: Mapping[str, str]) -> tuple[str, ...]:
    """What a person adds to the job's folder: `to_add`, and the data that the user called a part of the program; sorted."""
    found = {*to_add(entry.facts, entry.scripts)}
    if answers.get(f"{entry.job.id}/data") == "copy":
        copied = {script.path for script in entry.scripts}
        read = {fact.value for fact in entry.facts if fact.kind in {"reads-path", "lists-path"} and fact.certain}
        found |= {path for path in read - copied if path.startswith("/") and not path.startswith(SYSTEM)}
    return tuple(sorted(found))


def is_static(path: str) -> bool:
    """True for a file that comes with its program.

    >>> is_static("/opt/etl/tables.txt"), is_static("/data/orders.csv"), is_static("/opt/etl/run.log")
    (True, False, False)
    """
    return path.startswith(PROGRAM_FOLDERS) and path.endswith(STATIC)


def _is_item(name: str) -> bool:
    """A file of a folder that is listed: the variable of a loop over it."""
    return name.startswith("$")


def _missing(fact: Fact) -> bool:
    return fact.kind == "missing-script" and fact.detail in {None, NOT_COLLECTED, NOT_READ} and fact.value.startswith("/")


def _program(fact: Fact) -> bool:
    """An archive of Java, or a program in a language that is not read: no text of it is kept."""
    return (
        fact.kind == "reads-path"
        and fact.detail == "program"
        and fact.value.startswith("/")
        and not fact.value.startswith(SYSTEM)
    )


def _static(fact: Fact) -> bool:
    return fact.kind == "reads-path" and is_static(fact.value)


def _listed(names: Iterable[str]) -> str:
    unique = list(dict.fromkeys(names))
    more = f" and {len(unique) - 3} more" if len(unique) > 3 else ""
    return ", ".join(unique[:3]) + more
