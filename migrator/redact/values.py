"""Which values are no secrets although their name announces one: references, paths, masks, literals of a language."""

# ruff: noqa: E501 - tables and patterns: one entry a line reads better than a folded one

import re

# A word of a command line, quoted or bare.
VALUE = r"""(?:(?P<q>\\?["'])(?P<quoted>(?:(?!(?P=q))[^\n]){0,2000})|(?P<bare>(?:\\[^\n]|[^\s"';|&<>()`\\]){1,2000}))"""
REFERENCE = re.compile(
    r"""(?: \$\{[^{}]{1,200}\} | \$\w{1,100} | \$\([^()]{0,300}\) | \$\(\(.{0,100}\)\) | \$[@*\#?!$0-9]
          | `[^`]{0,300}` | \{\{.{0,200}?\}\} | %\(\w{1,60}\)s | %[a-z] | %\w{1,60}% | \{\w{0,60}\} | \#\{[^{}]{0,100}\}
          | @\w{1,40}@ | &[a-z]{2,4}; )""",
    re.VERBOSE,
)
LITERALS = frozenset(
    "null none nil true false yes no on off undefined empty 0 1 - -- prompt stdin required optional string str int bool text self this "
    "if then else and or not is ask env new required, {} [] \\ | > >- || && ( )".split()
)
MASK = re.compile(r"[*xX.•#_-]{3,}|<[^<>]{0,80}>|\[[A-Za-z _-]{0,40}\]|\.\.\.|…|\[?REDACTED\]?", re.IGNORECASE)
PATH = re.compile(r"@?(?:~|\.{1,2}|[A-Za-z]:)?(?:[/\\][\w.+@$%{} -]{1,120})+/?")
POINTER = re.compile(
    r"(?:https?|ssm|vault|op|file|arn|env|projects|sm|keyring|awskms|gcpkms)://?|arn:aws|!|env:|secret://"
    r"|process\.env\b|os\.(?:environ|getenv)\b|new-object\b",
    re.IGNORECASE,
)
BCRYPT = re.compile(r"\$2[abxy]?\$")
# `{ZqL5kVrX1n8tA2}` is no name of a format
BRACED_KEY = re.compile(r"\{(?=\w*[a-z])(?=\w*[A-Z])(?=\w*\d)\w{10,60}\}")
# capitals that ask for a value: `YOUR_API_KEY`, `INSERT TOKEN HERE`, `PASSWORD`
ASKS = re.compile(
    r"(?=[A-Z_ -]{0,60}(?:TOKEN|KEY|PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|SECRET|YOUR|CHANGE|INSERT|REPLACE))"
    r"(?:(?:YOUR|MY|THE|INSERT|ENTER|CHANGE|REPLACE|PUT|ADD|ME|HERE|API|ACCESS|SECRET|PRIVATE|AUTH|BOT|DB|MYSQL|DATABASE|USER|ROOT|ADMIN|EMAIL"
    r"|SMTP|MAIL|GMAIL|APP|WEBHOOK|TELEGRAM|SLACK|DISCORD|CLOUDFLARE|CLIENT|TOKEN|KEY|PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|ID|WITH|IN|TO|OF|FOR)(?:[_ -]|(?=\Z))){1,8}"
)
NAMED_PIECE = re.compile(r"[A-Z]?[a-z]{1,30}|[A-Z]{1,30}|[0-9]{1,8}")
PLACEHOLDER_START = "@secret:"
RANDOM_MIN_CHARS = 16


def is_placeholder_free(value: str) -> bool:
    """False where a redacted value stands already."""
    return bool(value) and PLACEHOLDER_START not in value


CUT_COMMAND = re.compile(r"\$\(|`\w+[ \t]")
OF_CARD = re.compile(r"pkcs11:[^\s\"']*\Z")  # `pkcs11:model=x;token=NAME`: which card
KEY_FILE = re.compile(r"[\w.+-]{1,200}\.(?:pem|key|gpg|asc|crt|cer|der|p12|pfx|jks|kdbx)")  # a file beside the job


def is_reference(value: str, quoted: bool) -> bool:
    """True where the value only says where a secret comes from, or is none: `$PASS`, `/etc/key.pem`, `None`, `****`, empty.

    >>> [is_reference(value, False) for value in ("$PASS", "${P:-x}", "hunter2", "/etc/ssl/key.pem", "changeme", "a$b c")]
    [True, True, False, True, False, False]
    """
    value = value.strip()
    if not value or value.lower() in LITERALS or MASK.fullmatch(value) or POINTER.match(value):
        return True
    if BRACED_KEY.fullmatch(value):
        return False
    if ASKS.fullmatch(value[:200]):
        return True
    if REFERENCE.match(value) or value[0] == "$":
        rest = REFERENCE.sub("", value[:400])
        is_spelled_so = len(re.findall(r"[A-Za-z0-9]", rest)) > 2 and re.search(r"[!@#^*]", rest)  # `$omespeci@!ch@r$`
        if not re.search(r"[A-Za-z0-9]{3}", rest) and not BCRYPT.match(value) and not is_spelled_so:
            return True
        if value[0] == "$" and not quoted:
            return rest == ""
    if KEY_FILE.fullmatch(value[:400]) or CUT_COMMAND.match(value):  # what a command prints; its end was cut off
        return True
    if PATH.fullmatch(value[:400]):
        return not (len(value) >= 32 and looks_random(value) and "." not in value)
    return not quoted and value[0] in "([{<|&;)"


def looks_random(value: str) -> bool:
    """True for at least 16 characters without blanks that mix letters and digits, as generated keys do."""
    if len(value) < RANDOM_MIN_CHARS or re.search(r"\s", value):
        return False
    pieces = re.split(r"[-_./]", value[:400])
    if len(pieces) > 2 and all(NAMED_PIECE.fullmatch(piece) for piece in pieces):
        return False
    letters = re.search(r"[A-Za-z]", value)
    return bool(letters and len(re.findall(r"[0-9]", value[:400])) >= 2) and not PATH.fullmatch(value[:400])
