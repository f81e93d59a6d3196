"""Emitted CronJobs against the API's own schemas, and what those schemas let through: concurrency words and schedules."""

import emit_samples as samples
import kubernetes_validate
import pytest
from ruamel.yaml import YAML

from migrator.emit.tree import emit
from migrator.schedule.dialects import kubernetes


def documents() -> list[dict[str, object]]:
    """Every document of the tree that holds every kind of job."""
    out_files = emit(samples.every_target(), samples.SCRIPTS, samples.PLACES).out_files
    texts = [
        file.content.decode() for file in out_files if file.path.startswith("kubernetes/") and "kustomization" not in file.path
    ]
    return [document for text in texts for document in YAML(typ="safe").load_all(text) if document]


@pytest.mark.parametrize("version", ["1.27", "1.33"])
def test_the_schemas_take_every_document(version: str) -> None:
    found = documents()
    assert {str(document["kind"]) for document in found} == {"CronJob", "ServiceAccount"}
    for document in found:
        kubernetes_validate.validate(document, version, strict=True)


def test_a_wrong_key_would_be_found() -> None:
    (first, *_) = (document for document in documents() if document["kind"] == "CronJob")
    wrong = first | {"spec": {**first["spec"], "suspendd": True}}  # type: ignore[dict-item]
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.33", strict=True)


def test_words_and_schedules_that_the_schemas_do_not_check() -> None:
    for document in documents():
        if document["kind"] == "CronJob":
            spec = document["spec"]
            assert isinstance(spec, dict)
            assert spec["concurrencyPolicy"] in {"Allow", "Forbid", "Replace"}
            assert spec["suspend"] is True
            assert kubernetes.read((spec["schedule"],), spec["timeZone"])
