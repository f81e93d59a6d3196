"""What a text says in any language: statements and options that make a repetition harmless, and calls of AWS's SDKs.

Line: `INSERT IGNORE INTO days ...`, `rsync --link-dest=...`, `find -newer stamp`, `wget -N`.
Line: `$s3->putObject(['Bucket' => 'example-feed', 'Key' => 'feed.xml'])`, `new PutObjectCommand({ Bucket: 'b', Key: 'k' })`
Source: the SQL of MySQL, PostgreSQL and SQLite; rsync(1), find(1), wget(1), curl(1); AWS SDK for PHP, JavaScript (2, 3) and Ruby.
"""

import re

from migrator.model.finding import Fact
from migrator.model.source import Location
from migrator.scripts.cloud_names import is_naming, kebab, note
from migrator.scripts.python_cloud import BY_PARAMETER
from migrator.scripts.reading import Notes
from migrator.scripts.words import Word

HINTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\binsert\s+(?:or\s+)?ignore\b", re.IGNORECASE), "INSERT IGNORE"),
    (re.compile(r"\binsert\s+or\s+replace\b|\breplace\s+into\b", re.IGNORECASE), "REPLACE INTO"),
    (re.compile(r"\bon\s+conflict\b", re.IGNORECASE), "ON CONFLICT"),
    (re.compile(r"\bon\s+duplicate\s+key\s+update\b", re.IGNORECASE), "ON DUPLICATE KEY UPDATE"),
    (re.compile(r"\bmerge\s+into\b", re.IGNORECASE), "MERGE INTO"),
    (re.compile(r"\brsync\b.*--link-dest\b"), "--link-dest"),
    (re.compile(r"\brsync\b.*--ignore-existing\b"), "rsync --ignore-existing"),
    (re.compile(r"\bfind\b.*\s-(?:newer|anewer|cnewer)\b"), "find -newer"),
    (re.compile(r"\bwget\b.*\s(?:-[a-zA-Z]*N|--timestamping)\b"), "wget -N"),
    (re.compile(r"\bcurl\b.*\s(?:-z|--time-cond)\b"), "curl -z"),
    (re.compile(r"\bcp\b.*\s(?:-[a-z]*u|--update)\b"), "cp -u"),
)
SAID = re.compile(r"insert|replace|conflict|duplicate|merge|rsync|find|wget|curl|cp", re.IGNORECASE)  # none of them: no hint
COMMENT = re.compile(r"\s*(?:#|//|\*|--)")
LONGEST_LINE = 2000
ARGUMENTS = r"\{\[]?(?P<body>[^{}]{0,1500})"
PAIR = re.compile(
    r"""["':]?(?P<name>\w{2,60})["']?\s{0,20}(?:=>|:)\s{0,20}(?:(?P<q>["'])(?P<text>[^"'\n]{0,300})(?P=q)|(?P<other>[^,\n\])}]{1,200}))"""
)
NODE_CLIENT = re.compile(r"""@aws-sdk/client-([\w-]{1,40})""")
NODE_COMMAND = re.compile(r"new\s+(?P<call>[A-Z]\w{2,60})Command\(\s*\{(?P<body>[^{}]{0,1500})")
METHOD = {
    "node": re.compile(r"(?P<on>\w{1,60})\.(?P<call>[a-z]\w{2,60})\(\s*\{(?P<body>[^{}]{0,1500})"),
    "php": re.compile(r"(?P<on>\$(?:this->)?\w{1,60})->(?P<call>[a-z]\w{2,60})\(\s*(?:\[|array\()(?P<body>[^\[\]]{0,1500})"),
    "ruby": re.compile(r"(?P<on>@?\w{1,60})\.(?P<call>[a-z]\w{2,60})\((?P<body>[^()]{0,1500})"),
}
CLIENT = {
    "node": re.compile(r"(?P<on>\w{1,60})\s*=\s*new\s+AWS\.(?P<service>\w{1,40})\("),
    "php": re.compile(
        r"(?P<on>\$(?:this->)?\w{1,60})\s*=\s*(?:new\s+[\\\w]{0,80}?(?P<service>\w{2,30})Client\(|[^;\n]{0,80}->create(?P<made>\w{2,30})\()"
    ),
    "ruby": re.compile(r"(?P<on>@?\w{1,60})\s*=\s*Aws::(?P<service>\w{1,40})::(?:Client|Resource)\.new"),
}
NAMES = {"sfn": "stepfunctions", "elasticloadbalancingv2": "elbv2", "cloudwatchlogs": "logs"}
FILES = frozenset({"SourceFile", "SaveAs"})


def facts(text: str, location: Location, language: str) -> tuple[Fact, ...]:
    """Hints of a text in any language; calls of AWS's SDKs where they are written out in PHP, JavaScript or Ruby."""
    notes = Notes(text, location)
    for row, line in enumerate(notes.lines):
        if len(line) > LONGEST_LINE or not SAID.search(line) or COMMENT.match(line):
            continue
        for pattern, hint in HINTS:
            if pattern.search(line):
                notes.add("idempotent", hint, row)
    if language in METHOD and re.search(r"\baws\b", notes.text, re.IGNORECASE):
        _sdk(notes, language)
    return notes.reading().facts


def _sdk(notes: Notes, language: str) -> None:
    clients = {
        match["on"]: _service(match["service"] or match.groupdict().get("made") or "")
        for match in CLIENT[language].finditer(notes.text)
    }
    if language == "node":
        imported = [_service(name.replace("-", "")) for name in NODE_CLIENT.findall(notes.text)]
        for match in NODE_COMMAND.finditer(notes.text):
            only = imported[0] if len(set(imported)) == 1 else None
            _call(notes, only or _by_parameter(match["body"]), match)
    for match in METHOD[language].finditer(notes.text):
        if (service := clients.get(match["on"])) is not None:
            _call(notes, service, match)


def _service(name: str) -> str:
    return NAMES.get(name.lower(), name.lower())


def _by_parameter(body: str) -> str | None:
    return next((BY_PARAMETER[pair["name"]] for pair in PAIR.finditer(body) if pair["name"] in BY_PARAMETER), None)


def _call(notes: Notes, service: str | None, match: re.Match[str]) -> None:
    if service is None:
        return
    row = notes.text.count("\n", 0, match.start())
    named = []
    for pair in PAIR.finditer(match["body"]):
        parameter = kebab(pair["name"])
        literal = pair["text"] is not None and "#{" not in pair["text"] and "$" not in pair["text"]
        if pair["name"] in FILES and literal:
            notes.add("reads-path" if pair["name"] == "SourceFile" else "writes-path", pair["text"], row)
        elif is_naming(service, parameter):
            written = pair["text"] if pair["text"] is not None else "$" + re.sub(r"\W+", "_", pair["other"]).strip("_")
            named.append((parameter, Word(written, literal)))
    operation = re.sub(r"-async$", "", kebab(match["call"]))
    note(notes, f"aws {service}:{operation}", named, row)
