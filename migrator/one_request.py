"""The one HTTP request of a job that does nothing else, as the inspectors note it and as a scheduler would send it."""

import re
from typing import NamedTuple

import msgspec

from migrator.model.finding import Fact
from migrator.model.value import Value

SECRET = re.compile(r"@secret:([A-Z][A-Z0-9_]*)@")
JSON_TYPE = re.compile(r"application/(?:[\w.-]+\+)?json\s*(?:;.*)?", re.IGNORECASE)


class HttpRequest(Value, frozen=True, kw_only=True):
    """`timeout_s` None: the program waits as long as it takes."""

    method: str
    url: str
    headers: dict[str, str]
    body: str | None
    timeout_s: float | None


class Piece(NamedTuple):
    """A stretch of text, or the secret that stands in it by name."""

    text: str
    is_secret: bool


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


def secrets(request: HttpRequest) -> frozenset[str]:
    """The names of the secrets in a request, wherever they stand."""
    texts = (request.url, request.body or "", *request.headers, *request.headers.values())
    return frozenset(name for text in texts for name in SECRET.findall(text))


def pieces(text: str) -> tuple[Piece, ...]:
    """A text cut where secrets stand in it.

    >>> pieces("Bearer @secret:TOKEN@")
    (Piece(text='Bearer ', is_secret=False), Piece(text='TOKEN', is_secret=True))
    """
    parts = SECRET.split(text)
    return tuple(Piece(part, number % 2 == 1) for number, part in enumerate(parts) if part or number % 2)


def header(request: HttpRequest, name: str) -> str | None:
    """The value of a header, however its name is written."""
    return next((value for key, value in request.headers.items() if key.lower() == name.lower()), None)


def json_body(request: HttpRequest) -> object:
    """The value that a body says in JSON and that survives being written again; `msgspec.UNSET` for any other body, or none.

    A number that would be written with other digits is not the same text, nor is a key that stands twice.
    """
    if request.body is None or not JSON_TYPE.fullmatch(header(request, "Content-Type") or ""):
        return msgspec.UNSET
    try:
        value: object = msgspec.json.decode(request.body)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return msgspec.UNSET
    return value if _tokens(request.body) == _tokens(msgspec.json.encode(value).decode()) else msgspec.UNSET


def _tokens(text: str) -> list[str]:
    """The pieces of JSON, strings as what they say: equal for texts that differ in blanks and escapes only."""
    found = re.findall(r'"(?:[^"\\]|\\.)*"|[^\s"{}\[\],:]+|[{}\[\],:]', text)
    return [repr(msgspec.json.decode(one)) if one.startswith('"') else one for one in found]
