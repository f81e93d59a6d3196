"""Which Debian packages bring the PHP extensions that a script uses, and which folders hold its Composer application."""

# ruff: noqa: E501 - tables and patterns: one entry a line reads better than a folded one

import posixpath
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from migrator.emit.package_files import PLAIN_FOLDER, json_object
from migrator.model.finding import Fact, ScriptFile
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
# extensions that are part of a package of another name; https://packages.debian.org/bookworm/php8.2-common and its likes
PART_OF = {
    **dict.fromkeys(("dom", "simplexml", "xml", "xmlreader", "xmlwriter", "xsl"), "php-xml"),
    **dict.fromkeys(("mysqli", "mysqlnd", "pdo_mysql"), "php-mysql"),
    **dict.fromkeys(("pgsql", "pdo_pgsql"), "php-pgsql"),
    **dict.fromkeys(("sqlite3", "pdo_sqlite"), "php-sqlite3"),
}  # fmt: skip
LIST, LOCK = "composer.json", "composer.lock"
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


class Locked(NamedTuple):
    """An application whose lock file installs its `vendor/`."""

    folder: str
    own: bool  # its autoloader loads files of its own, too, which nobody copied


def locked(facts: Iterable[Fact], scripts: Iterable[ScriptFile], texts: Mapping[str, bytes]) -> tuple[Locked, ...]:
    """The applications whose composer.json and composer.lock came along, and whose packages all come as archives or from
    repositories, not from folders of the server. `texts`: the bytes of each script by its sha256."""
    files = {script.path: script.sha256 for script in scripts}
    found = []
    for folder in applications(facts):
        if not PLAIN_FOLDER.fullmatch(folder) or not {f"{folder}/{LIST}", f"{folder}/{LOCK}"} <= files.keys():
            continue
        listed, lock = (json_object(texts[files[f"{folder}/{name}"]]) for name in (LIST, LOCK))
        packages = lock.get("packages")
        if isinstance(packages, list) and all(isinstance(one, dict) and not _is_a_folder(one) for one in packages):
            found.append(Locked(folder, own=bool(listed.get("autoload"))))
    return tuple(found)


def asked_by(locks: Iterable[Locked], scripts: Iterable[ScriptFile], texts: Mapping[str, bytes]) -> frozenset[str]:
    """Debian's packages of the extensions that locked packages ask for (`ext-mbstring`): without them Composer installs nothing."""
    files = {script.path: script.sha256 for script in scripts}
    names = set[str]()
    for one in locks:
        for name in (LIST, LOCK):
            whole = json_object(texts[files[f"{one.folder}/{name}"]])
            packages = whole.get("packages")
            for asking in (whole, *(packages if isinstance(packages, list) else ())):
                wanted = asking.get("require")
                names |= {key.removeprefix("ext-") for key in wanted or () if key.startswith("ext-")}
    return frozenset(package for name in names if (package := PART_OF.get(name) or f"php-{name}") in EXTENSIONS)


def _is_a_folder(package: Mapping[str, Any]) -> bool:
    dist = package.get("dist")
    return isinstance(dist, dict) and dist.get("type") == "path"


def applications(facts: Iterable[Fact]) -> tuple[str, ...]:
    """The folders that hold Composer's `vendor/autoload.php` of the job, sorted."""
    found = {fact.detail or fact.value for fact in facts if fact.kind == "library" and is_composer(fact)}
    return tuple(sorted({posixpath.dirname(posixpath.dirname(path)) for path in found if path.endswith("vendor/autoload.php")}))


def is_composer(fact: Fact) -> bool:
    """True for the fact of Composer's autoloader: `value` composer and the file in `detail`, or the other way round."""
    return "vendor/autoload.php" in f"{fact.value} {fact.detail}"
