"""Facts against labels made by hand: nothing more is missed or invented than the figures of README.md beside the cases say."""

import fnmatch
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

CASES = read_cases(Path(__file__).parent / "cases" / "scripts" / "labelled.txt")
# The kinds that were labelled in every case, whether or not they occur in it.
KINDS = frozenset(
    "interpreter state local-socket host-only service-control sudo container secret database writes-path deletes-path "
    "network-host url mail queue-or-mail lock cloud-cli environment-variable".split()
)
PROGRAMS = {".py": "", ".sh": "", ".pl": "", ".php": "php "}


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


def compared(case: Case, root: Path) -> tuple[list[str], list[str], int, int]:
    """The labels that were missed, the facts that nobody labelled, and how many labels and facts there were."""
    labels = [line.split(" ", 1) for line in case.parts["want"].splitlines() if line.strip()]
    found = {(fact.kind, fact.value) for fact in said(case, root)}

    found |= {  # no host: the engine's own default, this machine
        ("local-socket", value) for kind, value in found if kind == "database" and "://" not in value and value != "sqlite"
    }

    def fits(kind: str, value: str, label: list[str]) -> bool:
        return kind == label[0] and fnmatch.fnmatchcase(value, label[1])

    missed = [" ".join(label) for label in labels if not any(fits(*fact, label) for fact in found)]
    judged = sorted(fact for fact in found if fact[0] in KINDS)
    invented = [f"{kind} {value}" for kind, value in judged if not any(fits(kind, value, label) for label in labels)]
    return missed, invented, len(labels), len(judged)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_label_is_found_and_nothing_else(case: Case, tmp_path: Path) -> None:
    """What is known to differ stands in the case itself, in the parts `missed` and `invented`."""
    missed, invented, _, _ = compared(case, tmp_path)
    assert "\n".join(missed) == case.parts.get("missed", "").strip(), f"{case.path}:{case.line}"
    assert "\n".join(invented) == case.parts.get("invented", "").strip(), f"{case.path}:{case.line}"
