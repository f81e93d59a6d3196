"""`plan --aws`: what AWS says about the servers that were read, put into their surveys."""

import importlib
import logging

import click
from msgspec.structs import replace

from migrator import redact
from migrator.model.job import Host
from migrator.model.source import Evidence
from migrator.pipeline import Observed

LOG = logging.getLogger(__name__)
SOURCE = "AWS"


def with_aws(observed: list[Observed], instance_id: str | None, region: str | None) -> list[Observed]:
    """The same servers; those whose instance id is known have its type, region, size, disks and addresses as AWS says them.

    `instance_id`: of the one server that was read, where its files do not tell. Raises `CloudError`.
    """
    if instance_id is not None and len(observed) != 1:
        raise click.UsageError(f"--aws-instance names one server, but {len(observed)} were read; plan them apart")
    asked = []
    for entry in observed:
        host = entry.survey.host
        known = instance_id or host.instance_id
        if known is None:
            click.echo(f"migrator: {host.name}: no instance id in its files; name it with --aws-instance to ask AWS", err=True)
            asked.append(entry)
            continue
        said = told(host, known, region, entry)
        asked.append(entry._replace(survey=replace(entry.survey, host=said)))
    return asked


def told(host: Host, instance_id: str, region: str | None, entry: Observed) -> Host:
    """The host as AWS knows it, with the evidence."""
    # only here: boto3 takes a third of a second to load, and a plain plan never asks anybody
    aws = importlib.import_module("migrator.aws")
    found = aws.instance(instance_id, host.region or region, entry.survey.as_of)
    LOG.info("%s: asked AWS about %s in %s", host.name, instance_id, found.region)
    size = f"{found.vcpu} vCPU, {found.memory_mib} MiB" if found.vcpu and found.memory_mib else "size unknown"
    disks = ", ".join(f"{disk.size_gib:g} GiB {disk.kind}" for disk in found.disks) or "no volume"
    lines = [f"{instance_id}: {found.instance_type} in {found.region} ({size}); {disks}; {found.public_ipv4_count} public IPv4"]
    if found.load is not None:
        load = found.load
        lines.append(
            f"CPUUtilization of {load.hours:g} hours from {load.first_at:%Y-%m-%d} to {load.last_at:%Y-%m-%d}: "
            f"mean {100 * load.mean_share:.1f} %, highest hour {100 * load.busiest_hour_share:.1f} %"
        )
    if found.tags:
        lines.append("tags: " + ", ".join(f"{key}={redact.redact_setting(key, value).text}" for key, value in found.tags))
    return replace(
        host,
        provider="aws",
        instance_id=instance_id,
        instance_type=found.instance_type,
        region=found.region,
        architecture=found.architecture or host.architecture,
        vcpu=found.vcpu or host.vcpu,
        memory_mib=found.memory_mib or host.memory_mib,
        disks=found.disks,
        public_ipv4_count=found.public_ipv4_count,
        load=host.load or found.load,  # what the server itself measured is finer
        evidence=(*host.evidence, *(Evidence(snippet=line, source=SOURCE) for line in lines)),
    )
