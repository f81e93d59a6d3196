"""Facts against labels made by hand: nothing more is missed or invented than the figures of README.md beside the cases say."""

import fnmatch
import hashlib
import re
from collections import Counter
from pathlib import Path

import pytest
from cases import Case, read_cases
from test_scripts import JOB

from migrator.model.finding import Fact
from migrator.model.job import Host, Job, Schedule
from migrator.model.source import Location
from migrator.redact import redact
from migrator.scripts.facts import facts
from migrator.sources import directory

FOLDER = Path(__file__).parent / "cases" / "scripts"
FILES = ("labelled.txt", "labelled_more.txt")
# The kinds that were labelled in every case, whether or not they occur in it.
KINDS = frozenset(
    "interpreter state local-socket host-only service-control sudo container secret database writes-path deletes-path "
    "network-host url mail queue-or-mail lock cloud-cli environment-variable".split()
)
MORE = KINDS | frozenset("cloud-call cloud-identity background persistence idempotent iteration-dependence".split())
BLOCKING = frozenset("interpreter state local-socket host-only service-control sudo secret".split())
JUDGED = {
    "labelled.txt": KINDS,
    "labelled_sixth.txt": BLOCKING,
    "labelled_seventh.txt": BLOCKING,
    "labelled_eighth.txt": BLOCKING,
    "labelled_ninth.txt": BLOCKING,
    "labelled_tenth.txt": BLOCKING,
    "labelled_eleventh.txt": BLOCKING,
}
WITH_DETAIL = frozenset({"cloud-call", "persistence"})  # the label says both
PROGRAMS = {".py": "", ".sh": "", ".pl": "", ".php": "php ", ".js": "node ", ".rb": ""}


def own(name: str) -> list[Case]:
    """The cases of a file whose text stands in it; the others are judged by benchmarks/facts.py."""
    return [case for case in read_cases(FOLDER / name) if not {"debian", "corpus", "documented", "github"} & case.parts.keys()]


CASES = [case for name in FILES for case in own(name)]


def said(case: Case, root: Path) -> tuple[Fact, ...]:
    """What the tool says about a case, run as root from /etc/cron.d."""
    name = next((part for part in case.parts if part.startswith("script")), None)
    command = case.parts.get("command", "").strip()
    (root / "etc").mkdir()
    (root / "etc/timezone").write_text("UTC\n")
    if name is not None:
        suffix = Path(name).suffix
        path = root / "srv/app" / f"run{suffix}"
        path.parent.mkdir(parents=True)
        path.write_text(case.parts[name])
        path.chmod(0o755)
        command = f"{PROGRAMS[suffix]}/srv/app/run{suffix}"
    location = Location(host="web01", path="/etc/cron.d/app", line=3)
    clean = redact(command.replace("\\%", "%"), location)
    schedule = Schedule(grammar="debian", expressions=("@daily",), timezone="UTC")
    job = Job(**JOB, location=location, schedule=schedule, user="root", command=clean.text, secrets=clean.secrets)
    return facts(directory.open(str(root))[0], Host(name="web01"), job)[0].facts


def compared_facts(case: Case, facts: tuple[Fact, ...]) -> tuple[list[str], list[str], list[str], list[str]]:
    """Labels that were missed, facts that nobody labelled, all labels, and all facts of the kinds that were labelled."""
    labels = [line for line in case.parts["want"].splitlines() if line.strip()]
    kinds = JUDGED.get(case.path.name, MORE)
    found = {  # where a client is told its region, the labels leave that out
        (
            fact.kind,
            re.sub(r" region=\S+", "", f"{fact.value} {fact.detail or ''}").strip() if fact.kind in WITH_DETAIL else fact.value,
        )
        for fact in facts
    }
    found |= {  # no host: the engine's own default, this machine
        ("local-socket", value) for kind, value in found if kind == "database" and "://" not in value and value != "sqlite"
    }
    here = re.compile("://(localhost|127[.])")
    found |= {("local-socket", value) for kind, value in found if kind == "database" and here.search(value)}

    implied = found | {  # a URL says its host
        ("network-host", value.partition("://")[2].partition("/")[0]) for kind, value in found if kind == "url"
    }

    def fits(kind: str, value: str, label: str) -> bool:
        wanted, _, pattern = label.partition(" ")
        return kind == wanted and fnmatch.fnmatchcase(value, pattern)

    missed = [label for label in labels if not any(fits(*fact, label) for fact in implied)]
    judged = sorted(fact for fact in found if fact[0] in kinds)
    invented = [f"{kind} {value}" for kind, value in judged if not any(fits(kind, value, label) for label in labels)]
    return missed, invented, labels, [f"{kind} {value}" for kind, value in judged]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_label_is_found_and_nothing_else(case: Case, tmp_path: Path) -> None:
    """What is known to differ stands in the case itself, in the parts `missed` and `invented`."""
    missed, invented, _, _ = compared_facts(case, said(case, tmp_path))
    assert "\n".join(missed) == case.parts.get("missed", "").strip(), f"{case.path}:{case.line}"
    assert "\n".join(invented) == case.parts.get("invented", "").strip(), f"{case.path}:{case.line}"


def test_families_of_what_binds_a_job_to_its_machine(tmp_path: Path) -> None:
    """One table (families.txt): what must be said of each text, and what must not."""
    wrong = []
    for number, case in enumerate(read_cases(FOLDER / "families.txt")):
        root = tmp_path / str(number)
        root.mkdir()
        missed, _, _, seen = compared_facts(case, said(case, root))
        wrong += [f"{case.path.name}:{case.line}: {case.name}: missed {label}" for label in missed]
        unwanted = case.parts.get("not", "").split("\n")
        wrong += [
            f"{case.path.name}:{case.line}: {case.name}: says {fact}"
            for fact in seen
            if any(pattern and fnmatch.fnmatchcase(fact, pattern) for pattern in unwanted)
        ]
    assert not wrong, "\n".join(wrong)


def test_the_eleventh_set_keeps_to_the_rule_of_its_draw() -> None:
    """What benchmarks/draw_labels.py says: half of the repositories by their hash, three of a path, of an owner one."""
    paths, owners = Counter(), Counter()
    for case in read_cases(FOLDER / "labelled_eleventh.txt"):
        repository, commit, where, digest = case.parts["github"].split()
        path = where.partition(":")[0]
        assert hashlib.sha256(repository.encode()).hexdigest()[0] in "89abcdef", case.name
        assert re.fullmatch("[0-9a-f]{40}", commit), case.name
        assert re.fullmatch("[0-9a-f]{64}", digest), case.name
        assert {label.split(" ", 1)[0] for label in case.parts["want"].splitlines() if label} <= BLOCKING, case.name
        paths[path] += 1
        owners[repository.split("/")[0], path] += 1
    assert max(paths.values()) <= 3
    assert max(owners.values()) == 1
