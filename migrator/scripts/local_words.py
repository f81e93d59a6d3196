"""Sockets and services of this machine among the words of any command.

Line: `socat - UNIX-CONNECT:/run/x.sock`, `swaks --server=localhost`, `gst-launch-1.0 ... ! udpsink host=127.0.0.1`
Source: socat(1), nc(1); what programs call their hosts.
"""

import re
from itertools import islice

from migrator.scripts.noting import Reader
from migrator.scripts.reading import USER_OF, Notes
from migrator.scripts.words import Word

NETCATS = frozenset("nc ncat netcat nc.openbsd socket".split())
HERE = r"(?:localhost|127(?:\.\d+){3}|::1|\[::1\])"
# `localhost`, `me@localhost:22`, `--host=localhost`, `127.0.0.1:80/pkix/`, and each of a list
WHOLE = re.compile(
    rf"(?:(?:--[\w-]+|\w*(?:host|server|addr|address|peer|hostname))=)?(?P<host>(?:[\w.-]+@)?{HERE}(?::[\w-]+)?)(?:(?<=\d)/(?!\d{{1,2}}$).*)?"
)
# `db:pg://me:@secret:X@@localhost/shop`, `-e "open ftp://localhost"`, `"host=127.0.0.1 dbname=shop"`
WITHIN = re.compile(rf"(?:\w://{USER_OF}|\w@|\b(?:host|server|hostaddr|hostname)=)(?P<host>{HERE}(?::\d+)?)(?=[/,;:?\s'\"&)]|$)")
LISTENS = re.compile(r"runserver|serve|-{1,2}(?:bind|listen|local)[\w-]*|\w*(?:BIND|LISTEN)\w*")  # who is let in
SOCKET = re.compile(r"(?:UNIX(?:-CONNECT|-CLIENT)?|unix|GOPEN|[\w-]*[Ss]ocket(?:[-_]?[Pp]ath)?)[:=](?://)?(/[^,;\s]+)")
LISTED = re.compile(r"(?<![\w.@-])((?:localhost|127\.0\.0\.1):\d{2,5})(?!\w)")
MOST_LISTED = 8
MOST_CHARS = 2_000  # of a word


def note(reader: Reader, arguments: tuple[Word, ...], row: int, is_database: bool = False, is_mail: bool = False) -> None:
    """Sockets and services of this machine that any program is told of: `UNIX-CONNECT:/run/x`, `-h localhost`."""
    before = ""
    for word in arguments:
        text = word.text[:MOST_CHARS]
        if not is_database and not LISTENS.fullmatch(before) and not LISTENS.fullmatch(text.partition("=")[0]):
            whole = [match for match in map(WHOLE.fullmatch, text.split(",")[:20]) if match is not None]
            found = whole or [*WITHIN.finditer(text)][:5]
            for one in found:
                if is_mail and "@" in text.partition("/")[0]:
                    continue  # somebody who gets or sends it
                reader.notes.add("local-socket", one["host"], row, certain=False)
        if socket := SOCKET.search(text):
            reader.notes.add("local-socket", socket[1], row, word.is_known)
        before = text


def listed(notes: Notes, text: str, row: int) -> None:
    """Addresses in an array: `SERVICES=("db:localhost:5432")`, `(["web"]="http://127.0.0.1:80/")`."""
    for told in islice(LISTED.finditer(text), MOST_LISTED):
        notes.add("local-socket", told[1], row, certain=False)
