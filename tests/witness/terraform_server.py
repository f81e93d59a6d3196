"""Serves provider schemas to the real `terraform` over plugin protocol 5, so that `validate` and `plan` need no registry.

The schemas in `schemas/*.json.gz` are what the providers publish (attributes, blocks, types), cut down to the kinds that we emit:
from the jsii assemblies in the cdktn-provider wheels of PyPI (MPL-2.0; aws 6.69.1), `archive` written by hand. There are no value
validators in them (enums, ranges, conflicts), and sets are lists. `apply` is not offered.

Line: `python terraform_server.py REATTACH.json SCHEMA.json.gz...` writes REATTACH.json, says `ready` and serves.
"""

import gzip
import json
import os
import sys
from collections.abc import Callable
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import msgpack
from tfplugin_proto import tfplugin5_2_pb2 as messages
from tfplugin_proto import tfplugin5_2_pb2_grpc as service

NESTING = {"single": 1, "list": 2, "set": 3, "map": 4}
UNKNOWN = msgpack.ExtType(0, b"\x00")
LARGEST = 256 << 20


def block(schema: dict[str, Any]) -> Any:
    """A block of a schema as the protocol has it."""
    return messages.Schema.Block(
        attributes=[
            messages.Schema.Attribute(
                name=name,
                type=json.dumps(attribute["type"]).encode(),
                required=attribute.get("required", False),
                optional=attribute.get("optional", False),
                computed=attribute.get("computed", False) and not attribute.get("required", False),
            )
            for name, attribute in sorted(schema["attributes"].items())
        ],
        block_types=[
            messages.Schema.NestedBlock(
                type_name=name,
                block=block(nested["block"]),
                nesting=NESTING[nested["nesting_mode"]],
                min_items=nested.get("min_items", 0),
                max_items=nested.get("max_items", 0),
            )
            for name, nested in sorted(schema["block_types"].items())
        ],
    )


class Provider(service.ProviderServicer):
    """One provider that plans everything, and creates it in Terraform's state only."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        self.schemas = schemas

    def GetSchema(self, request: Any, context: Any) -> Any:  # noqa: N802
        def described(one: dict[str, Any]) -> Any:
            return messages.Schema(version=0, block=block(one))

        return messages.GetProviderSchema.Response(
            provider=described(self.schemas["provider"]),
            resource_schemas={kind: described(one) for kind, one in self.schemas["resource_schemas"].items()},
            data_source_schemas={kind: described(one) for kind, one in self.schemas["data_source_schemas"].items()},
        )

    def PrepareProviderConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        return messages.PrepareProviderConfig.Response(prepared_config=request.config)

    def ValidateResourceTypeConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        return messages.ValidateResourceTypeConfig.Response()

    def ValidateDataSourceConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        return messages.ValidateDataSourceConfig.Response()

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        return messages.Configure.Response()

    def Stop(self, request: Any, context: Any) -> Any:  # noqa: N802
        return messages.Stop.Response()

    def PlanResourceChange(self, request: Any, context: Any) -> Any:  # noqa: N802
        schema = self.schemas["resource_schemas"][request.type_name]
        planned = filled(request.proposed_new_state.msgpack, schema, lambda name, attribute: UNKNOWN)
        return messages.PlanResourceChange.Response(planned_state=messages.DynamicValue(msgpack=planned))

    def ApplyResourceChange(self, request: Any, context: Any) -> Any:  # noqa: N802
        values = msgpack.unpackb(request.planned_state.msgpack, ext_hook=msgpack.ExtType, strict_map_key=False)
        schema = self.schemas["resource_schemas"][request.type_name]["attributes"]
        for name, one in (values or {}).items():
            if isinstance(one, msgpack.ExtType):
                values[name] = f"fake-{name}" if schema[name]["type"] == "string" else None
        return messages.ApplyResourceChange.Response(new_state=messages.DynamicValue(msgpack=msgpack.packb(values)))

    def ReadDataSource(self, request: Any, context: Any) -> Any:  # noqa: N802
        schema = self.schemas["data_source_schemas"][request.type_name]
        state = filled(request.config.msgpack, schema, lambda name, attribute: fake(name, attribute["type"]))
        return messages.ReadDataSource.Response(state=messages.DynamicValue(msgpack=state))


def fake(name: str, kind: Any) -> object:
    """What a data source could have found: a word for a text; one thing with an id where its assembly has a list of its own."""
    if kind == "string":
        return f"fake-{name}"
    return [b'["list",["object",{"id":"string"}]]', [{"id": f"fake-{name}"}]] if kind == "dynamic" else None


def filled(state: bytes, schema: dict[str, Any], value: Callable[[str, dict[str, Any]], object]) -> bytes:
    """A state with its computed attributes filled in."""
    values = msgpack.unpackb(state, ext_hook=msgpack.ExtType, strict_map_key=False)
    if values is None:
        return state
    for name, attribute in schema["attributes"].items():
        if attribute.get("computed") and values.get(name) is None:
            values[name] = value(name, attribute)
    packed: bytes = msgpack.packb(values)
    return packed


def serve(reattach: Path, schemas: list[Path]) -> None:
    """Serve until the process is ended; the sockets lie beside `reattach`."""
    found, servers = {}, []
    for path in schemas:
        described = json.loads(gzip.decompress(path.read_bytes()))
        name = described["provider_name"]
        socket = reattach.with_suffix(f".{name}.sock")
        options = [("grpc.max_send_message_length", LARGEST), ("grpc.max_receive_message_length", LARGEST)]
        server = grpc.server(futures.ThreadPoolExecutor(8), options=options)
        service.add_ProviderServicer_to_server(Provider(described), server)
        server.add_insecure_port(f"unix:{socket}")
        server.start()
        servers.append(server)
        found[f"registry.terraform.io/hashicorp/{name}"] = {
            "Protocol": "grpc",
            "ProtocolVersion": 5,
            "Pid": os.getpid(),
            "Test": True,
            "Addr": {"Network": "unix", "String": str(socket)},
        }
    reattach.write_text(json.dumps(found))
    print("ready", flush=True)
    servers[0].wait_for_termination()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), [Path(argument) for argument in sys.argv[2:]])
