"""Secrets that a program reads rather than takes as an option: from a pipe, a here-string, a here-document, `<(echo ...)`."""

# ruff: noqa: E501 - tables and patterns: one entry a line reads better than a folded one

import re
from collections.abc import Iterator

from migrator.redact.needles import WhenNeeded
from migrator.redact.span import Span
from migrator.redact.values import VALUE, is_placeholder_free, is_reference

# Programs whose standard input is a secret, whatever their options are.
ASKS = (
    r"passwd|smbpasswd|chpasswd|vncpasswd|kinit|su|ssh-add|cryptsetup|ecryptfs-add-passphrase|keepassxc-cli|keyctl[ \t]+padd|secret-tool|kubeseal|mkpasswd"
    r"|pass[ \t]+insert|openconnect|gcloud[ \t]+secrets|(?:docker|podman)[ \t]+secret[ \t]+create|ansible-vault[ \t]+encrypt_string|op[ \t]+item|sudo[ \t][^|;&\n<]{0,60}-[a-zA-Z]{0,4}S"
    r"|openssl[ \t][^|;&\n<]{0,200}-pass(?:in|out)?[ \t]+stdin|htpasswd[ \t]+-\w{0,4}i|sshpass[ \t]+-d[ \t]?\d"
)
PIPED = re.compile(rf"\|[ \t]{{0,20}}(?:sudo[ \t]+)?(?:/\S{{0,40}}/)?(?:{ASKS})(?![\w-])")
BEFORE = 300  # characters in front of a pipe that are looked at
SAYS = re.compile(r"(?<![\w/.-])(?:echo|printf)(?=[ \t])")
SAID = re.compile(r"(?:\\[nrt]|[^\s\"';(){}\\$`|&<>])+")
FORMAT = re.compile(r"echo|printf|-[neE]+|(?:[^%]*%[sbq](?:\\n)?)+|\\n")
TELLING_FILE = r"(?i:(?:pass\w{0,12}[_-]?(?:command|cmd|eval|file)|passcommand|auth-user-pass|(?:token|key|secret|cred\w{0,10})[_-]?(?:file|command|cmd)))"

PATTERNS: tuple[tuple[str, WhenNeeded], ...] = (
    (
        "<<<",
        WhenNeeded(
            rf"(?<![\w/.-])(?:sudo[ \t]+)?(?:/\S{{0,40}}/)?(?:{ASKS})(?![\w-])[^|;&\n<]{{0,200}}[ \t]\d?<<<[ \t]*(?:[\"']?[\w.@-]{{1,60}}:(?=[^\s\"']))?{VALUE}"
        ),
    ),
    (" -p", WhenNeeded(rf"user(?:add|mod)[ \t][^|;&\n]{{0,200}}?(?<=[ \t])-p[ \t]+(?=\S{{8}}){VALUE}")),
    ("<<<", WhenNeeded(rf"IFS=:[ \t]+read\b[^|;&\n<]{{0,100}}<<<[ \t]*[\"']?[\w.@-]{{1,60}}:{VALUE}")),
    ("echo ", WhenNeeded(rf"{TELLING_FILE}[ =]{{1,3}}[\"']?(?:<\()?[\"']?[ \t]*echo[ \t]+(?:-[neE]+[ \t]+)?{VALUE}")),
    ("printf ", WhenNeeded(rf"{TELLING_FILE}[ =]{{1,3}}[\"']?(?:<\()?[\"']?[ \t]*printf[ \t]+{VALUE}")),
)
TO_CHPASSWD = re.compile(r"chpasswd[^\n<|;&]{0,60}<<-?[ \t]{0,4}[\"'\\]?(?P<end>\w{1,40})[\"']?[^\n]{0,100}\n")
A_USER = re.compile(r"^[ \t]*[\w.@-]{1,60}:(?P<bare>[^\s:]\S{0,200})[ \t\r]*$", re.MULTILINE)
HERE = 4_000  # characters of a here-document that are looked at


def spans(text: str) -> Iterator[Span]:
    """What is fed to programs that ask for a secret."""
    if "|" in text:
        for match in PIPED.finditer(text):
            yield from _said(text, match.start())
    for needle, pattern in PATTERNS:
        if needle in text:
            for match in pattern.finditer(text):
                group = "quoted" if match["quoted"] is not None else "bare"
                if _is_secret(match[group], quoted=group == "quoted"):
                    yield Span(*match.span(group), "PASSWORD", "stdin")
    for match in TO_CHPASSWD.finditer(text):
        end = text.find(f"\n{match['end']}", match.end() - 1, match.end() + HERE)
        for user in A_USER.finditer(text, match.end(), end if end >= 0 else match.end() + HERE):
            if _is_secret(user["bare"], quoted=False):
                yield Span(*user.span("bare"), "PASSWORD", "chpasswd")


def _said(text: str, pipe: int) -> Iterator[Span]:
    """The words that `echo` or `printf` says in front of a pipe, in `( )` and `{ }`, too."""
    line = text.rfind("\n", max(0, pipe - BEFORE), pipe) + 1 or max(0, pipe - BEFORE)
    before = text[line:pipe].rstrip()
    if before.endswith((")", "}")):
        start = max(before.rfind("("), before.rfind("{"))
    else:
        start = max(before.rfind(sign) for sign in (";", "&", "|"))
    for says in SAYS.finditer(before, max(start, 0)):
        for word in SAID.finditer(before, says.end()):
            said = word[0].rstrip("\\n")
            is_variable = before[: word.start()].endswith(("$", "${"))
            if not is_variable and not FORMAT.fullmatch(word[0]) and ":" not in said and _is_secret(said, quoted=False):
                for piece in re.finditer(r"(?:(?!\\[nrt]).)+", word[0]):
                    yield Span(line + word.start() + piece.start(), line + word.start() + piece.end(), "PASSWORD", "stdin")
        break


def _is_secret(value: str, quoted: bool) -> bool:
    return bool(value.strip()) and is_placeholder_free(value) and not is_reference(value, quoted=quoted)
