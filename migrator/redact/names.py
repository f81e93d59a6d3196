"""Which names of options, settings and keys announce a secret, and how such a name is spelled as a reference."""

# ruff: noqa: E501 - tables and patterns: one entry a line reads better than a folded one

import functools
import re
from typing import Literal

WORDS = frozenset(
    "cred creds passwords secretkeys password passwd passphrase passwort pass pw pwd secret secrets token apikey credential credentials authtoken "
    "accesskey secretkey privatekey accountkey sharedkey masterkey bearer passcode psk sastoken".split()
)
ENDINGS = ("password", "passwd", "passphrase", "passwort", "secret", "token", "apikey", "pwd", "pass", "secretkey", "accesskey")
KEYS_BEFORE = frozenset(
    "api access secret private auth encryption account app shared master signing license licence storage service cron webhook "
    "cf gd ali dp linode vultr godaddy dnsimple namesilo hetzner ovh duckdns deploy write read instrumentation subscription integration routing aws azure consumer client hmac jwt session cipher "
    "cloudant softlayer github gitlab gitea slack stripe mailgun sendgrid twilio heroku newrelic okta algolia mapbox sentry pagerduty opsgenie datadog".split()
)
# A word like `key` alone says little: the value has to look random as well.
KEY_WORDS = frozenset(
    "key pat querykey auth salt nonce signature sig hash dsn sid authorization cookie session license webhook pin".split()
)
HARMLESS_LAST = frozenset(
    "file files filename path dir directory folder cmd command program script env stdin prompt fd id name names type types kind len length "
    "policy expiry expires expire ttl age reset url uri endpoint host port user username field label hint count limit max min size "
    "algorithm algo format version timeout interval regex pattern attempts enabled required store provider manager method mode "
    "identity map table column header index lifetime lifespan only first ring ids renew owner source arn list class lock".split()
)  # fmt: skip
HARMLESS = frozenset(
    "pwd oldpwd bypass compass passthrough nopasswd nopass sshpass askpass ssh_askpass sudo_askpass git_askpass histtoken surpass "
    "chpasswd htpasswd getpass openpass multipass bypass_pass keepass".split()
)
PUBLIC = frozenset({"public", "pub", "site"})  # `PUBLIC_KEY`, `SITE_KEY`: everybody may have it
ASKED_FOR = frozenset({"SSHPASS", "REDISCLI_AUTH"})  # variables that a program reads its password from
SEPARATORS = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])")

NameClass = Literal["secret", "key"]


@functools.lru_cache(maxsize=4096)
def name_class(name: str) -> NameClass | None:
    """`secret`: a value under this name is a secret; `key`: only if it looks random; None: the name says nothing.

    >>> [name_class(name) for name in ("DB_PASS", "dbPassword", "PASSWORD_FILE", "PWD", "CACHE_KEY", "API_KEY", "compass")]
    ['secret', 'secret', None, None, 'key', 'secret', None]
    """
    if name in ASKED_FOR:
        return "secret"
    if name.lower().strip("_-.") in HARMLESS:
        return None
    words = [word.lower() for word in SEPARATORS.split(name) if word]
    while len(words) > 1 and words[-1].isdigit():
        words.pop()
    if not words or words[-1] in HARMLESS_LAST:
        return None
    if not PUBLIC.isdisjoint(words) and words[-1] in {"key", "keys"}:
        return None
    for before, word in zip(["", *words], words, strict=False):
        bare = word.rstrip("0123456789")
        if bare in HARMLESS and len(words) == 1:
            return None
        if bare in WORDS or (bare.endswith(ENDINGS) and bare not in HARMLESS) or "apikey" in bare:
            return "secret"
        if bare in {"key", "keys"} and before in KEYS_BEFORE:
            return "secret"
    return "key" if any(word.rstrip("0123456789") in KEY_WORDS for word in words[-2:]) else None


def spelled(name: str, fallback: str = "SECRET") -> str:
    """The name as a reference is spelled: `[A-Z][A-Z0-9_]*`, at most 40 characters.

    >>> spelled("--db-password"), spelled("smtpPassword"), spelled("9")
    ('DB_PASSWORD', 'SMTP_PASSWORD', 'SECRET')
    """
    words = [word.upper() for word in SEPARATORS.split(name[-80:]) if word and word.isascii()]
    text = "_".join(words).lstrip("0123456789_")[:40].rstrip("_")
    return text or fallback
