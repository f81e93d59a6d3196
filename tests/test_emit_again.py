"""Emit after emit: the same plan changes nothing, and what a person edited is merged, kept, and never lost."""

import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import emit_samples as samples
import msgspec
import pytest
from click.testing import CliRunner

from migrator import files, planfile
from migrator.commands.emit import command
from migrator.emit import manifest
from migrator.emit.merge3 import merge3
from migrator.emit.tree import emit as tree_of
from migrator.errors import EmitError, MigratorError
from migrator.model.plan import OutFile, Plan


def emit(tree: Path, *out: OutFile, prune: bool = False, steps: int | None = None) -> manifest.Merged:
    """As the command does it; stopped after `steps` files."""
    stored = [path.name for path in (tree / manifest.BASES).glob("*")]
    result = manifest.merge(
        out, lambda path: (tree / path).read_bytes() if (tree / path).is_file() else None, stored, prune=prune
    )
    doing: list[tuple[str, OutFile | str]] = [
        *(("write", file) for file in result.out_files),
        *(("remove", path) for path in result.removed),
        ("write", result.manifest),
        *(("remove", path) for path in result.stale),
    ]
    for what, item in doing[:steps]:
        if isinstance(item, OutFile):
            files.write(tree, [item])
        else:
            assert what == "remove"
            files.remove(tree, [item])
    return result


def out(path: str, content: str) -> OutFile:
    return OutFile(path=path, content=content.encode())


def snapshot(tree: Path) -> dict[str, bytes]:
    return {str(path.relative_to(tree)): path.read_bytes() for path in sorted(tree.rglob("*")) if path.is_file()}


def test_the_same_files_twice_change_nothing(tmp_path: Path) -> None:
    emit(tmp_path, out("a/x", "1\n"), out("y", "2\n"))
    before = snapshot(tmp_path)
    again = emit(tmp_path, out("a/x", "1\n"), out("y", "2\n"))
    assert snapshot(tmp_path) == before
    assert (again.kept, again.merged, again.conflicts, again.gone, again.removed) == ((), (), (), (), ())


def test_a_file_that_nobody_edited_is_replaced(tmp_path: Path) -> None:
    emit(tmp_path, out("x", "1\n"))
    emit(tmp_path, out("x", "2\n"))
    assert (tmp_path / "x").read_text() == "2\n"


def test_an_edited_file_is_kept_where_nothing_is_new(tmp_path: Path) -> None:
    emit(tmp_path, out("x", "1\n"))
    (tmp_path / "x").write_text("mine\n")
    assert emit(tmp_path, out("x", "1\n")).kept == ("x",)
    assert (tmp_path / "x").read_text() == "mine\n"
    assert not (tmp_path / "x.new").exists()


def test_what_is_new_is_merged_into_an_edited_file(tmp_path: Path) -> None:
    emit(tmp_path, out("x", "cpu = 1\na\nb\nmemory = 2\n"))
    (tmp_path / "x").write_text("cpu = 4\na\nb\nmemory = 2\n")
    for _ in range(2):  # the second time there is nothing left to merge
        last = emit(tmp_path, out("x", "cpu = 1\na\nb\nmemory = 8\nz\n"))
        assert (tmp_path / "x").read_text() == "cpu = 4\na\nb\nmemory = 8\nz\n"
    assert (last.kept, last.merged) == (("x",), ())
    assert not (tmp_path / "x.new").exists()


def test_a_conflict_lies_beside_until_it_is_settled(tmp_path: Path) -> None:
    emit(tmp_path, out("x", "1\n"))
    (tmp_path / "x").write_text("mine\n")
    for _ in range(2):
        assert emit(tmp_path, out("x", "2\n")).conflicts == ("x",)
        assert (tmp_path / "x").read_text() == "mine\n"
        assert (tmp_path / "x.new").read_text() == "<<<<<<< yours\nmine\n=======\n2\n>>>>>>> migrator\n"
    (tmp_path / "x").write_text("mine and 2\n")
    (tmp_path / "x.new").unlink()
    assert emit(tmp_path, out("x", "2\n")).kept == ("x",)
    assert (tmp_path / "x").read_text() == "mine and 2\n"
    assert not (tmp_path / "x.new").exists()


def test_binary_files_are_never_merged(tmp_path: Path) -> None:
    emit(tmp_path, OutFile(path="x", content=b"\0a\nb\nc\n"))
    (tmp_path / "x").write_bytes(b"\0A\nb\nc\n")
    assert emit(tmp_path, OutFile(path="x", content=b"\0a\nb\nC\n")).conflicts == ("x",)
    assert (tmp_path / "x.new").read_bytes() == b"\0a\nb\nC\n"


def test_a_file_that_was_there_before_is_kept(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("ours")
    assert emit(tmp_path, out("README.md", "theirs")).conflicts == ("README.md",)
    assert (tmp_path / "README.md").read_text() == "ours"
    assert (tmp_path / "README.md.new").read_text() == "theirs"


def test_what_left_the_plan_is_told_and_kept_until_it_is_pruned(tmp_path: Path) -> None:
    emit(tmp_path, out("x", "1\n"), out("jobs/y/a", "1\n"), out("jobs/z/a", "2\n"))
    (tmp_path / "jobs/z/a").write_text("mine\n")
    for _ in range(2):
        assert emit(tmp_path, out("x", "1\n")).gone == ("jobs/y/a", "jobs/z/a")
    pruned = emit(tmp_path, out("x", "1\n"), prune=True)
    assert pruned.gone == ("jobs/z/a",)
    assert not (tmp_path / "jobs/y").exists(), "its folder is empty, so it goes too"
    assert (tmp_path / "jobs/z/a").read_text() == "mine\n"


def test_old_versions_do_not_pile_up(tmp_path: Path) -> None:
    for n in range(5):
        emit(tmp_path, out("x", f"{n}\n"), out("y", "1\n"))
    assert len(list((tmp_path / ".migrator/base").iterdir())) == 2


def test_a_damaged_manifest_is_an_error(tmp_path: Path) -> None:
    for text in ("[]", '{"files": {"x": "../../etc/passwd"}}', "\0", '{"files": 1}'):
        (tmp_path / ".migrator").mkdir(exist_ok=True)
        (tmp_path / manifest.NAME).write_text(text)
        with pytest.raises(EmitError, match="restore it"):
            emit(tmp_path, out("x", "1"))


def test_nothing_is_deleted_outside_the_tree(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("x")
    for name in ("../precious", "/etc/passwd", "a/../../precious"):
        with pytest.raises(MigratorError):
            files.remove(tmp_path / "tree", [name])
    assert (tmp_path / "precious").exists()


def test_nothing_is_written_through_a_link_that_leads_out(tmp_path: Path) -> None:
    outside, tree = tmp_path / "outside", tmp_path / "tree"
    (outside / "sub").mkdir(parents=True)
    (outside / "file").write_text("precious")
    tree.mkdir()
    (tree / "folder").symlink_to(outside)
    (tree / "link").symlink_to(outside / "file")
    (tree / "inner").mkdir()
    (tree / "within").symlink_to("inner")
    for name in ("folder/file", "folder/sub/x", "folder/new/x", "link"):
        with pytest.raises(MigratorError, match="a symbolic link leads out of"):
            files.write(tree, [out(name, "1\n")])
    files.write(tree, [out("within/x", "1\n")])
    assert snapshot(outside) == {"file": b"precious"}
    assert not (outside / "new").exists()
    assert (tree / "inner/x").read_text() == "1\n"


def test_a_hundred_interruptions_lose_nothing(tmp_path: Path) -> None:
    """Stopped after any number of writes, a second run ends where an undisturbed one does."""
    rng = random.Random(7)
    first = [out(f"d/{n}", "".join(f"{n} {line}\n" for line in range(6))) for n in range(12)]
    second = [out(file.path, file.content.decode().replace(" 5\n", " five\n")) for file in first[:-2]]
    second.append(out("d/fresh", "1\n"))
    start, plain = tmp_path / "start", tmp_path / "plain"
    emit(start, *first)
    for n in range(4):
        (start / f"d/{n}").write_text((start / f"d/{n}").read_text().replace(" 0\n", " mine\n"))
    (start / "d/4").write_text("all mine\n")
    shutil.copytree(start, plain)
    emit(plain, *second, prune=True)
    for number in range(100):
        tree = tmp_path / str(number)
        shutil.copytree(start, tree)
        steps = rng.randrange(40)
        emit(tree, *second, prune=True, steps=steps)
        emit(tree, *second, prune=True)
        assert snapshot(tree) == snapshot(plain), steps


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not here: nothing to compare the merge with")
def test_git_merges_the_same(tmp_path: Path) -> None:
    """150 random edits of ten lines: where both merge without a conflict, the text is the same; a conflict of git's is ours."""
    rng, clean = random.Random(11), 0
    for _ in range(150):
        base = [f"line {n}\n" for n in range(10)]
        sides = []
        for _side in range(2):
            lines = list(base)
            for _edit in range(rng.randrange(3)):
                at = rng.randrange(len(lines))
                lines[at : at + rng.randrange(2)] = rng.choice([[], ["new\n"], [f"{rng.random()}\n"]])
            sides.append(lines)
        for name, lines in (("base", base), ("mine", sides[0]), ("new", sides[1])):
            (tmp_path / name).write_text("".join(lines))
        git = subprocess.run(["git", "merge-file", "-p", "mine", "base", "new"], cwd=tmp_path, capture_output=True, check=False)
        ours = merge3(*((tmp_path / name).read_bytes() for name in ("base", "mine", "new")))
        assert (ours.conflicts > 0) == (git.returncode > 0)
        if not ours.conflicts:
            clean += 1
            assert ours.text == git.stdout
    assert clean > 50


def write_plan(folder: Path, plan: Plan) -> Path:
    files.write(folder, planfile.files(plan, (), samples.SCRIPTS))
    return folder


def call(*arguments: object) -> str:
    done = CliRunner().invoke(command, [str(argument) for argument in arguments], standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return done.output


def test_a_team_s_edit_survives_a_new_plan(tmp_path: Path) -> None:
    """The memory that a person raised stays, the timeout that the plan changed comes in, and the job that left can be pruned."""
    two = samples.plan(samples.entry("aws_lambda", "a-1"), samples.entry("aws_lambda", "b-2"))
    tree = tmp_path / "tree"
    call(write_plan(tmp_path / "plan", two), "-o", tree)
    template = tree / "aws/terraform/a-1.tf"
    template.write_text(template.read_text().replace("memory_size   = 128", "memory_size   = 512"))
    later = samples.plan(samples.entry("aws_lambda", "a-1", hour=5))
    said = call(write_plan(tmp_path / "plan", later), "-o", tree, "--prune")
    assert f"{template}: you edited it; what is new was merged in" in said
    assert "memory_size   = 512" in template.read_text()
    assert "cron(30 5 * * ? *)" in template.read_text()
    assert not (tree / "jobs/b-2").exists()
    with pytest.raises(EmitError, match="--prune"):
        call(tmp_path / "plan", "-o", tree, "--prune", "--job", "a-1")


def killed_while(work: Callable[[], object], after_s: float) -> None:
    """Do some work in a process of its own, which is killed with SIGKILL after a while, wherever it is."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def test_after_a_hundred_kills_at_any_moment_a_second_run_completes(tmp_path: Path) -> None:
    rng = random.Random(11)
    plain, tree = tmp_path / "plain", tmp_path / "tree"
    versions = [[out(f"d{n % 4}/{n}", f"{n} version {version}\n" * 200) for n in range(24)] for version in range(4)]
    halfway = 0
    for number in range(100):
        wanted = versions[number % 4]
        killed_while(lambda wanted=wanted: emit(tree, *wanted), rng.random() * 0.02)
        now = [(tree / file.path).read_bytes() if (tree / file.path).exists() else None for file in wanted]
        known = {file.path: {version[at].content for version in versions} for at, file in enumerate(wanted)}
        assert all(
            content is None or content in known[file.path] for file, content in zip(wanted, now, strict=True)
        )  # whole files
        new = sum(content == file.content for file, content in zip(wanted, now, strict=True))
        halfway += 0 < new < len(wanted)
        again = emit(tree, *wanted)
        assert again.conflicts == ()
        emit(plain, *wanted)
        assert snapshot(tree) == snapshot(plain), number  # and nothing that was only begun
    assert halfway > 5, "no kill fell between two files: the test proves nothing"


def test_a_full_disk_is_one_clear_line_and_leaves_no_half_file(tmp_path: Path) -> None:
    """The limit of a file's size stands for the disk's end: write(2) fails in the middle of a file."""
    small, large = out("a", "1\n"), out("b", "x" * 300_000)
    message = tmp_path / "message"
    child = os.fork()
    if child == 0:
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
            emit(tmp_path / "tree", small, large)
        except MigratorError as error:
            message.write_text(str(error))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert message.read_text() == f"{tmp_path}/tree/b: cannot be written (File too large); choose another folder"
    assert sorted(path.name for path in (tmp_path / "tree").iterdir()) == ["a"]
    emit(tmp_path / "tree", small, large)
    assert (tmp_path / "tree/b").read_bytes() == large.content


def test_what_emit_cannot_use_is_one_clear_line_each(tmp_path: Path) -> None:
    plan = write_plan(tmp_path / "plan", samples.plan(samples.entry("aws_lambda", "a-1")))
    with pytest.raises(EmitError, match="nosuch: no such job in the plan"):
        call(plan, "-o", tmp_path / "tree", "--job", "nosuch")
    (script,) = (tmp_path / "plan/scripts").glob("a*")
    text = script.read_bytes()
    script.unlink()
    with pytest.raises(MigratorError, match="a job's script is missing; run `migrator plan` again"):
        call(plan, "-o", tmp_path / "tree")
    script.write_bytes(text)
    whole = (tmp_path / "plan/plan.json").read_text()
    (tmp_path / "plan/plan.json").write_text(re.sub(r'"version": ?1\b', '"version": 99', whole))
    with pytest.raises(MigratorError, match="has format version 99; this migrator reads 1"):
        call(plan, "-o", tmp_path / "tree")


def test_jobs_of_the_same_name_on_two_servers_and_names_that_look_alike_stay_apart(tmp_path: Path) -> None:
    """Ids end in a digest of server and command; what a cloud cuts short gets a digest of its own."""
    long = "a" * 70
    ids = [f"{long}-1a2b", f"{long}-3c4d", "night-1a2b", "night-3c4d", "0-digit-first-1a2b"]
    for target in ("aws_lambda", "gcp_cloud_run_job", "azure_container_apps_job", "kubernetes_cron_job"):
        entries = [samples.entry(target, job_id) for job_id in ids]
        elsewhere = msgspec.structs.replace(entries[3].job, host="web02")
        entries[3] = msgspec.structs.replace(entries[3], job=elsewhere)
        result = tree_of(samples.plan(*entries), samples.SCRIPTS, samples.PLACES)
        assert result.left_out == ()
        paths = [file.path for file in result.out_files]
        assert len(paths) == len(set(paths))
        kinds = {"function_name", "job_name", "cron_job_name"}
        names = [
            str(value)
            for entry in entries
            for made in entry.placement.option.resources
            for key, value in made.values.items()
            if key in kinds
        ]
        assert len(names) == len(set(names)) == len(ids)
        assert {"cutover/web01.md", "cutover/web02.md"} <= set(paths)


def test_a_newline_in_a_script_s_name_reaches_the_folder_and_no_message_is_broken_by_it(tmp_path: Path) -> None:
    entry = samples.entry("aws_lambda", "a-1")
    script = msgspec.structs.replace(entry.scripts[0], path="/srv/new\nline.sh")
    job = msgspec.structs.replace(entry.job, command="sh '/srv/new\nline.sh'")
    result = tree_of(samples.plan(msgspec.structs.replace(entry, job=job, scripts=(script,))), samples.SCRIPTS, samples.PLACES)
    assert result.left_out == ()
    files.write(tmp_path, result.out_files)
    assert (tmp_path / "jobs/a-1/files/srv/new\nline.sh").read_bytes() == samples.SCRIPT
    done = subprocess.run(
        [sys.executable, "-m", "unittest", "-q"], cwd=tmp_path / "jobs/a-1", capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
