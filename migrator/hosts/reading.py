"""Merges what the readers of this room know into one Host."""

import re
from pathlib import PurePath

import msgspec

from migrator import hosts, same_machine
from migrator.digest import sha256
from migrator.hosts import timezone
from migrator.model.job import Host, HostPart, InputDigest
from migrator.model.source import Evidence, HostFiles, Location, Problem

UNNAMED = {"-": "standard-input", "/": "localhost"}


def read(files: HostFiles) -> tuple[Host, tuple[Problem, ...]]:
    """The host and every Problem. The first reader that states a field wins; a name that no file states is the source's."""
    parts = [reader.read(files) for reader in hosts.ALL]
    fields: dict[str, object] = {}
    for part in parts:
        for name in HostPart.__struct_fields__:
            value = getattr(part, name)
            stated = value is not None if name == "services" else value not in {None, ()}  # no services at all is a statement
            if name not in {"evidence", "problems"} and stated and name not in fields:
                fields[name] = value
    name = str(fields.pop("name", None) or _name_of(files.name))
    evidence = tuple(_placed(entry, name) for part in parts for entry in part.evidence)
    services = fields.get("services")
    if isinstance(services, tuple):
        fields["services"] = tuple(msgspec.structs.replace(s, evidence=_placed(s.evidence, name)) for s in services)
    host = msgspec.convert({}, HostPart)  # the defaults
    host = msgspec.structs.replace(host, **fields)
    host = msgspec.structs.replace(host, marks=same_machine.joined(host.marks, same_machine.of_instance(host.instance_id)))
    known = {field: getattr(host, field) for field in HostPart.__struct_fields__ if field not in {"name", "evidence", "problems"}}
    problems = [
        Problem(location=_moved(problem.location, name), message=problem.message, kind=problem.kind)
        for part in parts
        for problem in part.problems
    ]
    zone_said = any(problem.location.path in timezone.READS for problem in problems)  # it named a zone, but none that exists
    if host.timezone is None and not zone_said:
        where = Location(host=name, path="/etc/localtime" if files.name != "-" else "-")
        message = "the server's time zone is not stated anywhere; schedules are read as UTC; add etc/localtime or etc/timezone"
        problems.append(Problem(location=where, message=message, kind="missing"))
    return Host(name=name, evidence=evidence, **known), tuple(dict.fromkeys(problems))


def digest(files: HostFiles, host: Host, path: str) -> InputDigest:
    """What a file of a server was when it was read."""
    file, content = files.stat(path), files.content(path)
    return InputDigest(
        host=host.name,
        path=path,
        size=file.size if file else 0,
        sha256=sha256(content) if content is not None else None,
        modified_at=file.modified_at if file else None,
    )


def _name_of(source: str) -> str:
    """A host name from the source as typed: its last part, without a bundle's ending."""
    if source in UNNAMED:
        return UNNAMED[source]
    last = PurePath(source.rstrip("/")).name
    last = re.sub(r"\.(tar(\.\w+)?|tgz|tzst|tbz2|txz)$", "", last)
    return re.sub(r"[^A-Za-z0-9._-]+", "-", last).strip("-.") or "server"


def _placed(evidence: Evidence, host: str) -> Evidence:
    if evidence.location is None:
        return evidence
    return msgspec.structs.replace(evidence, location=_moved(evidence.location, host))


def _moved(location: Location, host: str) -> Location:
    return msgspec.structs.replace(location, host=host)
