"""The door to AWS: what it says about one EC2 instance, and what its price list says, as plain data.
Reads only, and only when the user asks (`plan --aws`, `prices refresh`).

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html and, for the load,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
)

from migrator.errors import CloudError
from migrator.model.job import Disk, Load
from migrator.model.value import Value

REPORTS = '?"REPORT RequestId" ?"platform.report"'  # the text form and the JSON form
MOST_REPORTS = 2_000_000
LOAD_DAYS = 14  # CloudWatch keeps hourly values for 455 days
PRICE_LIST_REGION = "us-east-1"  # the list of all regions is served there
PATIENT = Config(connect_timeout=5, read_timeout=60, retries={"max_attempts": 8, "mode": "standard"})
THROTTLED = {"ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded"}
TRIES = Config(connect_timeout=5, read_timeout=20, retries={"max_attempts": 3, "mode": "standard"})
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
NO_RIGHT = {"UnauthorizedOperation", "AccessDenied", "AccessDeniedException"}
BAD_KEYS = {
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "RequestExpired",
    "SignatureDoesNotMatch",
}
ARCHITECTURES = {"x86_64": "x86_64", "arm64": "aarch64"}
Answer = TypeVar("Answer")


class Instance(Value, frozen=True, kw_only=True):
    """What AWS says about an instance. None: it does not say, or we may not ask."""

    instance_id: str
    instance_type: str
    region: str
    architecture: str | None
    vcpu: int | None
    memory_mib: int | None
    disks: tuple[Disk, ...]
    public_ipv4_count: int
    tags: tuple[tuple[str, str], ...]
    load: Load | None


def instance(instance_id: str, region: str | None, as_of: datetime) -> Instance:
    """Ask EC2 and CloudWatch. `region` None: the one of the profile or the environment; the load is of the days before `as_of`.

    Raises `CloudError`, in one line: no credentials, no such region or instance, no right, no network.
    """
    session = _asked(boto3.Session, instance_id, region)
    place = region or session.region_name
    known = session.get_available_regions("ec2")
    if place is None:
        raise CloudError(f"{instance_id}: no AWS region is known; say --region, or set AWS_REGION")
    if place not in known:
        near = get_close_matches(place, known, 1)
        raise CloudError(f"{place}: AWS has no such region" + (f"; {near[0]} would be near" if near else ""))
    ec2 = session.client("ec2", region_name=place, config=TRIES)
    reservations = _asked(lambda: ec2.describe_instances(InstanceIds=[instance_id])["Reservations"], instance_id, place)
    found: list[dict[str, Any]] = [dict(one) for reservation in reservations for one in reservation["Instances"]]
    if not found:
        raise CloudError(f"{instance_id}: no such instance in {place}; look for it in another region (--region) or account")
    said = found[0]
    types = _asked(lambda: ec2.describe_instance_types(InstanceTypes=[said["InstanceType"]])["InstanceTypes"], instance_id, place)
    size: dict[str, Any] = dict(types[0]) if types else {}
    watch = session.client("cloudwatch", region_name=place, config=TRIES)
    return Instance(
        instance_id=instance_id,
        instance_type=said["InstanceType"],
        region=place,
        architecture=ARCHITECTURES.get(said.get("Architecture", "")),
        vcpu=size.get("VCpuInfo", {}).get("DefaultVCpus"),
        memory_mib=size.get("MemoryInfo", {}).get("SizeInMiB"),
        disks=_asked(lambda: tuple(_disks(ec2, said)), instance_id, place),
        public_ipv4_count=_addresses(said),
        tags=tuple(sorted((tag["Key"], tag["Value"]) for tag in said.get("Tags", ()))),
        load=_asked(lambda: _load(watch, instance_id, as_of), instance_id, place),
    )


def reports(group: str, region: str | None, as_of: datetime | None) -> bytes:
    """The REPORT lines of a function's log group, with the time before each; `as_of`: none after it.

    Raises `CloudError`, in one line. Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
    """
    session = _asked(boto3.Session, group, region)
    place = region or session.region_name
    if place is None:
        raise CloudError(f"{group}: no AWS region is known; say --region, or set AWS_REGION")
    logs = session.client("logs", region_name=place, config=TRIES)
    until = {} if as_of is None else {"endTime": int(as_of.timestamp() * 1000)}

    def asked() -> list[str]:
        lines = []
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group, filterPattern=REPORTS, **until):
            for event in page["events"]:
                at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC).isoformat(timespec="milliseconds")
                lines.append(f"{at} {' '.join(event['message'].split())}")
            if len(lines) > MOST_REPORTS:
                raise CloudError(f"{group}: more than {MOST_REPORTS:,} reports; export the group to S3 and read the files")
        return lines

    return "".join(f"{line}\n" for line in _asked(asked, group, place)).encode()


def _disks(ec2: Any, said: dict[str, Any]) -> Iterator[Disk]:
    """The volumes that are attached, in the order of their ids."""
    ids = sorted(mapping["Ebs"]["VolumeId"] for mapping in said.get("BlockDeviceMappings", ()) if "Ebs" in mapping)
    if ids:
        volumes = {volume["VolumeId"]: volume for volume in ec2.describe_volumes(VolumeIds=ids)["Volumes"]}
        for volume_id in ids:
            yield Disk(size_gib=float(volumes[volume_id]["Size"]), kind=volumes[volume_id]["VolumeType"])


def _addresses(said: dict[str, Any]) -> int:
    """Public IPv4 addresses, elastic or not: each is billed."""
    addresses = [address for network in said.get("NetworkInterfaces", ()) for address in network.get("PrivateIpAddresses", ())]
    counted = sum(1 for address in addresses if address.get("Association", {}).get("PublicIp"))
    return counted or (1 if said.get("PublicIpAddress") else 0)


def _load(watch: Any, instance_id: str, as_of: datetime) -> Load | None:
    points = watch.get_metric_statistics(
        Namespace="AWS/EC2",
        MetricName="CPUUtilization",
        Dimensions=[{"Name": "InstanceId", "Value": instance_id}],
        StartTime=as_of - timedelta(days=LOAD_DAYS),
        EndTime=as_of,
        Period=3600,
        Statistics=["Average"],
    )["Datapoints"]
    points = sorted(points, key=lambda point: point["Timestamp"])
    shares = [min(max(float(point["Average"]) / 100, 0.0), 1.0) for point in points]
    if not shares:
        return None
    return Load(
        samples=len(shares),
        hours=float(len(shares)),
        mean_share=round(sum(shares) / len(shares), 4),
        p95_share=sorted(shares)[-(-95 * len(shares) // 100) - 1],
        busiest_hour_share=round(max(shares), 4),
        first_at=points[0]["Timestamp"].astimezone(UTC),
        last_at=points[-1]["Timestamp"].astimezone(UTC) + timedelta(hours=1),
    )


def _asked(call: Callable[[], Answer], instance_id: str, region: str | None) -> Answer:
    """The answer to a call; what went wrong becomes one line."""
    try:
        return call()
    except NoCredentialsError as error:
        raise CloudError(
            "no AWS credentials; run `aws configure sso` or set AWS_PROFILE; nothing but --aws and `prices refresh` asks for them"
        ) from error
    except NoRegionError as error:
        raise CloudError(f"{instance_id}: no AWS region is known; say --region, or set AWS_REGION") from error
    except (EndpointConnectionError, ConnectTimeoutError) as error:
        raise CloudError(f"AWS cannot be reached in {region}: {error}") from error
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        if code == "ResourceNotFoundException":
            raise CloudError(f"{instance_id}: no such log group in {region}; a function's is /aws/lambda/<its name>") from error
        if code.startswith("InvalidInstanceID"):
            raise CloudError(
                f"{instance_id}: no such instance in {region}; look for it in another region (--region) or account"
            ) from error
        if code in BAD_KEYS:
            raise CloudError(f"AWS does not take these credentials ({code}); log in again, or set AWS_PROFILE") from error
        if code in THROTTLED:
            raise CloudError(f"{error.operation_name}: AWS asks to wait, again and again ({code}); try later") from error
        if code in NO_RIGHT:
            raise CloudError(
                f"{error.operation_name}: these credentials may not ask ({code}); ReadOnlyAccess would do"
            ) from error
        raise CloudError(f"{error.operation_name}: AWS says {code}: {message}") from error
    except BotoCoreError as error:
        raise CloudError(f"AWS was not asked: {error}") from error


def price_list(service_code: str, filters: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Every product of AWS's price list that these fields narrow down, page after page, with its terms.

    Raises `CloudError`, in one line: no credentials, no right, no network, or asked to wait too often.
    Source: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-list-query-api.html
    """
    client = _asked(lambda: boto3.Session().client("pricing", region_name=PRICE_LIST_REGION, config=PATIENT), service_code, None)
    asked = [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in sorted(filters.items())]
    with closing(client):
        pages = iter(client.get_paginator("get_products").paginate(ServiceCode=service_code, Filters=asked))
        while (page := _asked(lambda: next(pages, None), service_code, PRICE_LIST_REGION)) is not None:
            yield from (json.loads(product) for product in page["PriceList"])
