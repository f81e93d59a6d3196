"""The store of runs is the old one or the new one, at whichever step its writer is killed or the disk is full."""

import errno
import os
import shutil
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars
import pytest
from test_history import SECOND_US, run

from migrator.errors import MigratorError, StoreError
from migrator.runs import store

DAY_US = 86_400 * SECOND_US
CHANGING = ("open", "write", "replace", "rename", "link", "unlink", "mkdir", "rmdir", "chmod", "fchmod")


class Killed(BaseException):
    """What nobody catches; and whatever a `finally` still tries, it no longer does."""


class Disk:
    """Counts the steps that change the disk, and ends the process at one of them, or says from then on that the disk is full."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int, full: bool) -> None:
        self.steps, self.at, self.full = 0, at, full
        for name in CHANGING:
            monkeypatch.setattr(os, name, self._wrapped(name, getattr(os, name)))

    def _wrapped(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **kwargs: Any) -> Any:
            if name == "open" and not args[1] & os.O_CREAT:
                return real(*args, **kwargs)
            self.steps += 1
            if self.steps < self.at:
                return real(*args, **kwargs)
            if name == "write" and self.steps == self.at:
                real(args[0], bytes(args[1])[: len(args[1]) // 2])
            if not self.full:
                raise Killed
            if name in {"unlink", "rmdir", "rename", "replace"}:  # a full disk still takes these
                return real(*args, **kwargs)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        return step


def old(root: Path) -> store.Kept:
    first = store.add(root, "web01", [run(0), run(60 * SECOND_US), run(DAY_US)], [(0, DAY_US)])
    assert store.add(root, "web01", [run(90 * SECOND_US)], [(0, DAY_US)]) != first
    return store.read(root, "web01")


def later(root: Path) -> store.Kept:
    """A day more, a run more on a day that was there, and one day as it was."""
    return store.add(root, "web01", [run(DAY_US + 60 * SECOND_US), run(2 * DAY_US)], [(DAY_US, 2 * DAY_US)])


@pytest.mark.parametrize("full", [False, True], ids=["killed", "disk full"])
def test_it_is_the_old_store_or_the_new_one_at_every_step(full: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = old(tmp_path / "old")._replace(place="")
    shutil.copytree(tmp_path / "old", tmp_path / "new")
    with monkeypatch.context() as patched:
        counted = Disk(patched, 10_000, full)
        after = later(tmp_path / "new")._replace(place="")
    seen = set()
    for at in range(1, counted.steps + 1):
        root = tmp_path / f"at{at}"
        shutil.copytree(tmp_path / "old", root)
        with monkeypatch.context() as patched, suppress(Killed, MigratorError):
            Disk(patched, at, full)
            later(root)
            assert full, at  # only tidying up was left: that needs no room
        found = store.read(root, "web01")._replace(place="")
        assert found in (before, after), at
        seen.add(found == after)
        half = [path.name for path in (root / "web01").iterdir() if path.name.startswith(".migrator-")]
        assert len(half) <= (0 if full else 1), at
        assert later(root)._replace(place="") == after, at
        if found != after:
            assert not list((root / "web01").glob(".migrator-*")), at
        runs = polars.read_parquet(root / "web01" / "*.parquet")
        assert runs.height == len(after.runs), at  # any engine finds each run once
    assert counted.steps > 10
    assert seen == {False, True}


def test_a_folder_that_may_not_be_written_is_one_line_and_stays_as_it_was(tmp_path: Path) -> None:
    before = old(tmp_path / "runs")
    folder, was = tmp_path / "runs/web01", os.geteuid()
    opened = [
        path for path in tmp_path.parents if was == 0 and path.stat().st_uid == 0 and not path.stat().st_mode & stat.S_IXOTH
    ]
    for path in (tmp_path, *opened):
        path.chmod(path.stat().st_mode | 0o055)
    folder.chmod(0o555)
    try:
        if was == 0:
            os.seteuid(65534)
        with pytest.raises(MigratorError, match=r"cannot be written \(Permission denied\)"):
            later(tmp_path / "runs")
        assert store.read(tmp_path / "runs", "web01") == before
        os.seteuid(was)
        folder.chmod(0)
        os.seteuid(65534 if was == 0 else was)
        with pytest.raises(StoreError, match=r"web01: cannot be read \(Permission denied\)"):
            store.read(tmp_path / "runs", "web01")
    finally:
        os.seteuid(was)
        folder.chmod(0o755)
