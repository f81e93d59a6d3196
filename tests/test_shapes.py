"""How a job could be cut: each shape has a case for and a case against."""

from pathlib import Path

import pytest
from cases import Case, read_cases, rewrite
from dossiers import dossier

from migrator import shapes
from migrator.assumptions import DEFAULT
from migrator.model.option import Shape

FOLDER = Path(__file__).parent / "cases" / "shapes"
CASES = [(path.stem, case) for path in sorted(FOLDER.glob("*.txt")) for case in read_cases(path)]


def shown(shape: Shape | None) -> str:
    if shape is None:
        return "none"
    lines = [f"{shape.kind}: {shape.summary}"]
    lines += [f"  for {item.snippet}" for item in shape.evidence_for]
    lines += [f"  against {item.snippet}" for item in shape.evidence_against]
    for part in shape.parts:
        often = "unknown" if part.monthly_invocations is None else f"{part.monthly_invocations:,.1f}"
        billed = "unknown" if part.billed_s is None else f"{part.billed_s:,.2f} s"
        lines.append(f"  part {part.name}: {often} a month, {billed}{f', {part.parallelism} wide' if part.parallelism else ''}")
    lines += [f"  wire {wire.from_part} -> {wire.to_part} ({wire.kind})" for wire in shape.wires]
    return "\n".join(lines)


@pytest.mark.parametrize(("name", "case"), CASES, ids=[f"{name}: {case.name}" for name, case in CASES])
def test_a_shape_is_cut_as_its_case_wants(name: str, case: Case, update: bool) -> None:
    reader = next(reader for reader in shapes.ALL if name == reader.KIND)
    said = shown(reader.cut(dossier(case.parts["job"]), DEFAULT))
    if update:
        rewrite(case.path, {case.name: said})
    else:
        assert said == case.parts["want"].strip(), f"{case.path}:{case.line}"


def test_every_shape_has_a_case_for_and_one_against() -> None:
    for reader in shapes.ALL:
        wants = [case.parts["want"].strip() for case in read_cases(FOLDER / f"{reader.KIND}.txt")]
        assert any(want != "none" for want in wants), reader.KIND
        assert any(want == "none" for want in wants) or reader.KIND == "scheduled_batch", reader.KIND


@pytest.mark.parametrize(("name", "case"), CASES, ids=[f"{name}: {case.name}" for name, case in CASES])
def test_exactly_one_shape_is_faithful(name: str, case: Case) -> None:
    cuts = [reader.cut(dossier(case.parts["job"]), DEFAULT) for reader in shapes.ALL]
    assert [shape.kind for shape in cuts if shape is not None and shape.faithful] == ["scheduled_batch"]
