"""Where the clouds' regions lie, so that the nearest one can stand in where a price list has none.

Degrees of latitude and longitude to the whole degree, of the city or state that the provider names.
Source: https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html,
https://docs.cloud.google.com/compute/docs/regions-zones, https://learn.microsoft.com/azure/reliability/regions-list
"""

from collections.abc import Iterable
from math import asin, cos, radians, sin, sqrt

PLACES: dict[str, dict[str, tuple[int, int]]] = {
    "aws": {
        "us-east-1": (39, -77), "us-east-2": (40, -83), "us-west-1": (37, -122), "us-west-2": (46, -119),
        "ca-central-1": (45, -74), "ca-west-1": (51, -114), "mx-central-1": (21, -100), "sa-east-1": (-24, -47),
        "eu-west-1": (53, -6), "eu-west-2": (51, 0), "eu-west-3": (49, 2), "eu-central-1": (50, 9), "eu-central-2": (47, 9),
        "eu-north-1": (59, 18), "eu-south-1": (45, 9), "eu-south-2": (41, -1), "il-central-1": (32, 35),
        "me-south-1": (26, 50), "me-central-1": (24, 54), "af-south-1": (-34, 18),
        "ap-south-1": (19, 73), "ap-south-2": (17, 78), "ap-southeast-1": (1, 104), "ap-southeast-2": (-34, 151),
        "ap-southeast-3": (-6, 107), "ap-southeast-4": (-38, 145), "ap-southeast-5": (3, 102), "ap-southeast-7": (14, 101),
        "ap-east-1": (22, 114), "ap-east-2": (25, 121), "ap-northeast-1": (36, 140), "ap-northeast-2": (37, 127),
        "ap-northeast-3": (35, 135),
    },
    "gcp": {
        "us-central1": (41, -96), "us-east1": (33, -80), "us-east4": (39, -77), "us-east5": (40, -83), "us-south1": (33, -97),
        "us-west1": (46, -121), "us-west2": (34, -118), "us-west3": (41, -112), "us-west4": (36, -115),
        "northamerica-northeast1": (45, -74), "northamerica-northeast2": (44, -79), "northamerica-south1": (21, -100),
        "southamerica-east1": (-24, -47), "southamerica-west1": (-33, -71),
        "europe-west1": (50, 4), "europe-west2": (51, 0), "europe-west3": (50, 9), "europe-west4": (53, 7),
        "europe-west6": (47, 9), "europe-west8": (45, 9), "europe-west9": (49, 2), "europe-west10": (53, 13),
        "europe-west12": (45, 8), "europe-central2": (52, 21), "europe-north1": (61, 27), "europe-north2": (59, 18),
        "europe-southwest1": (40, -4), "me-west1": (32, 35), "me-central1": (25, 51), "me-central2": (26, 50),
        "africa-south1": (-26, 28), "asia-south1": (19, 73), "asia-south2": (29, 77), "asia-southeast1": (1, 104),
        "asia-southeast2": (-6, 107), "asia-east1": (24, 121), "asia-east2": (22, 114), "asia-northeast1": (36, 140),
        "asia-northeast2": (35, 135), "asia-northeast3": (37, 127), "australia-southeast1": (-34, 151),
        "australia-southeast2": (-38, 145),
    },
    "azure": {
        "eastus": (37, -79), "eastus2": (37, -78), "centralus": (42, -94), "northcentralus": (42, -88),
        "southcentralus": (29, -98), "westcentralus": (41, -105), "westus": (38, -122),
        "westus2": (47, -120), "westus3": (33, -112),
        "canadacentral": (44, -79), "canadaeast": (47, -71), "mexicocentral": (21, -100), "brazilsouth": (-24, -47),
        "northeurope": (53, -6), "westeurope": (52, 5), "uksouth": (51, -1), "ukwest": (52, -3), "francecentral": (46, 2),
        "germanywestcentral": (50, 9), "switzerlandnorth": (47, 9), "italynorth": (45, 9), "spaincentral": (40, -4),
        "polandcentral": (52, 21), "norwayeast": (60, 11), "swedencentral": (61, 17), "israelcentral": (32, 35),
        "uaenorth": (25, 55), "qatarcentral": (25, 51), "southafricanorth": (-26, 28), "centralindia": (19, 74),
        "southindia": (13, 80), "southeastasia": (1, 104), "eastasia": (22, 114), "japaneast": (36, 140), "japanwest": (35, 135),
        "koreacentral": (37, 127), "australiaeast": (-34, 151), "australiasoutheast": (-38, 145), "australiacentral": (-35, 149),
        "newzealandnorth": (-37, 175),
    },
}  # fmt: skip


def nearest(provider: str, region: str, others: Iterable[str]) -> str | None:
    """The one of `others` that lies nearest to a region; None where the region, or all of the others, are not known.

    >>> nearest("aws", "eu-north-1", ["us-east-1", "eu-west-1", "eu-central-1"])
    'eu-central-1'
    >>> nearest("aws", "us-west-2", ["us-east-1", "eu-west-1"]), nearest("aws", "mars-1", ["us-east-1"])
    ('us-east-1', None)
    """
    places = PLACES.get(provider, {})
    if region not in places:
        return None
    found = [(_distance(places[region], places[other]), other) for other in others if other in places]
    return min(found)[1] if found else None


def _distance(one: tuple[int, int], other: tuple[int, int]) -> float:
    """Along the surface of the earth, in parts of its radius (haversine)."""
    (south, west), (north, east) = ((radians(degree) for degree in place) for place in (one, other))
    bow = sin((north - south) / 2) ** 2 + cos(south) * cos(north) * sin((east - west) / 2) ** 2
    return 2 * asin(sqrt(bow))
