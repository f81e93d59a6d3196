"""The real daemons, recorded anew for a few minutes, against what their jobs wrote down: as tests/test_daemon_logs.py does with
the recording that is kept. The share of commands that got another job's length is printed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_daemon_logs import NEVER_TIMED, all_found, compared, untold, wrong_lengths

RECORDER = Path(__file__).parent / "record_daemons.py"
MINUTES = 3
DAEMONS = (
    "busybox",
    "cronie",
    "debian-L1",
    "debian-L1-files",
    "debian-L1-rfc3164",
    "debian-L1-rfc5424",
    "debian-L15",
    "debian-L3",
    "pacct",
    "systemd",
)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if os.geteuid() != 0:
        pytest.skip("namespaces need root: the daemons are not recorded anew; the recording that is kept is tested")
    folder = tmp_path_factory.mktemp("recorded")
    words = [sys.executable, RECORDER, folder / "trees", "--scratch", folder / "scratch", "--minutes", str(MINUTES)]
    subprocess.run(words, check=True, timeout=1200)
    return folder / "trees"


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("name", DAEMONS)
def test_the_daemons_of_today_are_read_as_well(name: str, recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = compared(name, recorded)
    assert len(found.truth) >= 10 * MINUTES
    all_found(found)
    if name not in NEVER_TIMED:
        wrong = wrong_lengths(found)
        with capsys.disabled():
            print(f"\n{name}: {len(wrong)} of {len(found.joined)} runs have another job's length")
        assert wrong == []
        # before the first minute nobody knows the numbers: there the end of a run may be told of none, with more doubt than later
        first = min(entry.began for entry in found.truth)
        assert [began - first for began in untold(found) if began - first > 30] == []
