"""What a person sees on a terminal: tables, a progress bar, and text that cannot do anything to the terminal.

Colour follows NO_COLOR and is never used in a pipe; a bar is shown on a terminal only, and only after two seconds.
"""

import importlib
import os
import re
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

BAR_AFTER_S = 2.0
# C0 but tab and line feed, DEL, C1, direction marks and overrides, line separators, surrogates, byte order mark
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def safe(text: str) -> str:
    r"""The text with every control character and direction override written out, so that a terminal only shows it.

    >>> print(safe("a\x1b]0;title\x07b"))
    a\x1b]0;title\x07b
    """
    return UNSAFE.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)


def one_line(text: str) -> str:
    r"""The text on one line: a file's name may hold a line feed, and a message is one line.

    >>> one_line("a\nb\tc")
    'a\\nb c'
    """
    return safe(text).replace("\n", "\\n").replace("\t", " ")


def can_draw() -> bool:
    """True where standard input and output are a terminal that can place text anywhere."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") not in {"dumb", ""}


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], whole: Collection[str] = ()) -> None:
    """Print rows under their columns on standard output: drawn to fit on a terminal, whole and aligned in a pipe.

    `whole` names the columns whose cells are never wrapped, such as schedules: the others give way.
    """
    cells = [[one_line(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        widths = [max(len(column), *(len(row[i]) for row in cells), 0) for i, column in enumerate(columns)]
        for line in [list(columns), *cells]:
            print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())  # noqa: T201
        return
    _drawn().table(columns, cells, whole)


def _drawn() -> Any:
    # only on a terminal: rich takes 40 ms to load, and in a pipe nothing is drawn
    return importlib.import_module("migrator.drawn")


@contextmanager
def progress(title: str, total: int, *, rate: bool = False) -> Iterator[Callable[[], None]]:
    """Call what it yields once for each thing that is done. Silent in a pipe and for the first two seconds.

    With `rate` it also says how fast it goes and how long it will take.
    """
    if not sys.stderr.isatty():
        yield lambda: None
        return
    bar, advance = _drawn().bar(safe(title), total, rate=rate)
    timer = threading.Timer(BAR_AFTER_S, bar.start)
    timer.daemon = True
    timer.start()
    try:
        yield advance
    finally:
        timer.cancel()
        bar.stop()
