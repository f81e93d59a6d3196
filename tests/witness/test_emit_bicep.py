"""Emitted Bicep: no compiler can be had here, so two parsers read it and the SDK's models take its bodies."""

import re

import bicep_bodies
import pytest
import tools
from conftest import EVERY, SAMPLES, Maker
from every_combination import Tree
from pycep import BicepParser

pytestmark = pytest.mark.timeout(300)
BICEP = Tree("azure", "bicep")


@pytest.fixture(scope="module", params=[EVERY, *SAMPLES])
def text(request: pytest.FixtureRequest, made: Maker) -> str:
    return (made(request.param, BICEP) / "azure/bicep/main.bicep").read_text()


FREE = frozenset({"headers", "body", "tags"})  # what stands below is the user's
OWN_NAMES = frozenset({"userAssignedIdentities", "triggers", "actions"})  # maps: their keys are the template's own
STATEMENT = re.compile(r"\n\n(?=\S)")  # statements begin in the first column, after an empty line


@pytest.fixture(scope="module")
def parsed(text: str) -> list[str]:
    """The resources that pycep reads, statement by statement: over a long file its expression for strings takes for ever."""
    parser = BicepParser()
    return [name for part in STATEMENT.split(text) for name in parser.parse(text=part + "\n").get("resources", {})]


def test_pycep_parses_it(parsed: list[str]) -> None:
    assert parsed


def test_tree_sitter_reads_the_same_resources(text: str, parsed: list[str]) -> None:
    assert len(bicep_bodies.resources(text)) == len(parsed)


def test_the_sdk_s_models_take_every_body(text: str) -> None:
    made = [one for one in bicep_bodies.resources(text) if not one.existing]
    wrong = [f"line {one.line}: {said}" for one in made for said in bicep_bodies.wrong(one)]
    assert not wrong, "\n".join(wrong)
    assert {one.kind for one in made} & {"Microsoft.App/jobs", "Microsoft.Web/sites"}


def test_every_kind_has_its_model_and_every_name_in_a_body_is_looked_at(made: Maker) -> None:
    """A letter more behind any one name is seen, but for the keys of maps, which are the template's own."""
    found = bicep_bodies.resources((made(EVERY, BICEP) / "azure/bicep/main.bicep").read_text())
    assert {one.kind for one in found if not one.existing} == set(bicep_bodies.MODELS)
    for one in found:
        if one.existing:
            assert one.kind in bicep_bodies.OF_OTHERS
            assert set(one.body) <= bicep_bodies.BICEP_S_OWN
    done: set[tuple[object, ...]] = set()
    unseen = set()
    for one in found:
        for path, changed in bicep_bodies.misspelt({} if one.existing else one.body):
            names = tuple(word for word in path if isinstance(word, str))
            if (one.kind, *names) in done or FREE & set(names[:-1]) or OWN_NAMES & set(names[-2:-1]):
                continue
            done.add((one.kind, *names))
            if not bicep_bodies.wrong(one._replace(body=changed)):
                unseen.add(f"{one.kind} {'.'.join(names)}")
    assert len(done) > 200
    assert unseen == set()


def test_every_job_is_there(text: str, made: Maker, request: pytest.FixtureRequest) -> None:
    of = request.node.callspec.params["text"]
    for job in (made(of, BICEP) / "jobs").iterdir():
        if (job / "Dockerfile").exists():
            assert f"images['{job.name}']" in text
            continue
        app = job / "function_app.py"
        if app.exists() and '"starts"' in app.read_text():  # the end of the job before starts it
            assert f"uniqueString(resourceGroup().id, '{job.name}')" in text
        else:
            assert f"contains(enabledJobs, '{job.name}')" in text


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("replicaTimeout:", "replicaTimeOut:", "replicaTimeOut: JobConfiguration has no such property"),
        ("triggerType: ", "triggerType: 'Sometimes' //", "'Sometimes' is none of ['Schedule', 'Event', 'Manual']"),
        ("emailReceivers:", "emailReceiver:", "ActionGroupResource has no such property"),
        ("severity: 2", "severity: 'two'", "'two' is no int"),
        ("replicaRetryLimit: 0", "replicaRetryLimit: 'none'", "'none' does not fit"),
        ("principalId:", "principal:", "has no such property"),
        ("name: 'MIGRATOR_ENABLED'", "nam: 'MIGRATOR_ENABLED'", "env[5].nam: EnvironmentVar has no such property"),
        ("workloadProfileType: 'Consumption'", "workloadProfileType: 1", "1 does not fit"),
        ("frequency: 'Day'", "frequency: 'Daily'", "'Daily' is not one of"),
        ("operationOptions:", "operationOption:", "('operationOption' was unexpected)"),
    ],
)
def test_the_witness_sees_what_is_wrong(right: str, wrong: str, says: str, made: Maker) -> None:
    text = (made(EVERY, BICEP) / "azure/bicep/main.bicep").read_text()
    assert right in text
    found = bicep_bodies.resources(text.replace(right, wrong, 1))
    assert says in "\n".join(said for one in found if not one.existing for said in bicep_bodies.wrong(one))


def test_a_syntax_error_is_seen(made: Maker) -> None:
    text = (made(EVERY, BICEP) / "azure/bicep/main.bicep").read_text().replace("replicaTimeout:", "replicaTimeout", 1)
    with pytest.raises(ValueError, match="syntax"):
        bicep_bodies.resources(text)
    assert tools.ROOT.is_dir()
