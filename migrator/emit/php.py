"""Which Debian packages bring the PHP extensions that a script uses, and which folders hold its Composer application."""

# ruff: noqa: E501 - tables and patterns: one entry a line reads better than a folded one

import posixpath
import re
from collections.abc import Iterable, Mapping

from migrator.model.finding import Fact
from migrator.model.plan import JobPlan

SOURCE = "https://packages.debian.org/bookworm/php/"
AS_OF = "2026-11-24"
# package -> what a program writes that needs it; functions and classes of https://www.php.net/manual/en/funcref.php
EXTENSIONS = {
    "php-amqp": r"AMQPConnection|AMQPQueue|AMQPChannel",
    "php-bcmath": r"bc(?:add|sub|mul|div|mod|pow|powmod|sqrt|comp|scale)",
    "php-curl": r"curl_\w+|CurlHandle|CURLFile",
    "php-gd": r"image(?:create\w*|copy\w*|jpeg|png|gif|webp|destroy|scale|rotate|ttftext|string)|getimagesize",
    "php-gmp": r"gmp_\w+",
    "php-imagick": r"Imagick\w*",
    "php-imap": r"imap_\w+",
    "php-intl": r"NumberFormatter|IntlDateFormatter|IntlCalendar|Collator|Normalizer|MessageFormatter|Transliterator|idn_to_\w+|locale_\w+|numfmt_\w+|grapheme_\w+",
    "php-ldap": r"ldap_\w+",
    "php-mbstring": r"mb_\w+",
    "php-memcached": r"Memcached",
    "php-mongodb": r"MongoDB",
    "php-mysql": r"mysqli\w*|mysql_\w+|PDO::MYSQL_\w+",
    "php-odbc": r"odbc_\w+",
    "php-pgsql": r"pg_\w+",
    "php-redis": r"Redis|RedisCluster",
    "php-snmp": r"snmp\w*_?(?:get|walk|set)\w*",
    "php-soap": r"SoapClient|SoapServer",
    "php-sqlite3": r"SQLite3",
    "php-ssh2": r"ssh2_\w+",
    "php-tidy": r"tidy_\w+",
    "php-xml": r"simplexml_\w+|SimpleXMLElement|DOMDocument|DOMXPath|XMLReader|XMLWriter|XSLTProcessor|xml_parser_\w+|utf8_(?:en|de)code",
    "php-yaml": r"yaml_(?:parse|emit)\w*",
    "php-zip": r"ZipArchive|zip_open",
}  # fmt: skip
# the drivers of PDO, by the beginning of the data source name
DRIVERS = {
    "php-mysql": r"""['"]mysql:""",
    "php-pgsql": r"""['"]pgsql:""",
    "php-sqlite3": r"""['"]sqlite:""",
    "php-odbc": r"""['"]odbc:""",
    "php-sybase": r"""['"](?:dblib|sybase):""",
}
USED = {package: re.compile(rf"(?<![\w$>])(?:{names})\b") for package, names in EXTENSIONS.items()}
DSN = {package: re.compile(start) for package, start in DRIVERS.items()}


def packages(entry: JobPlan, scripts: Mapping[str, bytes]) -> frozenset[str]:
    """The packages of every extension that the job's PHP scripts use."""
    found: set[str] = set()
    for script in entry.scripts:
        if script.language != "php":
            continue
        text = scripts[script.sha256].decode("utf-8", "replace")
        found |= {package for package, names in USED.items() if names.search(text)}
        if "PDO" in text:
            found |= {package for package, start in DSN.items() if start.search(text)}
    return frozenset(found)


def applications(facts: Iterable[Fact]) -> tuple[str, ...]:
    """The folders that hold Composer's `vendor/autoload.php` of the job, sorted."""
    found = {fact.detail or fact.value for fact in facts if fact.kind == "library" and is_composer(fact)}
    return tuple(sorted({posixpath.dirname(posixpath.dirname(path)) for path in found if path.endswith("vendor/autoload.php")}))


def is_composer(fact: Fact) -> bool:
    """True for the fact of Composer's autoloader: `value` composer and the file in `detail`, or the other way round."""
    return "vendor/autoload.php" in f"{fact.value} {fact.detail}"
