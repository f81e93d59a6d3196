"""The one HTTP request that a curl or wget makes, where every word of it is understood; nothing where one is not.

Value: JSON with method, url, headers (name to value), body (text or null), timeout_s (number or null); a secret in it is its
reference `@secret:NAME@`.
Source: curl(1), wget(1).
"""

import json
import re
from collections.abc import Callable

from migrator.scripts.noting import Reader
from migrator.scripts.options import Split, split
from migrator.scripts.words import Word

FORM = "application/x-www-form-urlencoded"
LONGEST = 480  # a fact's value holds 500 characters; a longer request is not noted rather than cut
URL = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?([/?][^\s\"'<>\\^`{|}$]*)?")
# what does not change the request, or what a scheduler does by itself
CURL_QUIET = frozenset(
    "-f --fail -s --silent -S --show-error -L --location --compressed -4 -6 --no-progress-meter --fail-with-body".split()
)
CURL_DATA = ("-d", "--data", "--data-raw", "--data-ascii", "--data-binary")
CURL_SAYS = (
    "-X",
    "--request",
    "-H",
    "--header",
    "-A",
    "--user-agent",
    "-e",
    "--referer",
    "-m",
    "--max-time",
    "-o",
    "--output",
    *CURL_DATA,
)
CURL_VALUES = (*CURL_SAYS, "--connect-timeout", "--retry", "--retry-delay", "--retry-max-time")
WGET_QUIET = frozenset("-q --quiet -nv --no-verbose -4 -6 --no-cache".split())
WGET_SAYS = (
    "-O",
    "--output-document",
    "-T",
    "--timeout",
    "-U",
    "--user-agent",
    "--header",
    "--post-data",
    "--method",
    "--body-data",
)
WGET_VALUES = (*WGET_SAYS, "-t", "--tries", "-o", "--output-file", "--connect-timeout", "--read-timeout", "--waitretry")
NOWHERE = frozenset({"-", "/dev/null", "/dev/stdout"})


def note(reader: Reader, name: str, arguments: tuple[Word, ...], row: int) -> None:
    """A fact `http-request` if the whole request is known."""
    if all(word.is_known for word in arguments) and (value := READERS[name](arguments)) is not None and len(value) <= LONGEST:
        reader.notes.add("http-request", value, row)


def _curl(arguments: tuple[Word, ...]) -> str | None:
    parts = split(_apart(arguments, CURL_VALUES), CURL_VALUES)
    if any(
        option not in CURL_VALUES and option not in CURL_QUIET and option not in {"-I", "--head"} for option, _ in parts.options
    ):
        return None
    data = [word.text for word in parts.values(*CURL_DATA)]
    if any(text.startswith("@") for text in data) or not _thrown_away(parts, "-o", "--output"):
        return None
    method = "HEAD" if parts.has("-I", "--head") else "POST" if data else "GET"
    headers = {"Content-Type": FORM} if data else {}
    return _request(
        parts, _last(parts, "-X", "--request") or method, headers, "&".join(data) if data else None,
        _last(parts, "-m", "--max-time"), _last(parts, "-A", "--user-agent"), _last(parts, "-e", "--referer"),
    )  # fmt: skip


def _wget(arguments: tuple[Word, ...]) -> str | None:
    parts = split(_apart(arguments, WGET_VALUES), WGET_VALUES)
    if any(option not in WGET_VALUES and option not in WGET_QUIET and option != "--spider" for option, _ in parts.options):
        return None
    if not parts.has("--spider") and not _thrown_away(parts, "-O", "--output-document"):
        return None  # without -O it keeps the answer in a file
    body = _last(parts, "--post-data", "--body-data")
    headers = {"Content-Type": FORM} if body is not None else {}
    method = "HEAD" if parts.has("--spider") else "POST" if parts.has("--post-data") else "GET"
    return _request(
        parts, _last(parts, "--method") or method, headers, body, _last(parts, "-T", "--timeout"),
        _last(parts, "-U", "--user-agent"), None,
    )  # fmt: skip


READERS: dict[str, Callable[[tuple[Word, ...]], str | None]] = {"curl": _curl, "wget": _wget}


def _apart(arguments: tuple[Word, ...], takes_value: tuple[str, ...]) -> tuple[Word, ...]:
    """Groups of short flags one by one: `-fsSo/dev/null` is `-f -s -S -o /dev/null`."""
    found: list[Word] = []
    for word in arguments:
        text = word.text
        if not re.match(r"-[A-Za-z0-9].", text) or text in WGET_QUIET:
            found.append(word)
            continue
        for number, letter in enumerate(text[1:], 1):
            found.append(word._replace(text=f"-{letter}"))
            if f"-{letter}" in takes_value:
                if text[number + 1 :]:
                    found.append(word._replace(text=text[number + 1 :]))
                break
    return tuple(found)


def _last(parts: Split, *names: str) -> str | None:
    return next((word.text for word in reversed(parts.values(*names))), None)


def _thrown_away(parts: Split, *names: str) -> bool:
    """True where the answer is kept in no file."""
    kept = [word.text for word in parts.values(*names)]
    return all(name in NOWHERE for name in kept) and (bool(kept) or "-O" not in names)


def _request(
    parts: Split,
    method: str,
    headers: dict[str, str],
    body: str | None,
    timeout: str | None,
    agent: str | None,
    referer: str | None,
) -> str | None:
    """The request as JSON; None where something of it has no plain form."""
    if len(parts.operands) != 1:
        return None
    url = parts.operands[0].text
    url = url if "://" in url else f"http://{url}"
    said = headers | {name: value for name, value in (("User-Agent", agent), ("Referer", referer)) if value is not None}
    for word in parts.values("-H", "--header"):
        name, colon, value = word.text.partition(":")
        if not colon or not value.strip() or not re.fullmatch(r"[A-Za-z0-9-]+", name):
            return None
        said = {known: text for known, text in said.items() if known.lower() != name.lower()} | {name: value.strip()}
    whole = json.dumps(
        {"body": body, "headers": said, "method": method, "timeout_s": _seconds(timeout), "url": url},
        ensure_ascii=False,
        sort_keys=True,
    )
    wrong = URL.fullmatch(url) is None or re.fullmatch(r"[A-Z]{3,7}", method) is None
    return None if wrong or (timeout is not None and _seconds(timeout) is None) else whole


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and re.fullmatch(r"\d{1,6}(\.\d+)?", text) else None
