"""Reads and rewrites case files in txtar form: `-- name --` opens a part, the part `want` is the expectation.

A file holds several cases: a line `=== sentence` opens one; its parts follow.
"""

import re
from pathlib import Path
from typing import NamedTuple


class Case(NamedTuple):
    """One case: its sentence, its parts by name, and where it starts."""

    name: str
    parts: dict[str, str]
    path: Path
    line: int


def read_cases(path: Path) -> list[Case]:
    """The cases of a file, in order."""
    cases: list[Case] = []
    part: str | None = None
    for number, line in enumerate(path.read_text().splitlines(keepends=True), 1):
        if line.startswith("=== "):
            cases.append(Case(line[4:].strip(), {}, path, number))
            part = None
        elif match := re.fullmatch(r"-- (.+) --\n?", line):
            part = match[1]
            cases[-1].parts[part] = ""
        elif part is not None:
            cases[-1].parts[part] += line
        elif line.strip() and not line.startswith("#"):
            raise AssertionError(f"{path}:{number}: text outside a part")
    return cases


def rewrite(path: Path, wanted: dict[str, str]) -> None:
    """Set the part `want` of the cases named in `wanted`; everything else stays as it is."""
    text = path.read_text()
    heads = re.split(r"(?m)^(?==== )", text)
    for index, block in enumerate(heads):
        name = block.split("\n", 1)[0].removeprefix("=== ").strip()
        if block.startswith("=== ") and name in wanted:
            before = re.split(r"(?m)^-- want --\n", block)[0]
            heads[index] = f"{before}-- want --\n{wanted[name].rstrip()}\n\n"
    path.write_text("".join(heads).rstrip() + "\n")
