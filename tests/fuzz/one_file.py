"""A server of one schedule file in memory, and the law that every reader of schedule files keeps: no line is lost."""

import fnmatch
import io
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import BinaryIO

from migrator import schedulers
from migrator.model.job import Grammar, Host, User
from migrator.model.source import HostFile, Problem

# where each reader looks, and what its daemon is; `run_parts` reads no lines
PLACES: tuple[tuple[str, Grammar], ...] = (
    ("/etc/crontab", "debian"),
    ("/etc/cron.d/app", "cronie"),
    ("/etc/cron.d/app", "debian"),
    ("/etc/cron.d/app", "systemd-cron"),
    ("/var/spool/cron/crontabs/root", "debian"),
    ("/var/spool/cron/root", "cronie"),
    ("/etc/crontabs/root", "busybox"),
    ("/etc/anacrontab", "debian"),
    ("/var/spool/cron/atjobs/a0000201c9d3f1", "debian"),
    ("/var/spool/fcron/root.orig", "debian"),
    ("/etc/supercronic/jobs", "supercronic"),
    ("/etc/systemd/system/a.timer", "debian"),
    ("/etc/kubernetes/manifests/a.yaml", "debian"),
    ("/Library/LaunchDaemons/a.plist", "debian"),
    ("/srv/app/celery.py", "debian"),
    ("/etc/sysconfig/crond", "cronie"),
    ("/srv/app/config/schedule.yml", "debian"),
)
# programs and a start file: no schedule files
NOT_COUNTED = ("/srv/app/celery.py", "/etc/sysconfig/crond", "/srv/app/config/schedule.yml")


class OneFile:
    """`HostFiles` with one file."""

    name = "fuzz"
    live = False

    def __init__(self, path: str, raw: bytes) -> None:
        self.path, self.raw = path, raw

    def glob(self, patterns: Iterable[str]) -> Iterator[HostFile]:
        if any(fnmatch.fnmatchcase(self.path, p) and p.count("/") == self.path.count("/") for p in patterns):  # `*` is no `/`
            yield HostFile(path=self.path, size=len(self.raw), mode=0o644, uid=None, modified_at=None)

    def stat(self, path: str) -> HostFile | None:
        return next(self.glob([path]), None) if path == self.path else None

    def exists(self, path: str) -> bool:
        return path == self.path or self.path.startswith(path.rstrip("/") + "/")

    def entries(self, path: str) -> tuple[str, ...]:
        start = path.rstrip("/") + "/"
        return (self.path.removeprefix(start).split("/")[0],) if self.path.startswith(start) else ()

    def link(self, path: str) -> str | None:
        return None

    def content(self, path: str) -> bytes | None:
        return self.raw if path == self.path else None

    def open(self, path: str) -> AbstractContextManager[BinaryIO]:
        return io.BytesIO(self.raw)

    def local_path(self, path: str) -> str | None:
        return None

    def problems(self) -> tuple[Problem, ...]:
        return ()


def check(place: int, raw: bytes) -> None:
    """Read the bytes at one place with every reader; each line is accounted for once."""
    path, grammar = PLACES[place % len(PLACES)]
    files = OneFile(path, raw)
    host = Host(name="box", timezone="UTC", cron=grammar, users=(User(name="root", uid=0, home="/root", shell="/bin/sh"),))
    found = [reader.read(files, host) for reader in schedulers.ALL]
    accounts = [account for part in found for account in part.accounting if account.path == path]
    lines = raw.count(b"\n") + (0 if raw.endswith(b"\n") or not raw else 1)
    for account in accounts:
        parts = (account.job, account.setting, account.comment, account.blank, account.problem)
        assert min(parts) >= 0, account
        assert sum(parts) == account.lines, account
        assert account.lines == lines, (account, lines)
    assert path in NOT_COUNTED or len(accounts) <= 1, accounts
    for part in found:
        for job in part.jobs:
            assert job.location.line is None or 1 <= job.location.line <= max(lines, 1), job
