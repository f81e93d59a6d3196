"""The one HTTP request of a job that does nothing else, as the inspectors note it and as a scheduler would send it."""

import msgspec

from migrator.model.finding import Fact
from migrator.model.value import Value


class HttpRequest(Value, frozen=True, kw_only=True):
    """`timeout_s` None: the program waits as long as it takes."""

    method: str
    url: str
    headers: dict[str, str]
    body: str | None
    timeout_s: float | None


def http_request(facts: tuple[Fact, ...]) -> HttpRequest | None:
    """The request that the facts know whole; None if there is none, or more than one.

    >>> http_request(()) is None
    True
    """
    values = [fact.value for fact in facts if fact.kind == "http-request"]
    if len(values) != 1:
        return None
    try:
        return msgspec.json.decode(values[0], type=HttpRequest)
    except (msgspec.DecodeError, UnicodeEncodeError):  # a plan that somebody edited
        return None
