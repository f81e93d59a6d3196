"""Each key of decisions.yaml from the file to what it changes: the plan, the bill, the emitted files.

One server is observed once; a file of decisions that says something about each of its jobs is compared with one that says
nothing. A key without a row fails: nothing can be added that is read and used nowhere, as `owners` and `environments` were.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from migrator import deciding, decisions_file, pipeline, targets, topics, unmet
from migrator.assumptions import DEFAULT, Assumptions
from migrator.emit.tree import Place, emit
from migrator.errors import PlanError
from migrator.model.plan import JobPlan, Organisation, Plan, Request
from migrator.prices import bundled
from migrator.sources import directory

PLACES = {t.NAME: Place(t.TITLE, t.PROVIDER, t.LANGUAGES, t.DEFAULT_REGION) for t in targets.ALL}
BOOK = bundled.read()
SCRIPTS = {
    "state.py": '#!/usr/bin/env python3\nmark = open("/var/lib/app/mark").read()\nopen("/var/lib/app/mark", "w").write(mark)\n',
    "dump.sh": "#!/bin/sh\nmysqldump -h db01.internal shop | gzip > /srv/dumps/shop.sql.gz\n",
    "loop.sh": "#!/bin/sh\nfor c in $(cat /opt/customers.txt); do /opt/one.sh $c; done\n",
    "one.sh": "#!/bin/sh\necho $1\n",
    "ping.sh": "#!/bin/sh\ncurl -s https://api.example.com/ping\n",
    "move.sh": "#!/bin/sh\ncurl -s https://api.example.com/move\n",
    "first.sh": "#!/bin/sh\ncurl -s https://api.example.com/first\n",
    "next.sh": "#!/bin/sh\ncurl -s https://api.example.com/next\n",
    "sum.sh": "#!/bin/sh\nawk '{ s += $1 } END { print s }' /usr/share/numbers\n",
    "other.sh": "#!/bin/sh\necho begin\nsudo -u build id\n",
    "copy.sh": "#!/bin/sh\nrsync -a /etc/hosts sftp.example.com:/in/\n",
    "table.py": '#!/usr/bin/env python3\nprint(open("/srv/tables/prices.csv").read())\n',
    "sql.sh": "#!/bin/sh\nmysql -h localhost -e 'call tidy()'\n",
    "pay.sh": "#!/bin/sh\ncurl -X POST https://pay.example.com/run\n",
    "gone.sh": "#!/bin/sh\ncurl -s https://api.example.com/gone\n",
    "wait.sh": "#!/bin/sh\ncurl -s https://api.example.com/wait\n",
    "month.sh": "#!/bin/sh\ncurl -s https://api.example.com/month\n",
    "left.sh": "#!/bin/sh\nnohup /opt/daemon.sh >/dev/null 2>&1 &\n",
    "feed.sh": "#!/bin/sh\nstart-stop-daemon --start --background --exec /opt/daemon.sh\n",
    "daemon.sh": "#!/bin/sh\ncurl -s https://api.example.com/all\n",
    "cloud.sh": "#!/bin/sh\ndate | aws s3 cp - s3://bucket/hosts\n",
}
CRONTAB = """\
SHELL=/bin/bash
MAILTO=ops@example.com
10 4 * * * app /opt/state.py
11 4 * * * app /opt/dump.sh
12 4 * * * app /opt/loop.sh
14 4 * * * app /opt/move.sh
15 4 * * * app /opt/first.sh
16 4 * * * app /opt/next.sh
17 4 * * * app /opt/sum.sh
18 4 * * * app /opt/copy.sh
29 4 * * * app /opt/other.sh
19 4 * * * app /opt/table.py
20 4 * * * app /opt/sql.sh
21 4 * * * app /opt/pay.sh --invoices
22 4 * * * app /opt/gone.sh
23 4 * * * app sleep $((RANDOM \\% 600)); /opt/wait.sh
24 4 * * * app [ "$(date +\\%d)" = 01 ] && /opt/month.sh
30 2 * * * app /opt/ping.sh night
31 2 * * * app /opt/ping.sh early
26 4 * * * app /opt/cloud.sh
27 4 * * * app /opt/left.sh
28 4 * * * app /opt/feed.sh
"""
DAYS, RUN_S = 35, 70


class Made(NamedTuple):
    """A plan, and what is emitted for it."""

    plan: Plan
    tree: dict[str, str]

    def job(self, name: str) -> JobPlan:
        (found,) = [entry for entry in self.plan.jobs if name in entry.job.command]
        return found

    def emitted(self, name: str) -> dict[str, Any]:
        """job.json of a job."""
        found: dict[str, Any] = json.loads(self.tree[f"jobs/{self.job(name).job.id}/job.json"])
        return found

    def kinds(self, name: str) -> set[str]:
        return {made.kind for made in self.job(name).placement.option.resources}

    def needs(self, name: str) -> dict[str, float | None]:
        return {need.kind: need.amount for finding in self.job(name).findings for need in finding.needs}

    def cost(self, name: str, line: str) -> Decimal | None:
        found = [item.monthly_cost for item in self.job(name).placement.option.items if item.name == line]
        return found[0] if found else None


class Decide:
    """The server, observed; called with the text of a decisions.yaml."""

    def __init__(self, folder: Path) -> None:
        root = folder / "root"
        (root / "etc/cron.d").mkdir(parents=True)
        (root / "opt").mkdir()
        (root / "var/log").mkdir(parents=True)
        for name, text in (("hostname", "web01\n"), ("timezone", "Europe/Berlin\n"), ("os-release", "ID=debian\n")):
            (root / "etc" / name).write_text(text)
        for name, text in SCRIPTS.items():
            (root / "opt" / name).write_text(text)
            (root / "opt" / name).chmod(0o755)
        (root / "etc/cron.d/app").write_text(CRONTAB)
        lines = []
        for number, line in enumerate(CRONTAB.splitlines()[2:]):
            minute, hour, _, _, _, _, command = line.split(None, 6)
            said = command.replace("\\%", "%")
            for day in range(DAYS if "sum.sh" not in command else 10):
                at = datetime(2026, 9, 20, int(hour) - 2, int(minute), tzinfo=UTC) + timedelta(days=day)
                pid = 1000 + number * 100 + day
                lines.append((at, f"CRON[{pid}]: (app) CMD ({said})"))
                lines.append((at + timedelta(seconds=RUN_S), f"CRON[{pid - 1}]: (app) END ({said})"))
        lines.sort()
        (root / "var/log/cron.log").write_text("".join(f"{at.isoformat()} web01 {said}\n" for at, said in lines))
        files = directory.open(str(root))[0]
        self.folder = folder
        self.seen = pipeline.observe(files, datetime(2026, 10, 25, tzinfo=UTC))
        self.ids = {job.command: job.id for job in self.seen.survey.jobs}

    def id(self, name: str) -> str:
        (found,) = [job_id for command, job_id in self.ids.items() if name in command]
        return found

    def __call__(
        self, text: str = "", provider: Any = "aws", region: str = "us-east-1", iac: str = "auto", only: str | None = None
    ) -> Made:
        """The plan and its tree; `only`: the one job that is emitted."""
        file = self.folder / "decisions.yaml"
        file.write_text(text)
        read = decisions_file.read(file)
        request = Request(provider=provider, region=region, instance_type="t3.medium")
        plan = deciding.decide((self.seen.survey,), BOOK, read.decisions, request, file=file, lines=read.lines)
        made = emit(plan, self.seen.scripts, PLACES, iac, () if only is None else (self.id(only),))
        return Made(plan, {file.path: file.content.decode("utf-8", "replace") for file in made.out_files})

    def jobs(self, said: dict[str, dict[str, object]]) -> str:
        """The section `jobs:` about these, by a part of their commands."""
        return "jobs:\n" + "".join(
            f"  {self.id(name)}:\n" + "".join(f"    {key}: {json.dumps(value)}\n" for key, value in keys.items())
            for name, keys in said.items()
        )


@pytest.fixture(scope="module")
def decide(tmp_path_factory: pytest.TempPathFactory) -> Decide:
    return Decide(tmp_path_factory.mktemp("decided"))


@pytest.fixture(scope="module")
def unsaid(decide: Decide) -> Made:
    return decide()


def test_every_key_of_a_job_changes_what_it_should(decide: Decide, unsaid: Made) -> None:
    said = decide(
        decide.jobs(
            {
                "state.py": {"state": "object-storage"},
                "dump.sh": {"network": "public", "output": "not-needed", "scratch": 9000},
                "loop.sh": {"shape": "fan_out", "items": 120, "parallelism": 4},
                "ping.sh night": {"dst": "utc"},
                "ping.sh early": {"schedule-accepted": "yes"},
                "move.sh": {"runner": "sh", "target": "aws_fargate", "size": "0.5 vCPU, 1024 MiB", "egress-gib": 200},
                "first.sh": {"timeout": 444, "claim": "off", "notify": "none", "timezone": "America/New_York"},
                "sum.sh": {"memory": 3000, "cpu": "computes"},
                "copy.sh": {"address": "yes"},
                "other.sh": {"user": "by-hand"},
                "feed.sh": {"background": "ends", "timeout": 5000, "target": "aws_fargate"},
                "table.py": {"data": "copy"},
                "sql.sh": {"service": "remote"},
                "pay.sh": {"repeatable": "yes"},
                "gone.sh": {"keep": "no"},
                "wait.sh": {"random-sleep": "window"},
                "month.sh": {"date-test": "drop"},
            }
        )
        + f"answers: {{{decide.id('next.sh')}/after: {decide.id('pay.sh')}}}\n"
    )

    def both(about: Callable[[Made], object]) -> tuple[object, object]:
        return about(unsaid), about(said)

    def size(made: Made, name: str) -> object:
        chosen = made.job(name).placement.option.size
        return chosen and chosen.name

    def placed(made: Made, name: str) -> tuple[str, str]:
        return made.job(name).placement.option.target, made.job(name).placement.option.shape

    def left_out(made: Made, name: str) -> bool:
        return f"jobs/{made.job(name).job.id}/job.json" not in made.tree

    def zone(made: Made, name: str) -> str:
        (one,) = [t for t in made.job(name).translations if t.dialect == "eventbridge"]
        return one.timezone

    # what was seen without the key, and with it
    table: dict[str, tuple[tuple[object, object], tuple[object, object]]] = {
        "state": (both(lambda made: left_out(made, "state.py")), (True, False)),
        "output": (both(lambda made: left_out(made, "dump.sh")), (True, False)),
        "network": (both(lambda made: "private_network" in made.needs("dump.sh")), (True, False)),
        "scratch": (both(lambda made: made.needs("dump.sh").get("scratch_mib")), (None, 9000.0)),
        "shape": (both(lambda made: placed(made, "loop.sh")[1]), ("scheduled_batch", "fan_out")),
        "items": (both(lambda made: made.cost("loop.sh", "queue requests") is None), (True, False)),
        "parallelism": (
            both(
                lambda made: [
                    part.parallelism
                    for shape in made.job("loop.sh").shapes
                    if shape.kind == "fan_out"
                    for part in shape.parts
                    if part.name == "worker"
                ]
            ),
            ([1], [4]),
        ),
        "dst": (both(lambda made: zone(made, "ping.sh night")), ("Europe/Berlin", "UTC")),
        "schedule-accepted": (both(lambda made: left_out(made, "ping.sh early")), (True, False)),
        "target": (both(lambda made: placed(made, "move.sh")[0]), ("aws_lambda", "aws_fargate")),
        "size": (both(lambda made: size(made, "move.sh")), ("512 MB", "0.5 vCPU, 1024 MiB")),
        # 200 GiB x 0.09
        "egress-gib": (both(lambda made: made.cost("move.sh", "data out to the internet")), (None, Decimal("18.00"))),
        "timeout": (both(lambda made: made.emitted("first.sh")["timeout_s"] == 444), (False, True)),
        "claim": (both(lambda made: bool(made.emitted("first.sh").get("lock"))), (True, False)),
        "notify": (both(lambda made: made.emitted("first.sh")["notify"]), ("output", "none")),
        "timezone": (both(lambda made: zone(made, "first.sh")), ("Europe/Berlin", "America/New_York")),
        "memory": (both(lambda made: made.needs("sum.sh").get("memory_mib")), (512.0, 3000.0)),
        "cpu": (both(lambda made: made.needs("sum.sh").get("vcpu")), (None, 1.0)),
        "address": (both(lambda made: "fixed_address" in made.needs("copy.sh")), (False, True)),
        "background": (both(lambda made: left_out(made, "feed.sh")), (True, False)),
        "user": (both(lambda made: left_out(made, "other.sh")), (True, False)),
        "data": (both(lambda made: "local_files" in made.needs("table.py")), (True, False)),
        "service": (both(lambda made: made.job("sql.sh").placement.verdict), ("stay", "move")),
        "repeatable": (both(lambda made: "at_most_once" in made.needs("pay.sh")), (True, False)),
        "keep": (both(lambda made: made.job("gone.sh").placement.verdict), ("move", "delete")),
        "random-sleep": (both(lambda made: made.job("wait.sh").job.schedule.jitter_s), (None, 599.0)),
        "date-test": (both(lambda made: "date" in made.job("month.sh").job.command), (True, False)),
        "runner": (
            both(lambda made: any(made.job("move.sh").job.id in path and path.endswith("runner.sh") for path in made.tree)),
            (False, True),
        ),
        "after": (both(lambda made: placed(made, "next.sh")[1]), ("scheduled_batch", "workflow")),
    }
    assert {key: got for key, (got, _) in table.items()} == {key: want for key, (_, want) in table.items()}
    assert set(table) == set(topics.TOPICS), "a key without a row"


def test_every_key_of_a_server_changes_what_it_should(decide: Decide, unsaid: Made) -> None:
    """`timezone` holds where no file of the server tells one: tests/test_stated.py."""
    answers = {
        "cost": 41,
        "reserved-until": "2027-03-31",
        "services": "nginx",
        "care-hours": 1.5,
        "backup-gib": 40,
        "few-runs": 4,
        "cloud-identity": "keys",
    }
    text = "servers:\n  web01:\n" + "".join(f"    {key}: {value}\n" for key, value in answers.items())
    said = decide(text + "organisation: {care-hour-usd: 80}\n")
    before, after = (made.plan.hosts[0].savings for made in (unsaid, said))
    lines = {item.name: item.monthly_cost for item in after.now_items}
    calls = {made: _statements(one, "cloud.sh") for made, one in (("unsaid", unsaid), ("said", said))}
    table: dict[str, tuple[object, object]] = {
        # the stated machine, 1.5 h at 80 USD, and backups, whose price needs a provider
        "server-cost": ((before.now_monthly_cost != 41, lines["server, as stated by you"]), (True, Decimal(41))),
        "care-hours": (lines["hours of care"], Decimal(120)),
        "backup-gib": (("backup" in {item.name for item in before.now_items}, "backup" in lines), (False, True)),
        "reserved-until": ((before.reserved_until, after.reserved_until), (None, "2027-03-31")),
        "services": (any("nginx" in text for text in after.blockers) and not any("nginx" in t for t in before.blockers), True),
        "few-runs": ((_asked(unsaid, "few-runs"), _asked(said, "few-runs")), (True, False)),  # one job was seen ten times
        "cloud-identity": (("s3:PutObject" in calls["unsaid"], "s3:PutObject" in calls["said"]), (True, False)),
    }
    assert {key: got for key, (got, _) in table.items()} == {key: want for key, (_, want) in table.items()}
    assert set(table) | {"timezone"} == set(topics.SERVER_TOPICS), "a key without a row"


def _asked(made: Made, topic: str) -> bool:
    return any(question.id == f"web01/{topic}" for question in made.plan.hosts[0].questions)


def _statements(made: Made, name: str) -> str:
    return " ".join(text for path, text in made.tree.items() if path.endswith(f"{made.job(name).job.id}.tf"))


EVERYTHING = """\
organisation:
  network: vpc-0a
  subnets: [subnet-1, subnet-2]
  security-groups: [sg-1]
  permissions-boundary: arn:aws:iam::123456789012:policy/edge
  kms-key: arn:aws:kms:eu-west-1:123456789012:key/1
  name-prefix: acme-
  tags: {cost-centre: "4711"}
  owners: ["@acme/ops", ops@example.com]
  environments: [staging, production]
  discounts: {aws: 10, gcp: 10, azure: 10}
  server-costs: {t3.medium: 19.50}
  care-hour-usd: 90
  reserved-until: 2027-03-31
"""


def test_every_key_of_the_organisation_changes_what_it_should(decide: Decide, unsaid: Made) -> None:
    care = "servers: {web01: {care-hours: 2}}\n"
    target = decide.jobs({"move.sh": {"target": "aws_fargate"}})
    said, before = decide(EVERYTHING + care + target), decide(target)
    main = said.tree["aws/terraform/main.tf"]
    workflow = said.tree[".github/workflows/deploy.yml"]
    lines = {item.name: item.monthly_cost for item in said.plan.hosts[0].savings.now_items}
    table: dict[str, tuple[object, object]] = {
        "network": ("in vpc-0a" in main, True),
        "subnets": ('["subnet-1", "subnet-2"]' in main, True),
        "security_groups": ('["sg-1"]' in main, True),
        "permissions_boundary": ('"arn:aws:iam::123456789012:policy/edge"' in main, True),
        "kms_key": ('"arn:aws:kms:eu-west-1:123456789012:key/1"' in main, True),
        "name_prefix": (('"acme-"' in main, "acme-" in said.tree["jobs.sh"]), (True, True)),
        "tags": ('"cost-centre" = "4711"' in main, True),
        "owners": (
            ('"ops@example.com"' in main, said.tree[".github/CODEOWNERS"].split("\n")[1]),
            (True, "* @acme/ops ops@example.com"),
        ),
        "environments": (("staging" in workflow, ".github/CODEOWNERS" in before.tree), (True, False)),
        # 10 % off 0.09
        "discounts": (_price(said, "Lambda requests"), _price(before, "Lambda requests") * Decimal("0.9")),
        "server_costs": (lines["server, as stated by you"], Decimal("19.5")),
        "care_hour_usd": (lines["hours of care"], Decimal(180)),
        "reserved_until": (said.plan.hosts[0].savings.reserved_until, "2027-03-31"),
    }
    assert {key: got for key, (got, _) in table.items()} == {key: want for key, (_, want) in table.items()}
    assert set(table) == set(Organisation.__struct_fields__), "a key without a row"
    nothing = [
        one for one in ("vpc-0a", "subnet-1", "sg-1", "@acme/ops", "4711", "staging") if one in "".join(unsaid.tree.values())
    ]
    assert nothing == []


def _price(made: Made, line: str) -> Decimal:
    (found,) = {item.unit_price for entry in made.plan.jobs for item in entry.placement.option.items if item.name == line}
    return found


@pytest.mark.parametrize(
    ("provider", "region", "iac", "file", "words"),
    [
        ("aws", "us-east-1", "sam", "aws/sam/template.yaml", ["policy/edge", "ops@example.com"]),
        ("gcp", "us-central1", "auto", "gcp/terraform/main.tf", ["vpc-0a", "subnet-1", "acme-", "4711", "ops@example.com"]),
        (
            "azure",
            "eastus",
            "terraform",
            "azure/terraform/main.tf",
            ["of vpc-0a", "subnet-1", "acme-", "4711", "ops@example.com"],
        ),
        ("azure", "eastus", "bicep", "azure/bicep/main.bicep", ["of vpc-0a", "subnet-1", "acme-", "4711", "ops@example.com"]),
    ],
)
def test_the_organisation_is_in_every_language(
    decide: Decide, provider: str, region: str, iac: str, file: str, words: list[str]
) -> None:
    made = decide(EVERYTHING, provider, region, iac, "move.sh")
    assert [word for word in words if word not in made.tree[file]] == []


def test_a_word_that_means_nothing_is_an_error_with_its_line_and_the_nearest(decide: Decide) -> None:
    wrong = {
        "state.py": ("state", "object-store", "did you mean object-storage?"),
        "dump.sh": ("network", "pubic", "did you mean public?"),
        "ping.sh night": ("dst", "gaurd", "did you mean guard?"),
        "move.sh": ("size", "0.5 vCPU, 1000 MiB", "did you mean 0.5 vCPU, 1024 MiB?"),
        "first.sh": ("timeout", "soon", "no number above 0"),
        "sum.sh": ("memory", "-3", "no number above 0"),
        "loop.sh": ("items", "many", "no number above 0"),
        "table.py": ("data", "copied", "did you mean copy?"),
        "sql.sh": ("service", "move", "did you mean moves?"),
        "pay.sh": ("repeatable", "perhaps", "yes, no"),
        "gone.sh": ("egress-gib", "lots", "no amount"),
        "copy.sh": ("cpu", "computing", "did you mean computes?"),
        "next.sh": ("notify", "failures", "did you mean failure?"),
    }
    text = decide.jobs({name: {key: value} for name, (key, value, _) in wrong.items()})
    text += "servers: {web01: {service-mysqk: moves}}\n".replace(
        "servers: {web01: {service-mysqk", "answers: {web01/service-mysqk"
    ).replace("}}", "}")
    with pytest.raises(PlanError) as refused:
        decide(text)
    said = str(refused.value).splitlines()
    assert len(said) == len(wrong)
    for number, (name, (key, _, near)) in enumerate(wrong.items()):
        (line,) = [one for one in said if f"{decide.id(name)}/{key}" in one]
        assert f"decisions.yaml:{3 + 2 * number}: " in line
        assert near in line, line
    with pytest.raises(PlanError, match=r"decisions.yaml:1: web01/service-mysqk: .*did you mean service-mysql\?"):
        decide("answers: {web01/service-mysqk: moves}\n")


def test_a_zone_that_the_server_tells_itself_is_not_passed_over_in_silence(decide: Decide) -> None:
    """Where no file tells one, `web01/timezone` moves the schedules: tests/test_stated.py."""
    with pytest.raises(PlanError, match=r"decisions.yaml:1: web01/timezone: the server's own files tell Europe/Berlin; "):
        decide("servers: {web01: {timezone: Asia/Tokyo}}\n")
    assert decide("servers: {web01: {timezone: Europe/Berlin}}\n", only="move.sh").plan.jobs


def test_headroom_confidence_and_horizon_can_be_set(decide: Decide, unsaid: Made) -> None:
    said = decide(
        "assumptions: {run_time_headroom: 2.5, memory_headroom: 2, savings_confidence: 0.5, growth_horizon_months: 36}\n"
    )
    before, after = (made.plan.hosts[0].savings for made in (unsaid, said))
    assert {one.name: one.value for one in said.plan.assumptions if one.stated} == {
        "run_time_headroom": 2.5,
        "memory_headroom": 2.0,
        "savings_confidence": 0.5,
        "growth_horizon_months": 36.0,
    }
    limits = [made.job("first.sh").placement.option.timeout_s for made in (unsaid, said)]
    assert limits[0] is not None
    assert limits[1] is not None
    assert limits[1] > limits[0]
    assert (before.confidence, after.confidence) == (0.9, 0.5)


def test_each_assumption_has_a_name_that_decisions_yaml_takes(decide: Decide) -> None:
    text = "".join(f"  {name}: {_other(name)}\n" for name in Assumptions.__struct_fields__)
    made = decide("assumptions:\n" + text, only="first.sh")
    assert {one.name for one in made.plan.assumptions if one.stated} == set(Assumptions.__struct_fields__)


def _other(name: str) -> float:
    value = float(getattr(DEFAULT, name))
    return round(value * 0.9, 9) if not isinstance(getattr(DEFAULT, name), int) else value + 1


def test_what_is_left_running_waits_until_somebody_says_how_long_it_may_take(decide: Decide) -> None:
    """The log knows when the line ended, 70 s after its start, which is no time limit for what goes on behind it; and no time
    limit makes a daemon end."""

    def made(name: str, **said: str) -> Made:
        return decide(decide.jobs({name: {"target": "aws_fargate", **said}}), only=name)

    def why(of: Made, name: str) -> str:
        return "; ".join(unmet.of_entry(of.job(name), of.plan.decisions.answers))

    left, feed = (f"jobs/{decide.id(name)}/job.json" for name in ("left.sh", "feed.sh"))
    waits = made("left.sh")
    assert left not in waits.tree
    assert f"answer {decide.id('left.sh')}/timeout" in why(waits, "left.sh")
    assert left not in made("left.sh", timeout="unknown").tree
    assert made("left.sh", timeout="5000").emitted("left.sh")["timeout_s"] >= 5000
    for said in ({}, {"timeout": "5000"}, {"background": "stays", "timeout": "5000"}):
        waits = made("feed.sh", **said)
        assert feed not in waits.tree
        assert f"answer {decide.id('feed.sh')}/background: ends" in why(waits, "feed.sh") or "stays" in said.values()
    assert feed in made("feed.sh", background="ends", timeout="5000").tree


@pytest.mark.parametrize(
    ("target", "iac", "file", "says"),
    [
        ("aws_fargate", "terraform", "aws/terraform/main.tf", "condition     = !var.assign_public_ip"),
        ("aws_lambda", "terraform", "aws/terraform/main.tf", 'variable "lambda_subnet_ids"'),
        ("gcp_cloud_run_job", "terraform", "gcp/terraform/main.tf", 'default     = "ALL_TRAFFIC"'),
        ("azure_container_apps_job", "terraform", "azure/terraform/main.tf", "nullable    = false"),
        ("azure_functions", "terraform", "azure/terraform/main.tf", "nullable    = false"),
        ("azure_container_apps_job", "bicep", "azure/bicep/main.bicep", "@minLength(1)"),
        ("azure_functions", "bicep", "azure/bicep/main.bicep", "@minLength(1)"),
    ],
)
def test_a_job_that_needs_an_address_waits_for_a_network_that_has_one(
    decide: Decide, target: str, iac: str, file: str, says: str
) -> None:
    """Its templates make none: they refuse until somebody says that the given subnets go out through a NAT gateway."""

    def made(address: str) -> Made:
        said = {"target": target, "address": address, "data": "copy"}
        provider = target.partition("_")[0]
        return decide(decide.jobs({"copy.sh": said}), provider=provider, region=None, iac=iac, only="copy.sh")

    waits, goes = made("yes"), made("nat")
    id_ = waits.job("copy.sh").job.id
    assert f"jobs/{id_}/job.json" not in waits.tree
    assert any(f"answer {id_}/address: nat" in text for text in unmet.of_entry(waits.job("copy.sh"), {f"{id_}/address": "yes"}))
    for plan in (waits, goes):
        assert plan.cost("copy.sh", "NAT gateway" if not target.startswith("gcp") else "Cloud NAT gateway")
    assert f"jobs/{id_}/job.json" in goes.tree
    assert says in goes.tree[file]
    assert "assignPublicIp=DISABLED" in "".join(goes.tree.values()) or target != "aws_fargate"
