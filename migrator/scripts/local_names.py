"""The names by which programs of any language call this machine, and what they call those with whom they speak.

Line: `$host = "localhost"`, `'servers' => ["127.0.0.1:11211"]`, `net.connect(80, "localhost")`
Source: hosts(5), RFC 6761 section 6.3; what programs call their hosts.
"""

import re
from collections.abc import Sequence

from migrator.scripts.reading import USER_OF, Notes
from migrator.scripts.words import Word

# a variable that is called so and holds one of the machine's own names says whom the program talks to
HOST_NAME = re.compile(
    r"(?:host(?:name)?|server|addr|address|peer|ip|node|broker|endpoint|proxyto)s?$"
    r"|^(?:DB|MYSQL|PG|REDIS|MONGO)_?HOST\w{0,9}$",
    re.IGNORECASE,
)
LETS_IN = re.compile(r"(?:^|_)(?:cors|csrf|origins?|allow(?:ed)?|trusted|whitelist)(?:_|$)", re.IGNORECASE)  # who may ask
OFFERS = re.compile(r"bind|listen|local_?addr|allow|trusted", re.IGNORECASE)  # who is let in, or where one waits
SOCKET_URL = re.compile(r"(?:[\w+]{0,12}\+)?unix:(?://)?(/?[\w./-]{3,200})")
LOCAL_URL = re.compile(rf"[\w+:]+://{USER_OF}(?:localhost|127(?:\.\d+){{3}}|\[::1\])(?:[:/]|$)")
LOCAL_DSN = re.compile(r"(?:^|[;:\s])(?:host|server|hostname|hostaddr)=(localhost|127(?:\.\d+){3}|/[\w/.-]+)(?=[;\s:]|$)")
LOCAL = re.compile(r"(?:[\w.-]+@)?(?:localhost|127(?:\.\d+){3}|::1|\[::1\])(?::\d+)?", re.IGNORECASE)
# what waits for others, or puts a text together, instead of speaking with somebody
SERVES = frozenset("sprintf printf format listen bind serve run createServer start_server addListener".split())
# calls and classes whose name says that they speak with somebody
SPEAKS = re.compile(
    r"(?:p?connect\w{0,12}|addServer|client|parameters|ping|telnet|(?:check|waitFor|isPort|test)_?\w{0,40})$", re.IGNORECASE
)


def is_peer(name: str) -> bool:
    """True for what people call a host that is spoken to.

    >>> is_peer("db_host"), is_peer("bootstrap_servers"), is_peer("LocalAddr"), is_peer("name")
    (True, True, False, False)
    """
    return HOST_NAME.search(name) is not None and not OFFERS.search(name)


def note(notes: Notes, name: str, called: str, arguments: Sequence[Word], row: int, is_said: bool) -> None:
    """`net.connect(80, "localhost")`, `$cache->connect("127.0.0.1")`; `is_said`: the call's own effect says with whom."""
    if is_said or called in SERVES or "Server" in name:
        return
    words = arguments[:6]
    for at, word in enumerate(words):
        beside = (words[at - 1].text if at else "", words[at + 1].text if at + 1 < len(words) else "")
        if LOCAL.fullmatch(word.text) and (any(text.isdigit() for text in beside) or (not at and SPEAKS.search(called))):
            notes.add("local-socket", word.text, row, certain=False)
