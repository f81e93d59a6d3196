"""Reads Perl programs by their tokens.

Line: `open(my $fh, '<', '/var/lib/app/stamp') or die;`
Source: perlfunc(1). Nothing found here is certain.
"""

# ruff: noqa: E501 - tables and patterns: one entry a line reads better than a folded one

import re

from migrator.model.finding import Fact
from migrator.model.source import Location
from migrator.scripts import effects, tokens
from migrator.scripts.reading import Context, Notes, Reading
from migrator.scripts.words import Word

LANGUAGE = "perl"
INTERPRETERS: tuple[str, ...] = ("perl",)
SUFFIXES: tuple[str, ...] = (".pl", ".pm", ".t")

FUNCTIONS: dict[str, str] = {
    "unlink": "delete", "rmdir": "delete", "mkdir": "write", "rename": "move", "copy": "copy", "move": "move", "opendir": "list:1",
    "glob": "list", "system": "shell", "exec": "shell", "qx": "shell", "sleep": "sleep", "usleep": "sleep:0.000001",
    "DBI->connect": "database:by-dsn", "get": "url", "getstore": "url", "Net::FTP->new": "host", "Net::SMTP->new": "mail:smtp",
    "Mail::IMAPClient->new": "queue:mailbox", "Net::POP3->new": "queue:mailbox", "Net::IMAP::Simple->new": "queue:mailbox",
    "sendmail": "mail", "flock": "lock:flock", "kill": "kill", "fork": "parallel", "dbmopen": "update:1", "retrieve": "read", "read_file": "read",
    "write_file": "write", "find": "none",
}  # fmt: skip
STATEMENTS = {name: FUNCTIONS[name] for name in ("unlink", "rmdir", "mkdir", "system", "exec", "sleep", "rename")}
CORE = frozenset(
    "strict warnings utf8 vars lib POSIX Data File Getopt Time List Scalar Carp Cwd Socket IO IPC Sys Encode constant base parent feature "
    "Storable Fcntl Digest MIME Text Term Pod Benchmark Tie Math Config Errno English Env Exporter FindBin Symbol bigint integer open "
    "overload sort threads version autodie bytes charnames diagnostics fields if less locale mro re sigtrap subs Hash Unicode Memoize Thread Test".split()
)
USE = re.compile(r"^[ \t]*(?:use|require)[ \t]+([A-Za-z][\w:]*)", re.MULTILINE)
OPEN = re.compile(r"""\bopen\s*\(?\s*(?:my\s+)?[\$*]?\{?\w+\}?\s*,\s*(?:["']([<>+|]{1,3})["']\s*,\s*)?["']([^"'\n]{1,300})["']""")


def inspect(text: str, location: Location) -> tuple[Fact, ...]:
    """Facts of a Perl program."""
    return read(text, location, Context()).facts


def read(text: str, location: Location, context: Context) -> Reading:
    """Facts and calls of a Perl program that starts in `context`."""
    notes = Notes(text, location)
    notes.add_secrets()
    end = re.search(r"^__(?:END|DATA)__\s*$", notes.text, re.MULTILINE)
    if end:
        notes.text = notes.text[: end.start()]
    known = tokens.read_functions(notes, context, tokens.PERL, FUNCTIONS, STATEMENTS)
    tokens.loops(notes, tokens.PERL)
    for match in OPEN.finditer(notes.text):
        name = re.sub(r"\$\{?(\w+)\}?", lambda m: known[m[1]].text if m[1] in known else m[0], match[2])
        word = Word(f"{match[1] or ''} {name}" if match[1] else name, False)
        row = notes.text.count("\n", 0, match.start())
        effects.apply(notes, "open", (word,), {}, effects.Place(row, context.working_directory, context.variables))
    for match in USE.finditer(notes.text):
        if match[1].split("::")[0] not in CORE:
            notes.add("library", match[1], notes.text.count("\n", 0, match.start(1)), certain=False)
    for match in re.finditer(r"\$ENV\{['\"]?(\w+)['\"]?\}(?!\s*=[^=])", notes.text):
        if match[1] not in context.variables and match[1] not in {"PATH", "HOME", "USER", "LOGNAME", "SHELL"}:
            notes.add("environment-variable", match[1], notes.text.count("\n", 0, match.start()), certain=False)
    return notes.reading()
