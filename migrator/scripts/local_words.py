"""Sockets and services of this machine among the words of any command.

Line: `socat - UNIX-CONNECT:/run/x.sock`, `swaks --server=localhost`, `gst-launch-1.0 ... ! udpsink host=127.0.0.1`
Source: socat(1), nc(1); what programs call their hosts.
"""

import re

from migrator.scripts.noting import Reader
from migrator.scripts.words import Word

NETCATS = frozenset("nc ncat netcat nc.openbsd socket".split())
NAMED_HOST = re.compile(r"^(?:--[\w-]+|\w*(?:host|server|addr|address|peer|hostname))=")
LOCAL = re.compile(
    r"(?:[\w.-]+@)?(?:localhost|127(?:\.\d+){3}|::1|\[::1\])(?::[\w-]+)?"
    r"|(?:\w+:)*\w+://(?:[^/@\s]*@)?(?:localhost|127\.0\.0\.1)(?:[:/].*)?"
)
SOCKET = re.compile(r"(?:UNIX(?:-CONNECT|-CLIENT)?|unix|GOPEN|[\w-]*[Ss]ocket(?:[-_]?[Pp]ath)?)[:=](?://)?(/[^,;\s]+)")


def note(reader: Reader, arguments: tuple[Word, ...], row: int, is_database: bool = False) -> None:
    """Sockets and services of this machine that any program is told of: `UNIX-CONNECT:/run/x`, `-h localhost`."""
    for word in arguments:
        if not is_database and LOCAL.fullmatch(NAMED_HOST.sub("", word.text)):  # `--host=localhost`, `host=127.0.0.1`
            value = re.sub(r"^(?:\w+:)*\w+://(?:[^/@]*@)?|(?<=\w)/.*", "", NAMED_HOST.sub("", word.text))
            reader.notes.add("local-socket", value, row, certain=False)
        if match := SOCKET.search(word.text):
            reader.notes.add("local-socket", match[1], row, word.is_known)
