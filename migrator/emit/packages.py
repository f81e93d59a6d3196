"""Which Debian package holds a program: what an image has to install."""

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import resources

from migrator.model.finding import BROUGHT_BY, Fact

SOURCE = "https://packages.debian.org/bookworm/"
AS_OF = "2026-11-23"
# program -> package of Debian 12, where several packages bring it or another one is meant; all others: debian_packages.toml
PACKAGES = {
    "composer": "composer",
    "convert": "imagemagick",
    "gpg": "gnupg",
    "gunzip": "gzip",
    "java": "default-jre-headless",
    "mail": "bsd-mailx",
    "mailx": "bsd-mailx",
    "mariadb": "mariadb-client",
    "mongodump": "mongo-tools",
    "mysql": "default-mysql-client",
    "mysqladmin": "default-mysql-client",
    "mysqlcheck": "default-mysql-client",
    "mysqldump": "default-mysql-client",
    "nc": "netcat-openbsd",
    "pg_dump": "postgresql-client",
    "pg_dumpall": "postgresql-client",
    "php": "php-cli",
    "ping": "iputils-ping",
    "psql": "postgresql-client",
    "python3": "python3",
    "sendmail": "msmtp-mta",
    "socat": "socat",
    "ksh": "ksh",
    "flock": "util-linux",
    "logger": "bsdutils",
    "make": "make",
    "pip": "python3-pip",
    "pip3": "python3-pip",
    "tcsh": "tcsh",
    "vim": "vim-tiny",
}
DATABASES = {
    "mysql": "default-mysql-client",
    "mariadb": "mariadb-client",
    "postgresql": "postgresql-client",
    "redis": "redis-tools",
}
ALWAYS = ("ca-certificates", "tzdata")  # TLS, time zones
RUNNER = ("python3",)


@cache
def _table() -> dict[str, str]:
    text = resources.files("migrator.emit").joinpath("debian_packages.toml").read_text(encoding="utf-8")
    return {program: str(package) for program, package in tomllib.loads(text).items()}


def package_of(program: str) -> str | None:
    """The Debian package that brings a program; None where every system has it, or none or several do.

    >>> package_of("jq"), package_of("mysqldump"), package_of("ls"), package_of("no-such-program")
    ('jq', 'default-mysql-client', None, None)
    """
    return PACKAGES.get(program) or _table().get(program)


def brought(facts: Iterable[Fact]) -> dict[str, str]:
    """The scripts of the server's own packages, and which package of Debian 12 brings each: they are not copied beside it."""
    known = {*_table().values(), *PACKAGES.values()}
    found = {
        fact.value: (fact.detail or "").removeprefix(BROUGHT_BY)
        for fact in facts
        if fact.kind == "command" and (fact.detail or "").startswith(BROUGHT_BY)
    }
    return {path: package for path, package in found.items() if package in known}


def needed(facts: Iterable[Fact], shell: str, more: Iterable[str] = (), *, runs_python: bool = True) -> tuple[str, ...]:
    """The Debian packages of every program that the facts name, and `more`, sorted; always what the runner itself needs.

    `runs_python`: False where that is a shell's program."""
    facts = tuple(facts)
    programs = [fact.value.rsplit("/", 1)[-1] for fact in facts if fact.kind in {"command", "interpreter", "cloud-cli"}]
    found = {name for program in [*programs, shell.rsplit("/", 1)[-1]] if (name := package_of(program)) is not None}
    found |= {  # of compiled programs; "linked; Debian package libssl3"
        (fact.detail or "").rpartition(" ")[2]
        for fact in facts
        if fact.kind == "library" and "Debian package" in (fact.detail or "")
    }
    found |= set(brought(facts).values())
    found |= {"php-cli" for program in programs if program.startswith("php")}
    return tuple(sorted(found.union(ALWAYS, RUNNER if runs_python else (), more)))


def unknown(facts: Iterable[Fact]) -> tuple[str, ...]:
    """Programs called by a path outside the system's folders: no package has them, a person must add them."""
    usual = ("/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/")
    return tuple(
        sorted(
            {
                fact.value
                for fact in facts
                if fact.kind == "command"
                and fact.value[:1] == "/"
                and not fact.value.startswith(usual)
                and not (fact.detail or "").startswith(BROUGHT_BY)
            }
        )
    )
