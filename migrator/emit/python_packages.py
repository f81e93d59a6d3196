"""requirements.txt: what the job's Python scripts import, as pip calls it."""

import re
from collections.abc import Iterable

from migrator.emit import php
from migrator.model.finding import Fact

SOURCE = "https://packaging.python.org/en/latest/specifications/name-normalization/"
# module -> distribution, where they differ; each one from the project's own page
DISTRIBUTIONS = {
    "Crypto": "pycryptodome", "MySQLdb": "mysqlclient", "OpenSSL": "pyOpenSSL", "PIL": "pillow", "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless", "dateutil": "python-dateutil", "docx": "python-docx", "dotenv": "python-dotenv",
    "fitz": "pymupdf", "git": "GitPython", "jwt": "PyJWT", "ldap": "python-ldap",
    "magic": "python-magic", "mysql": "mysql-connector-python", "pkg_resources": "setuptools", "psycopg2": "psycopg2-binary",
    "pymongo": "pymongo", "bson": "pymongo", "serial": "pyserial", "skimage": "scikit-image", "sklearn": "scikit-learn",
    "slugify": "python-slugify", "smbclient": "smbprotocol", "telegram": "python-telegram-bot", "usb": "pyusb",
    "yaml": "PyYAML", "zmq": "pyzmq",
}  # fmt: skip
AMBIGUOUS = frozenset({"google", "azure", "zope"})  # many distributions bring a part of them: a person names which
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
PINNED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9.!+_-]+")


def requirements(facts: Iterable[Fact], languages: Iterable[str | None]) -> tuple[str, ...]:
    """Lines of requirements.txt, sorted: `name==version` where the server's tree tells it, else the bare name.

    `languages`: those of the job's scripts; where Python is none of them, neither are the libraries.
    """
    if "python" not in set(languages):
        return ()
    found: dict[str, str] = {}
    for fact in facts:
        others = ("use", "linked", "npm ", "composer ")  # PHP's, compiled programs', Node's
        if fact.kind != "library" or php.is_composer(fact) or (fact.detail or "").startswith(others):
            continue
        if fact.detail and PINNED.fullmatch(fact.detail):
            found[fact.value] = fact.detail
        elif fact.value not in AMBIGUOUS and NAME.fullmatch(fact.value):
            found.setdefault(fact.value, DISTRIBUTIONS.get(fact.value, fact.value))
    return tuple(sorted(set(found.values())))


def unpinned(lines: Iterable[str]) -> tuple[str, ...]:
    """Those without a version."""
    return tuple(line for line in lines if "==" not in line)
