"""Which Debian package holds a program: what an image has to install."""

from collections.abc import Iterable

from migrator.model.finding import Fact

SOURCE = "https://packages.debian.org/bookworm/"
AS_OF = "2026-11-23"
# program -> package of Debian 12, where they differ or the program is not in debian:bookworm-slim
PACKAGES = {
    "aws": "awscli",
    "bc": "bc",
    "bzip2": "bzip2",
    "composer": "composer",
    "convert": "imagemagick",
    "curl": "curl",
    "dig": "bind9-dnsutils",
    "ffmpeg": "ffmpeg",
    "file": "file",
    "git": "git",
    "gpg": "gnupg",
    "gunzip": "gzip",
    "host": "bind9-host",
    "inotifywait": "inotify-tools",
    "java": "default-jre-headless",
    "jq": "jq",
    "ldapsearch": "ldap-utils",
    "lftp": "lftp",
    "lynx": "lynx",
    "mail": "bsd-mailx",
    "mailx": "bsd-mailx",
    "mariadb": "mariadb-client",
    "mariadb-dump": "mariadb-client",
    "mongodump": "mongo-tools",
    "msmtp": "msmtp",
    "mutt": "mutt",
    "mysql": "default-mysql-client",
    "mysqladmin": "default-mysql-client",
    "mysqlcheck": "default-mysql-client",
    "mysqldump": "default-mysql-client",
    "nc": "netcat-openbsd",
    "node": "nodejs",
    "npm": "npm",
    "openssl": "openssl",
    "parallel": "parallel",
    "pg_dump": "postgresql-client",
    "pg_dumpall": "postgresql-client",
    "php": "php-cli",
    "pigz": "pigz",
    "ping": "iputils-ping",
    "psql": "postgresql-client",
    "python": "python-is-python3",
    "python3": "python3",
    "rclone": "rclone",
    "redis-cli": "redis-tools",
    "restic": "restic",
    "rsync": "rsync",
    "ruby": "ruby",
    "s3cmd": "s3cmd",
    "scp": "openssh-client",
    "sendmail": "msmtp-mta",
    "sftp": "openssh-client",
    "socat": "socat",
    "sqlite3": "sqlite3",
    "ssh": "openssh-client",
    "sshpass": "sshpass",
    "sudo": "sudo",
    "unzip": "unzip",
    "wget": "wget",
    "whois": "whois",
    "xmllint": "libxml2-utils",
    "xz": "xz-utils",
    "zip": "zip",
    "zsh": "zsh",
    "ksh": "ksh",
    "zstd": "zstd",
    "flock": "util-linux",
    "ps": "procps",
    "free": "procps",
    "top": "procps",
    "ip": "iproute2",
    "ss": "iproute2",
    "less": "less",
    "logger": "bsdutils",
    "make": "make",
    "pip": "python3-pip",
    "pip3": "python3-pip",
    "swaks": "swaks",
    "tcsh": "tcsh",
    "vim": "vim-tiny",
}
DATABASES = {
    "mysql": "default-mysql-client",
    "mariadb": "mariadb-client",
    "postgresql": "postgresql-client",
    "redis": "redis-tools",
}
ALWAYS = ("ca-certificates", "python3", "tzdata")  # TLS, the runner, time zones


def needed(facts: Iterable[Fact], shell: str, more: Iterable[str] = ()) -> tuple[str, ...]:
    """The Debian packages of every program that the facts name, and `more`, sorted; always what the runner itself needs."""
    programs = [fact.value.rsplit("/", 1)[-1] for fact in facts if fact.kind in {"command", "interpreter", "cloud-cli"}]
    found = {PACKAGES[program] for program in [*programs, shell.rsplit("/", 1)[-1]] if program in PACKAGES}
    found |= {"php-cli" for program in programs if program.startswith("php")}
    return tuple(sorted(found.union(ALWAYS, more)))


def unknown(facts: Iterable[Fact]) -> tuple[str, ...]:
    """Programs called by a path outside the system's folders: no package has them, a person must add them."""
    usual = ("/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/")
    return tuple(
        sorted(
            {
                fact.value
                for fact in facts
                if fact.kind == "command" and fact.value[:1] == "/" and not fact.value.startswith(usual)
            }
        )
    )
