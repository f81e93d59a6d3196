"""What is scheduled: hosts, schedules, jobs, and the account of every line that was read."""

from datetime import datetime
from typing import Literal

from migrator.model.source import Evidence, Location, Problem
from migrator.model.value import Value

Grammar = Literal["debian", "cronie", "busybox", "systemd-cron", "supercronic", "on-calendar", "kubernetes", "none"]
Trigger = Literal["calendar", "boot", "after-last-run", "interval", "unknown"]


class Service(Value, frozen=True, kw_only=True):
    """Something other than cron that keeps the server alive: an enabled service or a listening port."""

    name: str
    port: int | None
    evidence: Evidence


class Disk(Value, frozen=True, kw_only=True):
    """A block device that is billed with the server. `kind` is the provider's volume type (`gp3`), None if unknown."""

    size_gib: float | None
    kind: str | None


class User(Value, frozen=True, kw_only=True):
    """A line of passwd(5)."""

    name: str
    uid: int
    home: str
    shell: str


class Load(Value, frozen=True, kw_only=True):
    """How busy all processors together were, as measured on the server: shares from 0 (idle) to 1. `hours`: with a sample."""

    samples: int
    hours: float
    mean_share: float
    p95_share: float
    busiest_hour_share: float
    first_at: datetime
    last_at: datetime


class HostPart(Value, frozen=True, kw_only=True):
    """What one reader of the `hosts` room knows. None or empty: it does not say. The first that says something wins."""

    name: str | None = None
    timezone: str | None = None
    release: str | None = None
    os_id: str | None = None
    os_version: str | None = None
    cron: Grammar | None = None
    vcpu: int | None = None
    memory_mib: int | None = None
    architecture: str | None = None
    provider: str | None = None
    instance_type: str | None = None
    region: str | None = None
    instance_id: str | None = None
    disks: tuple[Disk, ...] = ()
    public_ipv4_count: int | None = None
    services: tuple[Service, ...] | None = None
    users: tuple[User, ...] | None = None
    users_elsewhere: str | None = None
    owner: str | None = None
    load: Load | None = None
    marks: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    problems: tuple[Problem, ...] = ()


class Host(Value, frozen=True, kw_only=True):
    """One server. `timezone` is an IANA name; None where the tree does not say (then schedules are read as UTC, and said so).
    `cron` is the crontab grammar of its daemon; `users_elsewhere`: who else than /etc/passwd knows users (sss, ldap ...).
    `marks`: which machine it is, whatever its name (`same_machine`)."""

    name: str
    timezone: str | None = None
    release: str | None = None
    os_id: str | None = None
    os_version: str | None = None
    cron: Grammar | None = None
    vcpu: int | None = None
    memory_mib: int | None = None
    architecture: str | None = None
    provider: str | None = None
    instance_type: str | None = None
    region: str | None = None
    instance_id: str | None = None
    disks: tuple[Disk, ...] = ()
    public_ipv4_count: int | None = None
    services: tuple[Service, ...] | None = None
    users: tuple[User, ...] | None = None
    users_elsewhere: str | None = None
    owner: str | None = None
    load: Load | None = None
    marks: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()

    def lacks_user(self, name: str) -> bool:
        """True where it is sure that there is no such user: all of the server's are known, and it is none of them."""
        return self.users is not None and self.users_elsewhere is None and all(user.name != name for user in self.users)


class Schedule(Value, frozen=True, kw_only=True):
    """When, as written: `expressions` in `grammar`'s own words (`30 2 * * 1`, `@daily`, `Mon..Fri 02:00`); `timezone` IANA;
    `server_timezone`: that of the server, where cronie reads the line on the clock of another one (CRON_TZ).

    What the command itself adds to that is put here when it is decided where a job goes, and not before: the log of the server
    has a line for each firing. `date_test`: the tests of the date in front of it, which leave only some of the firings any
    work; `sleep_s`: how long it waits at most, at random, before it works."""

    grammar: Grammar
    expressions: tuple[str, ...]
    timezone: str
    timezone_stated: bool = True
    trigger: Trigger = "calendar"
    jitter_s: float | None = None
    server_timezone: str | None = None
    date_test: str | None = None
    sleep_s: float | None = None


class Setting(Value, frozen=True, kw_only=True):
    """A variable in force at a job's line; `value` is redacted."""

    name: str
    value: str
    location: Location | None = None


class Secret(Value, frozen=True, kw_only=True):
    """A secret that was found and replaced: `@secret:name@` stands in the text where it was. The value is nowhere."""

    name: str
    kind: str
    location: Location | None = None


class Job(Value, frozen=True, kw_only=True):
    """One thing that runs on a schedule. `id` is stable: slug of the command and a digest of host, user, redacted command and
    an ordinal among equals; never the schedule. `command` is what the shell gets, redacted; `logged_as` the same as this daemon
    writes it into its log; `stdin` what followed an unescaped `%`."""

    id: str
    host: str
    name: str
    location: Location
    scheduler: str
    schedule: Schedule
    user: str | None
    command: str
    logged_as: str
    stdin: str | None = None
    environment: tuple[Setting, ...] = ()
    shell: str = "/bin/sh"
    working_directory: str | None = None
    mail_to: str | None = None  # None: not stated (cron mails the user); "" : MAILTO="" switches mail off
    mails_failures_only: bool = False  # cronie's `-n` before the command
    umask: int | None = None
    timeout_s: float | None = None
    memory_max_mib: float | None = None  # systemd's MemoryMax: a run that takes more is killed
    cpu_quota: float | None = None  # systemd's CPUQuota: processors that a run may take, 0.5 = half of one
    enabled: bool = True
    ignored_reason: str | None = None  # why the real daemon never runs this line although it can be read
    comment: str | None = None
    secrets: tuple[Secret, ...] = ()
    non_utf8: bool = False
    managed_by: str | None = None
    part_of: str | None = None  # run-parts: the folder whose schedule this follows


class Accounting(Value, frozen=True, kw_only=True):
    """Every line of one schedule file: `lines == job + setting + comment + blank + problem`."""

    host: str
    path: str
    lines: int
    job: int
    setting: int
    comment: int
    blank: int
    problem: int


class Schedules(Value, frozen=True, kw_only=True):
    """What one scheduler's reader found."""

    jobs: tuple[Job, ...] = ()
    problems: tuple[Problem, ...] = ()
    accounting: tuple[Accounting, ...] = ()


class InputDigest(Value, frozen=True, kw_only=True):
    """A file that was read: its sha256 (None for logs over the digest limit)."""

    host: str
    path: str
    size: int
    sha256: str | None
    modified_at: datetime | None = None
