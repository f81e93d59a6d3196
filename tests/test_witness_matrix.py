"""The matrix of witnesses is whole: what is offered has one that reads it and one that runs it, and they exist."""

import ast
import sys
from pathlib import Path

import every_combination as every

FOLDER = Path(__file__).parent / "witness"
sys.path.insert(0, str(FOLDER))

import matrix  # noqa: E402 - it stands among the witnesses

README = FOLDER / "README.md"
BEGIN, END = "<!-- matrix: written by tests/test_witness_matrix.py --update -->\n", "<!-- end of matrix -->\n"


def test_the_readme_holds_the_matrix(update: bool) -> None:
    before, _, rest = README.read_text().partition(BEGIN)
    text, _, after = rest.partition(END)
    if update:
        README.write_text(before + BEGIN + matrix.table() + END + after)
    else:
        assert text == matrix.table()


def test_every_combination_that_is_offered_is_read_and_run() -> None:
    assert every.offered()
    for cell in every.offered():
        assert {witness.runs for witness in matrix.of(cell)} == {False, True}, cell
        assert cell.language in {witness.name for witness in matrix.of(cell)}, f"{cell}: nobody reads its language"


def test_every_combination_that_is_not_offered_says_why() -> None:
    assert all(every.not_offered(cell) for cell in every.cells() if cell not in every.offered())
    assert len(every.cells()) == len(every.KINDS) * len(every.TARGETS) * 4


def test_every_witness_exists() -> None:
    for witness in matrix.WITNESSES:
        tree = ast.parse((FOLDER / witness.file).read_text())
        assert witness.test in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, witness.name


def test_a_combination_that_is_claimed_and_that_nobody_looked_at_is_named() -> None:
    """`make witness` fails by it: see looked_at.py."""
    looked = {(matrix.EVERY, tree) for tree in every.trees()}
    passed = {(one.file, one.test): looked for one in matrix.WITNESSES}
    assert matrix.unseen(passed) == []
    claimed = sum(not one.file.startswith("../") for cell in every.offered() for one in matrix.of(cell))
    assert len(matrix.unseen({})) == claimed > 100
    sam = every.Tree("aws", "sam")
    cells = [" ".join(cell) for cell in every.cells_of(sam)]
    without = {test: looked - {(matrix.EVERY, sam)} for test in passed}
    assert cells == [cell for cell in cells if any(line.startswith(f"lint of {cell}:") for line in matrix.unseen(without))]
    assert all(line.endswith("did not look at aws/sam") for line in matrix.unseen(without))
    skipped = {(one.file, one.test) for one in matrix.WITNESSES if one.name == "gcloud"}
    assert not [line for line in matrix.unseen({}, skipped) if line.startswith("gcloud ")]


def test_the_generated_plan_has_a_job_of_each_combination() -> None:
    for tree in every.trees():
        found = {(entry.placement.option.shape, entry.placement.option.target) for entry in every.plan(tree).jobs}
        assert found == {(cell.shape, cell.target) for cell in every.cells_of(tree)}
