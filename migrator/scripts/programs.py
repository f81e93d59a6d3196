"""What is known about programs, one entry each in programs.toml; which files of packages are chores, in chores.toml."""

import tomllib
from importlib import resources
from typing import Literal

import msgspec

from migrator.model.value import Value

Operands = Literal[
    "read", "write", "delete", "list", "copy", "move", "none", "text", "url", "host", "folder", "touch", "update", "empty"
]


class Program(Value, frozen=True, kw_only=True):
    """One program. `values` are its options that take a value; `operands` says what its arguments are."""

    operands: Operands | None = None
    values: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()  # options whose value is a file that is read
    writes: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()  # options whose value is a host
    ports: tuple[str, ...] = ()
    said: tuple[str, ...] = ()  # options whose value is what a client of a file server is told to do
    wraps: bool = False  # runs the command that follows its own options
    skips: int = 0  # own operands before the wrapped command, or before the files
    language: str | None = None  # interprets a script
    inline: tuple[str, ...] = ()  # options whose value is a program text
    modules: tuple[str, ...] = ()  # options whose value is a module
    database: str | None = None
    cloud: str | None = None
    queue: str | None = None
    container: tuple[str, ...] = ()  # subcommands that start a container
    network: bool = False  # host:path operands
    sudo: bool = False
    mail: bool = False
    host_only: bool = False
    chore: str | None = None
    service: bool = False  # operands name units
    lock: bool = False
    daemon: str | None = None  # speaks with this daemon of the same machine unless one of `hosts` says otherwise
    script: bool = False  # its package's program is a script: what it does stands in it, where it is in the tree
    quiet: bool = False  # a builtin or a utility that says nothing about the job


def _read(name: str) -> dict[str, object]:
    text = resources.files("migrator.scripts").joinpath(name).read_text(encoding="utf-8")
    return tomllib.loads(text)


PROGRAMS: dict[str, Program] = msgspec.convert(_read("programs.toml"), dict[str, Program])
CHORES: dict[str, dict[str, str]] = msgspec.convert(_read("chores.toml"), dict[str, dict[str, str]])
# what Debian keeps in /sbin and /usr/sbin, by the FHS for the administration of the system, and what of /usr/bin is for hardware,
# accounts, power, packages (benchmarks/system_programs.py)
SYSTEM_PROGRAMS = frozenset(
    resources.files("migrator.scripts").joinpath("system_programs.txt").read_text(encoding="utf-8").split()
)
UNKNOWN = Program()
MACHINE = Program(host_only=True, operands="text", script=True)
# families of programs that their makers name alike: each works on disks, mounts, packages, virtual machines, a controller
OF_THE_MACHINE = tuple(
    "mkfs. fsck. mount. umount. dpkg- debconf- virt- lxc- iptables- ip6tables- nft- nvidia- grub- ipmi- systemd- zfs- zpool- "
    "btrfs- xfs_ cryptsetup- apt- smbios- acpi_ raid- mdadm- tpm2_ tss2_ sg_ smp_ scsi_".split()
)
OF_NO_MACHINE = frozenset(
    "dpkg-source dpkg-buildpackage dpkg-parsechangelog dpkg-deb dpkg-architecture dpkg-genchanges dpkg-gencontrol dpkg-split "
    "dpkg-scanpackages dpkg-scansources dpkg-shlibdeps dpkg-vendor dpkg-buildflags dpkg-checkbuilddeps dpkg-distaddfile "
    "dpkg-name apt-ftparchive apt-sortpkgs apt-extracttemplates apt-move systemd-escape systemd-path systemd-id128 "
    "systemd-notify "
    "apt-cacher apt-cacher-ng".split()
)
VERSIONED = ("python", "php", "perl", "ruby", "node", "pypy", "lua")


def program(name: str) -> Program:
    """What is known about a program by its name; `UNKNOWN` where nothing is.

    >>> program("python3.11").language, program("php8.2").language, program("no-such").language
    ('python', 'php', None)
    """
    found = PROGRAMS.get(name)
    if found is None and name.startswith(VERSIONED):
        found = PROGRAMS.get(name.rstrip("0123456789.-"))
    if found is None and name.startswith(OF_THE_MACHINE) and name not in OF_NO_MACHINE:
        return MACHINE
    return found or UNKNOWN


def is_known(name: str) -> bool:
    """True where there is an entry."""
    return program(name) is not UNKNOWN
