"""Commands that a program holds in its strings and hands to a function of its own: `run("df -P /srv")`, `$df = "/bin/df"`.

Line: `run '/usr/bin/openssl x509 -in /etc/ssl/x.pem'`, `DF = "/bin/df"`, `execute(["smartctl", "-a", disk])`
Source: hier(7); what is known of programs (programs.py).
"""

import re
from collections.abc import Sequence

from migrator.scripts import effects
from migrator.scripts.effects import Place
from migrator.scripts.programs import UNKNOWN, program
from migrator.scripts.reading import Notes
from migrator.scripts.words import Word

PLACE = r"/(?:usr/(?:local/)?)?s?bin/"
COMMAND = re.compile(rf"\s*(?:{PLACE}|(?=[a-z]))(?P<name>[a-z][\w.+-]{{1,40}})\s+(?:-{{1,2}}[A-Za-z]|/\w|\$)")
PROGRAM = re.compile(rf"{PLACE}(?P<name>[\w.+-]{{2,40}})")
LONGEST = 400
LOOKED_BACK = 3  # a call is seen before the strings in it
# programs whose names are words that a text may begin with
WORDS = frozenset(
    "test time file find sort last make read write who free top host head tail split join cut at mail w watch install set".split()
)


def note(notes: Notes, text: str, place: Place) -> None:
    """What a string says that nobody else has read: a command line, or a program that works on the machine."""
    if is_command(text):
        text = text.strip(" |")
        if not any((call.inline or "").strip() == text for call in notes.calls[-LOOKED_BACK:]):
            effects.apply(notes, "shell", (Word(text, False),), {}, place)
    elif (match := PROGRAM.fullmatch(text)) is not None and program(match["name"]).host_only:
        notes.add("host-only", match["name"], place.row, certain=False)


def is_command(text: str) -> bool:
    """True where a string can hardly be anything but a command line: a known program, then an option or a path.

    >>> is_command("df -P /srv"), is_command("/usr/bin/smartctl -a $disk"), is_command("mount failed"), is_command("find -type")
    (True, True, False, False)
    """
    match = COMMAND.match(text) if len(text) < LONGEST and "\n" not in text.strip() else None
    if match is None:
        return False
    known = program(match["name"])
    return (known is not UNKNOWN and match["name"] not in WORDS) or text.lstrip().startswith("/")


def works_here(text: str) -> bool:
    """True for a command of a program that works on this machine, or speaks with a service of it.

    >>> works_here("free -m"), works_here("redis-cli save"), works_here("UPDATE users SET x = 1"), works_here("sort")
    (True, True, False, False)
    """
    words = text.split(maxsplit=2)[:2] if len(text) < LONGEST and "\n" not in text.strip() else []
    if words and words[0] == "sudo":
        words = words[1:]
    known = program(words[0].rpartition("/")[2]) if words else UNKNOWN
    return known.host_only or known.database is not None or known.daemon is not None


def note_list(notes: Notes, words: Sequence[Word], row: int) -> None:
    """A list that begins like a command line: `execute(["smartctl", "-a", disk])`."""
    if len(words) < 2 or not words[1].text.startswith(("-", "/")):
        return
    known = program(words[0].text)
    if known.host_only:
        notes.add("host-only", words[0].text, row, certain=False)
