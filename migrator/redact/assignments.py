"""Secrets after a name that announces them: NAME=value, --name value, "name": "value", 'name' => 'value', <name>value</name>."""

import re
from collections.abc import Iterator

from migrator.redact.names import name_class, spelled
from migrator.redact.needles import lowered, may_hold
from migrator.redact.span import Span
from migrator.redact.values import OF_CARD, is_placeholder_free, is_reference, looks_random

NAMES = tuple("pat pass pwd pw secret token key cred auth salt psk bearer nonce signature sid dsn cookie pin".split())
KEYWORD = re.compile(  # begins with one of NAMES
    r"(?:(?<![a-z])pat(?![a-z])|pass(?:word|wd|phrase|wort|code)?|pwd|pw|secrets?|token|key|cred(?:ential)?s?|auth|salt|psk|bearer|nonce|signature|sid|dsn|cookie|pin)"
    r"(?P<tail>[A-Za-z0-9_.-]{0,30})",
    re.IGNORECASE,
)
# After the name: what closes it, the separator, and what opens the value.
AFTER = re.compile(
    r"""(?P<close>\\?["']?(?:[\]}]|\[[\w$-]{0,40}\])?)
        (?: (?P<sep>\s{0,8}(?:=>|:=|\?=|={1,3}|::?)\s{0,8}|[ \t]*,[ \t]{0,4}(?=["']))
          | (?P<asked>\s{0,4}(?:!={1,2}|[ \t]ne|[ \t]eq)\s{0,4})(?=[rbu]?["'])
          | (?P<blank>[ \t]{1,8}) | (?P<tag>>)(?=[^\s<>]) )
        (?P<prefix>\$(?=["'])|[rbuf@]{0,2})(?P<q>\\?["'])?""",
    re.VERBOSE,
)
NAME_CHARS = re.compile(r"[A-Za-z0-9_.-]{0,60}\Z")
BARE = re.compile(r"""(?:\\[^\n]|\$\{[^{}\n]{1,60}\}|[^\s"';|&<>()`\\,\]}]){1,2000}""")
# a `<` or `>` in the middle of a value is no redirection: nobody writes `PASSWORD=a>b` for that
BARE_IN_FILE = re.compile(r"""(?:\\[^\n]|[^\s"'`\\])(?:\\[^\n]|[^\s"'`\\;|&()<>]|[<>](?=[^\s/<>&"'])){0,2000}""")
DIGIT = re.compile(r"[0-9]")
LOOKBACK = 60
LINE_LOOKBACK = 500
VALUE_LIMIT = 4000
LONG_FIELD = 20
# `gcloud ... --secret NAME` and its like say which secret of a store, not what is in it
NAMED_SECRET = re.compile(r"--(?:(?:set|update|remove)-)?(?:build-)?secrets?")
NAMES_SECRETS = re.compile(r"(?:^|[\s/;&|(\"'])(?:gcloud|docker|podman|buildah|nerdctl|flyctl)[ \t][^;|&\n]*\Z")
# options that are told what to do with a password and get none: `cryptmount --change-password LABEL`
TOLD = re.compile(
    r"--(?:change|reset|ask|prompt|no|require|read|store|remember|show|without|skip|check|verify|generate|random)-", re.IGNORECASE
)
PROSE = frozenset("option options argument parameter flag switch is are was".split())  # `use --password option to ...`
SHORTEST_COMPARED = 3
COMPARED = re.compile(r"pass|pwd|secret", re.IGNORECASE)  # a token that is compared is a parser's
GETOPT = re.compile(r"[:=]?[sifo][@%]?")  # `"password=s"` of Getopt::Long
VARIABLE = re.compile(r"(?:self\.|this\.|\w{1,40}\.)?(?P<name>[A-Za-z_]{3,60})[)}\]]{0,3}")
PLUGIN = re.compile(r"(?:mysql_native|mysql_old|caching_sha2|sha256)_password", re.IGNORECASE)  # of MySQL: how, not which
KEY_ID = re.compile(r"0x[0-9A-Fa-f]{8,40}")
OF_GPG = re.compile(r"gpg|pgp|key_?id|fingerprint|sign", re.IGNORECASE)
FINGERPRINT = re.compile(r"(?:[0-9A-Fa-f]{4}[ ]{0,2}){2,10}")
HEAD = 200  # of a bare value; what it is shows here, and the rest is read once


def spans(text: str, is_code: bool) -> Iterator[Span]:
    """Values under names that announce a secret. `is_code`: a language in which a bare word is a variable, not a value."""
    if not may_hold(lowered(text), NAMES):
        return
    at, digit = 0, 0
    while match := KEYWORD.search(text, at):
        at = match.end()
        start = match.start()
        before = NAME_CHARS.search(text, max(0, start - LOOKBACK), start)
        name = (before[0] if before else "") + match[0]
        if name[0] in "nrt" and start - len(name) + len(match[0]) > 0 and text[start - len(name) + len(match[0]) - 1] == "\\":
            name = name[1:]  # `\npassword=x` in a format
        if (kind := name_class(name)) is None:
            continue
        after = AFTER.match(text, match.end())
        if after is None:
            continue
        if kind == "key" and digit < match.end():
            digit = found.start() if (found := DIGIT.search(text, match.end())) else len(text)
        if kind == "key" and digit > match.end() + VALUE_LIMIT:
            continue  # nothing that looks random can follow
        span = _value(text, start - len(name) + len(match[0]), name, kind == "key", after, is_code)
        if span is not None:
            at = span.end
            yield span


def _value(text: str, start: int, name: str, must_look_random: bool, after: re.Match[str], is_code: bool) -> Span | None:
    is_option = name.startswith("-") and (start == 0 or text[start - 1] in " \t\n\"'[(,")
    quote = after["q"]
    if after["blank"] is not None and not is_option:
        before = _line_before(text, start).rstrip()
        begins = not before or before[-1] in "{;%"
        if (
            not (begins and quote and not after["close"] and not must_look_random)
            or text[_quote_end(text, after.end(), quote, is_code) :][1:2] != ";"
        ):
            return None  # `password "x";` is a line of a configuration
    if text.startswith("${", start - 2):
        return None  # `${NAME:=value}`: phrases.py knows where it ends
    if (is_option and TOLD.match(name)) or PLUGIN.fullmatch(name):
        return None
    line = _line_before(text, start)
    if "," in (after["sep"] or "") and not after["close"] and line.rstrip().endswith(":"):
        return None  # `{"token": token, "x": ...}`: the next name
    if name == "token" and OF_CARD.search(line):
        return None
    if after["asked"] is not None and (must_look_random or not COMPARED.search(name)):
        return None
    if is_option and NAMED_SECRET.fullmatch(name) and NAMES_SECRETS.search(_line_before(text, start)):
        return None
    if "}" in after["close"] and after["sep"] is not None and "=" not in after["sep"]:
        return None  # `{"kind": "password"}, ...`
    if quote:
        if not after["close"] and _inside(text, start, quote):
            return None  # `"Password: "`: the quote closes the text that the name stands in
        value_start = after.end()
        value_end = _quote_end(text, value_start, quote, is_code)
    elif after["tag"]:
        value_start = after.end()
        value_end = text.find("<", value_start, value_start + VALUE_LIMIT)
        if value_end < 0:  # a tag that is never closed: to the end of the line
            line_end = text.find("\n", value_start, value_start + VALUE_LIMIT)
            value_end = line_end if line_end >= 0 else min(len(text), value_start + VALUE_LIMIT)
    else:
        value_start = after.start("prefix") if after["prefix"] else after.end()
        if is_code and not _inside_any(text, start):
            return None
        if after["close"] and after["sep"] is not None and "," in after["sep"]:
            return None
        separator = after["sep"] or ""
        is_field = separator.strip() in {":", "::"} and not separator[-1].isspace() and not is_option
        if "\n" in separator:
            return None
        pattern = BARE if "," in text[value_start : value_start + HEAD] or is_option else BARE_IN_FILE
        bare = pattern.match(text, value_start, value_start + HEAD)
        if bare is None:
            return None
        value_end = bare.end()
        if is_field and not _is_more_than_a_field(name, bare[0], separator):
            return None  # `user:password:1000` is a list of fields
        if value_end >= value_start + HEAD - 1 and _is_secret(bare[0], must_look_random, quoted=False):
            whole = pattern.match(text, value_start)
            value_end = whole.end() if whole else value_end
        if text.startswith("#", value_start) and (separator[-1:].isspace() or after["blank"]):
            return None  # `Password=   # of the panel`: a remark, the value is empty
        if re.fullmatch(r"\w{1,60}=", bare[0]) and text[value_end : value_end + 1] in {'"', "'"}:
            return None  # `pass=mail=""`
        if text.startswith("(", value_end):
            return None  # a call: `'password' => getenv('X')`
    value = text[value_start:value_end]
    if after["asked"] is not None and len(value) < SHORTEST_COMPARED:
        return None  # `$password eq "*"`
    if _is_word_for_it(value, quote, after, is_option):
        return None
    if not _is_secret(value, must_look_random, quoted=bool(quote)):
        return None
    if name[-3:].lower() == "pat" and not re.fullmatch(r"[A-Za-z0-9_-]{20,300}", value):
        return None  # a pattern
    if must_look_random and (KEY_ID.fullmatch(value) or (OF_GPG.search(name) and FINGERPRINT.fullmatch(value))):
        return None  # which key, not the key
    if not quote and is_option and value.startswith(("-", "pass:")):
        return None  # `pass:X` of openssl is known by itself
    return Span(value_start, value_end, spelled(name), "setting" if not is_option else "option")


def _is_word_for_it(value: str, quote: str | None, after: re.Match[str], is_option: bool) -> bool:
    """`{"token": token}`: a variable; `--password option`: prose; `"password=s"`: how an option is declared."""
    if quote:
        return False
    if is_option and after["blank"] is not None and value.lower().rstrip(".,") in PROSE:
        return True
    if GETOPT.fullmatch(value):
        return True
    is_quoted_name = any(sign in after["close"] for sign in "\"'")
    variable = VARIABLE.fullmatch(value) if is_quoted_name else None
    return variable is not None and name_class(variable["name"]) == "secret"


def _is_more_than_a_field(name: str, value: str, separator: str) -> bool:
    """After a colon without a blank: a generated key, a long value under a name of two words, or what no name is after `::`."""
    if ":" in value:
        return False
    if separator == "::":
        return name_class(name) == "secret" and bool(re.search(r"[^\w.]", value))
    return looks_random(value) or (len(value) >= LONG_FIELD and len(re.findall(r"[A-Za-z]+", name)) > 1)


def _is_secret(value: str, must_look_random: bool, quoted: bool) -> bool:
    if not value.strip() or not is_placeholder_free(value) or is_reference(value, quoted=quoted):
        return False
    return not must_look_random or looks_random(value)


def _quote_end(text: str, start: int, quote: str, is_code: bool) -> int:
    """Where the quoted value ends: its closing quote, or the end of the line."""
    escapes = len(quote) == 1 and (quote == '"' or is_code)
    limit = min(len(text), start + VALUE_LIMIT)
    at = start
    while at < limit and text[at] != "\n" and not text.startswith(quote, at):
        at += 2 if escapes and text[at] == "\\" else 1
    return min(at, limit)


def _line_before(text: str, start: int) -> str:
    return text[max(text.rfind("\n", max(0, start - LINE_LOOKBACK), start) + 1, start - LINE_LOOKBACK, 0) : start]


def _inside(text: str, start: int, quote: str) -> bool:
    """True where an odd number of these quotes opens the line before `start`."""
    before = _line_before(text, start)
    bare = before.replace("\\" + quote, "") if len(quote) == 1 else before
    return bare.count(quote) % 2 == 1


def _inside_any(text: str, start: int) -> bool:
    return _inside(text, start, '"') or _inside(text, start, "'")
