"""Writes which image each job runs, by digest, for the templates: lines `JOB REGISTRY/REPOSITORY@sha256:...` on standard input.

The file says by its name what it is for: Terraform's variables, Bicep's parameters, or Kustomize's list. Written by migrator.
"""

import json
import re
import sys
from pathlib import Path

LINE = re.compile(r"(\S+) (\S+)@(sha256:[0-9a-f]{64})")


def main(name: str) -> None:
    """Write `name` anew; an image without a digest was not pushed, and ends it."""
    images = {}
    for line in sys.stdin:
        match = LINE.fullmatch(line.strip())
        if match is None:
            sys.exit(f"{line.strip()}: no digest; was it pushed?")
        images[match[1]] = (match[2], match[3])
    path = Path(name)
    if path.name == "kustomization.yaml":
        text = path.read_text(encoding="utf-8")
        for job, (repository, digest) in images.items():
            entry = re.compile(rf'  - name: "{re.escape(job)}"\n    newName: .*\n    (?:newTag|digest): .*\n')
            named = f'  - name: "{job}"\n    newName: "{repository}"\n    digest: "{digest}"\n'
            text, found = entry.subn(named, text)
            if not found:
                sys.exit(f"{name}: has no image called {job}")
        path.write_text(text, encoding="utf-8")
        return
    whole = {job: f"{repository}@{digest}" for job, (repository, digest) in sorted(images.items())}
    value: dict[str, object] = {"images": whole}
    if path.name.endswith(".parameters.json"):
        schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#"
        value = {"$schema": schema, "contentVersion": "1.0.0.0", "parameters": {"images": {"value": whole}}}
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
