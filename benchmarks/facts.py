"""How many facts of hand-labelled commands are found, by kind: `python benchmarks/facts.py FILE...` (tests/cases/scripts/*.txt).

Cases with a part `debian` (package and path) are fetched with apt-get, those with a part `documented` (package, file:line) are
lines of a package's own documentation, those with a part `corpus` (file:line) are read from MIGRATOR_CORPUS, those with a part
`github` (repository, commit, path, sha256) from MIGRATOR_GITHUB as `OWNER__NAME/PATH`: other people's text is not kept here.
`-v` lists every label that was missed and every fact that nobody labelled.
"""

import gzip
import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from cases import Case, read_cases
from test_labelled import FOLDER, compared_facts, said

from migrator.model.finding import Fact
from migrator.model.job import Host, Job, Schedule
from migrator.model.source import Location
from migrator.redact import redact
from migrator.scripts.facts import facts
from migrator.sources import directory

STARTED_BY = {".sh": "sh ", ".py": "python3 ", ".pl": "perl ", ".php": "php "}  # a text without #!
BASE = {"host": "web01", "scheduler": "system_crontab", "name": "x", "logged_as": "x", "id": "x"}


FETCHED = Path(
    os.environ.get("MIGRATOR_PACKAGES") or tempfile.mkdtemp()
)  # a package is fetched once, not for each of its programs


def unpacked(package: str) -> Path:
    """What a Debian package installs."""
    tree = FETCHED / package
    if not tree.exists():
        folder = Path(tempfile.mkdtemp(dir=FETCHED))
        subprocess.run(["apt-get", "download", "-qq", package], cwd=folder, check=True, capture_output=True, timeout=120)
        subprocess.run(["dpkg", "-x", str(next(folder.glob("*.deb"))), str(tree)], check=True, timeout=120)
    return tree


def of_package(case: Case, _: Path) -> tuple[Fact, ...]:
    """A script that a Debian package installs, beside everything else that it installs."""
    package, path = case.parts["debian"].split()
    tree = unpacked(package)
    path, _, number = path.partition(":")
    user, command = "root", path
    if number:  # a line of a file in /etc/cron.d
        line = (tree / path.lstrip("/")).read_text().splitlines()[int(number) - 1].lstrip()
        user, command = re.match(r"(?:@\w+|(?:\S+\s+){4}\S+)\s+(\S+)\s+(.*)", line).groups()
    job = Job(
        **BASE,
        location=Location(host="web01", path=path, line=int(number or 1)),
        schedule=Schedule(grammar="debian", expressions=("@daily",), timezone="UTC"),
        user=user,
        command=command.replace("\\%", "%"),
    )
    return facts(directory.open(str(tree))[0], Host(name="web01"), job)[0].facts


def of_documentation(case: Case, root: Path) -> tuple[Fact, ...]:
    """A command line that the documentation of a package shows: without its prompt and what roff(7) puts around it."""
    package, path = case.parts["documented"].split()
    name, _, number = path.partition(":")
    path = unpacked(package) / name.lstrip("/")
    text = (gzip.decompress(path.read_bytes()) if name.endswith(".gz") else path.read_bytes()).decode()
    line = re.sub(r"\\f[BRI]|\\&", "", text.splitlines()[int(number) - 1]).replace("\\-", "-").replace("\\e", "").strip()
    return of_line(re.sub(r"^(?:(?:[$#%>]|\w*\$|\.(?:B|I|BR|IP|TP)?|Example:)\s+)*", "", line), root)


def of_corpus(case: Case, root: Path) -> tuple[Fact, ...]:
    """A line of somebody's system crontab: five fields, a user unless the command follows at once, the command."""
    name, _, number = case.parts["corpus"].strip().rpartition(":")
    return of_crontab((Path(os.environ["MIGRATOR_CORPUS"]) / "crontabs" / name).read_text(), int(number), root)


def of_github(case: Case, root: Path) -> tuple[Fact, ...]:
    """A script of a public repository, without the rest of it, in /srv/app; of a crontab the line."""
    repository, _, where, digest = case.parts["github"].split()
    name, _, number = where.partition(":")
    text = (Path(os.environ["MIGRATOR_GITHUB"]) / repository.replace("/", "__") / name).read_bytes()
    if hashlib.sha256(text).hexdigest() != digest:
        raise ValueError(f"{repository} {name}: not the text that was labelled")
    if number:
        return of_crontab(text.decode(), int(number), root)
    path = root / "srv/app" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(text)
    path.chmod(0o755)
    return of_line(f"{'' if text.startswith(b'#!') else STARTED_BY[path.suffix]}/srv/app/{name}", root)


def of_crontab(text: str, number: int, root: Path) -> tuple[Fact, ...]:
    """The job in this line, with or without a user."""
    text = text.splitlines()[number - 1].lstrip()
    users = r"(?:(?:root|apache|postgres|www-data|ubuntu|planet-user)\s+)?"
    command = re.match(rf"(?:@\w+|(?:\S+\s+){{4}}\S+)\s+{users}(.*)", text)[1].replace("\\%", "%")
    return of_line(command, root)


def of_line(command: str, root: Path) -> tuple[Fact, ...]:
    """A command of root's in /etc/cron.d."""
    (root / "etc").mkdir(exist_ok=True)
    location = Location(host="web01", path="/etc/cron.d/app", line=1)
    clean = redact(command, location)
    schedule = Schedule(grammar="debian", expressions=("@daily",), timezone="UTC")
    job = Job(**BASE, location=location, schedule=schedule, user="root", command=clean.text, secrets=clean.secrets)
    return facts(directory.open(str(root))[0], Host(name="web01"), job)[0].facts


def main() -> None:
    """Prints a row for each kind, and the sums."""
    wanted, missed, judged, invented = Counter(), Counter(), Counter(), Counter()
    for name in [word for word in sys.argv[1:] if word != "-v"]:
        for case in read_cases(FOLDER / name):
            with tempfile.TemporaryDirectory() as folder:
                root = Path(folder)
                readers = {"debian": of_package, "corpus": of_corpus, "documented": of_documentation, "github": of_github}
                found = next((read for part, read in readers.items() if part in case.parts), said)(case, root)
            lost, extra, labels, seen = compared_facts(case, found)
            for counter, lines in ((wanted, labels), (missed, lost), (judged, seen), (invented, extra)):
                counter.update(line.split(" ", 1)[0] for line in lines)
            if "-v" in sys.argv:
                for sign, lines in (("missed", lost), ("not labelled", extra)):
                    for line in lines:
                        print(f"{sign}: {case.name}: {line}")
    print("| kind | labels | missed | recall | facts judged | not labelled | precision |\n|---|---|---|---|---|---|---|")
    for kind in [*sorted(wanted | judged), "all"]:
        values = [sum(c.values()) if kind == "all" else c[kind] for c in (wanted, missed, judged, invented)]
        rates = [f"{1 - bad / count:.3f}" if count else "" for count, bad in (values[:2], values[2:])]
        print(f"| {kind} | {values[0]} | {values[1]} | {rates[0]} | {values[2]} | {values[3]} | {rates[1]} |")


if __name__ == "__main__":
    main()
