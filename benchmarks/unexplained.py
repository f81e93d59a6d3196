"""What the reader of scripts did not explain, without labels: `python benchmarks/unexplained.py [-v] FOLDER...`.

Each folder holds one tree per package (`dpkg -x`, and `dpkg -e` into its DEBIAN). Every program of 6 to 150 lines of code
in them is read as a job of root's. Counted per hundred scripts:

- programs that are called and of which nothing is known: no entry, not in the tree, no function of the text;
- literals of places where things are kept (/var, /etc, /run, /srv, /home, /opt) that no fact names;
- texts in which a plain pattern sees something kept for the next run (a heap of draw_labels.py) and no fact says state;
- the same with services of this machine. The patterns see more than there is: these are lists to be read, no recall.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from draw_labels import HEAPS, SHEBANG, text_of
from facts import BASE

from migrator.model.finding import Fact
from migrator.model.job import Host, Job, Schedule
from migrator.model.source import Location
from migrator.scripts.facts import facts
from migrator.scripts.programs import SYSTEM_PROGRAMS, is_known
from migrator.sources import directory

PLACES = re.compile(r"(?:DEBIAN/(?:pre|post)(?:inst|rm)|DEBIAN/config|(?:usr/)?s?bin/.*|etc/.*|usr/(?:share|lib|libexec)/.*)")
LITERAL = re.compile(r"(?<![\w.$}/*-])/(?:var|etc|run|srv|home|opt)/[\w./-]*\w")
KEPT = HEAPS["state, strictly"]
SPOKEN = re.compile(
    r"localhost|127\.0\.0\.1|\.sock\b|[PA]F_UNIX|\b(?:mysql|psql|redis-cli|mysqladmin|ldapsearch)\s|DBI->connect|memcache", re.I
)
COMMENT = re.compile(r"(?m)^\s*(?:#|//).*$")
LINES = range(6, 151)


def programs(folders: list[str]) -> Iterator[tuple[Path, str, str]]:
    """Tree, path and text of each program."""
    for folder in folders:
        for tree in sorted(Path(folder).iterdir()):
            for path in sorted(tree.rglob("*")) if tree.is_dir() else ():
                inside = str(path.relative_to(tree))
                if PLACES.fullmatch(inside) and path.is_file() and not path.is_symlink() and not inside.endswith(".gz"):
                    text = text_of(path)
                    code = COMMENT.sub("", text)
                    if SHEBANG.match(text) and len([line for line in code.splitlines() if line.strip()]) in LINES:
                        yield tree, "/" + inside, code


def read(tree: Path, path: str) -> tuple[Fact, ...]:
    """What is said of a job that runs a program."""
    schedule = Schedule(grammar="debian", expressions=("@daily",), timezone="UTC")
    job = Job(**BASE, location=Location(host="web01", path=path, line=1), schedule=schedule, user="root", command=path)
    return facts(directory.open(str(tree))[0], Host(name="web01"), job)[0].facts


def main() -> None:
    """Prints the counts; with -v everything that was counted."""
    scripts, counted, names = 0, Counter(), Counter()
    for tree, path, code in programs([word for word in sys.argv[1:] if word != "-v"]):
        scripts += 1
        found = read(tree, path)
        values = "\n".join(f"{fact.value}\n{fact.detail}" for fact in found)
        kinds = {fact.kind for fact in found}
        unknown = {
            fact.value
            for fact in found
            if fact.kind == "command" and re.fullmatch(r"[\w.+-]+", fact.value) and not is_known(fact.value)
        } - SYSTEM_PROGRAMS
        listed = {"program": sorted(unknown), "place": sorted({text for text in LITERAL.findall(code) if text not in values})}
        listed["state"] = [match[0] for match in [KEPT.search(code)] if match and "state" not in kinds]
        listed["service"] = [match[0] for match in [SPOKEN.search(code)] if match and not kinds & {"local-socket", "database"}]
        for kind, items in listed.items():
            counted[kind] += len(items)
            names.update(f"{kind} {item}" for item in items)
            if "-v" in sys.argv and items:
                print(f"{kind}\t{tree}{path}\t{' '.join(items)}")
        for fact in found if "-v" in sys.argv else ():
            if fact.kind in {"state", "local-socket"}:
                line = fact.evidence.location.line if fact.evidence.location else 0
                print(f"says {fact.kind}\t{tree}{path}:{line}\t{fact.value}\t{fact.evidence.snippet}")
    print(f"{scripts} scripts; per hundred: " + ", ".join(f"{k} {100 * n / max(scripts, 1):.1f}" for k, n in counted.items()))
    if "-v" in sys.argv:
        print("\n".join(f"{count}\t{name}" for name, count in names.most_common(150)))


if __name__ == "__main__":
    main()
