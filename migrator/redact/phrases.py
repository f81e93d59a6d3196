"""Secrets that follow a phrase rather than a name: subcommands, words of a call, what is fed to a program that asks."""

# ruff: noqa: E501 - tables and patterns: one entry a line reads better than a folded one

import re
from collections.abc import Iterator

from migrator.redact.names import name_class, spelled
from migrator.redact.span import Span
from migrator.redact.values import VALUE, is_placeholder_free, is_reference

TELLING = r"[\w.-]{0,40}(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|pass)[\w.-]{0,20}"
WORD = r"[^\s\"'|;&<>]{1,200}"
QUOTED = r"(?P<q>[\"'])(?P<quoted>(?:\\.|(?!(?P=q))[^\n\\]){1,300})(?P=q)"
FED = r"(?:echo|printf)[ \t]+(?:-[neE]+[ \t]+)?(?:[\"']%s(?:\\n)?[\"'][ \t]+)?"

# The name, a word that must stand in the text so that the pattern can match, and the pattern.
PHRASES: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("SMB_PASSWORD", "smbclient", re.compile(rf"smbclient[ \t]+[\"']?//{WORD}[\"']?[ \t]+(?!-){VALUE}")),
    ("SETTING", " set ", re.compile(rf"(?i:config(?:ure)?[ \t]+set[ \t]+(?:--\S{{1,40}}[ \t]+)?{TELLING})[ \t]+{VALUE}")),
    ("PDF_PASSWORD", "_pw ", re.compile(rf"\b(?:user|owner|input)_pw[ \t]+{VALUE}")),
    ("VAULT_TOKEN", "vault", re.compile(rf"\bvault[ \t]+login[ \t]+(?!-)(?![\w-]+=){VALUE}")),
    ("COMPOSER_PASSWORD", "http-basic.", re.compile(rf"http-basic\.{WORD}[ \t]+{WORD}[ \t]+{VALUE}")),
    ("COMPOSER_TOKEN", "composer", re.compile(rf"composer[ \t][^|;&\n]{{0,60}}(?:oauth|token|bearer)\.{WORD}[ \t]+{VALUE}")),
    ("DNS_KEY", " -y ", re.compile(r"(?:nsupdate|dig|rndc)[ \t][^|;&\n]{0,100}-y[ \t]+[\"']?(?:[\w-]{1,40}:)?[\w.-]{1,100}:(?P<bare>[^\s\"':]{4,300})")),
    ("NETWORK_PASSWORD", "nmcli", re.compile(rf"nmcli[ \t][^|;&\n]{{0,200}}[ \t](?:password|wifi-sec\.psk|802-1x\.password)[ \t]+{VALUE}")),
    ("RABBITMQ_PASSWORD", "rabbitmqctl", re.compile(rf"rabbitmqctl[ \t][^|;&\n]{{0,60}}(?:add_user|change_password|authenticate_user)[ \t]+{WORD}[ \t]+{VALUE}")),
    ("B2_KEY", "authorize", re.compile(rf"\bb2[ \t]+(?:account[ \t]+authorize|authorize[_-]account)[ \t]+{WORD}[ \t]+{VALUE}")),
    ("STORE_KEY", "mc ", re.compile(rf"\bmc[ \t]+(?:alias[ \t]+set|config[ \t]+host[ \t]+add)[ \t]+{WORD}[ \t]+{WORD}[ \t]+{WORD}[ \t]+{VALUE}")),
    ("EXPECT_PASSWORD", "assword", re.compile(r"(?i:ass(?:word|phrase))[^\n]{0,60}\n?[^\n]{0,20}\bsend(?:[ \t]+--)?[ \t]+\\?[\"'](?P<bare>[^\"'\n\\$]{1,200})\\r")),
    ("PASSPHRASE", "<<<", re.compile(rf"(?:password_stdin|passphrase-fd|passwd-on-stdin|password-stdin|passin[ \t]+stdin)[^|;&\n<]{{0,200}}<<<[ \t]*{VALUE}")),
    ("PASSPHRASE", "<<<", re.compile(rf"\b\d{{0,2}}<<<[ \t]*{VALUE}[^\n]{{0,20}}\n?[^\n]{{0,20}}(?:passphrase-fd|passin[ \t]+fd)")),
    ("PASSWORD", "|", re.compile(rf"{FED}{VALUE}[\"']?[ \t]{{0,20}}\|[ \t]{{0,20}}[^|;&\n]{{1,200}}-(?:-with-token|-?password-?stdin|-?passwd-on-stdin|-?token-stdin)\b")),
    ("SUDO_PASSWORD", "sudo", re.compile(rf"{FED}{VALUE}[\"']?[ \t]{{0,20}}\|[ \t]{{0,20}}(?:/\S{{0,40}}/)?sudo[ \t][^|;&\n]{{0,60}}-[a-zA-Z]{{0,4}}S")),
    ("PGPASS", "pgpass", re.compile(r"[\"'][^\s:\"']{1,100}:(?:\d{2,5}|\*):[^\s:\"']{1,100}:[^\s:\"']{1,100}:(?P<bare>[^\s\"']{1,200})[\"'][ \t]*>+[^\n]{0,60}pgpass")),
    ("RDP_PASSWORD", "freerdp", re.compile(rf"(?:xfreerdp|wlfreerdp|sfreerdp)3?[ \t][^|;&\n]{{0,300}}[ \t]/p:{VALUE}")),
    ("HTTP_PASSWORD", "uth", re.compile(rf"(?:\bauth[\"']?\s{{0,4}}(?:=>|[=:])\s{{0,4}}[(\[]|basic_auth\s{{0,2}}\(?|authorization_basic\s{{0,2}}\(|[bB]asicAuth\s{{0,2}}\()\s{{0,4}}[\"'][^\"'\n]{{0,100}}[\"']\s{{0,4}},\s{{0,4}}{QUOTED}")),
    ("PASSWORD", "assword", re.compile(rf"(?:set|with|use)_?[pP]assword\s{{0,2}}\(\s{{0,4}}{QUOTED}")),
    ("PASSWORD", "redentials", re.compile(rf"(?:set|with|use)_?[cC]redentials\s{{0,2}}\(\s{{0,4}}[\"'][^\"'\n]{{0,100}}[\"']\s{{0,4}},\s{{0,4}}{QUOTED}")),
    ("PASSWORD", "default", re.compile(rf"[\"']--?(?i:{TELLING})[\"'][^)\n]{{0,200}}\bdefault[ \t]{{0,4}}=[ \t]{{0,4}}{QUOTED}")),
    ("PASSWORD", "`", re.compile(rf"\b(?i:{TELLING})[\"']?[ \t]{{0,4}}[:=][ \t]{{1,4}}`(?P<bare>[^`$\s(){{}}/]{{3,200}})`(?=[ \t]*[,;}}\n])")),
)  # fmt: skip

# ${NAME:-value} and ${NAME:=value}
DEFAULT = re.compile(r"\$\{(?P<name>\w{1,60}):?[-=](?P<q>[\"']?)(?P<v>[^\s{}$\"'`]{2,300})(?P=q)\}")
ARRAY = re.compile(r"(?P<name>\b\w{1,60})=\((?P<items>[^()\n$`]{1,2000})\)")
ITEM = re.compile(r"(?:\[[^\]\n]{0,60}\]=)?" + VALUE)
KEPT_PAIR = re.compile(r"(?:-u|--user|--proxy-user)[ =]{0,4}[\"']?\$\{?(?P<name>\w{1,60})")


def spans(text: str) -> Iterator[Span]:
    """Secrets after the phrases, in defaults of variables, in arrays, and in a variable that an option takes as user:password."""
    for name, needle, pattern in PHRASES:
        if needle in text:
            for match in pattern.finditer(text):
                group = "quoted" if match.groupdict().get("quoted") is not None else "bare"
                if _is_secret(match[group], quoted=group == "quoted"):
                    yield Span(*match.span(group), name, "phrase")
    if "${" in text:
        for match in DEFAULT.finditer(text):
            if name_class(match["name"]) == "secret" and _is_secret(match["v"], quoted=False):
                yield Span(*match.span("v"), spelled(match["name"]), "default")
    if "=(" in text:
        for match in ARRAY.finditer(text):
            if name_class(match["name"].rstrip("sS")) == "secret":
                yield from _items(text, match)
    names = sorted({match["name"] for match in KEPT_PAIR.finditer(text)})[:20]
    for name in names:
        for match in re.finditer(rf"\b{name}=[\"']?[^\s:\"'$]{{1,100}}:(?P<v>[^\s\"'$]{{1,200}})", text):
            if _is_secret(match["v"], quoted=False):
                yield Span(*match.span("v"), "HTTP_PASSWORD", "setting")


def _items(text: str, array: re.Match[str]) -> Iterator[Span]:
    for item in ITEM.finditer(text, *array.span("items")):
        group = "quoted" if item["quoted"] is not None else "bare"
        if _is_secret(item[group], quoted=group == "quoted"):
            yield Span(*item.span(group), spelled(array["name"]), "setting")


def _is_secret(value: str, quoted: bool) -> bool:
    return bool(value.strip()) and is_placeholder_free(value) and not is_reference(value, quoted=quoted)
