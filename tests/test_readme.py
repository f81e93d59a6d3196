"""The README is true: its commands exist, its pictures are there, its map names the files that there are."""

import re
from pathlib import Path

from migrator.cli import COMMANDS
from migrator.prices import bundled

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_every_command_is_in_the_readme() -> None:
    missing = [name for name in COMMANDS if f"migrator {name}" not in README]
    assert not missing


def test_every_command_of_the_readme_exists() -> None:
    called = set(re.findall(r"^(?:ssh .*\| )?migrator ([a-z][a-z-]*)", README, re.MULTILINE))
    assert called <= set(COMMANDS)


def test_pictures_and_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if "://" not in target:
            assert (ROOT / target).exists(), target


def test_the_map_names_the_files_that_there_are() -> None:
    tree = README.split("### The tree")[1].split("### The words")[0]
    named = set(re.findall(r"\b([a-z_]+)(?:/|\.py)", tree))
    for path in sorted((ROOT / "migrator").iterdir()):
        if path.suffix == ".py" or (path.is_dir() and (path / "__init__.py").exists()):
            stem = path.stem
            assert stem in named or stem.startswith("__"), f"{path.name} is not on the map"


def test_the_readme_counts_the_prices_that_come_from_no_list() -> None:
    prices = bundled.read().prices
    said = re.search(r"of the bundled ones (\d+) of (\d+) come from no price list", README)
    assert said is not None
    assert [int(number) for number in said.groups()] == [sum(price.quality != "list" for price in prices), len(prices)]
