"""Builds a Dossier from the lines of a case: `command: ...`, `fact: kind value`, `runs: count=60 p50=4 ...`."""

import shlex
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec

from migrator.model.finding import Dossier, Fact, Guard, Link, Proof, ScriptFile, Translation
from migrator.model.job import Host, Job, Schedule, Secret, Service, Setting, User
from migrator.model.source import Evidence, Location
from migrator.model.steadiness import BreakEven, DutyCycle, Steadiness
from migrator.model.usage import LogShares, RunSample, Spread, Usage
from migrator.stated import with_its_own_calendar

START = datetime(2026, 9, 1, tzinfo=UTC)


def dossier(text: str) -> Dossier:
    said: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.strip():
            key, _, value = line.partition(":")
            said.setdefault(key.strip(), []).append(value.strip())

    def one(key: str, default: str = "") -> str:
        return said.get(key, [default])[-1]

    known = (
        "jitter shell command schedule grammar zone trigger user mail_to stdin enabled ignored managed_by setting secret "
        "fact own script runs sample gap service users vcpu link sibling answer translation name "
        "works compared place warm provider cron timer surer told_by"
    )
    assert set(said) <= set(known.split()), f"unknown line in case: {set(said) - set(known.split())}"
    location = Location(host="web01", path=one("timer", "/etc/crontab"), line=7)
    zone = one("zone", "Europe/Berlin")
    answers = {
        topic if "/" in (topic := text.split()[0]) else f"job-1/{topic}": text.partition(" ")[2]
        for text in said.get("answer", ())
    }
    job = Job(
        id="job-1",
        host="web01",
        name=one("name", "the job"),
        location=location,
        scheduler="systemd_timer" if "timer" in said else "system_crontab",
        schedule=Schedule(
            grammar=one("grammar", "debian"),  # type: ignore[arg-type]
            expressions=(one("schedule", "30 5 * * *"),),
            timezone=zone.split()[0],
            timezone_stated="unstated" not in zone,
            trigger=one("trigger", "calendar"),  # type: ignore[arg-type]
            jitter_s=float(one("jitter")) if "jitter" in said else None,
        ),
        user=one("user", "app"),
        command=one("command", "/opt/shop/nightly.sh"),
        logged_as=one("command", "/opt/shop/nightly.sh"),
        shell=one("shell", "/bin/sh"),
        stdin=one("stdin") if "stdin" in said else None,
        environment=tuple(Setting(name=text.partition("=")[0], value=text.partition("=")[2]) for text in said.get("setting", ())),
        mail_to=one("mail_to").strip('"') if "mail_to" in said else None,
        enabled=one("enabled", "yes") == "yes",
        ignored_reason=one("ignored") or None,
        managed_by=one("managed_by") or None,
        secrets=tuple(Secret(name=name, kind="password") for name in said.get("secret", ())),
    )
    return Dossier(
        job=with_its_own_calendar(job, answers),
        host=Host(
            name="web01",
            vcpu=int(one("vcpu")) if "vcpu" in said else None,
            provider=one("provider") or None,
            cron=one("cron") or None,  # type: ignore[arg-type]
            services=tuple(
                Service(name=text.split()[0], port=None, evidence=Evidence(snippet=text)) for text in said.get("service", ())
            )
            or None,
            users=tuple(User(name=name, uid=1, home="/", shell="/bin/sh") for name in one("users").split()) or None,
        ),
        usage=msgspec.structs.replace(
            _usage(one("runs"), one("sample")), surer=one("surer") or None, sources=tuple(one("told_by", "journal").split())
        )
        if "runs" in said
        else None,
        facts=(
            *(
                _fact(text, Location(host="web01", path="/opt/shop/nightly.sh", line=n))
                for n, text in enumerate(said.get("fact", ()), 1)
            ),
            *(_fact(text, location) for text in said.get("own", ())),  # of the schedule's own line
        ),
        scripts=tuple(
            ScriptFile(path=text.split()[0], sha256="0" * 64, language=(text.split() + [None])[1], lines=9)  # noqa: RUF005
            for text in said.get("script", ())
        ),
        translations=tuple(_translation(text) for text in said.get("translation", ())),
        links=tuple(_link(text) for text in said.get("link", ())),
        smallest_gap_s=float(one("gap", "86400")),
        answers=answers,
        siblings=tuple(
            msgspec.structs.replace(job, id="job-2", location=Location(host="web01", path="/etc/crontab", line=int(line)))
            for line in said.get("sibling", ())
        ),
        steadiness=_steadiness(one("works"), one("compared"), said.get("place", [])),
        warm_monthly={text.partition(" ")[2]: Decimal(text.partition(" ")[0]) for text in said.get("warm", ())},
    )


def _steadiness(works: str, compared: str, places: list[str]) -> Steadiness:
    """`works: share low high`, `compared: 4.24 words`, `place: target title | size | even=.. hour=.. standing=..`."""
    share, low, high = [float(word) for word in works.split()] or [None] * 3
    found = []
    for text in places:
        names, size, figures = (part.strip() for part in text.split("|"))
        target, _, title = names.partition(" ")
        known = dict(pair.split("=") for pair in figures.split())
        even, hour, standing = (known[name] for name in ("even", "hour", "standing"))
        found.append(
            BreakEven(
                target=target,
                title=title,
                size=size,
                hour_usd=Decimal(hour),
                standing_monthly=Decimal(standing),
                share=float(even),
            )
        )
    amount, _, words = compared.partition(" ")
    return Steadiness(
        duty=DutyCycle(share=share, low=low, high=high),
        compared=words,
        compared_monthly=Decimal(amount) if amount else None,
        places=tuple(found),
    )


def _fact(text: str, location: Location) -> Fact:
    certain = not text.endswith(" ?")
    kind, _, value = text.removesuffix(" ?").partition(" ")
    value, _, detail = value.partition(" | ")
    return Fact(
        kind=kind,  # type: ignore[arg-type]
        value=value,
        detail=detail or None,
        certain=certain,
        evidence=Evidence(snippet=value, location=location),
    )


def _link(text: str) -> Link:
    kind, one, other, *via = text.split()
    ends = [{"self": "job-1"}.get(name, name) for name in (one, other)]
    return Link(kind=kind, from_job=ends[0], to_job=ends[1], via=via[0] if via else None)  # type: ignore[arg-type]


def _translation(text: str) -> Translation:
    dialect, status, *reason = shlex.split(text)
    guarded = status == "guarded"
    return Translation(
        dialect=dialect,
        timezone="UTC",
        expressions=("0 0 * * *",),
        guard=Guard(timezone="UTC", dst="debian", calendars=()) if guarded else None,
        proof=Proof(status="equal" if guarded else status, reason=reason[0] if reason else None),  # type: ignore[arg-type]
    )


def _usage(text: str, sample: str) -> Usage:
    given = {key: float(value) for key, _, value in (pair.partition("=") for pair in text.split())}
    durations: list[float] = []
    for piece in sample.split():
        times, _, seconds = piece.rpartition("x")
        durations += [float(seconds)] * int(times or 1)
    count = int(given.get("count", 0))
    timed = int(given.get("timed", count))

    def spread(prefix: str, count: int) -> Spread:
        get = given.get
        top = get(f"{prefix}max", get(f"{prefix}p99", get(f"{prefix}p95", get(f"{prefix}p50"))))
        return Spread(
            count=count,
            p50=get(f"{prefix}p50", top),
            p95=get(f"{prefix}p95", top),
            p99=get(f"{prefix}p99", top),
            max=top,
        )

    whole = {key: int(given[key]) if key in given else None for key in ("failed", "overlap")}
    return Usage(
        job_id="job-1",
        observed_days=given.get("days", 60.0),
        observed_runs=count,
        monthly_runs=given.get("monthly", 30.436875),
        duration_s=spread("", timed) if timed else Spread(count=0, p50=None, p95=None, p99=None, max=None),
        upper_s=given.get("upper"),
        upper_confidence=given.get("confidence", 0.95 if "upper" in given else None),
        peak_memory_mib=spread("memory_", count) if "memory_max" in given else None,
        cpu_s=spread("cpu_", count) if "cpu_p95" in given else None,
        growth_per_month=given.get("growth"),
        growth_low_per_month=given.get("growth_low"),
        growth_high_per_month=given.get("growth_high"),
        fitted_tail_s=given.get("tail"),
        failed_runs=whole["failed"],
        overlapping_runs=whole["overlap"],
        unfinished_runs=int(given.get("unfinished", 0)),
        log_quality="exact" if count else "none",
        log_shares=LogShares(
            exact=timed - int(given.get("ambiguous", 0)),
            bounded=int(given.get("ambiguous", 0)),
            ambiguous=int(given.get("ambiguous", 0)),
            start_only=count - timed,
        ),
        sources=("journal",) if count else (),
        sampled_runs=tuple(
            RunSample(started_at=START + timedelta(days=i), duration_s=taken, exit_status=None)
            for i, taken in enumerate(durations)
        ),
    )
