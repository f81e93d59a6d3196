"""The export form of a journal says the same as its JSON does, whatever its texts hold and wherever a block ends."""

import json
import random
from pathlib import Path

import pytest

from migrator import blocks, understanding
from migrator.columns import Lines
from migrator.logfiles import ColumnLogFile, journal_export, journal_json
from migrator.model.source import Problem
from migrator.model.usage import Search
from migrator.sources.opening import open_source

TEXTS = (
    "(root) CMD (/opt/one.sh)", "pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)",
    "(root) CMD (a=b)", "two\nlines", "(root) CMD (x\n\nMESSAGE=y\n\n)", "=", "", "(www) CMD (caf\u00e9)",
)  # fmt: skip


def as_export(entry: dict[str, str]) -> bytes:
    """As systemd writes it: a text with a line's end in it has its length before it."""
    out = b""
    for name, value in entry.items():
        raw = value.encode()
        if "\n" in value:
            out += name.encode() + b"\n" + len(raw).to_bytes(8, "little") + raw + b"\n"
        else:
            out += name.encode() + b"=" + raw + b"\n"
    return out + b"\n"


def made(chance: random.Random) -> list[dict[str, str]]:
    entries = []
    for number in range(300):
        entry = {"__CURSOR": f"s={number}", "__REALTIME_TIMESTAMP": str(1_790_000_000_000_000 + number * 1_000_000)}
        entry |= {"_HOSTNAME": chance.choice(("web01", "web02")), "_PID": str(1000 + number), "PRIORITY": "6"}
        entry["_COMM" if chance.random() < 0.1 else "SYSLOG_IDENTIFIER"] = chance.choice(("CRON", "CRON", "sshd"))
        if chance.random() < 0.3:
            entry |= {"_AUDIT_SESSION": str(number), "_BOOT_ID": "0123456789abcdef"}
        entries.append(entry | {"MESSAGE": chance.choice(TEXTS)})
    return entries


def server(root: Path, name: str, content: bytes) -> Path:
    (root / "var/log").mkdir(parents=True)
    (root / "etc").mkdir()
    (root / "var/log" / name).write_bytes(content)
    return root


def rows(root: Path, reader: ColumnLogFile) -> list[tuple[object, ...]]:
    (files,) = open_source(str(root))
    known = understanding.Understanding("web01")
    (file,) = files.glob(reader.READS)
    found: list[tuple[object, ...]] = []
    for batch in reader.columns(files, file, Search((), understanding.TAGS, "UTC", {}, {}), known):
        assert isinstance(batch, Lines), batch
        for at, said, host, pid, resolution, session in known.rows(batch).tolist():
            event = known.sayings.all[said].event
            found.append((at, event.kind, event.user, event.command, known.names[host], pid, resolution, session))
    return found


@pytest.mark.parametrize("seed", range(12))
def test_export_and_json_of_the_same_journal_say_the_same(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed)
    entries = made(chance)
    with monkeypatch.context() as small:
        small.setattr(blocks, "BLOCK_BYTES", chance.choice((50, 999, 1 << 20)))
        small.setattr(blocks, "PACKED_BYTES", 64)
        small.setattr(journal_export, "AT_ONCE", chance.choice((1, 7, 4096)))
        export = rows(server(tmp_path / "a", "j.export", b"".join(map(as_export, entries))), journal_export)
    text = "".join(json.dumps(entry) + "\n" for entry in entries).encode()
    assert export == rows(server(tmp_path / "b", "j.json", text), journal_json)
    assert len(export) > 60


def test_what_is_before_a_cut_is_used(tmp_path: Path) -> None:
    whole = as_export({"__REALTIME_TIMESTAMP": "1790000000000000", "SYSLOG_IDENTIFIER": "CRON", "MESSAGE": TEXTS[0]})
    endless = whole + b"MESSAGE=" + b"x" * (journal_export.LONGEST_ENTRY_BYTES + 1)
    (files,) = open_source(str(server(tmp_path / "a", "j.export", endless)))
    (file,) = files.glob(journal_export.READS)
    found = list(
        journal_export.columns(files, file, Search((), understanding.TAGS, "UTC", {}, {}), understanding.Understanding("w"))
    )
    (lines, problem) = found
    assert isinstance(lines, Lines)
    assert len(lines) == 1
    assert isinstance(problem, Problem)
    assert "an entry of more than 16,777,216 bytes; the 1 entries before" in problem.message
