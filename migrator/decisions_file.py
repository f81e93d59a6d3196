"""decisions.yaml: the user's word, read strictly with line numbers, checked against a plan, and written back whole.

Line: `version: 1`, then any of `answers:` (question id: answer), `jobs:` (job id: what is overridden), `servers:` (name: what is
known), `organisation:` (what holds for everything) and `assumptions:` (name: number). Everything about a job or a server becomes
an answer `<id>/<topic>`, so that `jobs: {report-1a2b: {target: host}}` and `answers: {report-1a2b/target: host}` say the same.
"""

import functools
import io
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from migrator.assumptions import Assumptions
from migrator.errors import PlanError
from migrator.model.finding import Question
from migrator.model.plan import Decisions, Organisation, OutFile
from migrator.topics import EVERYTHING, SERVER_TOPICS, TOPICS, YES_OR_NO, nearest

OVERRIDES = ("target", "size", "shape", "timeout", "dst", "keep")  # written under `jobs:`
DROP = "drop"  # how people say it; the answer is `keep: no`
COST = "cost"  # of a server
SECTIONS = ("version", "answers", "jobs", "servers", "organisation", "assumptions")
PROVIDERS = ("aws", "gcp", "azure")
PLAIN_KEY = re.compile(r"[a-z][a-z0-9_.-]*/[a-z][a-z0-9_-]*")  # a text in YAML, too, however it is read
ONE_LINE = 76  # behind that the library folds
PREFIX_LIMIT = 8  # names at the clouds leave that much room
EXAMPLE = """
# What is the same for every job, once; emitted files and bills use it.
# organisation:
#   network: vpc-0123456789abcdef0
#   subnets: [subnet-0a, subnet-0b]
#   name-prefix: acme-
#   tags: {cost-centre: "4711"}
#   discounts: {aws: 12}             # percent off list prices
#   server-costs: {t3.medium: 19.50} # what a server of a type costs here, USD a month
# Numbers that are our guess, with yours instead (their names are in the report).
# assumptions:
#   run_time_headroom: 1.5
"""


class Read(NamedTuple):
    """What a decisions.yaml says, and on which line each answer stands."""

    decisions: Decisions
    lines: Mapping[str, int]


NOTHING = Read(Decisions(), {})


def read(path: Path) -> Read:
    """The user's decisions. Raises `PlanError`: one line for each thing that is wrong, with its line in the file."""
    try:
        document = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(f"{path}: cannot be read ({error})") from error
    except (YAMLError, ValueError) as error:  # ValueError: a day that the calendar does not have
        raise PlanError(f"{path}: not YAML: {error}") from error
    if document is None:
        return NOTHING
    if not isinstance(document, CommentedMap):
        raise PlanError(f"{path}:1: found {type(document).__name__}; a mapping with `version: 1` and `answers:` is right")
    reader = _Reader(path)
    reader.keys(document, SECTIONS, "section")
    if document.get("version", 1) != 1:
        raise PlanError(f"{path}: version {document['version']!r}; this migrator reads version 1")
    reader.answers(document)
    reader.about(document, "jobs", (*TOPICS, DROP))
    reader.about(document, "servers", (*SERVER_TOPICS, COST))
    organisation = reader.organisation(document)
    assumptions = reader.assumptions(document)
    if reader.wrong:
        raise PlanError("\n".join(reader.wrong))
    return Read(Decisions(answers=reader.found, organisation=organisation, assumptions=assumptions), reader.lines)


def cost_of(instance_type: str) -> str:
    """What the cost of a type under `server-costs` is called among the lines of a file."""
    return f"server-costs/{instance_type}"


class _Reader:
    """Collects answers, their lines, and what is wrong."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: dict[str, str] = {}
        self.lines: dict[str, int] = {}
        self.wrong: list[str] = []

    def complain(self, where: CommentedMap, key: object, message: str) -> None:
        self.wrong.append(f"{self.path}:{where.lc.key(key)[0] + 1}: {message}")

    def keys(self, where: CommentedMap, known: Collection[str], kind: str) -> None:
        for key in where:
            if key not in known:
                self.complain(where, key, f"unknown {kind} {key!r}{nearest(str(key), known)} Known: {', '.join(known)}")

    def section(self, document: CommentedMap, name: str) -> CommentedMap:
        content = document.get(name)
        if content is None:
            return CommentedMap()
        if not isinstance(content, CommentedMap):
            self.complain(document, name, f"`{name}` holds {type(content).__name__}; a mapping is right")
            return CommentedMap()
        return content

    def answers(self, document: CommentedMap) -> None:
        section = self.section(document, "answers")
        for key, value in section.items():
            self.put(section, key, str(key), value)

    def about(self, document: CommentedMap, name: str, topics: Collection[str]) -> None:
        """What is said about single jobs or servers."""
        section = self.section(document, name)
        for key in section:
            entry = self.section(section, key)
            self.keys(entry, topics, "key")
            for topic, value in entry.items():
                if topic not in topics:
                    continue
                if topic == DROP:
                    said = _word(value)
                    if said not in YES_OR_NO:
                        self.complain(entry, topic, f"drop: {value!r}; yes or no is right")
                        continue
                    self.put(entry, topic, f"{key}/keep", "no" if said == "yes" else "yes")
                else:
                    self.put(entry, topic, f"{key}/{'server-cost' if topic == COST else topic}", value)

    def put(self, where: CommentedMap, key: object, name: str, value: object) -> None:
        word = _word(value)
        if not isinstance(key, str) or word is None:
            self.complain(where, key, f"{key!r}: {value!r}; one word or number is right")
        elif self.found.get(name, word) != word:
            self.complain(where, key, f"{name}: {word!r} here, {self.found[name]!r} on line {self.lines[name]}; say it once")
        else:
            self.found[name] = word
            self.lines[name] = where.lc.key(key)[0] + 1

    def organisation(self, document: CommentedMap) -> Organisation:
        section = self.section(document, "organisation")
        known = {name.replace("_", "-"): name for name in Organisation.__struct_fields__}
        self.keys(section, tuple(known), "key")
        fields: dict[str, Any] = {}
        for key, name in known.items():
            if section.get(key) is None:
                continue
            value = section[key]
            kept: object = None
            if name in {"subnets", "security_groups", "owners", "environments"}:
                words = [_word(one) for one in value] if isinstance(value, list) else [_word(value)]
                kept = tuple(words) if words and None not in words else None
            elif name == "tags":
                kept = _mapping(value, _word)
            elif name in {"discounts", "server_costs"}:
                kept = _mapping(value, _amount)
                if name == "server_costs" and kept is not None:
                    self.lines |= {cost_of(kind): value.lc.key(kind)[0] + 1 for kind in value}
                if kept is not None and name == "discounts":
                    for provider in kept:
                        if provider not in PROVIDERS:
                            known_ones = ", ".join(PROVIDERS)
                            near = nearest(provider, PROVIDERS)
                            self.complain(section, key, f"discounts: no provider {provider!r}{near} Known: {known_ones}")
                    if any(percent >= 100 for percent in kept.values()):
                        kept = None
            elif name == "care_hour_usd":
                kept = _amount(value)
            elif name == "reserved_until":
                kept = _day(value)
            else:
                kept = _word(value)
            if kept is None:
                self.complain(section, key, f"organisation, {key}: {value!r} is not {SAID_AS.get(name, 'one word')}")
            else:
                fields[name] = kept
        prefix = fields.get("name_prefix", "")
        if len(prefix) > PREFIX_LIMIT or not all(letter.isascii() and (letter.isalnum() or letter == "-") for letter in prefix):
            self.complain(
                section, "name-prefix", f"{prefix!r}: at most {PREFIX_LIMIT} letters, digits and hyphens, as cloud names allow"
            )
        for name in fields.get("environments", ()):
            if not ENVIRONMENT.fullmatch(name):
                self.complain(
                    section,
                    "environments",
                    f"environments: {name!r}: letters, digits, `.`, `_`, `-`, as Terraform names a workspace",
                )
        return Organisation(**fields)

    def assumptions(self, document: CommentedMap) -> dict[str, float]:
        section = self.section(document, "assumptions")
        known = Assumptions.__struct_fields__
        found: dict[str, float] = {}
        for key, value in section.items():
            if key not in known:
                self.complain(section, key, f"unknown assumption {key!r}{nearest(str(key), known)} They stand in the report.")
            elif isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e12:
                self.complain(section, key, f"{key}: {value!r} is no number above 0")
            elif key in BELOW_ONE and value >= 1:
                self.complain(section, key, f"{key}: {value!r}; a share below 1 is right")
            else:
                found[key] = float(value)
        return found


ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,89}")  # also a file of values: NAME.tfvars
BELOW_ONE = {
    "upper_confidence", "savings_confidence", "price_spread", "unlisted_price_spread", "stand_in_price_spread",
}  # fmt: skip
SAID_AS = {
    "subnets": "a list of words",
    "security_groups": "a list of words",
    "owners": "a list of words",
    "environments": "a list of words",
    "tags": "a mapping of names to words",
    "discounts": "a mapping of providers to percents below 100",
    "server_costs": "a mapping of server types to USD a month",
    "care_hour_usd": "an amount in USD",
    "reserved_until": "a day such as 2027-03-31",
}


def _word(value: object) -> str | None:
    """A scalar as a person means it; None for what is none."""
    if isinstance(value, bool):
        return "yes" if value else "no"  # YAML reads a bare yes as a boolean; people mean the word
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str | int | float) else None


def _amount(value: object) -> Decimal | None:
    try:
        amount = Decimal(str(value)) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except InvalidOperation:
        return None
    return amount if amount is not None and amount.is_finite() and amount >= 0 else None


def _day(value: object) -> str | None:
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        return None


def _mapping(value: object, read_one: Any) -> dict[str, Any] | None:
    if not isinstance(value, dict):
        return None
    found = {str(key): read_one(one) for key, one in value.items()}
    return None if None in found.values() else found


def _comment(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


@functools.lru_cache(maxsize=4096)
def _value(text: str) -> str | None:
    """A text as YAML writes it behind a key; None if that takes more than a line."""
    lines = _dumped("k", text)
    return lines[0].removeprefix("k: ") if len(lines) == 1 else None


def _entry(key: str, value: object) -> list[str]:
    """The lines of `key: value`. Thousands of keys share a few values, which the library writes once."""
    if isinstance(value, str) and PLAIN_KEY.fullmatch(key):
        written = _value(value)
        if written is not None and len(key) + len(written) < ONE_LINE:
            return [f"{key}: {written}"]
    return _dumped(key, value)


def _dumped(key: str, value: object) -> list[str]:
    stream = io.StringIO()
    YAML(typ="rt").dump({key: value}, stream)
    return stream.getvalue().splitlines()


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return list(value) if isinstance(value, tuple) else value


def found(given: Path | None, folder: Path) -> Path | None:
    """The file to decide by: the one that was given, else the one in the plan folder: planning again keeps every decision."""
    own = folder / "decisions.yaml"
    return given or (own if own.is_file() else None)


def out_file(questions: Iterable[Question], decided: Decisions | None = None) -> OutFile:
    """Everything decided so far, then every open question with its default, commented out: taking the `#` away takes the default.

    Read back it says what `decided` says."""
    decided = decided or Decisions()
    lines = [
        "# Your decisions. Take the # away to accept a default, or write another choice; then run",
        "#   migrator plan SOURCE... -o DIR --decisions decisions.yaml",
        "version: 1",
    ]
    organisation = {
        name.replace("_", "-"): _plain(getattr(decided.organisation, name))
        for name in Organisation.__struct_fields__
        if getattr(decided.organisation, name)
    }
    lines += _entry("organisation", organisation) if organisation else []
    lines += _entry("assumptions", dict(sorted(decided.assumptions.items()))) if decided.assumptions else []
    lines += [] if organisation or decided.assumptions else EXAMPLE.strip().splitlines()
    overrides: dict[str, dict[str, str]] = {}
    for key in sorted(decided.answers):
        about, _, topic = key.rpartition("/")
        if topic in OVERRIDES and about not in {"", EVERYTHING}:
            overrides.setdefault(about, {})[topic] = decided.answers[key]
    lines += _entry("jobs", overrides) if overrides else []
    lines.append("answers:")
    told = {f"{about}/{topic}" for about, said in overrides.items() for topic in said}
    rest = sorted(decided.answers.keys() - told)
    lines += [f"  {line}" for key in rest for line in _entry(key, decided.answers[key])]
    for question in questions:
        lines += ["", f"  # {_comment(question.text)}"]
        if question.hint:
            lines.append(f"  # {_comment(question.hint)}")
        if question.choices:
            lines.append(f"  # choices: {', '.join(question.choices)}")
        lines += [f"  # {line}" for line in _entry(question.id, question.default)]
    return OutFile(path="decisions.yaml", content=("\n".join(lines) + "\n").encode())
