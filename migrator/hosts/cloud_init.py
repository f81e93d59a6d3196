"""What the cloud told the machine when it was made: provider, region, instance type, public address.

Source: cloud-init's instance-data.json (standardised keys under `v1`), /var/lib/cloud/data, DMI in sysfs.
"""

import json
import re
from typing import Any

from migrator.hosts.text import first_line
from migrator.model.job import HostPart
from migrator.model.source import Evidence, HostFiles, Location, Problem

INSTANCE_DATA = "/run/cloud-init/instance-data.json"
READS: tuple[str, ...] = (
    INSTANCE_DATA,
    "/var/lib/cloud/data/instance-id",
    "/sys/class/dmi/id/sys_vendor",
    "/sys/class/dmi/id/product_name",
    "/sys/class/dmi/id/board_asset_tag",
    "/sys/hypervisor/uuid",
)
PROVIDERS = {"aws": "aws", "ec2": "aws", "amazon": "aws", "gce": "gcp", "gcp": "gcp", "google": "gcp", "azure": "azure"}
VENDORS = {
    "Amazon EC2": "aws",
    "Google": "gcp",
    "Microsoft Corporation": "azure",
    "Hetzner": "hetzner",
    "DigitalOcean": "digitalocean",
}


def read(files: HostFiles) -> HostPart:
    """What instance-data.json says, else what the firmware says."""
    raw = files.content(INSTANCE_DATA) if files.exists(INSTANCE_DATA) else None
    if raw is None:
        return _dmi(files)
    location = Location(host="", path=INSTANCE_DATA)
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        problem = Problem(location=location, message="is no JSON; cloud-init writes one object; give --instance-type by hand")
        return HostPart(problems=(problem,))
    v1, meta = _part(document, "v1"), _part(document, "ds", "meta_data")
    cloud = str(v1.get("cloud_name") or v1.get("cloud-name") or v1.get("platform") or "").lower()
    compute = _part(meta, "imds", "compute") or _part(document, "ds", "meta_data", "compute")
    instance_type = _text(meta.get("instance-type")) or _text(meta.get("machine-type")) or _text(compute.get("vmSize"))
    if instance_type and "/" in instance_type:  # Google: projects/123/machineTypes/e2-small
        instance_type = instance_type.rsplit("/", 1)[1]
    region = _text(v1.get("region")) or _text(_part(meta, "placement").get("region")) or _text(compute.get("location"))
    zone = _text(v1.get("availability_zone")) or _text(v1.get("availability-zone"))
    provider = PROVIDERS.get(cloud)
    if region is None and zone and provider in {"aws", "gcp"}:
        region = re.sub(r"[a-z]$", "", zone) if provider == "aws" else zone.rsplit("-", 1)[0]
    address = _text(meta.get("public-ipv4"))
    snippet = ", ".join(filter(None, [cloud, region, instance_type]))
    return HostPart(
        provider=provider or (cloud or None),
        region=region,
        instance_type=instance_type,
        instance_id=_text(v1.get("instance_id")) or _text(v1.get("instance-id")) or _text(meta.get("instance-id")),
        architecture=_text(v1.get("machine")),
        public_ipv4_count=1 if address else None,
        evidence=(Evidence(snippet=snippet, location=location),) if snippet else (),
    )


def _part(document: Any, *keys: str) -> dict[str, Any]:
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document if isinstance(document, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() and len(value) < 200 else None


def _dmi(files: HostFiles) -> HostPart:
    vendor = first_line(files, "/sys/class/dmi/id/sys_vendor")
    product = first_line(files, "/sys/class/dmi/id/product_name")
    provider = next((name for word, name in VENDORS.items() if vendor and vendor.startswith(word)), None)
    if provider is None:
        return HostPart()
    instance_type = product if provider == "aws" and product and re.fullmatch(r"[a-z0-9-]+\.[a-z0-9-]+", product) else None
    tag = first_line(files, "/sys/class/dmi/id/board_asset_tag")
    instance_id = tag if tag and re.fullmatch(r"i-[0-9a-f]{8,17}", tag) else first_line(files, "/var/lib/cloud/data/instance-id")
    return HostPart(
        provider=provider,
        instance_type=instance_type,
        instance_id=instance_id,
        evidence=(
            Evidence(
                snippet=f"{vendor} {product or ''}".strip(), location=Location(host="", path="/sys/class/dmi/id/sys_vendor")
            ),
        ),
    )
