"""Which permission an operation of AWS's API asks for, and on which resources: read from two tables beside this file.

aws_actions.json is AWS's service authorization reference for the operations that botocore knows (prices/make_aws_actions.py);
aws_calls.toml says by hand what is documented otherwise, and which parameter names which resource.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

import functools
import json
import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import NamedTuple

import msgspec

from migrator.cloud_calls import pattern
from migrator.model.value import Value

PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
OF_DEPLOYMENT = frozenset({"Partition", "Region", "Account"})
MOST_TYPES = 6  # an action on more types than this without a name of any is one that the service does not narrow
QUEUE_URL = re.compile(
    r"https://(?:sqs[.-])?(?P<region>[\w-]+)\.(?:queue\.)?amazonaws\.com(?:\.cn)?/(?P<account>\d{12})/(?P<name>.+)"
)
EC2_IDS = {
    "i": "instance",
    "vol": "volume",
    "snap": "snapshot",
    "ami": "image",
    "sg": "security-group",
    "eni": "network-interface",
}
# Names that an ARN may hold; what else stands in a script never reaches a template.
NAME = re.compile(r"[\w./*:+=@,?#~-]{1,512}")


class Service(Value, frozen=True, kw_only=True):
    """One service: its prefix, the ARN of each type of resource, `Action type* type` for each operation."""

    prefix: str
    arns: dict[str, str]
    operations: dict[str, str]
    others: dict[str, str]


class Permission(NamedTuple):
    """An action, and the ARNs on which it is asked for; none: the service knows no narrower resource than all."""

    action: str
    arns: tuple[str, ...]


@functools.cache
def services() -> dict[str, Service]:
    """The table by the service's name in a call; read when the first call is met."""
    text = resources.files("migrator.targets").joinpath("aws_actions.json").read_text(encoding="utf-8")
    return msgspec.convert(json.loads(text), dict[str, Service])


@functools.cache
def by_hand() -> dict[str, dict[str, dict[str, object]]]:
    """Exceptions and parameters by service."""
    text = resources.files("migrator.targets").joinpath("aws_calls.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def permissions(operation: str, parameters: Mapping[str, str]) -> tuple[Permission, ...] | None:
    """What `s3:put-object` on these names needs; None where the table does not know the operation.

    >>> permissions("s3:list-objects-v2", {"bucket": "example-in"})
    (Permission(action='s3:ListBucket', arns=('arn:${Partition}:s3:::example-in',)),)
    >>> permissions("sts:get-caller-identity", {}), permissions("nothing:at-all", {})
    ((), None)
    """
    name, _, verb = operation.partition(":")
    service = services().get(name)
    if service is None:
        return None
    exception = by_hand()["exceptions"].get(name, {}).get(verb)
    if isinstance(exception, dict):
        entries = [service.others[action] for action in exception["actions"]]
    elif verb in service.operations:
        entries = [service.operations[verb]]
    else:
        return None
    found = []
    for entry in entries:
        action, *types = entry.split(" ")
        found.append(Permission(f"{service.prefix}:{action}", _arns(name, service, types, parameters)))
    return tuple(found)


def _arns(name: str, service: Service, types: list[str], parameters: Mapping[str, str]) -> tuple[str, ...]:
    """The ARNs of the types that the call names; of those that it must be allowed on without naming one, all of them."""
    by_name, whole = _named(name, service, parameters)
    found = [arn for arn in whole if _type_of(arn, service) in {kind.rstrip("*") for kind in types}]
    nameless = []
    for kind in types:
        key = kind.rstrip("*")
        template = service.arns.get(key)
        if template is None or (name == "s3" and key.startswith("accesspoint")):  # named by their ARNs only
            continue
        places = [place for place in PLACEHOLDER.findall(template) if place not in OF_DEPLOYMENT]
        names = by_name.get(key, {})
        if places and any(place in names for place in places):
            found.append(_filled(template, names, parameters))
            if name == "logs" and key == "log-group":  # what is asked about its streams is asked on `log-group:NAME:...`
                found.append(f"{found[-1]}:*")
        elif not any(_type_of(arn, service) == key for arn in whole):
            nameless.append((kind, template))
    required = [template for kind, template in nameless if kind.endswith("*")]
    rest = required if found else (required or [template for _, template in nameless])
    if not found and len(rest) > MOST_TYPES:
        return ()
    return tuple(dict.fromkeys([*found, *(_filled(template, {}, parameters) for template in rest)]))


def _named(name: str, service: Service, parameters: Mapping[str, str]) -> tuple[dict[str, dict[str, str]], list[str]]:
    """The placeholders of each type's ARN that the parameters fill, and the parameters that are ARNs themselves."""
    stated = by_hand()["parameters"].get(name, {})
    whole: list[str] = []
    given: list[tuple[str, str]] = []  # type, name
    for parameter, text in parameters.items():
        value = pattern(text)
        if value.startswith("arn:") and NAME.fullmatch(value):
            whole.append(value)
        elif NAME.fullmatch(value):
            kind = EC2_IDS.get(value.partition("-")[0], "") if parameter == "resources" else stated.get(parameter, parameter)
            given.append((str(kind), _bare(name, parameter, value)))
    filled: dict[str, dict[str, str]] = {}
    for key, template in service.arns.items():
        places = [place for place in PLACEHOLDER.findall(template) if place not in OF_DEPLOYMENT]
        for kind, value in given:
            kind_of, _, stated_place = kind.partition(" ")
            for place in places:
                own = kind_of == key and place == (stated_place or places[-1])
                if own or _plain(place) == _plain(kind) or (kind in service.arns and _is_last_of(place, service.arns[kind])):
                    filled.setdefault(key, {})[place] = value
    return filled, whole


def _is_last_of(place: str, template: str) -> bool:
    places = [found for found in PLACEHOLDER.findall(template) if found not in OF_DEPLOYMENT]
    return bool(places) and places[-1] == place


def _plain(text: str) -> str:
    return text.replace("-", "").lower()


def _bare(service: str, parameter: str, value: str) -> str:
    """A parameter as it stands in an ARN."""
    if parameter == "queue-url":
        return value.rstrip("/").rpartition("/")[2]
    if service == "ssm":
        return value.removeprefix("/")
    if service == "secretsmanager" and not value.endswith("*"):
        # Secrets Manager adds six random characters to the name:
        # https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html
        return f"{value}-??????"
    if parameter in {"distribution-id", "hosted-zone-id"}:
        return value.rpartition("/")[2]
    return value


def _filled(template: str, names: Mapping[str, str], parameters: Mapping[str, str]) -> str:
    """The ARN with these names, `*` for the others; region and account where the call states them."""
    url = QUEUE_URL.fullmatch(parameters.get("queue-url", ""))
    where = {}
    if url is not None:
        where = {"Region": url["region"], "Account": url["account"]}
    elif re.fullmatch(r"[a-z]{2}(?:-[a-z]+)+-\d", parameters.get("region", "")):
        where = {"Region": parameters["region"]}

    def put(match: re.Match[str]) -> str:
        if match[1] in OF_DEPLOYMENT:
            return where.get(match[1], match[0])
        return names.get(match[1], "*")

    return re.sub(r"\*+", "*", PLACEHOLDER.sub(put, template))


def _type_of(arn: str, service: Service) -> str | None:
    """The type of resource that an ARN is of."""
    for key, template in service.arns.items():
        wanted = "".join(
            part if number % 2 == 0 else "[^:]*" if part in OF_DEPLOYMENT else ".+"
            for number, part in enumerate(re.split(r"\$\{(\w+)\}", template))
        )
        if re.fullmatch(wanted, arn):
            return key
    return None
