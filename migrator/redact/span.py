"""Where a secret stands in a text."""

from typing import NamedTuple


class Span(NamedTuple):
    """`text[start:end]` is a secret value; `name` what to call it, `kind` how it was recognised."""

    start: int
    end: int
    name: str
    kind: str
