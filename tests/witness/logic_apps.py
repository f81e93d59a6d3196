"""Triggers and actions of Logic Apps' workflow definition language, in the form that its pages describe: the SDK calls a
definition an object and looks no further.

Source: https://learn.microsoft.com/azure/logic-apps/logic-apps-workflow-actions-triggers,
.../workflow-definition-language-schema, .../logic-apps-securing-a-logic-app (secured inputs and outputs)
"""

from typing import Any

import jsonschema
import tzlocal.windows_tz


def _exactly(needed: dict[str, Any], **optional: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {**needed, **optional}, "required": [*needed], "additionalProperties": False}


TEXT = {"type": "string", "minLength": 1}
TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
METHODS = ("GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS")
IDENTITY = _exactly({"type": {"const": "ManagedServiceIdentity"}, "audience": TEXT}, identity=TEXT)
SECURED = _exactly({"secureData": _exactly({"properties": {"type": "array", "items": {"enum": ["inputs", "outputs"]}}})})
RUN_AFTER = {
    "type": "object",
    "additionalProperties": {"type": "array", "items": {"enum": ["Succeeded", "Failed", "Skipped", "TimedOut"]}},
}
HTTP = _exactly(
    {
        "type": {"const": "Http"},
        "runAfter": RUN_AFTER,
        "inputs": _exactly(
            {"method": {"enum": [*METHODS]}, "uri": {"type": "string", "pattern": "^https?://"}},
            headers=TEXTS,
            body={},
            authentication=IDENTITY,
            retryPolicy=_exactly({"type": {"const": "none"}}),
        ),
    },
    limit=_exactly({"timeout": {"type": "string", "pattern": r"^PT(\d+H)?(\d+M)?(\d+S)?$"}}),
    operationOptions={"const": "DisableAsyncPattern"},
    runtimeConfiguration=SECURED,
)
WEEK = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
RECURRENCE = _exactly(
    {
        "frequency": {"enum": ["Second", "Minute", "Hour", "Day", "Week", "Month"]},
        "interval": {"type": "integer", "minimum": 1, "maximum": 1000},
    },
    startTime={"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$"},
    timeZone={"enum": [*tzlocal.windows_tz.win_tz]},
    schedule=_exactly(
        {},
        hours={"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 23}},
        minutes={"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 59}},
        weekDays={"type": "array", "items": {"enum": WEEK}},
    ),
)
TRIGGER = _exactly({"type": {"const": "Recurrence"}, "recurrence": RECURRENCE})
DEFINITION = _exactly(
    {
        "$schema": {
            "const": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#"
        },
        "contentVersion": {"type": "string", "pattern": r"^\d+\.\d+\.\d+\.\d+$"},
        "triggers": {"type": "object", "additionalProperties": TRIGGER, "minProperties": 1, "maxProperties": 10},
        "actions": {"type": "object", "additionalProperties": HTTP, "minProperties": 1, "maxProperties": 500},
    }
)


def wrong(value: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    """What of a definition, a trigger or an action is not in the documented form."""
    found = [
        f"{'.'.join(map(str, one.path))}: {one.message}" for one in jsonschema.Draft202012Validator(schema).iter_errors(value)
    ]
    for name, action in value.get("actions", {}).items():
        found += [
            f"{name}: runs after {other}, which is not there"
            for other in action.get("runAfter", {})
            if other not in value["actions"]
        ]
    return found
