"""Follows a job's command line to the scripts behind it, and gathers what all of them say."""

import hashlib
import posixpath
import re
from typing import NamedTuple

from msgspec.structs import replace

from migrator import redact, scripts, secret_names
from migrator.model.finding import BROUGHT_BY, Fact, JobFacts, ScriptFile
from migrator.model.job import Host, Job
from migrator.model.source import Evidence, HostFiles, Location
from migrator.scripts import (
    distributions,
    elf,
    inner_schedules,
    known_better,
    other_locks,
    output_size,
    package_files,
    package_lists,
    static_files,
    text_hints,
    whereabouts,
)
from migrator.scripts.programs import CHORES, is_known
from migrator.scripts.reading import Call, Context, absolute, snippet

MAX_DEPTH = 8
MAX_TEXTS = 60
MAX_FACTS = 2000
DEFAULT_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
SYSTEM = (
    "/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/lib/", "/usr/lib64/", "/usr/share/", "/usr/games/", "/etc/init.d/",
    "/usr/libexec/", "/lib/", "/usr/local/bin/", "/usr/local/sbin/", "/snap/",
)  # fmt: skip
SHEBANG = re.compile(r"#!\s*(?P<program>\S+)(?:[ \t]+(?P<rest>[^\n]*))?")
ASSIGNED = re.compile(r"^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w{0,80})=", re.MULTILINE)
RUN_PARTS_NAME = re.compile(r"[A-Za-z0-9_-]+")  # run-parts(8) without --regex


class Pending(NamedTuple):
    """A call that is still to be followed, and how deep it lies."""

    call: Call
    depth: int
    working_directory: str | None
    foreign: bool = False  # a shell text in a program of another language


def facts(files: HostFiles, host: Host, job: Job) -> tuple[JobFacts, dict[str, bytes]]:
    """All facts of a job, in the order of reading, its scripts, and the redacted text of each script by its sha256.

    The command line is read as a shell program in the job's environment; scripts in the tree are followed through `cd`,
    wrappers, `sh -c`, interpreters, `source` and run-parts, each once, at most 8 deep and 60 in all.
    """
    return _Walk(files, host, job).walk()


class _Walk:
    """One job: what was found so far."""

    def __init__(self, files: HostFiles, host: Host, job: Job) -> None:
        self.files = files
        self.host = host
        self.job = job
        self.found: dict[tuple[str, str, str | None], Fact] = {}
        self.scripts: dict[str, ScriptFile] = {}
        self.texts: dict[str, bytes] = {}
        self.pending: list[Pending] = []
        self.seen: set[tuple[str, str | None]] = set()
        self.order = 0
        self.read_at: dict[str, int] = {}
        self.previous: set[str] = set()  # what an earlier run made, put aside by this one
        self.followed: set[Location | None] = set()  # lines whose scripts were read
        self.assigned: set[str] = set()
        home = next((user.home for user in host.users or () if user.name == job.user), None)
        self.home = home or ("/root" if job.user == "root" else f"/home/{job.user}" if job.user else None)
        self.variables = {setting.name: setting.value for setting in job.environment}
        if self.home and "HOME" not in self.variables:
            self.variables["HOME"] = self.home
        if job.user:
            self.variables.setdefault("LOGNAME", job.user)
            self.variables.setdefault("USER", job.user)
        self.folder = job.working_directory or self.variables.get("HOME")
        path = self.variables.get("PATH", "")
        self.path = tuple(part for part in path.split(":") if part.startswith("/")) or DEFAULT_PATH
        self.taken = frozenset(secret.name for secret in job.secrets)
        self.has_scripts = whereabouts.holds_programs(files)

    def walk(self) -> tuple[JobFacts, dict[str, bytes]]:
        """Read the command line, then everything that it leads to."""
        job = self.job
        for secret in job.secrets:
            self._add(
                Fact(
                    kind="secret",
                    value=secret.name,
                    evidence=Evidence(snippet=snippet(job.command), location=secret.location or job.location),
                )
            )
        self._package_chore()
        self._read_inline(job.command, "shell", job.location, Context(self.variables, (), self.folder, True), 0)
        while self.pending and len(self.seen) <= MAX_TEXTS:
            item = self.pending.pop(0)
            self._follow(item)
        roots = known_better.composer_roots(tuple(self.found.values()))
        for found in (
            *static_files.taken(self.files, self.host.name, self.found.values(), self.scripts, self.taken),
            *package_lists.taken(self.files, self.host.name, self.scripts, (root for root, _ in roots), self.taken),
        ):
            self.scripts[found.file.path] = found.file
            self.texts[found.file.sha256] = found.text
            for fact in found.secrets:
                self._add(fact)
        for volume in known_better.volumes(self.files, tuple(self.found.values()), known_better.sizes(self.files)):
            self._add(volume)
        for identity in known_better.identities(self.files, self.host, self.home, tuple(self.found.values())):
            self._add(identity)
        for root in roots:
            for package in other_locks.composer(self.files, *root, self.host.name):
                self._add(package)
        for path in known_better.lifetimes(tuple(self.found.values())):
            self._add(path)
        if (size := output_size.measured(self.files, job, tuple(self.found.values()))) is not None:
            self._add(size)
        for inner in inner_schedules.found(self.files, job, tuple(self.found.values())):
            self._add(inner)
        return (
            JobFacts(job_id=job.id, facts=self._settled(), scripts=tuple(self.scripts.values())),
            self.texts,
        )

    def _settled(self) -> tuple[Fact, ...]:
        """Without what a script that was read says better itself, and without variables that a sourced file sets."""
        locks = {fact.value for fact in self.found.values() if fact.kind == "lock" and fact.value.startswith("/")}
        modules = [fact.value for fact in self.found.values() if fact.kind == "library"]
        versions = distributions.installed(self.files, modules, [path for path in self.scripts if path.endswith(".py")])
        node = {path for path, script in self.scripts.items() if script.language == "node"}
        npm = other_locks.npm(self.files, sorted(node)) if modules and node else {}
        # files of functions that another text reads in: who calls them sets their variables
        libraries = {fact.value for fact in self.found.values() if fact.kind == "reads-path" and fact.detail == "sourced"}
        return tuple(
            known_better.with_version(fact, npm if _stands_in(fact, node) else versions)
            for fact in self.found.values()
            if not (fact.detail in {"argument", "administration"} and fact.evidence.location in self.followed)
            and not (fact.kind in {"state", "writes-path", "deletes-path"} and fact.value in locks)
            and not (
                fact.kind == "environment-variable"
                and (fact.value in self.assigned or (not fact.certain and _stands_in(fact, libraries)))
            )
        )

    def _package_chore(self) -> None:
        """A file that a package installed under /etc/cron.*: its name says whose chore it is."""
        path = self.job.location.path
        name = posixpath.basename(path)
        if re.match(r"/etc/cron\.(?:d|hourly|daily|weekly|monthly)/", path) and name in CHORES["cron_files"]:
            evidence = Evidence(snippet=snippet(self.job.command), location=self.job.location)
            self._add(Fact(kind="package-chore", value=CHORES["cron_files"][name], evidence=evidence, detail=path))
            self._of_the_machine(CHORES["cron_files"][name], evidence)

    def _of_the_machine(self, package: str, evidence: Evidence) -> None:
        """A chore that looks after the machine itself: its packages, disks, accounts, logs."""
        if package in CHORES["machine"]:
            self._add(Fact(kind="host-only", value=package, evidence=evidence, detail=CHORES["machine"][package]))

    def _add(self, fact: Fact) -> None:
        key = (fact.kind, fact.value, fact.detail)
        known = self.found.get(key)
        if known is not None and (known.certain or not fact.certain):
            return
        if known is None and len(self.found) >= MAX_FACTS:
            return
        self.found[key] = fact

    def _take(self, gathered: tuple[Fact, ...], certain: bool) -> None:
        """Add the facts of one text; a file that is read before it is written is state."""
        for fact in gathered:
            kept = fact if certain else replace(fact, certain=False)
            self._add(kept)
            value, state = fact.value, Fact(kind="state", value=fact.value, evidence=fact.evidence, certain=kept.certain)
            if fact.kind == "reads-path" and fact.detail not in {"program", "argument", "test", "moved"}:
                self.read_at.setdefault(value, 1)
                if value in self.previous:
                    self._add(state)
            elif fact.kind == "writes-path" and fact.detail == "previous":
                self.previous.add(value)
            elif fact.detail == "emptied" or value.endswith(".pid") or "XXXX" in value:
                continue  # a log that was copied; what says that a run goes on; a name of this run alone
            elif fact.kind == "writes-path" and value in self.read_at and not value.startswith("/dev/"):
                self._add(state)

    def _read_inline(
        self,
        text: str,
        language: str,
        location: Location,
        context: Context,
        depth: int,
        certain: bool = True,
        foreign: bool = False,
    ) -> None:
        inspector = next((plugin for plugin in scripts.ALL if language == plugin.LANGUAGE), None)
        if inspector is None:
            return
        if language == "shell":
            sourced = known_better.sourced_values(self.files, text, context)
            context = context._replace(variables={**sourced, **context.variables})
        reading = inspector.read(text, location, context)
        gathered = reading.facts if language == "shell" else tuple(known_better.with_host(fact, text) for fact in reading.facts)
        if foreign:  # its variables are those of the program that made this text
            gathered = tuple(fact for fact in gathered if fact.kind != "environment-variable")
        self._take((*gathered, *text_hints.facts(text, location, language)), certain)
        self.pending = [
            *(
                Pending(
                    call if certain else call._replace(certain=False),
                    depth + 1,
                    call.working_directory or context.working_directory,
                    language != "shell" and call.language in {None, "shell"} and call.inline is not None,
                )
                for call in reading.calls
            ),
            *self.pending,
        ]

    def _follow(self, item: Pending) -> None:
        call = item.call
        if item.depth > MAX_DEPTH:
            self._add(
                Fact(
                    kind="command",
                    value=call.path or "(inline program)",
                    evidence=call.evidence,
                    certain=False,
                    detail="too deep to follow",
                )
            )
            return
        variables = {**self.variables, **dict(call.variables)}
        context = Context(variables, call.arguments, item.working_directory, call.inline is not None)
        if call.inline is not None:
            key = (call.inline, call.language)
            if key not in self.seen:
                self.seen.add(key)
                location = call.evidence.location or self.job.location
                inner = Context(variables, call.arguments, item.working_directory, False)
                self._read_inline(
                    redact.redact(call.inline).text,
                    call.language or "shell",
                    location,
                    inner,
                    item.depth,
                    call.certain,
                    item.foreign,
                )
            return
        path = self._resolved(call, item.working_directory)
        if call.is_folder:
            self._run_parts(path, call, item)
            return
        if path in CHORES["scripts"]:
            self._add(Fact(kind="package-chore", value=CHORES["scripts"][path], evidence=call.evidence, certain=call.certain))
            self._of_the_machine(CHORES["scripts"][path], call.evidence)
        if (path, call.language) in self.seen:
            return
        self.seen.add((path, call.language))
        raw = self.files.content(path) if path.startswith("/") and self.files.stat(path) is not None else None
        if raw is None:
            self._absent(path, call)
            return
        self._script(path, raw, call, context._replace(is_command_line=False), item.depth)

    def _resolved(self, call: Call, folder: str | None) -> str:
        """The file that is meant: by PATH for a bare name, else from the working directory."""
        if call.optional and "/" not in call.path:
            for place in self.path:
                if self.files.stat(f"{place}/{call.path}") is not None:
                    return f"{place}/{call.path}"
            return call.path
        path = call.path
        home = self.variables.get("HOME")
        if path.startswith("~/") and home:
            path = home.rstrip("/") + path[1:]
        return absolute(path, folder)

    def _absent(self, path: str, call: Call) -> None:
        """A file that is called and not in the tree: a program of the system, or missing where other scripts were collected."""
        if call.optional:
            return
        certain = call.certain and path.startswith("/")
        name = posixpath.basename(path)
        if path.startswith(SYSTEM) and call.language is None:
            self._add(Fact(kind="command", value=name, evidence=call.evidence, certain=call.certain))
            if "/local/" not in path or not whereabouts.is_gone(self.files, path):
                return
        if not path.startswith("/") and "/" not in path and not is_known(path) and call.language is None:
            self._add(Fact(kind="command", value=path, evidence=call.evidence, certain=False))
            return
        called = certain and self.has_scripts and "$" not in path and not call.is_guarded
        why = "run only if it is there" if call.is_guarded else whereabouts.why_absent(self.files, path)
        self._add(Fact(kind="missing-script", value=path, evidence=call.evidence, certain=called, detail=why))

    def _run_parts(self, path: str, call: Call, item: Pending) -> None:
        for name in self.files.entries(path):
            if RUN_PARTS_NAME.fullmatch(name):
                inner = Call(path=f"{path}/{name}", language=None, evidence=call.evidence, certain=call.certain, optional=True)
                self.pending.append(Pending(inner, item.depth + 1, item.working_directory))

    def _script(self, path: str, raw: bytes, call: Call, context: Context, depth: int) -> None:
        location = Location(host=self.host.name, path=path, line=1)
        is_elf = raw.startswith(b"\x7fELF")
        if is_elf and call.optional and is_known(posixpath.basename(path)):
            return
        if is_elf or b"\0" in raw[:4096]:
            if not path.startswith(SYSTEM) or "/local/" in path:  # no text of it is kept: somebody has to bring it
                self._add(Fact(kind="reads-path", value=path, evidence=call.evidence, certain=call.certain, detail="program"))
            unread = Fact(kind="command", value=path, evidence=call.evidence, certain=False, detail="binary; not read")
            self._take(elf.facts(raw, location, call.evidence) if is_elf else (unread,), call.certain)
            return
        text, _ = redact.escape_bytes(raw)
        clean = redact.redact(text, location, self.taken).text
        stored = clean.encode("utf-8")
        digest = hashlib.sha256(stored).hexdigest()
        first = clean.split("\n", 1)[0][:300]
        shebang = SHEBANG.match(first)
        program = _shebang_program(shebang) if shebang else None
        language = call.language or _language((_applet(shebang) if shebang else None) or program, path)
        file = self.files.stat(path)
        executable = bool(file.mode & 0o111) if file is not None and file.mode is not None else None
        self.texts[digest] = stored
        self.scripts.setdefault(
            path, ScriptFile(path=path, sha256=digest, language=language, lines=len(clean.splitlines()), executable=executable)
        )
        self._add(Fact(kind="script", value=path, evidence=call.evidence, certain=call.certain, detail=language))
        if self.host.os_id == "debian" and (package := package_files.package_of(self.files, path)) is not None:
            told = f"{BROUGHT_BY}{package}"
            self._add(Fact(kind="command", value=path, evidence=call.evidence, certain=call.certain, detail=told))
        top = Evidence(snippet=snippet(first), location=location)
        if program and call.language is None:
            self._add(Fact(kind="interpreter", value=program, evidence=top, certain=call.certain))
            self._check_interpreter(shebang["program"] if shebang else "", program, top)
        if call.language is None and executable is False and not call.optional:
            self._add(Fact(kind="missing-script", value=path, evidence=call.evidence, certain=False, detail="not executable"))
        if language is None:
            for name in sorted(secret_names.marked([stored])):
                self._add(Fact(kind="secret", value=name, evidence=top))
            self._add(
                Fact(kind="command", value=path, evidence=call.evidence, certain=False, detail="language not known; not read")
            )
            return
        self.followed.add(call.evidence.location)
        if language == "shell":
            self.assigned.update(ASSIGNED.findall(clean))
        self._read_inline(clean, language, location, context, depth, call.certain)

    def _check_interpreter(self, path: str, program: str, evidence: Evidence) -> None:
        """The interpreter of a `#!` line, by absolute path, in a folder that was collected but without it."""
        elsewhere = path.startswith("/") and not path.startswith(("/bin/", "/usr/bin/")) and program != "env"
        if elsewhere and whereabouts.is_gone(self.files, path):
            self._add(Fact(kind="missing-script", value=path, evidence=evidence, detail="interpreter"))


def _stands_in(fact: Fact, paths: set[str]) -> bool:
    return fact.evidence.location is not None and fact.evidence.location.path in paths


def _shebang_program(match: re.Match[str]) -> str:
    """What starts a script: behind env's options (`env -S VAR=1 perl -w`, `env -u X bash`), else the program itself."""
    name = posixpath.basename(match["program"])
    if name != "env":
        return name
    words = re.sub(r"(?<!\S)-v?S(?=\S)", "", match["rest"] or "").split()
    while words and (words[0].startswith("-") or "=" in words[0]):
        words = words[2 if words[0] in {"-u", "-C", "--unset", "--chdir"} else 1 :]
    return posixpath.basename(words[0]) if words else "env"


def _applet(match: re.Match[str]) -> str | None:
    """`#!/bin/busybox sh`: in which language such a program reads the script."""
    words = (match["rest"] or "").split()
    return words[0] if posixpath.basename(match["program"]) in {"busybox", "toybox"} and words else None


def _language(program: str | None, path: str) -> str | None:
    for plugin in scripts.ALL:
        if program is not None and (program in plugin.INTERPRETERS or program.rstrip("0123456789.-") in plugin.INTERPRETERS):
            return plugin.LANGUAGE
    if program is not None:
        return None
    for plugin in scripts.ALL:
        if path.endswith(plugin.SUFFIXES):
            return plugin.LANGUAGE
    return "shell" if "." not in posixpath.basename(path) else None
