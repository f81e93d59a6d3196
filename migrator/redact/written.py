"""Secrets that are written in more than one piece or word: lists of arguments, values that are put together, names that another command sets.

Line: `PASSWORD=$(echo hunter2)`, `user, password = "bob", "hunter2"`, `<key>DB_PASSWORD</key><string>hunter2</string>`, `- --password` above `- hunter2`
"""

# ruff: noqa: E501 - tables and patterns: one entry a line reads better than a folded one

import re
from collections.abc import Iterator

from migrator.redact.names import name_class, spelled
from migrator.redact.needles import WhenNeeded, lowered, may_hold
from migrator.redact.span import Span
from migrator.redact.values import VALUE, is_placeholder_free, is_reference, looks_random

TELLING = r"[\w.-]{0,40}(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|pass|pwd)[\w.-]{0,20}"
NAME = r"(?P<name>[A-Za-z_][\w.-]{0,60})"
QUOTED = r"(?P<q>[\"'])(?P<quoted>(?:\\.|(?!(?P=q))[^\n\\]){1,300})(?P=q)"
SAYS = r"(?:echo|printf)[ \t]+(?:-[neE]+[ \t]+)?(?:[\"']%s(?:\\n)?[\"'][ \t]+)?"
HERE = r"<<-?[ \t]?[\"'\\]?\w{1,40}[\"']?"
FEEDS = r"passwd|smbpasswd|kinit|ssh-add|cryptsetup|su[ \t][^|;&\n<]{0,100}-c|sudo[ \t][^|;&\n<]{0,60}(?:-[a-zA-Z]{0,4}S|--stdin)"

# What to call it where no group `name` does, what must stand in the text, and the pattern; a value under a group `name` counts where that name says so.
PATTERNS: tuple[tuple[str, str, WhenNeeded], ...] = (
    ("", "printf", WhenNeeded(rf"\bprintf[ \t]+-v[ \t]+{NAME}[ \t]+(?:[\"']?%s(?:\\n)?[\"']?[ \t]+)?{VALUE}")),
    ("", "<<", WhenNeeded(rf"\bread[ \t]+(?:-\w+[ \t]+){{0,3}}{NAME}[ \t]{{0,4}}{HERE}[ \t]*\n(?P<bare>[^\n]{{1,300}})")),
    ("PASSWORD", "<<", WhenNeeded(rf"(?<![\w/.-])(?:/\S{{0,40}}/)?(?:{FEEDS})(?![\w-])[^|;&\n<]{{0,200}}[ \t]{HERE}[^\n]{{0,60}}\n(?P<bare>[^\s]{{3,200}})[ \t\r]*\n")),
    ("PASSWORD", ">", WhenNeeded(rf"(?<![\w.-]){SAYS}{VALUE}[\"']?[ \t]{{0,20}}>{{1,2}}[ \t]*[\"']?[^\s\"';|&<>@]{{0,100}}(?i:(?<!/etc/)passw|passphrase|secret|token|[/._-]pass(?![\w])|[/._]cred|\.pw(?!\w))")),
    ("PASSWORD", "tee", WhenNeeded(rf"(?<![\w.-]){SAYS}{VALUE}[\"']?[ \t]{{0,20}}\|[ \t]*(?:sudo[ \t]+)?tee[ \t]+(?:-a[ \t]+)?[\"']?[^\s\"';|&<>@]{{0,100}}(?i:(?<!/etc/)passw|passphrase|secret|token|[/._-]pass(?![\w])|[/._]cred|\.pw(?!\w))")),
    ("PASSWORD", "|", WhenNeeded(rf"(?<![\w.-]){SAYS}{VALUE}[\"']?[ \t]{{0,20}}\|[^|;&\n]{{1,200}}(?:pass\w{{0,12}}|key)[_-]?file[ =](?:/dev/stdin|-)(?![\w/])")),
    ("PASSWORD", "%s", WhenNeeded(rf"\bprintf[ \t]+[\"'][^\"'\n%]{{0,200}}?(?i:{TELLING})[ ]?[=:][ ]?%s[^\"'\n%]{{0,100}}[\"'][ \t]+{VALUE}")),
    ("ZIP_PASSWORD", "zip", WhenNeeded(rf"\bzip[ \t](?:[^|;&\n]{{0,200}}?[ \t])?-[a-zA-Z0-9]{{1,8}}P[ \t]+{VALUE}")),
    ("EXPECT_PASSWORD", "send", WhenNeeded(r"(?i:ass(?:word|phrase))[^\n;]{0,60}[;\n][^\n;]{0,20}\bsend(?:[ \t]+--)?[ \t]+(?P<bare>[^\s\"'\\$]{2,200})\\{1,2}[rn]")),
    ("URL_PASSWORD", "%3", WhenNeeded(r"(?i:password|passwd|passphrase|pass|pwd|token|secret|api_?key)%3[dD](?P<bare>[^\s&\"'%]{3,200})")),
    ("PASSWORD", "rclone", WhenNeeded(rf"\brclone[ \t]+config[ \t][^\n|;&]{{0,300}}?[ \t](?:pass|password\d?|token|secret_access_key|client_secret|key|bearer_token)[ =]{VALUE}")),
    ("MEGA_PASSWORD", "mega-login", WhenNeeded(rf"\bmega-login[ \t]+[^\s-]\S{{0,80}}[ \t]+{VALUE}")),
    # options that wait in a variable: `OPTS="-uroot -phunter2"`, `CURL_OPTS="-u bob:hunter2"`
    ("PASSWORD", "-p", WhenNeeded(r"(?<![\w.-])\w{1,40}=\(?[\"'](?:[^\"'\n]{0,200}[ \t])?(?:-u|--user=?)[ \t]?[\w.@-]{1,60}[ \t]+(?:[^\"'\n]{0,100}[ \t])?-p(?!\d{1,5}[ \t\"'])(?P<bare>[^\s\"'$]{3,200})")),
    ("HTTP_PASSWORD", "-u", WhenNeeded(r"(?<![\w.-])\w{0,30}(?i:opt|arg|auth|curl|wget|cred|flags|param)\w{0,30}=\(?[\"'](?:[^\"'\n]{0,200}[ \t])?-{1,2}u(?:ser)?[ =][\w.@-]{1,60}:(?P<bare>[^\s\"'$]{3,200})")),
    # programs
    ("HTTP_PASSWORD", "USERPWD", WhenNeeded(rf"USERPWD\s{{0,4}}(?:,|=>)\s{{0,4}}[\"'][^\"'\n:]{{1,60}}:[\"']\s{{0,4}}\.\s{{0,4}}{QUOTED}")),
    ("PASSWORD", "assword", WhenNeeded(rf"(?i:assword|assphrase)[^\n]{{0,80}}\n[^\n]{{0,80}}?\b(?:send(?:line)?|write)\(\s{{0,4}}[bru]?{QUOTED}")),
    ("PASSWORD", "set", WhenNeeded(rf"\bset[ \t(]{{1,4}}:(?i:{TELLING})[ \t]*,[ \t]*{QUOTED}")),
    ("SMTP_PASSWORD", ".start", WhenNeeded(rf"(?i:smtp\w{{0,10}})\.start\((?:[^,()\n]{{0,80}},){{4}}\s{{0,8}}{QUOTED}")),
    # settings
    ("PASSWORD", "pass", WhenNeeded(r"(?im)^[ \t]*(?:password|passwd|passphrase|requirepass|masterauth)[ \t]+(?=\S{0,100}\d)(?=\S{0,100}[a-z])(?P<bare>[^\s\"';=:<>(){}][^\s\"';]{5,200})[ \t]*;?[ \t\r]*$")),
    ("PASSWORD", "</", WhenNeeded(rf"<(?i:{TELLING})>\s{{1,40}}(?P<bare>[^\s<>]{{2,300}})\s{{1,40}}</")),
    ("", "<string>", WhenNeeded(rf"<key>{NAME}</key>\s{{0,80}}<string>(?P<bare>[^<\n]{{2,300}})</string>")),
    ("PASSWORD", "<string>-", WhenNeeded(rf"<string>--?(?i:{TELLING})</string>\s{{0,80}}<string>(?P<bare>[^<\n]{{2,300}})</string>")),
    ("HTTP_PASSWORD", "<string>-u", WhenNeeded(r"<string>-{1,2}u(?:ser)?</string>\s{0,80}<string>[^<:\n]{1,80}:(?P<bare>[^<\n]{2,300})</string>")),
    ("MYSQL_PASSWORD", "<string>-p", WhenNeeded(r"<string>\S{0,40}(?:mysql|maria)[\w-]{0,20}</string>(?:\s{0,80}<string>[^<\n]{0,100}</string>){0,10}?\s{0,80}<string>-p(?P<bare>[^<\n]{2,300})</string>")),
    ("", "value:", WhenNeeded(rf"\bname:[ \t]*[\"']?{NAME}[\"']?[ \t]*\r?\n[ \t]*value:[ \t]*{VALUE}")),
    ("PASSWORD", "- ", WhenNeeded(rf"(?m)^[ \t]*-[ \t]+[\"']?--?(?i:{TELLING})[\"']?[ \t]*\r?\n[ \t]*-[ \t]+{VALUE}")),
)  # fmt: skip
# what may follow a name that announces a secret: what must stand in the text, and the pattern
AFTER_NAME: tuple[tuple[str, WhenNeeded], ...] = (
    ("=", WhenNeeded(rf"=(?:%s)?[\"']\s{{0,4}}[+.%]\s{{0,4}}\(?\s{{0,4}}{QUOTED}")),
    ("echo", WhenNeeded(rf"=[\"']?(?:\$\(|`)[ \t]*{SAYS}{VALUE}")),
    ("printf", WhenNeeded(rf"=[\"']?(?:\$\(|`)[ \t]*printf[ \t]+(?:[\"']%s(?:\\n)?[\"'][ \t]+)?{VALUE}")),
    ("<<", WhenNeeded(rf"=[\"']?\$\(cat[ \t]*{HERE}[ \t]*\n(?P<bare>[^\s\"'][^\n]{{0,300}})")),
    ("<<<", WhenNeeded(r"[ \t]*=[ \t]*<<<[ \t]?[\"']?\w{1,40}[\"']?[ \t]*\r?\n(?P<bare>[^\n]{1,300})")),
    (":", WhenNeeded(rf"[ \t]*:[ \t]*[A-Za-z_][\w.\[\]| ]{{0,40}}?[ \t]*=[ \t]*[rbu]{{0,2}}{QUOTED}")),
    ("\"\"\"", WhenNeeded(r"[ \t]*[=:][ \t]*[rbu]{0,2}\"\"\"\s{0,8}(?P<bare>[^\s\"\\][^\n\"]{0,300}?)\s{0,8}\"\"\"")),
    ("'''", WhenNeeded(r"[ \t]*[=:][ \t]*[rbu]{0,2}'''\s{0,8}(?P<bare>[^\s'\\][^\n']{0,300}?)\s{0,8}'''")),
    ("(", WhenNeeded(rf"[ \t]*=[ \t]*\(\s{{0,20}}[rbu]{{0,2}}{QUOTED}(?=\s{{0,40}}[\"')+])")),
    ("q", WhenNeeded(r"[ \t]*(?:=>?|,)[ \t]*(?:q[qw]?|%[qQ]?)[ \t]?[{(\[|!](?P<bare>[^\s{}()\[\]|!$]{2,300})[})\]|!]")),
    ("%", WhenNeeded(r"[ \t]*=[ \t]*%[qQ]?[{(\[](?P<bare>[^\s{}()\[\]$#]{2,300})[})\]]")),
    ("(", WhenNeeded(rf"[ \t]{{0,4}}=[ \t]{{0,4}}[(\[][ \t]{{0,4}}[\"'][^\"'\n]{{1,100}}[\"'][ \t]{{0,4}},\s{{0,8}}{QUOTED}\s{{0,8}}[)\]]")),
    ("[", WhenNeeded(rf"[ \t]{{0,4}}=[ \t]{{0,4}}[(\[][ \t]{{0,4}}[\"'][^\"'\n]{{1,100}}[\"'][ \t]{{0,4}},\s{{0,8}}{QUOTED}\s{{0,8}}[)\]]")),
)  # fmt: skip
ANNOUNCES = re.compile(r"(?:pass|pwd|pw|secret|token|key|cred|auth|bearer)[A-Za-z0-9_.]{0,40}", re.IGNORECASE)
HEADS = ("pass", "pwd", "pw", "secret", "token", "key", "cred", "auth", "bearer")
BEFORE_NAME = re.compile(r"[A-Za-z0-9_.]{0,60}\Z")
LONGEST = 500
COMPARED = re.compile(
    r"(?P<q>[\"'])\s{0,4}[!=]==?\s{0,4}\$?(?:\w{1,40}\.)?(?i:password|passwd|passphrase|pwd|secret|\w{0,20}_(?:password|token|secret|key))\b"
)
SEVERAL = re.compile(
    r"(?P<names>\(?[$@]?\w{1,40}(?:[ \t]{0,4},[ \t]{0,4}[$@]?\w{1,40}){1,5}\)?)[ \t]{0,4}=[ \t]{0,4}(?:\(|\[)?[ \t]{0,4}"
    r"(?P<values>(?:qw[ \t]?[({\[][^(){}\[\]\n]{1,300}|[\"'][^\"'\n]{0,200}[\"'](?:[ \t]{0,4},[ \t]{0,4}[\"'][^\"'\n]{0,200}[\"']){1,5}))"
)
PIECE = re.compile(r"[\"'](?P<v>[^\"'\n]{0,200})[\"']|(?<=[\s({\[])(?P<w>[^\s\"',(){}\[\]]+)")


def spans(text: str) -> Iterator[Span]:
    """Secrets after the patterns, under names that announce one, in assignments of several names, in comparisons."""
    for called, needle, pattern in PATTERNS:
        if needle in text:
            for match in pattern.finditer(text):
                yield from _found(match, match.groupdict().get("name"), called)
    if may_hold(lowered(text), HEADS):
        yield from _named(text)
    for match in COMPARED.finditer(text) if "=" in text else ():
        opens = text.rfind(match["q"], max(0, match.start() - LONGEST), match.start())
        value = text[opens + 1 : match.start()]
        if opens >= 0 and len(value) > 2 and "\n" not in value and _is_secret(value, quoted=True):
            yield Span(opens + 1, match.start(), "PASSWORD", "written")


def _named(text: str) -> Iterator[Span]:
    tails = [pattern.compiled for needle, pattern in AFTER_NAME if needle in text]
    line_end = -1
    for match in ANNOUNCES.finditer(text):
        before = BEFORE_NAME.search(text, max(0, match.start() - 60), match.start())
        name = (before[0] if before else "") + match[0]
        if name_class(name) is None:
            continue
        for tail in tails:
            if (found := tail.match(text, match.end())) is not None:
                yield from _found(found, name, "")
        if match.start() > line_end:  # each line once
            start = text.rfind("\n", max(0, match.start() - LONGEST), match.start()) + 1
            line_end = text.find("\n", match.start(), match.start() + LONGEST)
            line_end = line_end if line_end >= 0 else match.start() + LONGEST
            if "," in text[start:line_end]:
                yield from _several(text, max(start, match.start() - LONGEST), line_end)


def _found(match: re.Match[str], name: str | None, called: str) -> Iterator[Span]:
    group = "quoted" if match.groupdict().get("quoted") is not None else "bare"
    value = match[group]
    kind = name_class(name) if name else "secret"
    if (kind == "secret" or (kind == "key" and looks_random(value))) and _is_secret(value, quoted=group == "quoted"):
        yield Span(*match.span(group), called or spelled(name or "PASSWORD"), "written")


def _several(text: str, start: int, end: int) -> Iterator[Span]:
    """`user, password = "bob", "hunter2"`."""
    for match in SEVERAL.finditer(text, start, end):
        names = [name.strip("$@() \t") for name in match["names"].split(",")]
        if any(name_class(name) == "secret" for name in names):
            found = [piece for piece in PIECE.finditer(text, *match.span("values")) if piece["w"] != "qw"]
            for name, piece in zip(names, found, strict=False):
                group = "v" if piece["v"] is not None else "w"
                if name_class(name) == "secret" and _is_secret(piece[group], quoted=True):
                    yield Span(*piece.span(group), spelled(name), "written")


# what goes on with a value: `"abc"'def'`, `abc"def"`, a line's end in its middle; in a program `"abc" "def"`, `"abc" + "def"`
GOES_ON = re.compile(
    r"(?:\\\r?\n)?(?:(?P<q>[\"'])(?P<quoted>[^\"'\n$`]{1,300})(?P=q)|(?P<bare>[A-Za-z0-9!@%^+=_.~-][^\s\"'`$;|&()<>\\,/]{0,300}))"
)
NEXT_LITERAL = re.compile(r"\s{0,40}[+.]?\s{0,40}[rbu]?(?P<q>[\"'])(?P<quoted>[^\"'\n]{1,300})(?P=q)")
MOST_PIECES = 8


def rest(text: str, span: Span, is_code: bool) -> Iterator[Span]:
    """The further pieces of the word, or of the literal, that a value begins."""
    at, quote = span.end, text[span.end : span.end + 1]
    line = text[max(text.rfind("\n", max(0, span.start - 500), span.start) + 1, span.start - 500) : span.start]
    opened = text[span.start - 1 : span.start] if span.start else ""
    if quote in {'"', "'"} and (line.count(quote) % 2 == 1):
        at += 1  # the value's own quote, or that of a text around it
    elif is_code:
        return
    for _ in range(MOST_PIECES):
        if is_code:
            found = NEXT_LITERAL.match(text, at)
        else:
            found = GOES_ON.match(text, at)
            if found is not None and found["bare"] and at == span.end and text[at] != "\\":
                return  # the value ended here for a reason
            if found is not None and found["q"] and line.count(found["q"]) % 2 == 1 and found["q"] != opened:
                return  # the end of a text around it
        if found is None:
            return
        group = "quoted" if found["quoted"] is not None else "bare"
        if not is_placeholder_free(found[group]):
            return
        yield Span(*found.span(group), f"{span.name[:58]}_REST", span.kind)
        at = found.end()


def _is_secret(value: str, quoted: bool) -> bool:
    return bool(value.strip()) and is_placeholder_free(value) and not is_reference(value, quoted=quoted)
