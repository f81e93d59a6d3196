"""The many ways in which scripts ask where they lie, beside what bash answers."""

import subprocess
from pathlib import Path

import pytest

from migrator.scripts.words import Word, Words

WAYS = (
    '$(cd "$(dirname "$0")/.." && pwd)',
    '$(cd "$(dirname "${BASH_SOURCE[0]}")" &> /dev/null && pwd)',
    '$(cd "$(dirname "${BASH_SOURCE[0]}")" >/dev/null 2>&1 && pwd -P)',
    '$(cd -- "$( dirname -- "${BASH_SOURCE[0]}" )" &> /dev/null && pwd)',
    '$(cd "$HERE/.." && pwd)',
    "$(cd ${HERE}/../lib && pwd)",
    '$(dirname "$(dirname "$(readlink -f "$0")")")',
    '$(dirname -- "$( readlink -f -- "$0"; )")',
    "`dirname $0`",
    "`dirname \\`readlink -f $0\\``",
    '$(readlink -f "$(dirname "$0")/../lib")',
    '$(realpath "$0")',
    "$(basename $0)",
    "$(cd `dirname $0`; pwd)",
    '$(cd "${0%/*}" && pwd)',
    '$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)',
    "$(cd $(dirname $0)/../../../../../../../../../.. && pwd)",
)
UNKNOWN = (
    '$(cd "$OTHER" && pwd)',
    "$(cd /srv && ls; pwd)",
    '$(cd "$(dirname "$0")"; git pull; pwd)',
    '$(cd "$(dirname "$1")" && pwd)',
    "$(dirname $(cat place))",
)


@pytest.fixture
def words(tmp_path: Path) -> Words:
    script = tmp_path / "app/bin/job.sh"
    script.parent.mkdir(parents=True)
    (tmp_path / "app/lib").mkdir()
    asks = "".join(f'said={way}\nprintf "%s\\n" "$said"\n' for way in WAYS)
    script.write_text(f"HERE={script.parent}\n{asks}")
    return Words({"HERE": Word(str(script.parent), True), "OTHER": Word("/srv/$X", False)}, str(script), lambda *_: None)


def test_what_bash_answers(words: Words) -> None:
    said = subprocess.run(["bash", str(words.script)], capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(said) == len(WAYS)
    assert [tuple(words._substitution(way, 0)[:2]) for way in WAYS] == [(answer, True) for answer in said]


@pytest.mark.parametrize("way", UNKNOWN)
def test_what_cannot_be_told_stays_as_it_is_written(words: Words, way: str) -> None:
    assert tuple(words._substitution(way, 0)[:2]) == (way, False)


def test_a_script_without_a_place_has_no_folder() -> None:
    assert not Words({}, None, lambda *_: None)._substitution(WAYS[0], 0).is_known
