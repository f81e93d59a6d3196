"""Makes schemas/*.json.gz anew, for terraform_server: what providers publish of the kinds that our templates create.

Run by hand when a template creates a new kind, or for newer providers: `python tests/witness/terraform_schemas.py WHEEL...`; the
wheels are cdktn-provider-aws, -google and -azurerm of PyPI (`pip download --no-deps`). They carry a jsii assembly that was
generated from the real provider's schema; MPL-2.0. What is read out of it: names, types, which are required, which are blocks.
"""

import gzip
import io
import json
import re
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

from migrator.targets.gcp_grants import BOUND

HERE = Path(__file__).parent
TEMPLATES = HERE.parent.parent / "templates"
LINK = re.compile(r"\{@link \S+?(?:#([A-Za-z0-9_]+))? ([^}]+)\}")
PRIMITIVE = {"string": "string", "number": "number", "boolean": "bool"}
# of the class that stands for a resource in the generated code: nothing that Terraform knows
NOT_TERRAFORM_S = frozenset(
    "node cdktfStack friendlyUniqueId fqn rawOverrides connection count dependsOn forEach lifecycle provider provisioners "
    "terraformGeneratorMetadata terraformMetaArguments terraformResourceType id".split()
)
DEEPEST = 12


def kinds() -> frozenset[str]:
    """The kinds of resources and data sources in our templates: a template may choose one, or get it with its values."""
    texts = [path.read_text() for path in TEMPLATES.rglob("*.tf.j2")]
    written = (kind for text in texts for kind in re.findall(r'"((?:aws|google|azurerm|archive)_\w+)"', text))
    return frozenset(written) | {kind for kind, _ in BOUND.values()}


class Assembly:
    """The types of one provider's wheel."""

    def __init__(self, wheel: Path) -> None:
        with zipfile.ZipFile(wheel) as archive:
            name = next(name for name in archive.namelist() if name.endswith(".jsii.tgz"))
            with tarfile.open(fileobj=io.BytesIO(archive.read(name))) as inner:
                stream = inner.extractfile("package/.jsii")
                assert stream is not None
                self.types: dict[str, Any] = json.load(stream)["types"]

    def schemas(self, wanted: frozenset[str]) -> dict[str, Any]:
        """Those of the wanted kinds, as terraform_server reads them."""
        found: dict[str, Any] = {"resource_schemas": {}, "data_source_schemas": {}}
        for one in self.types.values():
            base = one.get("base", "").split(".")[-1]
            if base not in {"TerraformResource", "TerraformDataSource", "TerraformProvider"}:
                continue
            link = LINK.search(one["docs"].get("summary", ""))
            assert link is not None
            name, taken = link[2].split()[-1], one["initializer"]["parameters"]
            settings = self.types[taken[2]["type"]["fqn"]] if len(taken) > 2 else {"properties": []}
            if base == "TerraformProvider":
                found["provider"], found["provider_name"] = self._block(settings), name
            elif name in wanted:
                place = "resource_schemas" if base == "TerraformResource" else "data_source_schemas"
                found[place][name] = self._block(settings, one)
        return found

    def _plain(self, kind: dict[str, Any]) -> dict[str, Any]:
        if "union" not in kind:
            return kind
        several = [one for one in kind["union"]["types"] if not one.get("fqn", "").endswith(".IResolvable")]
        return self._plain(several[0] if len(several) == 1 else next((one for one in several if "collection" in one), several[0]))

    def _type(self, kind: dict[str, Any], seen: tuple[str, ...] = ()) -> Any:
        kind = self._plain(kind)
        if "primitive" in kind:
            return PRIMITIVE.get(kind["primitive"], "dynamic")
        if "collection" in kind:
            outer = "list" if kind["collection"]["kind"] == "array" else "map"
            return [outer, self._type(kind["collection"]["elementtype"], seen)]
        name = kind["fqn"]
        one = self.types.get(name)
        if not one or name in seen or not one.get("datatype"):
            return "dynamic"
        return ["object", {key: self._type(about["type"], (*seen, name)) for key, about, _ in self._properties(one)}]

    def _properties(self, one: dict[str, Any]) -> list[tuple[str, dict[str, Any], bool]]:
        """(name in Terraform, what it is, whether it is a block)."""
        found = []
        for about in one.get("properties", []):
            docs = about.get("docs", {})
            links = [link for link, _ in LINK.findall(f"{docs.get('summary', '')} {docs.get('remarks', '')}") if link]
            name = links[0] if links else re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", about["name"]).lower()
            found.append((name, about, docs.get("summary", "").strip().endswith(" block.")))
        return found

    def _block(self, settings: dict[str, Any], whole: dict[str, Any] | None = None, depth: int = 0) -> dict[str, Any]:
        attributes: dict[str, Any] = {}
        blocks: dict[str, Any] = {}
        given = set()
        for name, about, is_block in self._properties(settings):
            given.add(about["name"])
            kind, required = self._plain(about["type"]), not about.get("optional")
            if is_block:
                several = "collection" in kind
                element = self._plain(kind["collection"]["elementtype"]) if several else kind
                inner = (
                    self._block(self.types.get(element.get("fqn"), {}), depth=depth + 1)
                    if depth < DEEPEST
                    else {"attributes": {}, "block_types": {}}
                )
                nested: dict[str, Any] = {"block": inner, "nesting_mode": "single" if name == "timeouts" else "list"}
                if name != "timeouts":
                    nested |= ({} if several else {"max_items": 1}) | ({"min_items": 1} if required else {})
                blocks[name] = nested
            else:
                attributes[name] = {"type": self._type(about["type"]), ("required" if required else "optional"): True}
        for about in (whole or {}).get("properties", []):
            name = about["name"]
            if not (about.get("static") or name in given or name.endswith("Input") or name in NOT_TERRAFORM_S):
                own = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
                attributes[own] = {"type": self._type(about["type"]), "computed": True}
        for about in self.types.get(f"{settings.get('fqn', '')}OutputReference", {}).get("properties", []):
            if about.get("immutable") and not about["name"].endswith("Input") and "primitive" in about["type"]:  # a block's own
                own = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", about["name"]).lower()
                attributes.setdefault(own, {"type": self._type(about["type"]), "computed": True})
        if whole is not None:
            attributes.setdefault("id", {"type": "string"})["computed"] = True
            attributes["id"].pop("required", None)
        return {"attributes": attributes, "block_types": blocks}


def main(wheels: list[Path]) -> None:
    """Write the schemas of these wheels, and say which kinds nobody knows."""
    wanted = kinds()
    known: set[str] = {"archive_file"}  # its schema was written by hand
    for wheel in wheels:
        found = Assembly(wheel).schemas(wanted)
        known |= {*found["resource_schemas"], *found["data_source_schemas"]}
        text = json.dumps(found, separators=(",", ":"), sort_keys=True)
        (HERE / "schemas" / f"{found['provider_name']}.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
    print("unknown:", sorted(wanted - known))


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
