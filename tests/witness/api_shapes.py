"""Values of emitted resources against the providers' own descriptions of their APIs: AWS's service models (in botocore), Google's
discovery documents (in google-api-python-client). They know what Terraform's schemas do not: enums, ranges, patterns, lengths.

Terraform writes `memory_size` where the API says `MemorySize` or `memorySize`, and a list of one block where it has an object:
names are compared without `_` and case. What a plan cannot know yet (ids and ARNs of things to be made) is None and passed over.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import botocore.session
import googleapiclient

DOCUMENTS = Path(googleapiclient.__file__).parent / "discovery_cache/documents"


class Report(NamedTuple):
    """What was looked at, and what was wrong with it."""

    looked_at: list[str]
    wrong: list[str]


def plain(name: str) -> str:
    return name.replace("_", "").lower()


@cache
def aws_shape(service: str, operation: str) -> Any:
    model = botocore.session.get_session().get_service_model(service)
    return model.operation_model(operation).input_shape


def aws(values: dict[str, Any], service: str, operation: str) -> Report:
    """Attributes of a resource against the call that creates it."""
    report = Report([], [])
    _aws(values, aws_shape(service, operation), operation, report)
    return report


def _aws(value: Any, shape: Any, path: str, report: Report) -> None:
    if value is None or value in ([], {}, ""):
        return
    kind = shape.type_name
    if isinstance(value, str) and kind in {"structure", "list"} and value.startswith(("{", "[")):
        value = json.loads(value)  # a document that Terraform has as text
    if kind == "structure":
        if isinstance(value, list):  # one block
            value = value[0]
        members = {plain(name): member for name, member in shape.members.items()}
        for name, inner in value.items():
            if plain(name) in members:
                _aws(inner, members[plain(name)], f"{path}.{name}", report)
    elif kind == "list":
        if isinstance(value, dict):  # names and values, as the API has them
            value = [{"name": name, "value": inner} for name, inner in value.items()]
        _length(len(value), shape, path, report)
        for number, inner in enumerate(value):
            _aws(inner, shape.member, f"{path}[{number}]", report)
    elif kind == "map":
        for name, inner in value.items():
            _aws(inner, shape.value, f"{path}[{name}]", report)
    else:
        report.looked_at.append(path)
        rules = shape.metadata
        if kind == "string":
            _length(len(str(value)), shape, path, report)
            if rules.get("enum") and value not in rules["enum"]:
                report.wrong.append(f"{path}: {value!r} is none of {rules['enum']}")
            if rules.get("pattern") and not re.fullmatch(_python(rules["pattern"]), str(value), re.DOTALL):
                report.wrong.append(f"{path}: {value!r} is not {rules['pattern']}")
        elif kind in {"integer", "long", "double", "float"}:
            _length(float(value), shape, path, report)


def _length(amount: float, shape: Any, path: str, report: Report) -> None:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if (low is not None and amount < low) or (high is not None and amount > high):
        report.wrong.append(f"{path}: {amount} is not within {low} and {high}")


def _python(pattern: str) -> str:
    r"""A Java pattern of the service models as Python has it.

    >>> _python(r"[\p{L}\p{Z}]+")
    '[\\w\\s]+'
    """
    pattern = pattern.replace(r"\p{L}", r"\w").replace(r"\p{Z}", r"\s").replace(r"\p{N}", r"\d").replace(r"\p{M}", "")
    return pattern.replace(r"\p{P}", r"\W").replace(r"\p{S}", r"\W").replace(r"\p{C}", "")


@cache
def google_document(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DOCUMENTS / f"{name}.json").read_text())
    return found


def google(values: dict[str, Any], document: str, schema: str, not_sent: frozenset[str]) -> Report:
    """Attributes of a resource against the body of the API; `not_sent`: what is Terraform's own, or in the path."""
    report = Report([], [])
    body = {name: value for name, value in values.items() if name not in not_sent}
    _google(body, {"$ref": schema}, google_document(document)["schemas"], schema, report)
    return report


def _google(value: Any, schema: dict[str, Any], schemas: dict[str, Any], path: str, report: Report) -> None:
    if value is None or value in ([], {}, ""):
        return
    if "$ref" in schema:
        schema = schemas[schema["$ref"]]
    kind = schema.get("type")
    if kind == "object" and "properties" in schema:
        if isinstance(value, list):
            value = value[0]
        members = {plain(name): member for name, member in schema["properties"].items()}
        for name, inner in value.items():
            if plain(name) in members:
                _google(inner, members[plain(name)], schemas, f"{path}.{name}", report)
            elif inner not in (None, [], {}, ""):
                report.wrong.append(f"{path}.{name}: the API has no such field; it has {sorted(schema['properties'])}")
    elif kind == "array":
        for number, inner in enumerate(value):
            _google(inner, schema["items"], schemas, f"{path}[{number}]", report)
    elif kind == "object":
        for name, inner in value.items():
            _google(inner, schema.get("additionalProperties", {}), schemas, f"{path}[{name}]", report)
    else:
        report.looked_at.append(path)
        if schema.get("enum") and value not in schema["enum"]:
            report.wrong.append(f"{path}: {value!r} is none of {schema['enum']}")
        wanted = {"string": str, "boolean": bool, "integer": int | float, "number": int | float}.get(str(kind))
        if wanted is not None and not isinstance(value, wanted):
            report.wrong.append(f"{path}: {value!r} is no {kind}")
