"""A job that only calls a URL, from its crontab line to the template: the scheduler sends the request that the program sent."""

import json
import re
import subprocess
import sys
from pathlib import Path

import hcl2
import pytest

CALLS = """\
*/15 * * * * www-data curl -fsS 'https://shop.example.org/cron?key=1' >/dev/null
30 6 * * 1-5 www-data curl -s -X POST -H 'X-Job: "daily"' -d day=1 -d 'n=${HOME}%' https://shop.example.org/daily >/dev/null 2>&1
30 2 * * * www-data curl -s https://shop.example.org/night >/dev/null
40 5 * * * www-data curl -s -H 'Authorization: Bearer hh4Zq0dXv9TfLk2' https://shop.example.org/secret >/dev/null
"""
# the same for other schedulers: the name of the host says which
ELSEWHERE = """\
*/10 * * * * www-data curl -fsS 'https://aws.example.org/tick?key=1' >/dev/null
15 7 * * 1-5 www-data curl -s -H 'Content-Type: application/json' -H 'X-Job: "daily"' \
-H 'Authorization: Bearer hh4Zq0dXv9TfLk2' -d '{"n": [1, 2.5], "t": "${HOME} @{x}"}' https://aws.example.org/daily >/dev/null
20 3 * * * www-data curl -s -d day=1 https://aws.example.org/form >/dev/null
25 3 * * * www-data curl -s http://aws.example.org/plain >/dev/null
30 3 * * * www-data curl -s -H 'Cache-Control: no-cache' https://aws.example.org/header >/dev/null
35 3 * * * www-data curl -s 'https://aws.example.org/query?token=hh4Zq0dXv9TfLk2' >/dev/null
40 2 * * * www-data curl -s https://aws.example.org/night >/dev/null
20 6 * * 1-5 www-data curl -fsS -m 30 'https://azure.example.org/tick?key=1' >/dev/null
45 6 1 * * www-data curl -s -H 'X-Key: k-@secret' -d 'a=@{b}&c=d@e.org' https://azure.example.org/form >/dev/null
50 6 * * * www-data curl -s -H 'Content-Type: application/json' \
-d '{"key": "hh4Zq0dXv9TfLk2", "password": "hh4Zq0dXv9TfLk2", "t": "@{x}"}' https://azure.example.org/body >/dev/null
55 6 * 1 * www-data curl -s https://azure.example.org/january >/dev/null
0 7 31 * * www-data curl -s https://azure.example.org/last >/dev/null
5 7 * * * www-data curl -s -I https://azure.example.org/head >/dev/null
10 7 * * * www-data curl -s -H 'Accept-Language: de' https://azure.example.org/header >/dev/null
"""
TARGETS = {"aws": "aws_api_destination", "azure": "azure_logic_app"}
ANSWERED = "version: 1\nanswers:\n  all/dst: guard\n"


def migrator(*args: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "migrator", *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert not check or (done.returncode in {0, 1} and "Traceback" not in done.stderr), done.stderr
    return done


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Calls, each told to be a call of one scheduler, planned and emitted."""
    root = tmp_path_factory.mktemp("calls")
    (root / "server/etc/cron.d").mkdir(parents=True)
    (root / "server/etc/timezone").write_text("Europe/Berlin\n")
    (root / "server/etc/hostname").write_text("calls01\n")
    (root / "server/etc/cron.d/calls").write_text(CALLS.replace("%'", "\\%'") + ELSEWHERE)
    jobs = json.loads(migrator("jobs", root / "server", "--format", "json").stdout)["jobs"]
    answers = ""
    for job in jobs:
        place = re.search(r"//(\w+)\.example", job["command"])
        target = TARGETS.get(place[1] if place else "", "gcp_scheduler_http_target")
        topics = {"shape": "http_call", "target": target, "repeatable": "yes"}
        answers += "".join(f"  {job['id']}/{topic}: '{answer}'\n" for topic, answer in topics.items())
    (root / "decisions.yaml").write_text(ANSWERED + answers)
    migrator("plan", root / "server", "-o", root / "plan", "--provider", "all", "--decisions", root / "decisions.yaml")
    done = migrator("emit", root / "plan", "-o", root / "tree")
    (root / "tree/said").write_text(done.stdout + done.stderr)
    return root / "tree"


def schedules(tree: Path) -> dict[str, dict[str, object]]:
    """google_cloud_scheduler_job by URL, as HCL's own reader sees it."""
    found = {}
    for file in sorted((tree / "gcp/terraform").glob("curl-*.tf")):
        for block in hcl2.loads(file.read_text())["resource"]:
            for kind, named in block.items():
                if kind.strip('"') == "google_cloud_scheduler_job":
                    (body,) = named.values()
                    found[unquoted(body["http_target"][0]["uri"])] = body
    return found


def unquoted(text: str) -> str:
    """A quoted template of HCL as the text that Terraform makes of it."""
    if not text.startswith('"'):
        return text
    return str(json.loads(text)).replace("$${", "${").replace("%%{", "%{")


def test_the_request_of_the_template_is_the_request_of_the_line(tree: Path) -> None:
    daily = schedules(tree)["https://shop.example.org/daily"]["http_target"][0]  # type: ignore[index]
    assert unquoted(daily["http_method"]) == "POST"
    headers = {unquoted(key): unquoted(value) for key, value in daily["headers"].items()}
    assert headers == {"X-Job": '"daily"', "Content-Type": "application/x-www-form-urlencoded"}
    written = (tree / "gcp/terraform").glob("curl-*.tf")
    bodies = [match[1] for file in written for match in re.finditer(r"body\s+= base64encode\((\".*\")\)", file.read_text())]
    assert [unquoted(body) for body in bodies] == ["day=1&n=${HOME}%"]


def test_the_schedule_is_proved_and_off(tree: Path) -> None:
    plain = schedules(tree)["https://shop.example.org/cron?key=1"]
    assert unquoted(str(plain["schedule"])) == "0,15,30,45 * * * *"
    assert "schedules_enabled" in str(plain["paused"])


def test_a_call_whose_schedule_needs_a_guard_is_not_emitted_as_a_call(tree: Path) -> None:
    """Half past two is an hour of the change of clocks: without a program nothing keeps cron's law there."""
    assert "https://shop.example.org/night" not in schedules(tree)
    assert "waits for your decision" in (tree / "README.md").read_text()


def test_a_call_with_a_secret_in_it_is_not_emitted_as_a_call(tree: Path) -> None:
    """A scheduler shows its requests to everyone who may look at it."""
    assert "https://shop.example.org/secret" not in schedules(tree)
    assert not [file for file in tree.rglob("*") if file.is_file() and b"hh4Zq0dXv9TfLk2" in file.read_bytes()]
    assert "keeps requests in plain text" in (tree / "README.md").read_text()


def test_nothing_else_is_written_for_it(tree: Path) -> None:
    folders = sorted((tree / "jobs").iterdir())
    assert len(folders) == 7
    assert [[file.name for file in sorted(folder.iterdir())] for folder in folders] == [["README.md"]] * 7
    assert "Nothing of it runs any more" in (folders[0] / "README.md").read_text()
    assert 'variable "images"' not in (tree / "gcp/terraform/main.tf").read_text()
    images = re.search(r"^IMAGES :=(.*)$", (tree / "Makefile").read_text(), re.MULTILINE)
    assert images is None or "curl-" not in images[1]


def of_aws(tree: Path) -> dict[str, dict[str, dict[str, object]]]:
    """What Terraform creates for each URL at AWS: kind -> body, as HCL's own reader sees it."""
    found: dict[str, dict[str, dict[str, object]]] = {}
    for file in sorted((tree / "aws/terraform").glob("curl-*.tf")):
        made: dict[str, dict[str, object]] = {}
        for block in hcl2.loads(file.read_text())["resource"]:
            for kind, named in block.items():
                made.setdefault(unquoted(kind), next(iter(named.values())))
        found[unquoted(str(made["aws_cloudwatch_event_api_destination"]["invocation_endpoint"]))] = made
    return found


def test_at_aws_a_schedule_puts_an_event_and_a_rule_sends_the_line_s_request(tree: Path) -> None:
    made = of_aws(tree)
    assert sorted(made) == ["https://aws.example.org/daily", "https://aws.example.org/tick?key=1"]
    daily = made["https://aws.example.org/daily"]
    assert unquoted(str(daily["aws_cloudwatch_event_api_destination"]["http_method"])) == "POST"
    target = daily["aws_cloudwatch_event_target"]
    assert json.loads(unquoted(str(target["input"]))) == {"n": [1, 2.5], "t": "${HOME} @{x}"}
    headers = target["http_target"][0]["header_parameters"]  # type: ignore[index]
    assert {unquoted(key): unquoted(value) for key, value in headers.items()} == {"X-Job": '"daily"'}
    assert target["retry_policy"][0]["maximum_retry_attempts"] == 0  # type: ignore[index]
    schedule = daily["aws_scheduler_schedule"]
    assert unquoted(str(schedule["schedule_expression"])) == "cron(15 7 ? * MON,TUE,WED,THU,FRI *)"
    sent = {unquoted(key): unquoted(str(value)) for key, value in schedule["target"][0]["eventbridge_parameters"][0].items()}  # type: ignore[index]
    pattern = str(daily["aws_cloudwatch_event_rule"]["event_pattern"])
    assert sent["detail_type"] in pattern
    assert sent["source"] in pattern


def test_at_aws_the_secret_of_a_header_is_the_connection_s_key_by_reference(tree: Path) -> None:
    connection = of_aws(tree)["https://aws.example.org/daily"]["aws_cloudwatch_event_connection"]
    key = connection["auth_parameters"][0]["api_key"][0]  # type: ignore[index]
    assert unquoted(key["key"]) == "Authorization"
    assert re.fullmatch(
        r'\$\{join\("", \["Bearer ", data\.aws_secretsmanager_secret_version\.\w+\.secret_string\]\)\}', key["value"]
    )
    plain = of_aws(tree)["https://aws.example.org/tick?key=1"]["aws_cloudwatch_event_connection"]
    assert unquoted(plain["auth_parameters"][0]["api_key"][0]["key"]) == "X-Migrated-From"  # type: ignore[index]


def test_each_request_that_aws_would_change_is_refused_with_its_reason(tree: Path) -> None:
    said = (tree / "README.md").read_text().replace("\\", "")
    for reason in (
        "API destinations send JSON only",
        "API destinations call https:// only",
        "EventBridge takes the header Cache-Control out",
        "a connection carries one in a header only",
        "eventbridge needs a guard",
    ):
        assert reason in said


def test_the_ledger_says_that_a_call_may_come_twice_and_the_day_after_has_its_commands(tree: Path) -> None:
    commands = (tree / "jobs.sh").read_text()
    for folder in sorted((tree / "jobs").iterdir()):
        text = (folder / "README.md").read_text()
        assert "deliver" in text
        assert "at least once" in text
        for verb in ("run", "logs", "pause", "resume"):
            assert f"{folder.name}/{verb})" in commands


def test_at_azure_a_recurrence_starts_a_workflow_that_sends_the_line_s_request(tree: Path) -> None:
    found: dict[str, dict[str, str]] = {}
    for file in sorted((tree / "azure/terraform").glob("curl-*.tf")):
        text = file.read_text()
        uri = re.search(r"uri    = (\"https://azure.*\")", text)
        assert uri is not None
        lines = re.findall(r"^ +(\w+) += (.+)$", text[: text.index("azurerm_monitor_metric_alert")], re.MULTILINE)
        found[json.loads(uri[1])] = dict(lines)
    assert sorted(found) == [f"https://azure.example.org/{name}" for name in ("body", "form", "tick?key=1")]
    tick, form, body = (found[f"https://azure.example.org/{name}"] for name in ("tick?key=1", "form", "body"))
    assert tick["frequency"] == '"Week"'
    assert tick["timeZone"] == '"W. Europe Standard Time"'
    assert tick["method"] == '"GET"'
    assert tick["limit"] == '{ timeout = "PT30S" }'
    assert tick["retryPolicy"] == '{ type = "none" }'
    assert form["schedule"] == '{ "hours" = [6], "minutes" = [45], "monthDays" = [1] }'
    # what would be an expression of the workflow language is a text; a secret is one, read by the workflow's own identity
    assert form["body"] == '"a=@@{b}&c=d@e.org"'
    value = "@{body('read_password')?['value']}"
    assert body["body"] == f'{{ "key" = "{value}", "password" = "{value}", "t" = "@@{{x}}" }}'
    assert body["runAfter"] == '{ "read_password" = ["Succeeded"] }'


def test_what_a_recurrence_or_an_http_action_cannot_say_is_refused_with_its_reason(tree: Path) -> None:
    said = (tree / "README.md").read_text().replace("\\", "")
    for reason in (
        "logic-apps needs a guard to keep this schedule",
        "an HTTP action of Logic Apps knows no HEAD",
        "Logic Apps takes the header Accept-Language out",
    ):
        assert reason in said


def test_no_secret_stands_anywhere_in_the_tree(tree: Path) -> None:
    assert not [file for file in tree.rglob("*") if file.is_file() and b"hh4Zq0dXv9TfLk2" in file.read_bytes()]
