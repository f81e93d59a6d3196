"""The program that `migrator collect` prints, run by the other shells that a server may have as `sh`."""

from pathlib import Path

import pytest
from test_collect import planned_as_from_its_files


@pytest.mark.parametrize(
    ("name", "redact"),
    [("dash", True), ("busybox", False), ("bash", False), ("bash", True), *((n, True) for n in ("mksh", "yash", "posh"))],
)
def test_this_machine_is_planned_from_its_bundle_in_every_shell(name: str, redact: bool, tmp_path: Path) -> None:
    planned_as_from_its_files(name, redact, tmp_path)
