"""The plan as JSON, for other tools: what plan.json holds."""

import msgspec

from migrator import planfile
from migrator.model.plan import OutFile, Plan

FORMAT = "json"
DEFAULT = False


def write(plan: Plan) -> tuple[OutFile, ...]:
    """The whole plan; its shape is the versioned schema of `schema()`."""
    return (planfile.plan_file(plan),)


def _any(kind: type) -> dict[str, object]:
    """Values of resources and guards are any JSON."""
    if kind is object:
        return {"description": "any JSON value"}
    raise NotImplementedError


def schema() -> bytes:
    """The JSON Schema (2020-12) of plan.json."""
    document = msgspec.json.schema(Plan, schema_hook=_any)
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "migrator plan", **document}
    return msgspec.json.format(msgspec.json.encode(document, order="deterministic"), indent=1) + b"\n"
