"""What is asked of a provider's price list for one item of the price book."""

from collections.abc import Mapping
from typing import NamedTuple


class Wanted(NamedTuple):
    """`service`, `item` and `unit` as the price book says them; the rest as the provider does. `per`: units in one of theirs;
    `times`: theirs in one of ours."""

    service: str
    item: str
    unit: str
    service_code: str
    filters: Mapping[str, str]
    usage: str
    per: int = 1
    times: int = 1
