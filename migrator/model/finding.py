"""What is seen in a job (facts), what follows from it (findings), and what it asks of a place to run (needs)."""

from decimal import Decimal
from typing import Literal

from migrator.assumptions import DEFAULT, Assumptions
from migrator.model.job import Host, Job
from migrator.model.source import Evidence
from migrator.model.steadiness import Steadiness
from migrator.model.usage import Usage
from migrator.model.value import Value

FactKind = Literal[
    "interpreter",  # bash, python3, php8.2, a compiled binary
    "command",  # a program that is run: mysqldump, rsync
    "script",  # a file in the tree that is called; value = path
    "missing-script",  # called by absolute path, and no text of it was read; `detail` None: it is gone from the server
    "library",  # an import of a package that is not in the language itself
    "reads-path",
    "writes-path",
    "deletes-path",
    "lists-path",  # looks for new files: ls, find, glob over a folder
    "network-host",  # a host name or address that is contacted
    "http-request",  # the one request of a curl or wget, wholly understood; value = JSON: method, url, headers, body, timeout_s
    "url",  # a URL that is called; value without credentials or query secrets
    "database",  # mysql, postgresql, redis ...: value = engine or engine://host
    "queue-or-mail",  # polls a queue, a mailbox, a table of jobs; value = which
    "sudo",
    "lock",  # flock, lockfile, pid file; value = path; `detail` = "skip" (-n) or "wait"
    "sleep",  # value = seconds
    "loop",  # over independent items; value = what it iterates over
    "parallelism",  # xargs -P N, parallel -j N, & and wait; value = width, as text
    "state",  # reads and writes the same file between runs; value = path
    "local-socket",  # unix socket or localhost port
    "service-control",  # systemctl, service, kill of another process; value = unit
    "host-only",  # reads or changes the machine itself: /proc, /var/log, apt, iptables, mount
    "package-chore",  # certbot, apt, logrotate, fail2ban, man-db ...: exists because the server does
    "container",  # docker run / podman run; value = image
    "secret",  # a secret was found and redacted; value = its name
    "environment-variable",  # used but not set in the crontab; value = name
    "mail",  # sends mail itself
    "cloud-cli",  # aws, gcloud, az, gsutil; value = which
    "cloud-call",  # one operation of a cloud's API; value = `aws s3:put-object`; detail = `bucket=B key=K`: what it is done to
    "cloud-identity",  # whose rights a cloud call uses; value = `instance profile`, `profile X`, the file of keys
    "exit-ignored",  # || true, 2>/dev/null at the end: failures are hidden
    "output",  # what happens to stdout/stderr; value = "discarded" | "file:/path" | "mailed" | "piped"
    "output-size",  # what a run writes on average; value = `5120 bytes in 64.0 lines`, detail = where that was seen
    "working-directory",  # cd DIR at the start; value = path
    "timeout",  # timeout(1); value = seconds
    "time-dependence",  # date arithmetic: uses "yesterday", so a late run differs
    "data-size",  # how large a path is that the job touches; value = path, detail = `123 KiB`
    "inner-job",  # a job of an application's own scheduler that this job ticks; value = `when: what`, detail = framework
    "background",  # a program that is started and not waited for; value = its name, detail = how
    "idempotent",  # what makes a second run harmless: INSERT IGNORE, --link-dest, find -newer
    "iteration-dependence",  # what one turn of a loop hands to the next; value = the variable, or `>> FILE`
    "persistence",  # how long a path that is changed lives; value = path, detail = temporary, state, log, spool, database ...
    "obsolete",  # the work has no effect any more, e.g. calls a retired endpoint
]
NOT_COLLECTED = "not collected"  # details of a missing-script: nothing says whether it is on the server
BROUGHT_BY = "Debian package "  # how the detail of a command begins whose file a package of the server installed
NOT_READ = "there, but not read"  # it is: too large, or not to be opened


class Fact(Value, frozen=True, kw_only=True):
    """One thing that a command or the scripts behind it do. No cloud word here. `certain` is False where it hides behind
    a variable, an eval or a language that was read only by pattern."""

    kind: FactKind
    value: str
    evidence: Evidence
    certain: bool = True
    detail: str | None = None


class ScriptFile(Value, frozen=True, kw_only=True):
    """A script that a job runs: its redacted text lies in the plan folder under `scripts/<sha256>`."""

    path: str
    sha256: str
    language: str | None
    lines: int
    executable: bool | None = None


class JobFacts(Value, frozen=True, kw_only=True):
    """All facts of one job and the scripts they came from."""

    job_id: str
    facts: tuple[Fact, ...] = ()
    scripts: tuple[ScriptFile, ...] = ()


class Link(Value, frozen=True, kw_only=True):
    """`from_job` feeds `to_job` through `path`, or both are the same job on two servers."""

    kind: Literal["feeds", "same", "shares-lock", "calls"]
    from_job: str
    to_job: str
    via: str | None = None
    evidence: tuple[Evidence, ...] = ()
    confidence: Literal["certain", "likely"] = "likely"


class Guard(Value, frozen=True, kw_only=True):
    """The calendar that the runner checks before it runs the command: JSON contract of `runner/guard.py`.

    The emitted expressions may fire more often than the job should; the run goes on only if its scheduled instant is one of
    the instants of these calendars in `timezone` under `dst` (the daemon's daylight-saving law)."""

    timezone: str
    dst: str
    calendars: tuple[dict[str, object], ...]
    version: int = 1


class Proof(Value, frozen=True, kw_only=True):
    """The comparison of the source calendar with the expressions as the platform reads them (plus the guard).

    `differing` counts instants over the whole comparison; `first` lists up to 10 of them (ISO 8601, `+` fires too much, `-` is
    missing) ; `undocumented` when the platform's reading of the only possible expression is not written down anywhere."""

    status: Literal["equal", "differs", "undocumented", "impossible"]
    differing: int | None = None
    first: tuple[str, ...] = ()
    reason: str | None = None
    compared: str = ""  # what was compared: the cycle and the zone's transitions


class Translation(Value, frozen=True, kw_only=True):
    """A schedule in one platform's dialect, with its proof."""

    dialect: str
    timezone: str
    expressions: tuple[str, ...]
    guard: Guard | None
    proof: Proof
    choice: str | None = None  # the daylight-saving choice this was written for: accept | guard | utc


NeedKind = Literal[
    "duration_s",  # the longest that one invocation may take
    "memory_mib",
    "vcpu",
    "scratch_mib",  # disk during one run
    "architecture",  # x86_64 | arm64
    "persistent_files",  # files that a later run must see
    "local_files",  # data that lies on this server's disk only
    "private_network",  # reaches hosts that only the server's network reaches
    "host_access",  # changes or reads the machine itself
    "root",  # privileges that a container does not have
    "container_engine",  # starts containers itself
    "single_flight",  # two runs at once would do harm
    "at_most_once",  # a second delivery of the same instant would do harm
    "runtime",  # an interpreter or program that has to be in the image
    "stdin",
    "local_service",  # a database or daemon on the same machine
    "sub_minute",  # finer than one minute
    "fixed_address",  # others let it in by its address
]


class Need(Value, frozen=True, kw_only=True):
    """What a job asks of a place to run. `amount` for quantities (unit in the kind), `choice` for alternatives (and names),
    neither for yes/no needs. A `soft` need can be met with work; a hard one not at all without the answer."""

    kind: NeedKind
    amount: float | None = None
    choice: str | None = None
    soft: bool = False
    rule: str = ""


Level = Literal["error", "warning", "note"]


class Question(Value, frozen=True, kw_only=True):
    """Something only a person can say. `id` is stable: `<job id or host>/<topic>`; the key of an answer in decisions.yaml.
    An empty `choices` takes free text."""

    id: str
    text: str
    hint: str
    default: str
    choices: tuple[str, ...] = ()
    job_id: str | None = None
    monthly_money: float | None = None


class Finding(Value, frozen=True, kw_only=True):
    """What a rule concluded: `message` says where: what was found; the limit or law with its unit; what to do."""

    rule: str
    level: Level
    message: str
    job_id: str | None = None
    evidence: tuple[Evidence, ...] = ()
    needs: tuple[Need, ...] = ()
    effort: Literal["none", "minutes", "hours", "days"] = "none"
    question: Question | None = None
    verdict: Literal["drop", "delete", "stay", "insufficient-data"] | None = None


class Dossier(Value, frozen=True, kw_only=True):
    """All that is known about one job: the only argument of rules and shapes, so that a new input touches one type."""

    job: Job
    host: Host
    usage: Usage | None
    facts: tuple[Fact, ...] = ()
    scripts: tuple[ScriptFile, ...] = ()
    translations: tuple[Translation, ...] = ()
    links: tuple[Link, ...] = ()
    smallest_gap_s: float | None = None  # exact, over the whole cycle
    answers: dict[str, str] = {}
    siblings: tuple[Job, ...] = ()  # jobs of this server that it can have to do with (links.siblings)
    assumptions: Assumptions = DEFAULT
    steadiness: Steadiness | None = None  # None: its options are not priced yet
    warm_monthly: dict[str, Decimal] = {}  # what keeping it warm would cost, by name
