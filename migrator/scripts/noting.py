"""How paths and hosts of commands are noted, and what the reader of a shell program offers to those who read its commands."""

import re
from collections.abc import Mapping
from typing import Protocol, cast

from migrator.model.finding import FactKind
from migrator.scripts.reading import Context, Notes, absolute, is_local
from migrator.scripts.words import Word, Words

# devices that there are wherever a program runs: null, the terminal, what bash speaks through; but `/dev/fd0` is a disk
EVERYWHERE = r"(?!(?:null|zero|full|u?random|std(?:in|out|err)|fd|tty|ptmx|shm|tcp|udp)(?!\w))"
DEVICE = re.compile("/dev/" + EVERYWHERE)
OWN_PROCESS = ("/proc/self/fd", "/proc/$$/fd")  # every process has these, wherever it runs


# what the system itself keeps: accounts, mounts, packages, kernel, who is logged in, whether it wants to be started again
MACHINE = tuple(
    f"{path}/"
    for path in (
        "/boot /lib/modules /var/lib/dpkg /var/lib/apt /var/lib/rpm /var/cache/apt /etc/apt /etc/yum.repos.d /etc/fstab "
        "/etc/mtab /etc/passwd /etc/shadow /etc/group /etc/gshadow /etc/sudoers /etc/sudoers.d /etc/crontab /etc/cron.d "
        "/etc/motd /etc/update-motd.d /run/motd /var/run/motd /run/motd.dynamic /run/utmp /var/run/utmp /run/reboot-required "
        "/run/reboot-required.pkgs /var/run/reboot-required /var/run/reboot-required.pkgs /etc/network /etc/netplan /etc/udev "
        "/etc/iptables /etc/modprobe.d /etc/sysctl.conf /etc/sysctl.d /etc/systemd "
        "/var/lib/systemd /run/systemd/generator /etc/init.d /etc/resolv.conf /etc/hosts"
    ).split()
)


# files of the machine that anybody may read, but not change
SETTINGS = frozenset({"/etc/localtime", "/etc/timezone", "/etc/hostname", "/etc/environment", "/etc/issue"})
SCHEDULED = ("/etc/cron.hourly/", "/etc/cron.daily/", "/etc/cron.weekly/", "/etc/cron.monthly/")  # what is put there runs there
WHOLE = re.compile(r"/(?:home|var/spool/cron(?:/crontabs)?|var/mail|var/spool/mail|home/\*.*)")  # everybody's, looked through


class Reader(Protocol):
    """The walker that asks: what it knows at this point."""

    notes: Notes
    words: Words
    context: Context
    descriptors: dict[str, Word]
    loops: int
    tested: set[str]
    looked: set[str]
    asked: dict[str, int]
    decides: set[str]
    touched: dict[str, int]

    def run(self, argv: tuple[Word, ...], variables: dict[str, Word], row: int, wraps: int) -> None:
        """Read one simple command: `find -exec`, `xargs` and `docker exec` run commands themselves."""


def note_host(notes: Notes, host: str, row: int, certain: bool) -> None:
    """A host that is contacted; the machine's own name is a local socket instead."""
    if not host or host.startswith("-"):
        return
    if is_local(host):
        notes.add("local-socket", host, row, certain)
    else:
        notes.add("network-host", host, row, certain and "$" not in host)


def home(path: str, reader: Reader) -> str:
    """`~/` and `$HOME/` filled in where the home folder is known."""
    return _home(path, reader.context.variables)


def _home(path: str, variables: Mapping[str, str]) -> str:
    folder = variables.get("HOME")
    if folder:
        for start in ("~/", "$HOME/", "${HOME}/"):
            if path.startswith(start):
                return f"{folder.rstrip('/')}/{path[len(start) :]}"
    return path


def note_path(
    notes: Notes, kind: str, word: Word, folder: str | None, row: int, detail: str | None, variables: Mapping[str, str]
) -> None:
    """A path; devices, descriptors, options and remote names are none. Reading the machine's own folders is said apart."""
    text = word.text
    if (
        not text
        or text in {"-", ".", "..", "/", "*"}
        or text.startswith(("&", "-", "+", "{", ">(", "<(", "!"))
        or "\n" in text
        or len(text) > 1000
    ):
        return
    if "://" in text.split("/")[0] + "/" or re.match(r"[A-Za-z0-9+]+://", text):
        return
    path = absolute(_home(text, variables), folder)
    if spoken := re.fullmatch(r"/dev/(?:tcp|udp)/([^/]+)/.+", path):  # bash's own way to speak with a host
        note_host(notes, spoken[1], row, word.is_known)
        return
    if path.startswith("/dev/") and not path.startswith("/dev/shm/"):  # noqa: S108 - a name that is looked for
        if DEVICE.match(path):
            notes.add("host-only", path, row, word.is_known)
        return
    if path.startswith(OWN_PROCESS):
        return
    if path.startswith(("/proc/", "/sys/")) or path in {"/proc", "/sys"}:
        notes.add("host-only", path, row, word.is_known)
        return
    if (path + "/").startswith(MACHINE) and detail not in {"sourced", "argument"}:
        notes.add("host-only", path, row, word.is_known, detail="the machine's own files")
    if kind in {"writes-path", "deletes-path"} and (path in SETTINGS or path.startswith(SCHEDULED)):
        notes.add("host-only", path, row, word.is_known, detail="the machine's own files")
    if kind == "lists-path" and WHOLE.fullmatch(path):
        notes.add("host-only", path, row, word.is_known, detail="the whole machine")
    touches = kind in {"reads-path", "deletes-path", "lists-path"} or detail == "emptied"
    if touches and (path + "/").startswith("/var/log/"):
        notes.add("host-only", path, row, word.is_known, detail="logs")
    if path.endswith((".sock", ".socket")) and kind != "deletes-path":
        notes.add("local-socket", path, row, word.is_known)
        return
    notes.add(cast("FactKind", kind), path, row, word.is_known, detail)
