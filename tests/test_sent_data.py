"""Every job that certainly sends data out asks how much, and until then the report names it with a range."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from migrator import deciding, pipeline
from migrator.model.plan import Decisions, Plan, Request
from migrator.prices import bundled
from migrator.sources import directory

BOOK = bundled.read()
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SENDS = {
    "curl -T /srv/dump.gz https://up1.example.com/x": "up1.example.com",
    "curl -sS -F file=@/srv/dump.gz https://up2.example.com/x": "up2.example.com",
    "curl --data-binary @/srv/x.gz https://up3.example.com": "up3.example.com",
    "wget --post-file=/srv/x https://up4.example.com/": "up4.example.com",
    "gsutil cp /srv/x gs://b/x": "gcp's storage",
    "az storage blob upload -f /srv/x -c c --account-name n": "azure's storage",
    "rsync -a /srv/ u@h1.example.com:/x": "h1.example.com",
    "scp -q /srv/dump.gz u@h2.example.com:": "h2.example.com",
    "tar c /srv | ssh u@h3.example.com 'cat > x'": "h3.example.com",
    "rclone copy /srv backup:b": "backup of rclone",
    "sftp -b /etc/b u@h4.example.com": "h4.example.com",
}
SILENT = (
    "aws s3 cp /srv/dump.gz s3://b/k",  # its own cloud
    "rsync -a u@h.example.com:/x /srv/",  # what comes in is not billed
    "scp u@h.example.com:/x /srv/ && date",
    "ssh u@h.example.com uptime",
    "curl -fsS https://api.example.com/tick",
    "curl -d state=up https://api.example.com/tick",
    "rsync -a /srv/ /mnt/copy/",
    "rsync -a /srv/ u@10.0.0.7:/x",
)


def plan(root: Path, commands: Any, answers: dict[str, str] | None = None, provider: Any = "aws") -> Plan:
    """Of a server at AWS."""
    (root / "etc/cron.d").mkdir(parents=True, exist_ok=True)
    (root / "etc/hostname").write_text("web01\n")
    (root / "etc/timezone").write_text("UTC\n")
    (root / "etc/cron.d/work").write_text("".join(f"30 2 * * * root {command}\n" for command in commands))
    seen = pipeline.observe(directory.open(str(root))[0], NOW)
    said = {f"{job.id}/timeout": "60" for job in seen.survey.jobs}
    said |= {f"{job.id}/{key}": value for job in seen.survey.jobs for key, value in (answers or {}).items()}
    request = Request(provider=provider, instance_type="t3.medium", region="eu-central-1" if provider == "aws" else None)
    host = msgspec.structs.replace(seen.survey.host, provider="aws", region="eu-central-1", services=())
    survey = msgspec.structs.replace(seen.survey, host=host)
    return deciding.decide((survey,), BOOK, Decisions(answers=said), request)


def unsaid(made: Plan) -> list[str]:
    """What is named as sent, beside what was not measured here."""
    return [text for text in made.hosts[0].savings.unknowns if text.startswith("data to ")]


def test_every_job_that_sends_data_out_asks_how_much_and_no_other(tmp_path: Path) -> None:
    made = plan(tmp_path, (*SENDS, *SILENT))
    asked = {
        entry.job.command: finding.question.text
        for entry in made.jobs
        for finding in entry.findings
        if finding.rule == "sent-data" and finding.question is not None
    }
    assert set(asked) == set(SENDS)
    assert all(f"send to {place} a month" in asked[command] for command, place in SENDS.items())


@pytest.mark.parametrize(
    ("gib", "want"),
    [
        # by hand: 40 GiB in each of 30.436875 runs a month at 0.09; the server is at the same provider
        (40, "$0 to $109.57 a month by the size of what it touches, as its server is billed for today"),
        (None, "$9.00 for each 100 GiB, as its server is billed for today"),
    ],
)
def test_what_is_sent_is_named_beside_the_figures_until_it_is_said(tmp_path: Path, gib: int | None, want: str) -> None:
    (tmp_path / "srv").mkdir()
    if gib is not None:
        with (tmp_path / "srv/dump.gz").open("wb") as file:
            file.truncate(gib << 30)  # sparse: nothing is written
    made = plan(tmp_path, ["rsync /srv/dump.gz u@h.example.com:/x"])
    (entry,) = made.jobs
    assert entry.placement.verdict in {"move", "insufficient-data"}
    (unknown,) = unsaid(made)
    assert unknown.startswith('data to h.example.com, sent by "rsync" (')
    assert want in unknown
    said = plan(tmp_path, ["rsync /srv/dump.gz u@h.example.com:/x"], {"egress-gib": "200"})
    assert unsaid(said) == []
    (line,) = [item for item in said.jobs[0].placement.option.items if item.name == "data out to the internet"]
    assert line.monthly_cost == Decimal("18.00")


def test_data_into_the_storage_of_the_new_cloud_does_not_leave_it(tmp_path: Path) -> None:
    """What a server at AWS writes into Google's storage is billed at AWS, and no more once the job runs at Google."""
    for provider, count in (("aws", 1), ("gcp", 0)):
        made = plan(tmp_path / provider, ["gsutil cp /srv/x gs://b/x"], {"egress-gib": "200"}, provider)
        lines = [item for item in made.jobs[0].placement.option.items if item.name == "data out to the internet"]
        assert len(lines) == count
        assert any(item.name == "data out to the internet" for item in made.hosts[0].savings.now_items)
        assert len(unsaid(plan(tmp_path / provider, ["gsutil cp /srv/x gs://b/x"], None, provider))) == count
