"""No planted secret comes out: of any command, on any stream, in any file that is written, also where it is encoded or zipped."""

import base64
import gzip
import io
import re
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import polars as pl
import pytest
from planted import Planted, plant
from test_commands import migrator

from migrator.cli import COMMANDS
from migrator.model.source import Location
from migrator.redact import PLACEHOLDER, redact

# A new command is run in here, or its reason stands here
WITHOUT_A_SERVERS_TEXT = {
    "collect": "prints a program; what the program packs, with --redact, too: tests/test_collect.py",
    "cutover": "shows the owner of a live crontab his own lines; tests/witness/test_live_crontab.py",
    "probe": "prints a program",
    "prices": "knows no server",
    "schedule": "reads a schedule from its own command line",
}
BASE64 = re.compile(rb"[A-Za-z0-9+/]{12,}={0,2}")


def parts(name: str, raw: bytes) -> Iterator[tuple[str, bytes]]:
    """The bytes, what is in them as base64, and what is zipped in them."""
    yield name, raw
    for match in BASE64.findall(raw):
        bare = match.rstrip(b"=")
        if len(bare) % 4 != 1:
            yield f"{name} (base64)", base64.b64decode(bare + b"=" * (-len(bare) % 4))
    if raw.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            for inner in archive.namelist():
                yield from parts(f"{name}!{inner}", archive.read(inner))
    if raw.startswith(b"PAR1"):
        yield from parts(f"{name} (rows)", pl.read_parquet(io.BytesIO(raw)).write_ndjson().encode())
    if raw.startswith(b"\x1f\x8b"):
        yield from parts(f"{name} (gunzipped)", gzip.decompress(raw))


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Planted], dict[str, bytes]]:
    """Everything that the commands print and write about the planted server."""
    root = tmp_path_factory.mktemp("planted")
    planted = plant(root / "tree")
    plan, deploy = root / "plan", root / "deploy"
    written: dict[str, bytes] = {}

    def run(*args: str | Path) -> None:
        process = migrator("-vv", *args)
        open_too = (0, 1) if args[0] == "emit" else (0,)  # 1: jobs wait for a decision
        assert process.returncode in open_too, process.stderr[-2000:]
        written[f"{args}: stdout"] = process.stdout
        written[f"{args}: stderr"] = process.stderr

    for style in ("text", "json", "csv"):
        run("jobs", root / "tree", "--format", style)
    run("runs", root / "tree", "--each", "--format", "json", "--as-of", "2026-11-24")
    run("plan", root / "tree", "-o", plan, "--provider", "all", "--as-of", "2026-11-24")
    run("emit", plan, "-o", deploy)
    run("emit", plan, "-o", root / "kubernetes", "--iac", "kubernetes")
    for style in ("text", "json", "md", "csv", "sarif", "html"):
        run("report", plan, "--format", style)
    run("explain", next(line for line in written_ids(plan)), plan)
    run("diff", plan, plan)
    run("fleet", root / "tree", "-o", root / "fleet", "--as-of", "2026-11-24", "--workers", "1")
    run("review", plan, "--no-ask")
    assert commands_run(written) | WITHOUT_A_SERVERS_TEXT.keys() == COMMANDS.keys()
    for folder in (plan, deploy, root / "kubernetes", root / "fleet"):
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                written[str(file.relative_to(root))] = file.read_bytes()
    return planted, written


def commands_run(written: dict[str, bytes]) -> set[str]:
    return {match[1] for name in written if (match := re.match(r"\('(\w+)'", name))}


def written_ids(plan: Path) -> list[str]:
    return re.findall(r'"job_id":\s*"([^"]+)"', (plan / "plan.json").read_text())


def test_no_planted_secret_is_in_any_output(outputs: tuple[list[Planted], dict[str, bytes]], tmp_path: Path) -> None:
    planted, written = outputs
    assert len(planted) >= 400
    assert sum(item.place.startswith("published: ") for item in planted) >= 200
    assert len({item.place for item in planted}) >= 15
    assert sum("/jobs/" in name for name in written) > 100  # jobs were emitted, so there is something to find
    by_value = {item.value.encode(): item for item in planted}
    by_value |= {quote(item.value, safe="").encode(): item for item in planted}
    each = {raw: name for name, raw in written.items()}  # the runner's files are the same in every job
    texts = [(place, text) for raw, name in each.items() for place, text in parts(name, raw)]
    (tmp_path / "values").write_bytes(b"\n".join(by_value))
    (tmp_path / "texts").write_bytes(b"\n".join(text for _, text in texts))
    # grep looks for all of them at once; Python looks again for what it found
    grep = subprocess.run(["grep", "-aoFf", tmp_path / "values", tmp_path / "texts"], check=False, capture_output=True)
    assert grep.returncode in {0, 1}, grep.stderr
    leaked = {value for value in grep.stdout.split(b"\n") if value}
    found = {(by_value[value].place, by_value[value].form, place) for place, text in texts for value in leaked if value in text}
    assert sorted(found) == []


def test_what_is_taken_out_is_the_value_and_no_more(tmp_path: Path) -> None:
    """Putting the values back gives the planted text, byte for byte."""
    changed = []
    for item in plant(tmp_path):
        if item.place.startswith("published: ") or item.place == "place":
            continue  # test_redact.py reads these, some are cut where a shell would cut them; at odd places the place says it
        text = item.form.format(item.value)
        text = text.replace("\\n", "\n") if "<<" in text else text
        suffix = f".{item.place}" if item.place in {"py", "php", "pl", "rb", "js"} else ""
        result = redact(text, Location(host="h", path=f"/x{suffix}", line=1))
        assert item.value not in result.text, item.form
        whole = re.search("DSN|dsn|USERPWD", item.form)  # the whole address is one secret there
        if PLACEHOLDER.sub(item.value, result.text) != text and not whole:
            changed.append((item.form, result.text))
    assert changed == []
