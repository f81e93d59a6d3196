"""Reads a wait of random length in front of a command: how crontabs spread the load that a schedule elsewhere spreads itself.

Line: `sleep $((RANDOM % 600)); /opt/report`, `test -x /usr/bin/certbot && perl -e 'sleep int(rand(43200))' && certbot -q renew`
Only a wait that stands before everything else is read, and only with its longest length.
Source: bash(1) RANDOM (0 to 32767), shuf(1), rand of perl and python; dash knows no RANDOM and waits 0 seconds.
"""

import re
from typing import NamedTuple

from migrator.schedule.date_test import PLAIN_TERM

LONGEST = 2000
UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}
RANDOM_MAX = 32767
NUMBER = r"(\d{1,6})(?:\s*\*\s*(\d{1,6}))?"
SLEEP = r"(?:/usr)?(?:/bin/)?sleep"
FORMS = tuple(
    re.compile(text)
    for text in (
        rf'{SLEEP}\s+"?\$(?:\(\(|\[)\s*(?:\(\s*)?\$?\{{?RANDOM\}}?\s*%\s*{NUMBER}\s*(?:\))?(?:\s*\+\s*(?P<more>\d{{1,6}}))?\s*(?:\)\)|\])"?(?P<unit>[smh]?)',
        rf'{SLEEP}\s+"?(?:\$\(|`)\s*expr\s+\$\{{?RANDOM\}}?\s+%\s+{NUMBER}\s*(?:\)|`)"?(?P<unit>[smh]?)',
        rf'{SLEEP}\s+"?(?:\$\(|`)\s*shuf\s+(?:-n\s*1\s+)?-i\s*\d{{1,6}}-{NUMBER}(?:\s+-n\s*1)?\s*(?:\)|`)"?(?P<unit>[smh]?)',
        rf"""perl\s+-e\s*['"]\s*sleep\s*\(?\s*int\s*\(?\s*rand\s*\(?\s*{NUMBER}\s*\)*\s*;?\s*['"]""",
        rf"""python3?\s+-c\s*['"]import random; ?import time; ?time\.sleep\(random\.random\(\)\s*\*\s*{NUMBER}\)['"]""",
    )
)
RANDOM_THERE = re.compile(
    rf"{SLEEP}\b[^;&|]*(?:RANDOM|shuf|urandom|rand)|perl\s[^;&|]*\bsleep\b[^;&|]*\brand\b|time\.sleep\(random"
)


class RandomSleep(NamedTuple):
    """The wait as written, how long it is at most, what stands before it (tests of files), and the command behind it."""

    text: str
    longest_s: float
    before: str
    rest: str
    uses_random: bool  # the shell's RANDOM, which dash does not have

    def dropped(self) -> str:
        """The command without its wait."""
        return f"{self.before}{self.rest}"


def recognise(command: str) -> RandomSleep | None:
    """The wait in front of `command`; None if there is none that can be read.

    >>> found = recognise("sleep $((RANDOM % 600)); /opt/report")
    >>> found.longest_s, found.dropped()
    (599.0, '/opt/report')
    """
    text = command.strip()[:LONGEST]
    at = 0
    while (plain := PLAIN_TERM.match(text, at)) and (joined := re.compile(r"\s*&&\s*").match(text, plain.end())):
        at = joined.end()
    for form in FORMS:
        match = form.match(text, at)
        if match is None:
            continue
        end = re.compile(r"\s*(&&|;)\s*(?=\S)").match(text, match.end())
        if end is None or (at and end[1] == ";"):  # behind `test && sleep;` the rest runs whatever was tested
            return None
        said = match.groupdict()
        most = float(int(match[1]) * int(match[2] or 1))
        shell = "RANDOM" in match[0]
        if shell:
            most = min(most - 1, RANDOM_MAX) + int(said.get("more") or 0)
        return RandomSleep(match[0], most * UNITS[said.get("unit") or ""], text[:at], command.strip()[end.end() :], shell)
    return None


def mentions_random_sleep(command: str) -> bool:
    """True where the command waits for a random time somewhere, whether or not it can be read.

    >>> mentions_random_sleep("/opt/x; sleep $(( $(od -An -N2 -i /dev/urandom) % 60 )); /opt/y")
    True
    """
    return RANDOM_THERE.search(command[:LONGEST]) is not None
