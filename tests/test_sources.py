"""Sources: the files of a server, and never one outside of it."""

import gzip
import io
import os
import subprocess
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard

from migrator import pipeline
from migrator.errors import SourceError
from migrator.model.source import HostFiles
from migrator.sources import archive, standard_input
from migrator.sources.opening import open_source
from migrator.sources.tree import Tree


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "server"
    (root / "etc/cron.d").mkdir(parents=True)
    (root / "usr/lib").mkdir(parents=True)
    (root / "etc/hostname").write_text("odd01\n")
    (root / "etc/cron.d/one").write_text("one")
    (root / "etc/cron.d/.two").write_text("two")
    (root / "usr/lib/three").write_text("three")
    return root


def opened(source: Path) -> HostFiles:
    (files,) = open_source(str(source))
    return files


def test_a_running_server_is_dated_by_its_clock_a_bundle_by_its_own_note_a_copy_by_what_it_shows(root: Path) -> None:
    """`plan /` of a machine without new logs was dated by its newest file, months ago."""
    for old in (root / "etc/cron.d").iterdir():
        os.utime(old, (1_700_000_000, 1_700_000_000))
    (root / "etc/crontab").write_text("1 1 * * * root true\n")
    os.utime(root / "etc/crontab", (1_700_000_000, 1_700_000_000))
    copy = pipeline.observe(opened(root), None).survey
    assert (copy.as_of.timestamp(), copy.dated_by) == (1_700_000_000, "file")
    before = datetime.now(UTC)
    live = pipeline.observe(Tree("/", root, live=True), None).survey
    assert before <= live.as_of <= datetime.now(UTC)
    assert live.dated_by == "clock"
    (root / "migrator").mkdir()
    (root / "migrator/collected.txt").write_text("as root, 30 days, migrator 0.1.0\n")
    os.utime(root / "migrator/collected.txt", (1_710_000_000, 1_710_000_000))
    bundle = pipeline.observe(opened(root), None).survey
    assert (bundle.as_of.timestamp(), bundle.dated_by) == (1_710_000_000, "collected")
    (root / "var/log").mkdir(parents=True)
    (root / "var/log/syslog").write_text("2024-04-01T00:00:01+00:00 odd01 CRON[7]: (root) CMD (true)\n")
    later = pipeline.observe(opened(root), None).survey  # a bundle whose clock says less than its logs
    assert (later.as_of, later.dated_by) == (datetime(2024, 4, 1, 0, 0, 1, tzinfo=UTC), "log")
    assert pipeline.observe(opened(root), later.as_of).survey.dated_by == "said"


def paths(files: HostFiles, *patterns: str) -> list[str]:
    return [file.path for file in files.glob(patterns)]


def test_globs_are_absolute_sorted_and_take_hidden_names(root: Path) -> None:
    files = opened(root)
    assert paths(files, "/etc/cron.d/*", "/usr/**/three") == ["/etc/cron.d/.two", "/etc/cron.d/one", "/usr/lib/three"]
    assert paths(files, "etc/cron.d/*", "-") == []


def test_absolute_links_start_at_the_root_of_the_tree(root: Path) -> None:
    (root / "lib").symlink_to("/usr/lib")
    (root / "etc/cron.d/absolute").symlink_to("/lib/three")
    (root / "etc/cron.d/up").symlink_to("../../../../../../usr/lib/three")
    files = opened(root)
    assert files.content("/etc/cron.d/absolute") == b"three"
    assert files.content("/etc/cron.d/up") == b"three", "`..` stops at the root, as it does on the server"
    assert files.link("/lib") == "/usr/lib"
    assert paths(files, "/lib/*") == ["/lib/three"]


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../../../../../../etc/passwd", "/proc/self/root/etc/passwd"])
def test_no_link_leads_out_of_the_tree(root: Path, target: str) -> None:
    (root / "etc/cron.d/leak").symlink_to(target)
    files = opened(root)
    assert files.content("/etc/cron.d/leak") is None
    assert "/etc/cron.d/leak" not in paths(files, "/etc/cron.d/*")
    assert [problem.location.path for problem in files.problems()] == ["/etc/cron.d/leak"]
    assert files.problems()[0].location.host == "odd01"


def test_a_circle_of_links_ends(root: Path) -> None:
    (root / "etc/a").symlink_to("b")
    (root / "etc/b").symlink_to("a")
    assert opened(root).content("/etc/a") is None


def test_pipes_and_devices_are_not_opened(root: Path) -> None:
    os.mkfifo(root / "etc/cron.d/pipe")
    files = opened(root)
    assert files.content("/etc/cron.d/pipe") is None
    assert paths(files, "/etc/cron.d/pipe") == []
    with pytest.raises(SourceError, match="no regular file"), files.open("/etc/cron.d/pipe"):
        pass
    assert "pipe" in files.problems()[0].message


def test_a_file_over_the_limit_is_a_problem_but_can_be_streamed(root: Path) -> None:
    (root / "etc/big").write_bytes(b"x" * 4_000_001)
    files = opened(root)
    assert files.content("/etc/big") is None
    assert "4,000,000" in files.problems()[0].message
    with files.open("/etc/big") as stream:
        assert len(stream.read()) == 4_000_001


def test_names_that_are_no_utf8_can_be_opened_by_the_name_that_is_shown(root: Path) -> None:
    (Path(os.fsdecode(os.fsencode(root) + b"/etc/cron.d/caf\xe9"))).write_text("four")
    files = opened(root)
    shown = r"/etc/cron.d/caf\xe9"
    assert shown in paths(files, "/etc/cron.d/*")
    assert files.content(shown) == b"four"


def test_a_copy_that_lost_its_owners_says_so(root: Path) -> None:
    file = opened(root).stat("/etc/cron.d/one")
    assert file is not None
    assert file.uid is None
    assert file.mode is not None


def bundle(members: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def member(
    name: str, content: bytes = b"", *, kind: bytes = tarfile.REGTYPE, link: str = "", uid: int = 0
) -> tuple[tarfile.TarInfo, bytes]:
    found = tarfile.TarInfo(name)
    found.type, found.linkname, found.uid, found.mtime = kind, link, uid, 1_700_000_000
    return found, content


GOOD = [
    member("etc/hostname", b"box01\n"),
    member("etc/cron.d/one", b"one"),
    member("var/spool/cron/crontabs/alice", b"two", uid=1000),
]


@pytest.mark.parametrize("packed", [".tar", ".tar.gz", ".tar.zst"])
def test_bundles_keep_owner_and_time(tmp_path: Path, packed: str) -> None:
    raw = bundle(GOOD)
    raw = {".tar": raw, ".tar.gz": gzip.compress(raw), ".tar.zst": zstandard.ZstdCompressor().compress(raw)}[packed]
    (tmp_path / f"box{packed}").write_bytes(raw)
    files = opened(tmp_path / f"box{packed}")
    tab = files.stat("/var/spool/cron/crontabs/alice")
    assert tab is not None
    assert (tab.uid, tab.mode) == (1000, 0o644)
    assert tab.modified_at is not None
    assert int(tab.modified_at.timestamp()) == 1_700_000_000
    assert files.content("/etc/cron.d/one") == b"one"


def test_a_bundle_of_two_servers_is_two_sources(tmp_path: Path) -> None:
    (tmp_path / "fleet.tar").write_bytes(bundle([member("a/etc/hostname", b"a\n"), member("b/etc/hostname", b"b\n")]))
    assert [files.content("/etc/hostname") for files in open_source(str(tmp_path / "fleet.tar"))] == [b"a\n", b"b\n"]


def test_names_that_leave_a_bundle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.tar").write_bytes(
        bundle(
            [
                *GOOD,
                member("../evil1", b"boo"),
                member("/evil2", b"boo"),
                member("etc/way", kind=tarfile.SYMTYPE, link=str(tmp_path)),
                member("etc/way/evil3", b"boo"),
                member("etc/hard", kind=tarfile.LNKTYPE, link="../../../../etc/passwd"),
                member("dev/sda", kind=tarfile.BLKTYPE),
            ]
        )
    )
    files = opened(tmp_path / "bad.tar")
    assert files.content("/etc/cron.d/one") == b"one"
    assert sorted(problem.location.path for problem in files.problems()) == ["../evil1", "/etc/way", "/evil2", "etc/hard"]
    outside = [tmp_path.parent / "evil1", tmp_path / "evil1", tmp_path / "evil3", Path("/evil2")]
    assert not [path for path in outside if path.exists()]
    assert not files.exists("/dev/sda")


def test_a_bomb_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "SMALLEST_LIMIT", 1 << 20)
    raw = gzip.compress(bundle([member("etc/zeros", b"\0" * (3 << 20))]))
    (tmp_path / "bomb.tar.gz").write_bytes(raw)
    with pytest.raises(SourceError, match="bomb"):
        open_source(str(tmp_path / "bomb.tar.gz"))
    monkeypatch.setattr(archive, "MOST_MEMBERS", 2)
    (tmp_path / "many.tar").write_bytes(bundle(GOOD))
    with pytest.raises(SourceError, match="more than 2 files"):
        open_source(str(tmp_path / "many.tar"))


def test_a_cut_bundle_gives_what_came_before(tmp_path: Path) -> None:
    raw = gzip.compress(bundle([*GOOD, member("etc/noise", os.urandom(200_000))]))
    (tmp_path / "cut.tar.gz").write_bytes(raw[: len(raw) // 2])
    files = opened(tmp_path / "cut.tar.gz")
    assert files.content("/etc/cron.d/one") == b"one"
    assert any("cut off" in problem.message for problem in files.problems())


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b\x08garbage", b"hello"])
def test_what_is_no_bundle_is_one_clear_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "no.tar.gz").write_bytes(content)
    with pytest.raises(SourceError, match=r"no\.tar\.gz"):
        open_source(str(tmp_path / "no.tar.gz"))


@pytest.mark.parametrize(
    ("name", "says"), [("missing", "does not exist"), ("plain", "no bundle"), ("nul\0", "no path"), ("empty", "empty folder")]
)
def test_what_is_no_source_says_what_would_be_right(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "plain").write_text("5 4 * * * true\n")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match=says):
        open_source(f"{tmp_path}/{name}")


def test_standard_input_holds_one_file() -> None:
    files = standard_input.OneCrontab(b"5 4 * * * true\n")
    assert paths(files, "/var/spool/cron/crontabs/*", "-") == ["-"]
    assert files.content("-") == b"5 4 * * * true\n"
    assert files.content("/etc/passwd") is None


def test_the_running_machine_is_live() -> None:
    (files,) = open_source("/")
    assert files.live
    assert isinstance(files, Tree)
    assert files.content("/proc/cpuinfo"), "files of proc(5) have no size, but they have text"


def test_hard_links_out_of_the_bundle_and_devices_are_not_unpacked(tmp_path: Path) -> None:
    held = []
    for name, kind, target in (
        ("etc/passwd", tarfile.LNKTYPE, "/etc/passwd"),
        ("etc/up", tarfile.LNKTYPE, "../../etc/passwd"),
        ("etc/null", tarfile.CHRTYPE, ""),
        ("etc/pipe", tarfile.FIFOTYPE, ""),
    ):
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, target
        held.append((info, b""))
    at = tmp_path / "x.tar"
    at.write_bytes(bundle([member("etc/crontab", b"5 * * * * root true\n"), *held]))
    files = opened(at)
    assert paths(files, "/etc/*") == ["/etc/crontab"]
    assert {problem.location.path.lstrip("/") for problem in files.problems()} >= {"etc/passwd", "etc/up"}


def test_a_sparse_member_of_a_terabyte_is_a_bomb(tmp_path: Path) -> None:
    folder = tmp_path / "etc"
    folder.mkdir()
    with (folder / "crontab").open("wb") as sparse:
        sparse.truncate(1 << 40)
    at = tmp_path / "x.tar"
    subprocess.run(["tar", "-C", str(tmp_path), "--sparse", "-cf", str(at), "etc"], check=True)
    with pytest.raises(SourceError, match="tar bomb"):
        opened(at)
