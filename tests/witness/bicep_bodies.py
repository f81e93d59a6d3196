"""Bodies of emitted Bicep resources against the models in Azure's own SDK, for want of a Bicep compiler on this kind of machine.

The text is read by tree-sitter-bicep. What only a deployment knows (parameters, functions, ids) is UNKNOWN and fits everywhere;
both branches of a condition are looked at. The SDK's models have two styles: TypeSpec's (`rest_field`) and `_attribute_map`.
"""

import datetime
import enum
import importlib
import inspect
import re
import sys
import typing
from collections.abc import Iterator
from typing import Any, NamedTuple

import logic_apps
import tree_sitter
import tree_sitter_bicep

UNKNOWN = object()
LANGUAGE = tree_sitter.Language(tree_sitter_bicep.language())
# the type in the template -> the model that is its body
MODELS = {
    "Microsoft.App/jobs": "azure.mgmt.appcontainers.models Job",
    "Microsoft.App/managedEnvironments": "azure.mgmt.appcontainers.models ManagedEnvironment",
    "Microsoft.Authorization/roleAssignments": "azure.mgmt.authorization.v2022_04_01.models RoleAssignment",
    "Microsoft.Authorization/roleDefinitions": "azure.mgmt.authorization.v2022_04_01.models RoleDefinition",
    "Microsoft.EventGrid/systemTopics": "azure.mgmt.eventgrid.models SystemTopic",
    "Microsoft.EventGrid/systemTopics/eventSubscriptions": "azure.mgmt.eventgrid.models EventSubscription",
    "Microsoft.Insights/actionGroups": "azure.mgmt.monitor.models ActionGroupResource",
    "Microsoft.Insights/components": "azure.mgmt.applicationinsights.v2020_02_02.models ApplicationInsightsComponent",
    "Microsoft.Insights/metricAlerts": "azure.mgmt.monitor.models MetricAlertResource",
    "Microsoft.Insights/scheduledQueryRules": "azure.mgmt.monitor.models ScheduledQueryRuleResource",
    "Microsoft.Logic/workflows": "azure.mgmt.logic.models Workflow",
    "Microsoft.ManagedIdentity/userAssignedIdentities": "azure.mgmt.msi.v2024_11_30.models Identity",
    "Microsoft.OperationalInsights/workspaces": "azure.mgmt.loganalytics.models Workspace",
    "Microsoft.ServiceBus/namespaces": "azure.mgmt.servicebus.models SBNamespace",
    "Microsoft.ServiceBus/namespaces/queues": "azure.mgmt.servicebus.models SBQueue",
    "Microsoft.Storage/storageAccounts": "azure.mgmt.storage.models StorageAccountCreateParameters",
    "Microsoft.Storage/storageAccounts/blobServices": "azure.mgmt.storage.models BlobServiceProperties",
    "Microsoft.Storage/storageAccounts/blobServices/containers": "azure.mgmt.storage.models BlobContainer",
    "Microsoft.Storage/storageAccounts/managementPolicies": "azure.mgmt.storage.models ManagementPolicy",
    "Microsoft.Storage/storageAccounts/queueServices": "azure.mgmt.storage.models QueueServiceProperties",
    "Microsoft.Storage/storageAccounts/queueServices/queues": "azure.mgmt.storage.models StorageQueue",
    "Microsoft.Web/serverfarms": "azure.mgmt.web.models AppServicePlan",
    "Microsoft.Web/sites": "azure.mgmt.web.models Site",
}
# declared as `existing`: something of the user's that a role is bound to; only its name is said
OF_OTHERS = frozenset(
    {
        "Microsoft.ContainerRegistry/registries",
        "Microsoft.KeyVault/vaults/secrets",
        "Microsoft.Storage/storageAccounts/blobServices/containers",
        "Microsoft.Storage/storageAccounts/queueServices/queues",
    }
)
DURATION = re.compile(r"P(?=.)(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?")
BICEP_S_OWN = {"name", "dependsOn", "scope", "parent"}


class OneOf(NamedTuple):
    """A condition: either value may be deployed."""

    values: tuple[Any, ...]


class Resource(NamedTuple):
    """A declaration in the text."""

    kind: str
    existing: bool
    body: dict[str, Any]
    line: int


def resources(text: str) -> list[Resource]:
    """Every resource of a template. Raises ValueError where the text does not parse."""
    tree = tree_sitter.Parser(LANGUAGE).parse(text.encode())
    if tree.root_node.has_error:
        raise ValueError("tree-sitter-bicep finds a syntax error")
    found = []
    for node in tree.root_node.children:
        if node.type == "resource_declaration":
            kind = next(child for child in node.children if child.type == "string").text.decode().strip("'").partition("@")[0]
            body = next(child for child in node.children if child.type in {"object", "if_statement", "for_statement"})
            if body.type != "object":
                body = next(child for child in body.children if child.type == "object")
            existing = any(child.type == "existing" or child.text == b"existing" for child in node.children)
            found.append(Resource(kind, existing, value(body), node.start_point[0] + 1))
    return found


def value(node: Any) -> Any:
    """What a piece of Bicep says."""
    children = [child for child in node.children if child.is_named and child.type != "comment"]
    if node.type == "object":
        pairs = [
            [child for child in pair.children if child.is_named and child.type != "comment"]
            for pair in children
            if pair.type == "object_property"
        ]
        return {_name(pair[0]): value(pair[1]) for pair in pairs}
    if node.type == "array":
        return [value(child) for child in children]
    if node.type == "string":
        return UNKNOWN if any(child.type == "interpolation" for child in children) else _text(node)
    if node.type == "number":
        return int(node.text)
    if node.type == "boolean":
        return node.text == b"true"
    if node.type == "null":
        return None
    if node.type == "ternary_expression":
        return OneOf(tuple(value(node.child_by_field_name(name)) for name in ("consequence", "alternative")))
    if node.type == "parenthesized_expression":
        return value(children[0])
    if node.type == "call_expression" and node.text.startswith(b"json('"):
        return float(node.text.decode()[6:-2])
    return UNKNOWN


def _text(node: Any) -> str:
    """Its text, by the published escapes.

    Source: https://learn.microsoft.com/azure/azure-resource-manager/bicep/data-types#strings
    """
    plain = {"n": "\n", "r": "\r", "t": "\t"}

    def meant(found: re.Match[str]) -> str:
        return chr(int(found[2], 16)) if found[2] else plain.get(found[1], found[1])

    return re.sub(r"\\(u\{([0-9a-f]+)\}|.)", meant, node.text.decode()[1:-1])


def _name(node: Any) -> str:
    return _text(node) if node.type == "string" else node.text.decode()


class Field(NamedTuple):
    """A field of a model: what may stand there."""

    types: tuple[Any, ...]
    required: bool
    readonly: bool


def wrong(resource: Resource) -> list[str]:
    """What the SDK's model says of a body."""
    module, name = MODELS[resource.kind].split()
    body = {key: one for key, one in resource.body.items() if key not in BICEP_S_OWN}
    out: list[str] = []
    _model(body, getattr(importlib.import_module(module), name), resource.kind, out)
    if resource.kind == "Microsoft.Logic/workflows" and "definition" in body.get("properties", {}):
        out += [
            f"{resource.kind}: {text}"
            for text in logic_apps.wrong(_known(body["properties"]["definition"]), logic_apps.DEFINITION)
        ]
    return out


def _known(value: Any) -> Any:
    """As JSON: a text that only a deployment knows is an address, which fits where a text does."""
    if isinstance(value, dict):
        return {key: _known(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_known(inner) for inner in value]
    return "https://unknown" if value is UNKNOWN else value


def _fields(model: Any) -> dict[str, Field]:
    if hasattr(model, "_attribute_map"):
        found = {}
        for own, about in model._attribute_map.items():
            rules = model._validation.get(own, {})
            key = about["key"].replace("\\\\.", "\0").replace("\\.", "\0")
            found[key] = Field((about["type"],), bool(rules.get("required")), bool(rules.get("readonly")))
        return found
    fields: dict[str, Field] = {}
    for one in reversed(model.__mro__):
        space = {**vars(sys.modules[one.__module__]), **vars(sys.modules[one.__module__.rsplit(".", 1)[0]])}
        space["_models"] = space["_types"] = sys.modules[model.__module__.rsplit(".", 1)[0]]
        for own, rest in vars(one).items():
            if type(rest).__name__ == "_RestField" and own in inspect.get_annotations(one):
                stated = inspect.get_annotations(one)[own]
                if isinstance(stated, str):
                    stated = eval(stated, space)
                types = typing.get_args(stated) if typing.get_origin(stated) is typing.Union else (stated,)
                types = tuple(_resolved(kind, space) for kind in types)
                key = rest._rest_name_input or own
                fields[key] = Field(types, type(None) not in types, rest._visibility == ["read"])
    return fields


def _inner(kind: Any, model: Any) -> tuple[Any, ...]:
    """What a list or a map holds; in `list["_models.Thing"]` that is a text."""
    models = sys.modules[model.__module__.rsplit(".", 1)[0]]
    space = {**vars(sys.modules[model.__module__]), **vars(models), "_models": models, "_types": models}
    kind = eval(kind, space) if isinstance(kind, str) else _resolved(kind, space)
    return typing.get_args(kind) if typing.get_origin(kind) is typing.Union else (kind,)


def _resolved(kind: Any, space: dict[str, Any]) -> Any:
    return eval(kind.__forward_arg__, space) if isinstance(kind, typing.ForwardRef) else kind


def _model(body: Any, model: Any, path: str, out: list[str]) -> None:
    if not isinstance(body, dict):
        out.append(f"{path}: {body!r} is no object")
        return
    model = _subtype(body, model)
    fields = _fields(model)
    if hasattr(model, "_attribute_map"):
        nested = {key.split(".", 1)[0] for key in fields if "." in key}
        flat = {**{key: one for key, one in body.items() if key not in nested}}
        for name in nested & set(body):
            for key, one in body[name].items():
                flat[f"{name}.{key}"] = one
        body = flat
    for key, one in body.items():
        field = fields.get(key) or fields.get(key.replace(".", "\0"))
        if field is None:
            out.append(f"{path}.{key}: {model.__name__} has no such property; it has {sorted(fields)}")
        elif field.readonly:
            out.append(f"{path}.{key}: only Azure writes it")
        else:
            _any(one, field.types, model, f"{path}.{key}", out)
    # what the API may leave out the models of answers call required too: only inputs count
    out.extend(
        f"{path}.{key}: {model.__name__} needs it"
        for key, field in fields.items()
        if field.required and not field.readonly and key.replace("\0", ".") not in body
    )


def _subtype(body: dict[str, Any], model: Any) -> Any:
    """The model that a body of the older style says it is: `odata.type` names one of several."""
    for own, names in getattr(model, "_subtype_map", {}).items():
        said = body.get(model._attribute_map[own]["key"].replace("\\", ""))
        if said in names:
            return getattr(sys.modules[model.__module__.rsplit(".", 1)[0]], names[said])
    return model


def _any(one: Any, types: tuple[Any, ...], model: Any, path: str, out: list[str]) -> None:
    if one is UNKNOWN:
        return None
    if isinstance(one, OneOf):
        for inner in one.values:
            _any(inner, types, model, path, out)
        return None
    if one is None:
        return None
    enums = [kind for kind in types if isinstance(kind, type) and issubclass(kind, enum.Enum)]
    if enums:
        if one not in [member.value for kind in enums for member in kind]:
            out.append(f"{path}: {one!r} is none of {[member.value for kind in enums for member in kind]}")
        return None
    for kind in types:
        if isinstance(kind, str):
            return _by_name(one, kind, model, path, out)
        if typing.get_origin(kind) is list and isinstance(one, list):
            inner = _inner(typing.get_args(kind)[0], model)
            for number, item in enumerate(one):
                _any(item, inner, model, f"{path}[{number}]", out)
            return None
        if typing.get_origin(kind) is dict and isinstance(one, dict):
            inner = _inner(typing.get_args(kind)[1], model)
            for key, item in one.items():
                _any(item, inner, model, f"{path}[{key}]", out)
            return None
        if kind is typing.Any:
            return None
        if isinstance(kind, type) and hasattr(kind, "__mro__") and any("Model" in base.__name__ for base in kind.__mro__):
            return _model(one, kind, path, out)
        if kind is datetime.timedelta and isinstance(one, str) and DURATION.fullmatch(one):
            return None
        if kind is float and isinstance(one, int | float) and not isinstance(one, bool):
            return None
        if isinstance(kind, type) and isinstance(one, kind) and not (kind is int and isinstance(one, bool)):
            return None
    out.append(f"{path}: {one!r} does not fit {types}")
    return None


def _by_name(one: Any, kind: str, model: Any, path: str, out: list[str]) -> None:
    """A type of the older style: `str`, `[Thing]`, `{Thing}`."""
    models = sys.modules[model.__module__.rsplit(".", 1)[0]]
    if kind.startswith("["):
        if not isinstance(one, list):
            out.append(f"{path}: {one!r} is no list")
            return
        for number, item in enumerate(one):
            _any(item, (kind[1:-1],), model, f"{path}[{number}]", out)
    elif kind.startswith("{"):
        if not isinstance(one, dict):
            out.append(f"{path}: {one!r} is no map")
            return
        for key, item in one.items():
            _any(item, (kind[1:-1],), model, f"{path}[{key}]", out)
    elif hasattr(models, kind) and hasattr(getattr(models, kind), "_attribute_map"):
        _model(one, getattr(models, kind), path, out)
    else:
        wanted = {"str": str, "int": int, "bool": bool, "float": float | int, "duration": str, "object": object}.get(kind)
        if wanted is None:
            out.append(f"{path}: the witness does not know the SDK's type {kind}")
        elif not isinstance(one, wanted) or (wanted is int and isinstance(one, bool)):
            out.append(f"{path}: {one!r} is no {kind}")


def misspelt(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """The body once for each name in it, with a letter more behind that name; the path to it, with numbers in lists."""
    if isinstance(body, dict):
        for name, inner in body.items():
            if path or name not in BICEP_S_OWN:
                yield (*path, name), {(key + "X" if key == name else key): one for key, one in body.items()}
                for below, changed in misspelt(inner, (*path, name)):
                    yield below, {**body, name: changed}
    elif isinstance(body, list | OneOf):
        items = list(body.values if isinstance(body, OneOf) else body)
        for number, inner in enumerate(items):
            for below, changed in misspelt(inner, (*path, number)):
                made = [*items[:number], changed, *items[number + 1 :]]
                yield below, OneOf(tuple(made)) if isinstance(body, OneOf) else made
