"""The locales that an image must have: Debian slim has C and C.UTF-8, and programs sort, date and print as LANG and LC_* say.

Source: locale(7), localedef(1); the character set of a name without one stands in /usr/share/i18n/SUPPORTED, in the image
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

VARIABLE = re.compile(r"LANG|LC_[A-Z]+")
NAME = re.compile(r"([a-z]{2,3}(?:_[A-Z]{2})?)(?:\.([A-Za-z0-9-]{1,20}))?(@[a-z]{1,20})?")
BUILT_IN = re.compile(r"(?i)C|POSIX|C\.utf-?8|")
CHARMAP = re.compile(r"(?i)utf-?8|iso-?8859-?(\d{1,2})")


class Locale(NamedTuple):
    """What localedef(1) makes: `name` from the source `source` in the character set `charmap`, None where the name says none."""

    name: str
    source: str
    charmap: str | None


def needed(variables: Iterable[tuple[str, str]]) -> tuple[Locale, ...]:
    """The locales that these variables name and that no image has by itself, each once, in order of their names.

    >>> needed([("LANG", "de_DE.utf8"), ("LC_TIME", "C"), ("LC_COLLATE", "pl_PL"), ("PATH", "/bin")])
    (Locale(name='de_DE.utf8', source='de_DE', charmap='UTF-8'), Locale(name='pl_PL', source='pl_PL', charmap=None))
    """
    names = {value for name, value in variables if VARIABLE.fullmatch(name) and not BUILT_IN.fullmatch(value)}
    return tuple(found for name in sorted(names) if (found := _locale(name)) is not None)


def _locale(name: str) -> Locale | None:
    match = NAME.fullmatch(name)
    if match is None:
        return None
    known = CHARMAP.fullmatch(match[2] or "")
    charmap = match[2] if known is None else f"ISO-8859-{known[1]}" if known[1] else "UTF-8"
    return Locale(name, f"{match[1]}{match[3] or ''}", charmap)
