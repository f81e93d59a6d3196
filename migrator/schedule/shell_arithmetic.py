"""Reads the arithmetic of a shell over whole numbers, as far as tests of the date need it: `$(date +%-d) % 2 == 0`.

Line: `( 10#08 - 1 ) / 7 == 1`
Source: POSIX shell 2.6.4, bash(1) ARITHMETIC EVALUATION (`10#08`, and `08` is a wrong octal number); tests/test_date_test.py
"""

import operator
import re
from collections.abc import Callable

TOKEN = re.compile(r"\s*(10#[0-9]+|[0-9]+|==|!=|<=|>=|[-+*/%()<>])")
# from loose to tight
LEVELS: tuple[dict[str, Callable[[int, int], int]], ...] = (
    {"==": operator.eq, "!=": operator.ne},
    {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge},
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "/": operator.floordiv, "%": operator.mod},
)


class ShellError(Exception):
    """The shell itself stops here with an error: what the test guards is not reached."""


def value(text: str) -> int:
    """What the expression comes to; a comparison is 1 or 0.

    Raises `ShellError` where the shell gives up (`08`, division by 0), `ValueError` for what is not surely read.

    >>> value("(10#08 - 1) / 7 == 1"), value("6 % 2")
    (1, 0)
    """
    tokens: list[str] = []
    at = 0
    while at < len(text.rstrip()):
        match = TOKEN.match(text, at)
        if match is None:
            raise ValueError(text)
        tokens.append(match[1])
        at = match.end()
    found = _level(tokens, 0, text)
    if tokens:
        raise ValueError(text)
    return found


def _level(tokens: list[str], level: int, text: str) -> int:
    if level == len(LEVELS):
        return _number(tokens, text)
    left = _level(tokens, level + 1, text)
    while tokens and tokens[0] in LEVELS[level]:
        sign = tokens.pop(0)
        right = _level(tokens, level + 1, text)
        if sign in "/%" and right == 0:
            raise ShellError(text)
        if sign in "/%" and (left < 0 or right < 0):
            raise ValueError(text)  # C rounds towards 0, and nobody writes that about a date
        left = int(LEVELS[level][sign](left, right))
    return left


def _number(tokens: list[str], text: str) -> int:
    if not tokens:
        raise ValueError(text)
    word = tokens.pop(0)
    if word == "(":
        found = _level(tokens, 0, text)
        if not tokens or tokens.pop(0) != ")":
            raise ValueError(text)
        return found
    if word.startswith("10#"):
        return int(word[3:])
    if not word.isdecimal():
        raise ValueError(text)
    if len(word) > 1 and word[0] == "0":
        if re.search("[89]", word):
            raise ShellError(text)
        return int(word, 8)
    return int(word)
