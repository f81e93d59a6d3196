"""Data on the server's disk: what comes with a program is copied; a job that needs more is left out until a person answers."""

from pathlib import Path

import emit_samples as samples
import msgspec
import pytest

from migrator import unmet
from migrator.emit import packages, tree
from migrator.emit.tree import EmitResult, emit
from migrator.errors import EmitError
from migrator.model.finding import NOT_COLLECTED, NOT_READ, Evidence, Fact, FactKind, Finding, Need, NeedKind, ScriptFile
from migrator.model.plan import JobPlan
from migrator.scripts.facts import facts as facts_of
from migrator.sources import directory

JOB = "night-1a2b"
RUN = b"""#!/bin/sh
cat /opt/etl/tables.txt /opt/etl/gone.txt /opt/etl/binary.txt /data/big.csv
mysql </opt/etl/my.ini
echo x >/opt/etl/out.txt; cat /opt/etl/out.txt
"""
EVIDENCE = Evidence(snippet="open(path)")


def fact(kind: FactKind, value: str, **more: object) -> Fact:
    return Fact(kind=kind, value=value, evidence=EVIDENCE, **more)  # type: ignore[arg-type]


def finding(rule: str, need: NeedKind) -> Finding:
    return Finding(rule=rule, level="warning", message="", evidence=(EVIDENCE,), needs=(Need(kind=need, soft=True, rule=rule),))


def planned(found: tuple[Fact, ...], findings: tuple[Finding, ...] = ()) -> JobPlan:
    entry = samples.entry("aws_lambda", JOB)
    return msgspec.structs.replace(entry, facts=(*entry.facts, *found), findings=findings)


def emitted(entry: JobPlan, **answers: str) -> EmitResult:
    plan = samples.plan(entry, answers={f"{JOB}/{topic}": word for topic, word in answers.items()})
    return emit(plan, samples.SCRIPTS, samples.PLACES)


@pytest.mark.parametrize(
    ("rule", "need", "kind", "topic", "word", "other"),
    [
        ("local-state", "persistent_files", "state", "state", "not-needed", "object-storage"),
        ("output-files", "persistent_files", "writes-path", "output", "not-needed", "object-storage"),
        ("local-files", "local_files", "reads-path", "data", "copy", "share"),
    ],
)
def test_a_job_whose_files_nothing_carries_is_left_out_until_that_is_answered(
    rule: str, need: NeedKind, kind: FactKind, topic: str, word: str, other: str
) -> None:
    entry = planned((fact(kind, "/data/x.db"),), (finding(rule, need),))
    for answers in ({}, {topic: "later"}, {topic: other}):  # the plan was made before that answer: its resources carry nothing
        (left,) = emitted(entry, **answers).left_out
        assert left.blocking
        assert "/data/x.db" in left.reason
        assert f"{JOB}/{topic}: {word}" in left.reason
        assert (f"{JOB}/{topic}: {other}" in left.reason) == (answers != {topic: other})
    assert emitted(entry, **{topic: word}).emitted == (JOB,)


@pytest.mark.parametrize(
    "found",
    [
        fact("reads-path", "/opt/etl/tables.txt"),
        fact("missing-script", "/opt/etl/check_table.py"),
        fact("missing-script", "/opt/etl/check_table.py", detail=NOT_COLLECTED),
        fact("missing-script", "/opt/etl/check_table.py", detail=NOT_READ),
        fact("reads-path", "/opt/etl/load.jar", detail="program"),
    ],
)
def test_a_file_of_the_program_that_was_not_copied_blocks_until_a_person_brings_it(found: Fact) -> None:
    entry = planned((found,))
    (left,) = emitted(entry).left_out
    assert left.blocking
    assert found.value in left.reason
    files = {file.path: file.content.decode() for file in emitted(entry, data="copy").out_files}
    assert "## To add by hand" in files[f"jobs/{JOB}/README.md"]
    assert f"files{found.value}" in files[f"jobs/{JOB}/README.md"]
    assert found.value in files[f"jobs/{JOB}/job.json"]
    copied = msgspec.structs.replace(
        entry, scripts=(*entry.scripts, ScriptFile(path=found.value, sha256=samples.SHA, language="data", lines=1))
    )
    assert emitted(copied).emitted == (JOB,)


@pytest.mark.parametrize(
    "found",
    [
        fact("reads-path", "/opt/etl/tables.txt", certain=False),
        fact("missing-script", "/opt/etl/x.py", certain=False),
        fact("missing-script", "/opt/etl/x.py", detail="run only if it is there"),
        fact("reads-path", "/etc/passwd"),
    ],
)
def test_what_is_not_sure_to_be_needed_does_not_block(found: Fact) -> None:
    assert unmet.to_add((found,), ()) == ()


def test_a_need_that_the_shape_relieves_is_met() -> None:
    needs = (finding("local-files", "local_files"),)
    job = samples.job(JOB)
    assert unmet.unmet(job, (), needs, (), {}) != ()
    assert unmet.unmet(job, (), needs, (), {}, ("local_files",)) == ()


def test_small_texts_beside_a_program_are_taken_along_without_their_secrets(tmp_path: Path) -> None:
    folder = tmp_path / "opt/etl"
    folder.mkdir(parents=True)
    for name, raw in (
        ("run.sh", RUN),
        ("tables.txt", b"orders\n"),
        ("binary.txt", b"\x00\x01"),
        ("out.txt", b"written by itself"),
        ("my.ini", b"password = Tr0ub4dor-and-3\n"),
    ):  # fmt: skip
        (folder / name).write_bytes(raw)
    (folder / "run.sh").chmod(0o755)
    job = samples.job(JOB, "/opt/etl/run.sh")
    found, texts = facts_of(directory.open(str(tmp_path))[0], samples.HOST, job)
    taken = {script.path: texts[script.sha256] for script in found.scripts if script.language == "data"}
    assert sorted(taken) == ["/opt/etl/my.ini", "/opt/etl/tables.txt"]
    assert taken["/opt/etl/tables.txt"] == b"orders\n"
    assert b"Tr0ub4dor" not in taken["/opt/etl/my.ini"]
    assert any(fact.kind == "secret" for fact in found.facts)
    assert "/opt/etl/gone.txt" in unmet.to_add(found.facts, found.scripts)


def test_a_script_of_a_package_is_installed_with_it_and_not_copied_beside_it(tmp_path: Path) -> None:
    for path, text in (
        ("usr/bin/pdf2dsc", "#!/bin/sh\ngs -q /srv/in.pdf\n"),
        ("usr/share/own/report.sh", "#!/bin/sh\necho own\n"),
        ("var/lib/dpkg/info/ghostscript.list", "/.\n/usr/bin\n/usr/bin/pdf2dsc\n"),
        ("var/lib/dpkg/info/local-thing:amd64.list", "/usr/share/own/report.sh\n"),
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
        (tmp_path / path).chmod(0o755)
    job = samples.job(JOB, "/usr/bin/pdf2dsc /srv/in.pdf && /usr/share/own/report.sh")
    debian = msgspec.structs.replace(samples.HOST, os_id="debian")
    found, _ = facts_of(directory.open(str(tmp_path))[0], debian, job)
    assert {fact.detail for fact in found.facts if fact.detail and "Debian package" in fact.detail} == {
        "Debian package ghostscript",
        "Debian package local-thing",
    }
    # local-thing is none of Debian's: its script has to be copied
    assert packages.brought(found.facts) == {"/usr/bin/pdf2dsc": "ghostscript"}
    assert "ghostscript" in packages.needed(found.facts, "/bin/sh")
    assert packages.unknown(found.facts) == ()
    plan = samples.plan(
        msgspec.structs.replace(samples.entry("aws_fargate", JOB), job=job, facts=found.facts, scripts=found.scripts)
    )
    copied = {script.path for entry in plan.jobs for script in tree.without_packages(entry).scripts}
    assert copied == {"/usr/share/own/report.sh"}
    other, _ = facts_of(directory.open(str(tmp_path))[0], msgspec.structs.replace(debian, os_id="ubuntu"), job)
    assert packages.brought(other.facts) == {}


def php(text: str, *found: Fact) -> str:
    """The Dockerfile of a job whose script is this PHP."""
    script = ScriptFile(path="/srv/shop/bin/x.php", sha256="c" * 64, language="php", lines=1)
    entry = msgspec.structs.replace(samples.entry("aws_fargate", JOB), scripts=(script,))
    entry = msgspec.structs.replace(entry, facts=(*found, fact("command", "php")))
    plan = samples.plan(entry)
    files = emit(plan, {**samples.SCRIPTS, "c" * 64: text.encode()}, samples.PLACES).out_files
    return next(file.content.decode() for file in files if file.path.endswith("Dockerfile"))


@pytest.mark.parametrize(
    ("text", "package"),
    [
        ("$c = curl_init();", "php-curl"),
        ("$x = simplexml_load_string($t);", "php-xml"),
        ("$d = new \\DOMDocument();", "php-xml"),
        ('$p = new PDO("mysql:host=db", $u, $s);', "php-mysql"),
        ("$p = new PDO('pgsql:host=db');", "php-pgsql"),
        ("mb_strlen($t)", "php-mbstring"),
        ("$z = new ZipArchive;", "php-zip"),
        ("bcadd('1', '2')", "php-bcmath"),
        ("new NumberFormatter('de', 1)", "php-intl"),
        ("imagecreatefromjpeg($f)", "php-gd"),
    ],
)
def test_php_s_extensions_are_installed(text: str, package: str) -> None:
    assert f"      {package} \\\n" in php(f"<?php {text}")
    assert "php-" not in php("<?php $curl_initialised = $this->mb_strlen(1);").replace("php-cli", "")


def test_a_composer_application_has_its_marked_place() -> None:
    found = Fact(kind="library", value="composer", detail="/srv/shop/vendor/autoload.php", evidence=EVIDENCE)
    text = php("<?php require 'vendor/autoload.php';", found)
    assert "# TO ADD BY HAND: put the application of /srv/shop" in text
    assert "# COPY --chown=10001:10001 application/srv/shop/ /srv/shop/\n" in text
    assert "pip3" not in text


def test_python_packages_are_installed_in_the_version_that_the_server_had() -> None:
    script = ScriptFile(path="/srv/shop/bin/x.py", sha256=samples.SHA, language="python", lines=1)
    found = (
        fact("library", "requests", detail="requests==2.31.0"), fact("library", "yaml"), fact("library", "google"),
        fact("library", "evil\nRUN x"),
    )  # fmt: skip
    entry = samples.entry("aws_fargate", JOB)
    entry = msgspec.structs.replace(entry, scripts=(script,), facts=(*entry.facts, *found))
    files = {file.path.removeprefix(f"jobs/{JOB}/"): file.content.decode() for file in emitted(entry).out_files}
    assert files["requirements.txt"].splitlines()[1:] == ["PyYAML", "requests==2.31.0"]
    assert "\nRUN pip3 install --no-cache-dir --break-system-packages -r /migrator/requirements.txt\n" in files["Dockerfile"]
    assert "      python3-pip \\\n" in files["Dockerfile"]
    assert "RUN x" not in files["Dockerfile"]
    assert "`google`: nothing here installs it" in files["README.md"]
    assert "`PyYAML` has no version" in files["README.md"]


def test_an_answer_that_means_nothing_is_refused() -> None:
    with pytest.raises(EmitError, match=f"{JOB}/notify: banana"):
        emitted(planned(()), notify="banana")
