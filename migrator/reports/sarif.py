"""report.sarif: findings and problems at the line of the crontab or script, for code review.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import hashlib
import json
from typing import Any
from urllib.parse import quote

from migrator.model.plan import OutFile, Plan
from migrator.model.source import Location

FORMAT = "sarif"
DEFAULT = False
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def write(plan: Plan) -> tuple[OutFile, ...]:
    """report.sarif; paths are relative to the server's root, under `uriBaseId` HOST."""
    results = []
    for entry in plan.jobs:
        for finding in entry.findings:
            places = [evidence.location for evidence in finding.evidence if evidence.location is not None]
            key = f"{finding.rule}|{entry.job.id}"
            results.append(
                _result(finding.rule, finding.level, finding.message, places[0] if places else entry.job.location, key)
            )
    for problem in plan.problems:
        key = f"{problem.kind}|{problem.location.host}|{problem.location}"
        results.append(_result(problem.kind, "warning", problem.message, problem.location, key))
    driver = {
        "name": "migrator",
        "version": plan.migrator,
        "rules": [{"id": rule} for rule in sorted({result["ruleId"] for result in results})],
    }
    bases = {host.host.name: {"description": {"text": f"root of {host.host.name}"}} for host in plan.hosts}
    document = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "originalUriBaseIds": bases, "results": results}],
    }
    return (OutFile(path="report.sarif", content=(json.dumps(document, indent=1, sort_keys=True) + "\n").encode()),)


def _result(rule: str, level: str, message: str, location: Location, key: str) -> dict[str, Any]:
    place: dict[str, Any] = {
        "artifactLocation": {"uri": quote(location.path.lstrip("/")) or ".", "uriBaseId": location.host},
    }
    if location.line is not None:
        place["region"] = {"startLine": max(location.line, 1)}
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": message},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"migrator/v1": hashlib.sha256(key.encode()).hexdigest()[:32]},
    }
