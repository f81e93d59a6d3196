"""Secrets that are recognised by their own shape, whatever stands around them.

Source: the shapes are the makers' own (token prefixes are published so that scanners find them); detect-secrets lists the same.
"""

# ruff: noqa: E501 - tables and patterns: one entry a line reads better than a folded one

import re
from collections.abc import Iterator

from migrator.redact.names import spelled
from migrator.redact.needles import WhenNeeded, lowered, may_hold
from migrator.redact.span import Span
from migrator.redact.values import OF_CARD, is_reference

B = r"(?<![A-Za-z0-9_-])"

# The name, what must stand in a text so that the pattern can match (that is quick to see), and the pattern.
TOKENS: tuple[tuple[str, str, str], ...] = (
    (
        "AWS_ACCESS_KEY_ID",
        "A3T AKIA ABIA ACCA ASIA",
        r"(?<![A-Za-z0-9])(?:A3T[A-Z0-9]|AKIA|ABIA|ACCA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])",
    ),
    ("GITHUB_TOKEN", "ghp_ gho_ ghu_ ghs_ ghr_", B + r"gh[pousr]_[A-Za-z0-9]{20,255}"),
    ("GITHUB_TOKEN", "github_pat_", B + r"github_pat_[A-Za-z0-9_]{20,255}"),
    (
        "GITLAB_TOKEN",
        "glpat- gldt- glptt- glrt- glft- glimt- glagent- glsoat- glcbt-",
        B + r"gl(?:pat|dt|ptt|rt|ft|imt|agent|soat|cbt)-[A-Za-z0-9_-]{16,300}",
    ),
    ("SLACK_TOKEN", "xox", B + r"xox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,250}"),
    ("SLACK_TOKEN", "xapp-", B + r"xapp-\d-[A-Za-z0-9-]{10,250}"),
    ("STRIPE_KEY", "k_live_ k_test_ whsec_", B + r"(?:[rs]k_(?:live|test)|whsec)_[A-Za-z0-9]{10,250}"),
    ("SENDGRID_KEY", "SG.", B + r"SG\.[A-Za-z0-9_-]{10,40}\.[A-Za-z0-9_-]{10,80}"),
    ("TWILIO_KEY", "AC SK", B + r"(?:AC|SK)[a-z0-9]{32}(?![A-Za-z0-9])"),
    ("MAILCHIMP_KEY", "-us", r"(?<![A-Za-z0-9])[0-9a-f]{32}-us\d{1,2}(?!\d)"),
    ("MAILGUN_KEY", "key-", B + r"key-[0-9a-zA-Z]{32}(?![A-Za-z0-9])"),
    ("NPM_TOKEN", "npm_", B + r"npm_[A-Za-z0-9]{36}"),
    ("NPM_TOKEN", "_authToken=", r"(?<=_authToken=)[^\s$\"']{8,200}"),
    ("PYPI_TOKEN", "pypi-", B + r"pypi-[A-Za-z0-9_-]{16,400}"),
    ("SQUARE_KEY", "sq0", B + r"sq0(?:csp|atp|idp)-[A-Za-z0-9_-]{20,60}"),
    ("OPENAI_KEY", "sk-", B + r"sk-[A-Za-z0-9_-]{20,250}"),
    ("GOOGLE_API_KEY", "AIza", B + r"AIza[A-Za-z0-9_-]{30,40}"),
    ("GOOGLE_TOKEN", "ya29.", B + r"ya29\.[A-Za-z0-9_-]{20,300}"),
    ("GOOGLE_CLIENT_SECRET", "GOCSPX-", B + r"GOCSPX-[A-Za-z0-9_-]{20,40}"),
    ("DIGITALOCEAN_TOKEN", "_v1_", B + r"do[opr]_v1_[a-f0-9]{64}"),
    ("SHOPIFY_TOKEN", "shp", B + r"shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}"),
    ("VAULT_TOKEN", "hvs. hvb. hvr.", B + r"hv[sbr]\.[A-Za-z0-9_-]{20,300}"),
    (
        "ARTIFACTORY_TOKEN",
        "AKC AP",
        r"(?<![A-Za-z0-9+/])AKC[a-zA-Z0-9]{10,120}(?![A-Za-z0-9+/])|(?<![A-Za-z0-9+/])AP[0-9A-F][a-zA-Z0-9]{16,120}(?=[\s\"']|$)",
    ),
    ("NEW_RELIC_KEY", "NRAK- NRAA-", B + r"NRA(?:K-[A-Z0-9]{27}|A-[a-f0-9]{27})"),
    ("NEW_RELIC_KEY", "NRII- NRIQ- NRRA-", B + r"NR(?:I[IQ]-[A-Za-z0-9_-]{32}|RA-[a-f0-9]{42})"),
    ("NEW_RELIC_KEY", "NRAL", B + r"[a-zA-Z0-9]{6}[a-f0-9]{30}NRAL"),
    ("PIXIE_KEY", "px-", B + r"px-(?:api|dep)-[a-f0-9]{8}-[a-f0-9-]{27}"),
    ("MWS_TOKEN", "amzn.mws.", r"amzn\.mws\.[0-9a-f]{8}-[0-9a-f-]{27}"),
    ("AGE_KEY", "AGE-SECRET-KEY-1", B + r"AGE-SECRET-KEY-1[A-Z0-9]{50,60}"),
    ("DATABRICKS_TOKEN", "dapi", B + r"dapi[0-9a-f]{32}(?:-\d)?"),
    ("DOPPLER_TOKEN", "dp.", B + r"dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._-]{20,100}"),
    ("LINEAR_KEY", "lin_", B + r"lin_(?:api|oauth)_[A-Za-z0-9]{20,80}"),
    ("GRAFANA_TOKEN", "gl", B + r"gls?a?c?_[A-Za-z0-9]{32,200}(?:_[A-Fa-f0-9]{8})?"),
    ("DISCORD_TOKEN", ".", B + r"[MNO][A-Za-z\d_-]{23,25}\.[A-Za-z\d_-]{6}\.[A-Za-z\d_-]{27,38}"),
    ("TELEGRAM_TOKEN", ":", r"(?<![0-9])\d{8,12}:(?:AA[A-Za-z0-9_-]{32,33}|[A-Za-z0-9_-]{35})(?![A-Za-z0-9_-])"),
    ("JWT", "eyJ", B + r"eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{8,8000}(?:\.[A-Za-z0-9_-]{0,2000})?"),
    ("PASSWORD_HASH", "$", r"\$(?:1|2[abxy]|5|6|7|y|apr1|argon2(?:id|i|d))\$[A-Za-z0-9./$=,+-]{20,300}"),
    ("ANSIBLE_VAULT", "$ANSIBLE_VAULT", r"(?<=\$ANSIBLE_VAULT;1\.1;AES256\n)(?:\s*[0-9a-f]{40,100}\n?){1,200}"),
    ("AZURE_STORAGE_KEY", "AccountKey=", r"(?<=AccountKey=)[A-Za-z0-9+/=]{20,200}"),
    ("SHARED_ACCESS_KEY", "SharedAccessKey=", r"(?<=SharedAccessKey=)[A-Za-z0-9+/=]{20,200}"),
)

# Whoever knows such an address can use it. The name, what must stand in a text in small letters, and the pattern.
CAPABILITY_URLS: tuple[tuple[str, str, str], ...] = (
    ("SLACK_WEBHOOK", "slack", r"hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/(?P<v>[A-Za-z0-9/_-]{10,120})"),
    ("DISCORD_WEBHOOK", "discord", r"discord(?:app)?\.com/api/webhooks/(?P<v>[0-9]{5,25}/[A-Za-z0-9_-]{20,120})"),
    ("TEAMS_WEBHOOK", "office", r"(?:webhook\.office\.com/webhookb2|outlook\.office\.com/webhook)/(?P<v>[A-Za-z0-9@/._-]{20,300})"),
    ("TELEGRAM_TOKEN", "telegram", r"api\.telegram\.org/(?:file/)?bot(?P<v>[A-Za-z0-9:_-]{8,80})"),
    ("PING_URL", "hc-ping hchk ohdear checklyhq wdt.io", r"(?:hc-ping\.com|hchk\.io|ping\.ohdear\.app|ping\.checklyhq\.com|wdt\.io)/(?P<v>[A-Za-z0-9][A-Za-z0-9_/-]{5,120})"),
    ("PING_URL", "/ping/", r"/ping/(?P<v>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[A-Za-z0-9_-]{20,64})"),
    ("PING_URL", "cronitor", r"cronitor\.(?:link|io)/(?:p/)?(?P<v>[A-Za-z0-9]{5,64})"),
    ("PING_URL", "uptime", r"(?:betteruptime|uptime\.betterstack)\.com/api/v1/heartbeat/(?P<v>[A-Za-z0-9_-]{8,64})"),
    ("PING_URL", "nosnch uptimerobot honeybadger", r"(?:nosnch\.in|heartbeat\.uptimerobot\.com|api\.honeybadger\.io/v1/check_in)/(?P<v>[A-Za-z0-9_-]{6,64})"),
    ("PING_URL", "/api/push/", r"/api/push/(?P<v>[A-Za-z0-9_-]{8,64})"),
    ("PING_URL", "cronhub", r"cronhub\.io/(?:ping|start|finish)/(?P<v>[A-Za-z0-9_-]{8,64})"),
    ("IFTTT_KEY", "ifttt", r"maker\.ifttt\.com/trigger/[^/\s]{1,80}/with/key/(?P<v>[A-Za-z0-9_-]{8,80})"),
    ("CRON_KEY", "/cron", r"/cron(?:\.php)?/(?P<v>[A-Za-z0-9_-]{30,100})(?![A-Za-z0-9_-])"),
    ("WEBHOOK_KEY", "zapier", r"hooks\.zapier\.com/hooks/catch/(?P<v>[A-Za-z0-9/_-]{6,80})"),
    ("SOFTLAYER_KEY", "softlayer", r"api\.softlayer\.com/(?:soap|xmlrpc|rest)/v3(?:\.1)?/(?P<v>[0-9a-f]{64})"),
    ("PAGERDUTY_KEY", "pagerduty", r"events\.pagerduty\.com/integration/(?P<v>[A-Za-z0-9]{16,64})"),
)  # fmt: skip

USERINFO = re.compile(
    r"(?P<scheme>[A-Za-z0-9+]{2,20})://(?P<user>[^\s/:@'\"?#<>]{0,120}):(?P<v>[^\s/'\"<>]{1,200})@(?=[\w\[.$@%/-])"
)
OF_CARD_CHARS = 300
TOKEN_USER = re.compile(r"://(?P<v>[A-Za-z0-9_-]{20,200})@(?=[\w\[.$-])")
# Where git asks for a password, a job without a terminal cannot answer: whoever stands alone before such a host is a token. Not so
# the names that these hosts give to every token, and not the owner of what is fetched (`https://bob@github.com/bob/app`).
CODE_HOST = re.compile(
    r"https?://(?P<v>[A-Za-z0-9_.~-]{1,255})@(?:[\w-]{1,60}\.){0,3}"
    r"(?:github|gitlab|bitbucket|visualstudio|azure|gitea|codeberg|huggingface|sr)\.[\w.]{2,40}(?::\d{1,5})?/(?P<owner>[\w.~-]{0,255})",
    re.IGNORECASE,
)
NO_TOKENS = frozenset("git oauth2 oauth x-access-token x-oauth-basic x-token-auth token user username gitlab-ci-token".split())
LETTERS_MIN = 32  # of a user name of letters alone that stands before any other host
QUERY = re.compile(
    r"[?&;](?P<name>[\w.\[\]-]{0,30}(?:key|token|secret|auth|pass|passwd|password|pwd|sig|signature|apikey|hash|code|sid|pw|access|pk))"
    r"=(?P<v>[^\s&\"'#<>;|)]{4,2000})",
    re.IGNORECASE,
)
HEADER = re.compile(
    r"""(?:Authorization|Proxy-Authorization)\\?["']?\s{0,4}(?:=>|[:,=])\s{0,4}(?:[rbf]{0,2}\\?["'])?
        (?:(?:Bearer|Basic|Token|Digest|ApiKey|Api-Key|Negotiate|AWS|GoogleLogin|Splunk|Key|PVEAPIToken=?|MediaBrowser|Api-?Token|SSWS|Bot|OAuth|NTLM|Hawk|JWT|GenieKey|Client-ID|SharedKey(?:Lite)?|AccessKey|Zoho-oauthtoken|sso-key|apikey|GoogleLogin|Api-Key|Secret|Session)\s{1,4})?
        (?:token=\\?["']?)?(?P<v>[^\s"'\\,]{3,4000})""",
    re.IGNORECASE | re.VERBOSE,
)  # fmt: skip
SCHEME = re.compile(r"Bearer|Basic|Token|Digest|sso-key|Negotiate", re.IGNORECASE)  # `"Bearer " + token`
X_HEADER = re.compile(
    r"""(?<![\w-])(?P<name>(?:[A-Za-z0-9]{1,30}-){1,6}(?:Token|Key|Secret|Auth|Password|Signature)|Cookie)\\?["']?\s{0,4}:\s{0,4}
        (?:\\?["'])?(?!latest\b)(?P<v>[^\s"'\\]{4,4000})""",  # `db-password:latest`: a version of a secret in a store
    re.VERBOSE | re.IGNORECASE,
)
PEM = re.compile(r"-----BEGIN (?P<name>[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?)-----")

SHAPES = tuple((name, tuple(needles.split()), WhenNeeded(pattern)) for name, needles, pattern in TOKENS)
ADDRESSES = tuple(
    (name, tuple(needles.split()), WhenNeeded(pattern, re.IGNORECASE)) for name, needles, pattern in CAPABILITY_URLS
)


def spans(text: str) -> Iterator[Span]:
    """Tokens, private keys, credentials and keys in addresses and headers."""
    for name, needles, pattern in SHAPES:
        if may_hold(text, needles):
            for match in pattern.finditer(text):
                yield Span(match.start(), match.end(), name, "token")
    if "-----BEGIN " in text:
        yield from _private_keys(text)
    low = lowered(text)
    if "/" in text:
        for name, needles, pattern in ADDRESSES:
            if not may_hold(low, needles):
                continue
            for match in pattern.finditer(text):
                if re.search(r"[0-9A-Z]", match["v"]):
                    yield Span(*match.span("v"), name, "capability-url")
    if "://" in text:
        yield from _users_of_addresses(text)
    for named, kind, sign in ((QUERY, "url-parameter", "="), (X_HEADER, "header", ":")):
        for match in named.finditer(text) if sign in text else ():
            is_card = match["name"] == "token" and OF_CARD.search(text[max(0, match.start() - OF_CARD_CHARS) : match.start()])
            if not is_card and not is_reference(match["v"], quoted=kind == "header"):
                yield Span(*match.span("v"), spelled(match["name"]), kind)
    for match in HEADER.finditer(text) if may_hold(low, ("authorization",)) else ():
        if (
            not is_reference(match["v"], quoted=True)
            and not match["v"].startswith(("$", "{"))
            and not SCHEME.fullmatch(match["v"])
        ):
            yield Span(*match.span("v"), "AUTHORIZATION", "header")


def _users_of_addresses(text: str) -> Iterator[Span]:
    for match in USERINFO.finditer(text):
        if not is_reference(match["v"], quoted=True):
            yield Span(*match.span("v"), spelled(f"{match['scheme']}_password"), "url-password")
    for match in TOKEN_USER.finditer(text):
        if re.search(r"[0-9]", match["v"]) or len(match["v"]) >= LETTERS_MIN:
            yield Span(*match.span("v"), "URL_TOKEN", "url-password")
    for match in CODE_HOST.finditer(text):
        if match["v"].lower() not in NO_TOKENS and match["v"].lower() != match["owner"].lower():
            yield Span(*match.span("v"), "URL_TOKEN", "url-password")


def _private_keys(text: str) -> Iterator[Span]:
    """The bodies of PEM and OpenPGP private keys; without an end line, everything up to the first blank line."""
    at = 0
    while match := PEM.search(text, at):
        end = text.find("-----END ", match.end())
        if end < 0:
            blank = text.find("\n\n", match.end())
            end = blank if blank >= 0 else len(text)
        at = max(end, match.end())
        body = text[match.end() : end]
        start = match.end() + len(body) - len(body.lstrip())
        end = start + len(body.strip())
        if end > start and not is_reference(text[start:end], quoted=True):
            yield Span(start, end, spelled(match["name"]), "private-key")
