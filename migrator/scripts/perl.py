"""Reads Perl programs through their grammar.

Line: `open(my $fh, '<', '/var/lib/app/stamp') or die;`
Source: perlfunc(1).
"""

# ruff: noqa: E501 - tables and patterns: one entry a line reads better than a folded one

import ctypes
import re

import tree_sitter_perl
from tree_sitter import Node

from migrator.model.finding import Fact
from migrator.model.source import Location
from migrator.scripts import effects
from migrator.scripts.grammars import Grammar
from migrator.scripts.reading import Context, Notes, Reading
from migrator.scripts.syntax import Program, Seen
from migrator.scripts.words import text_of

LANGUAGE = "perl"
INTERPRETERS: tuple[str, ...] = ("perl",)
SUFFIXES: tuple[str, ...] = (".pl", ".pm", ".t")

FUNCTIONS: dict[str, str] = {
    "unlink": "delete", "rmdir": "delete", "mkdir": "folder", "mkpath": "folder", "make_path": "folder", "rename": "move", "copy": "copy", "move": "move", "opendir": "list:1",
    "glob": "list", "system": "shell", "exec": "shell", "qx": "shell", "sleep": "sleep", "usleep": "sleep:0.000001",
    "DBI->connect": "database:by-dsn", "get": "url", "getstore": "url", "Net::FTP->new": "host", "IO::Socket::INET->new": "peer", "IO::Socket::INET": "peer", "IO::Socket::INET6->new": "peer",
    "IO::Socket::IP->new": "peer", "IO::Socket::SSL->new": "peer", "IO::Socket::UNIX->new": "peer", "IO::Socket::UNIX": "peer",
    "Net::LDAP->new": "peer", "Net::Telnet->new": "peer", "Net::SSH->new": "peer", "Net::NNTP->new": "peer", "inet_aton": "host",
    "newconn": "peer", "restore_state": "remember:$MUNIN_STATEFILE", "save_state": "remember:$MUNIN_STATEFILE", "Net::SMTP->new": "mail:smtp",
    "Mail::IMAPClient->new": "queue:mailbox", "Net::POP3->new": "queue:mailbox", "Net::IMAP::Simple->new": "queue:mailbox",
    "sendmail": "mail", "flock": "lock:flock", "kill": "kill", "fork": "parallel", "dbmopen": "update:1", "retrieve": "read", "store": "write:1", "nstore": "write:1", "read_file": "read",
    "write_file": "write", "find": "list:1", "tie": "tie", "sockaddr_un": "peer", "pack_sockaddr_un": "peer", "-M": "read", "-A": "read", "-C": "read",
    "getpwent": "machine:accounts", "getgrent": "machine:accounts", "setpwent": "machine:accounts", "LWP::Simple::get": "url", "HTTP::Request->new": "url:1", "LWP::Simple::mirror": "url",
    "mirror": "url", "head": "url", "Net::SNMP->session": "peer", "Net::Ping->new": "none", "IO::File->new": "open", "new IO::File": "open", "lock_retrieve": "read", "lock_store": "write:1", "lock_nstore": "write:1",
    "Net::DBus->system": "machine:dbus", "Sys::Virt->new": "machine:libvirt", "Cache::Memcached->new": "database:memcached", "Redis->new": "database:redis", "XML::RPC->new": "url", "RPC::XML::Client->new": "url",
    "LoadFile": "read", "DumpFile": "write", "YAML::LoadFile": "read", "YAML::DumpFile": "write", "read_text": "read", "append_file": "write", "edit_file": "update",
    "symlink": "write:1", "touch": "write", "sysopen": "open:2", "RRDs::update": "update", "RRD::Simple->new": "none", "GDBM_File": "none", "DBM::Deep->new": "update",
    "Net::Memcached->new": "database:memcached", "Cache::Memcached::Fast->new": "database:memcached", "MongoDB->connect": "database:mongodb", "Net::DNS::Resolver->new": "none", "-l": "looks",
    "-z": "looks", "lstat": "looks", "-f": "looks", "-r": "looks", "-e": "looks", "-s": "looks", "stat": "looks",
}  # fmt: skip
MACHINE = re.compile(  # modules that say how the machine is
    r"Filesys::(?:Df\w*|DiskSpace|Statvfs|DiskUsage)|Sys::(?:Statistics::Linux|Load|MemInfo|CPU|CpuLoad\w*|Info|Utmp|Filesystem|Virt|Gamin)|Proc::(?:ProcessTable|Find|PID::\w+)"
    r"|(?:Linux|Unix)::(?:LVM|SysInfo|Inotify2|Processors|MemInfo|Proc\w*|Distribution|Uptime|Smaps)|IO::Interface\w*|Net::(?:Interface|DBus|Ifconfig\w*|Ethtool)|User::(?:Utmp|pwent|grent)"
    r"|AptPkg(?:::\w+)*|Dpkg(?:::\w+)*|Quota|Device::\w+|Sysadm::Install|Schedule::At|Config::Crontab|Passwd::\w+|RPM\w*|Xen::API|IPTables::\w+|Hardware::\w+|Mac::SysProfile"
)
CORE = frozenset(
    "strict warnings utf8 vars lib POSIX Data File Getopt Time List Scalar Carp Cwd Socket IO IPC Sys Encode constant base parent feature "
    "Storable Fcntl Digest MIME Text Term Pod Benchmark Tie Math Config Errno English Env Exporter FindBin Symbol bigint integer open "
    "overload sort threads version autodie bytes charnames diagnostics fields if less locale mro re sigtrap subs Hash Unicode Memoize Thread Test".split()
)
CAPSULE = b"tree_sitter.Language"  # must outlive what is made of it


def _grammar() -> object:
    """The grammar as the other wheels give it: this one still gives a bare address, which tree-sitter takes no longer."""
    make = ctypes.pythonapi.PyCapsule_New
    make.restype, make.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
    found = tree_sitter_perl.language()
    return make(found, CAPSULE, None) if isinstance(found, int) else found


GRAMMAR = Grammar(
    "perl",
    _grammar,
    ".",
    0,
    most_steps=8_000,  # of 2,183 pieces of Debian's Perl modules the longest (a table of Unicode's names) takes 2,081
    pieces=re.compile(r"^(?=sub\s|package\s)|^(?<=\}\n)(?=\n)", re.MULTILINE),
)
MODE_FIRST = 3  # open(HANDLE, MODE, NAME)


def inspect(text: str, location: Location) -> tuple[Fact, ...]:
    """Facts of a Perl program."""
    return read(text, location, Context()).facts


def read(text: str, location: Location, context: Context) -> Reading:
    """Facts and calls of a Perl program that starts in `context`."""
    notes = Notes(text, location, in_any_order=True)
    notes.add_secrets()

    def visit(seen: Seen) -> None:
        if seen.name == "open" and len(seen.arguments) > 1:
            name = seen.arguments[1]
            if len(seen.arguments) >= MODE_FIRST:
                name = seen.arguments[2]._replace(text=f"{name.text} {seen.arguments[2].text}")
            place = effects.Place(seen.row, context.working_directory, context.variables)
            effects.apply(notes, "open", (name,), {}, place)

    def enter(node: Node) -> None:
        if node.type == "bareword" and text_of(node) in {"getpwent", "getgrent", "setpwent"}:
            notes.add("host-only", "accounts", node.start_point[0])
        if node.type in {"use_statement", "require_expression"}:
            name = next((text_of(child) for child in node.named_children if child.type in {"package", "bareword"}), "")
            if name == "constant":
                program.define(node.named_children[-1])
            if MACHINE.fullmatch(name):
                notes.add("host-only", name, node.start_point[0])
            if name and name.split("::")[0] not in CORE:
                notes.add("library", name, node.start_point[0])

    program = Program(notes, context, GRAMMAR)
    program.read(FUNCTIONS, visit, enter)
    return notes.reading()
