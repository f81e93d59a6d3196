"""5,000 jobs of one server planned and emitted for each cloud: wall and processor time, files, stacks; run by hand."""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MIGRATOR = [sys.executable, "-m", "migrator"]
JOBS, SCRIPTS = 5000, 50
TARGETS = {
    "aws": ("aws_lambda", "sam"),
    "gcp": ("gcp_cloud_run_job", "terraform"),
    "azure": ("azure_container_apps_job", "bicep"),
}


def server(root: Path) -> None:
    """Half of its jobs are Python scripts, half are shell scripts that call a URL; nothing was measured."""
    (root / "etc/cron.d").mkdir(parents=True)
    (root / "opt/app").mkdir(parents=True)
    (root / "etc/timezone").write_text("Etc/UTC\n")
    (root / "etc/os-release").write_text('ID=debian\nVERSION_ID="12"\n')
    for number in range(SCRIPTS):
        (root / f"opt/app/{number}.py").write_text(f"import sys\n\nprint({number}, sys.argv)\n")
        shell = root / f"opt/app/{number}.sh"
        shell.write_text(f"#!/bin/sh\nset -e\ncurl -fsS https://example.com/{number} >/dev/null\n")
        shell.chmod(0o755)
    lines = []
    for number in range(JOBS):
        name = f"python3 /opt/app/{number % SCRIPTS}.py" if number % 2 else f"/opt/app/{number % SCRIPTS}.sh"
        lines.append(f"{number % 60} {number // 60 % 24} * * {'1-5' if number % 3 else '*'} www-data {name} {number}\n")
    (root / "etc/cron.d/many").write_text("".join(lines))


def timed(what: str, command: list[object]) -> None:
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([str(word) for word in command], check=True, capture_output=True)
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - begin
    user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
    print(f"{what:<28} {wall:6.1f} s, {user:5.1f} s of them in our own code, {system:4.1f} s in the system's (bar: 60 s)")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server(folder / "server")
        for provider, (target, language) in TARGETS.items():
            plan, tree = folder / f"{provider}-plan", folder / f"{provider}-tree"
            planned = [*MIGRATOR, "plan", folder / "server", "-o", plan, "--provider", provider, "--as-of", "2026-11-24"]
            timed(f"plan {provider}, {JOBS:,} jobs", planned)
            ids = [entry["job"]["id"] for entry in json.loads((plan / "plan.json").read_text())["jobs"]]
            answers = "".join(f"  {one}/target: {target}\n" for one in ids)
            (plan / "decisions.yaml").write_text(f"version: 1\nanswers:\n{answers}")
            timed(f"plan {provider}, all answered", planned)
            timed(f"emit {provider}, {language}", [*MIGRATOR, "emit", plan, "-o", tree, "--iac", language])
            templates = sorted((tree / provider / language).glob("*"))
            files = sum(1 for path in tree.rglob("*") if path.is_file())
            print(f"  {len(ids):,} answers, {files:,} files, {len(templates):,} in {provider}/{language}")
            timed(f"emit {provider} once more", [*MIGRATOR, "emit", plan, "-o", tree, "--iac", language])
    print(f"peak memory {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
