"""Tables and exports of runs find their jobs: by command, by name, by what stands in the command; accounting by pid and time."""

import json
import struct
from pathlib import Path

from test_commands import done

ACCT = "<BBHIIIIIIf8H16s"
NOON = 1795435200  # 2026-11-23T12:00:00Z


def server(root: Path, crontab: str) -> Path:
    (root / "etc/cron.d").mkdir(parents=True)
    (root / "etc/hostname").write_text("web07\n")
    (root / "etc/timezone").write_text("Etc/UTC\n")
    (root / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\nalice:x:1001:1001::/home/alice:/bin/sh\n")
    (root / "etc/cron.d/work").write_text(crontab)
    return root


def put(root: Path, path: str, content: str | bytes) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(content if isinstance(content, bytes) else content.encode())


def runs(root: Path) -> dict:
    return json.loads(done("runs", root, "--each", "--format", "json"))


def ended(comm: bytes, pid: int, parent: int, uid: int, elapsed_s: float, *, forked: bool = False, status: int = 0) -> bytes:
    return struct.pack(
        ACCT, int(forked), 3, 0, status, uid, uid, pid, parent, NOON, elapsed_s * 100, 50, 0, 0, 0, 0, 0, 0, 0, comm
    )


def test_exports_find_their_jobs_by_name_and_by_what_the_command_says(tmp_path: Path) -> None:
    root = server(
        tmp_path,
        "0 12 * * * root /opt/nightly-report.sh\n"
        "5 12 * * * root /opt/sync --then notify sync-orders\n"
        "9 12 * * * alice /opt/clean.sh\n",
    )
    put(root, "migrator/cronitor.csv", "monitor,state,stamp\nnightly-report,run,1795435201\nnightly-report,complete,1795435231\n")
    ping = {"type": "success", "date": "2026-11-23T12:05:31+00:00", "duration": 30.5}
    put(root, "migrator/healthchecks-sync-orders.json", json.dumps({"pings": [ping]}))
    put(
        root,
        "migrator/runs.csv",
        "command,user,start,end,status\n/opt/clean.sh,alice,2026-11-23T12:09:01Z,2026-11-23T12:10:01Z,4\n",
    )
    jobs = {job["command"].split()[0]: job for job in runs(root)["jobs"]}
    assert (jobs["/opt/nightly-report.sh"]["max_s"], jobs["/opt/nightly-report.sh"]["sources"]) == (30.0, ["cronitor"])
    assert (jobs["/opt/sync"]["max_s"], jobs["/opt/sync"]["sources"]) == (30.5, ["healthchecks"])
    clean = jobs["/opt/clean.sh"]
    assert (clean["max_s"], clean["failed_runs"], clean["sources"]) == (60.0, 1, ["runs_csv"])


def test_a_length_from_stamps_of_a_second_is_not_exact(tmp_path: Path) -> None:
    root = server(tmp_path, "9 12 * * * alice /opt/clean.sh\n")
    put(root, "migrator/runs.csv", "command,user,start,end\n/opt/clean.sh,alice,2026-11-23T12:09:01Z,2026-11-23T12:10:01Z\n")
    (run,) = runs(root)["runs"]
    assert (run["duration_low_s"], run["duration_high_s"]) == (59.0, 61.0)


def test_a_status_without_an_end_is_no_length(tmp_path: Path) -> None:
    root = server(tmp_path, "9 12 * * * alice /opt/clean.sh\n")
    put(root, "migrator/runs.csv", "command,user,start,status\n/opt/clean.sh,alice,2026-11-23T12:09:01Z,7\n")
    (run,) = runs(root)["runs"]
    assert (run["duration_s"], run["exit_status"], run["ended_at"]) == (None, 7, None)


def test_what_runs_csv_says_is_read_again(tmp_path: Path) -> None:
    first = server(tmp_path / "first", "9 12 * * * alice /opt/clean.sh\n")
    put(first, "migrator/runs.csv", "command,user,start,duration_s\n/opt/clean.sh,alice,2026-11-23T12:09:01Z,7.25\n")
    second = server(tmp_path / "second", "9 12 * * * alice /opt/clean.sh\n")
    put(second, "migrator/runs.csv", done("runs", first, "--each", "--format", "csv"))
    kept = ("job_id", "started_at", "duration_s", "user", "command")
    assert [[run[name] for name in kept] for run in runs(second)["runs"]] == [
        [run[name] for name in kept] for run in runs(first)["runs"]
    ]


def test_accounting_gives_status_and_processor_time_to_the_start_with_its_pid(tmp_path: Path) -> None:
    root = server(tmp_path, "0 12 * * * alice /opt/one.sh\n0 12 * * * alice /opt/two.sh\n")
    put(
        root, "var/log/cron.log",
        "2026-11-23T12:00:00.900000+00:00 web07 CRON[67]: (alice) CMD (/opt/two.sh)\n"
        "2026-11-23T12:00:00.950000+00:00 web07 CRON[66]: (alice) CMD (/opt/one.sh)\n",
    )  # fmt: skip
    records = ended(b"gzip", 70, 66, 1001, 1.5) + ended(b"sh", 66, 48, 1001, 3.72, status=3 << 8)
    records += ended(b"cron", 48, 35, 0, 3.8, forked=True)
    put(root, "var/log/account/pacct", records)
    found = {run["command"]: run for run in runs(root)["runs"]}
    one, two = found["/opt/one.sh"], found["/opt/two.sh"]
    assert (one["duration_s"], one["exit_status"], one["cpu_s"], one["quality"]) == (3.72, 3, 1.0, "exact")
    assert (two["duration_s"], two["exit_status"], two["cpu_s"]) == (None, None, None)


def test_accounting_alone_names_the_job_only_where_one_was_due(tmp_path: Path) -> None:
    root = server(tmp_path, "0 12 * * * alice /opt/one.sh\n0 12 * * * root /opt/two.sh\n0 12 * * * root /opt/three.sh\n")
    records = b"".join(
        ended(b"sh", pid, pid - 10, uid, 3.5) + ended(b"cron", pid - 10, 35, 0, 3.6, forked=True)
        for pid, uid in ((66, 1001), (67, 0), (68, 0))
    )
    put(root, "var/account/pacct", records)
    document = runs(root)
    assert {job["command"]: job["observed_runs"] for job in document["jobs"]} == {
        "/opt/one.sh": 1, "/opt/two.sh": 0, "/opt/three.sh": 0,
    }  # fmt: skip
    assert [run["quality"] for run in document["runs"]] == ["inferred"] + ["exact"] * 2


def test_audit_ends_a_run_and_the_same_session_in_auth_log_counts_once(tmp_path: Path) -> None:
    root = server(tmp_path, "0 12 * * * root /opt/one.sh\n")
    put(root, "var/log/cron.log", "2026-11-23T12:00:01+00:00 web07 CRON[67]: (root) CMD (/opt/one.sh)\n")
    put(
        root, "var/log/auth.log",
        "2026-11-23T12:00:01+00:00 web07 CRON[60]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)\n"
        "2026-11-23T12:00:31+00:00 web07 CRON[60]: pam_unix(cron:session): session closed for user root\n",
    )  # fmt: skip
    record = (
        'type={} msg=audit({}.{}:{}): pid=60 uid=0 auid=0 ses=8 msg=\'op=PAM:session_{} acct="root" exe="/usr/sbin/cron" '
        "hostname=? addr=? terminal=cron res=success'\n"
    )
    audit = record.format("USER_START", NOON + 1, 204, 1, "open") + record.format("USER_END", NOON + 31, 875, 2, "close")
    put(root, "var/log/audit/audit.log", audit)
    document = runs(root)
    (run,) = document["runs"]
    assert run["ended_at"] == "2026-11-23T12:00:31.875000Z"
    assert document["problems"] == []


def test_the_address_of_a_check_is_a_secret(tmp_path: Path) -> None:
    root, address = server(tmp_path, "0 12 * * * root /opt/one.sh\n"), "0f0f0f0f-1111-2222-3333-444455556666"
    ping = {"type": "success", "date": "2026-11-23T12:05:31+00:00", "duration": 30.5}
    put(root, f"migrator/{address}.json", json.dumps({"pings": [ping]}))
    document = runs(root)
    assert "is a secret" in document["problems"][0]["message"]
    assert address not in json.dumps(document)


def test_one_server_has_one_name_however_its_logs_call_it(tmp_path: Path) -> None:
    """Without its domain in rsyslog's files, whole in journald's, not at all in auditd's."""
    root = server(tmp_path, "0 12 * * * root /opt/one.sh\n")
    put(root, "etc/hostname", "web07.example.org\n")
    cmd = "2026-11-23T12:00:01+00:00 {} CRON[67]: (root) CMD (/opt/one.sh)\n"
    put(root, "var/log/cron.log", cmd.format("web07"))
    put(root, "var/log/syslog", cmd.format("web07.example.org") + cmd.format("web08.example.org"))  # the last came from elsewhere
    record = (
        'type={} msg=audit({}.500:{}): pid=66 uid=0 auid=0 ses=8 msg=\'op=PAM:session_{} acct="root" exe="/usr/sbin/cron" '
        "hostname=? addr=? terminal=cron res=success'\n"
    )
    audit = record.format("USER_START", NOON + 1, 1, "open") + record.format("USER_END", NOON + 31, 2, "close")
    put(root, "var/log/audit/audit.log", audit)
    found = runs(root)["runs"]
    assert [(run["host"], run["job_id"] is not None, run["ended_at"]) for run in found] == [
        ("web07.example.org", True, "2026-11-23T12:00:31.500000Z"), ("web08.example.org", False, None),
    ]  # fmt: skip


def test_anacrons_jobs_and_the_scripts_that_they_start_are_measured_apart(tmp_path: Path) -> None:
    root = server(tmp_path, "0 12 * * * root /opt/one.sh\n")
    put(root, "etc/os-release", 'ID="rhel"\nVERSION_ID="8.10"\n')
    put(root, "etc/anacrontab", "# period delay job-identifier command\n1\t5\tcron.daily\tnice run-parts /etc/cron.daily\n")
    put(root, "etc/cron.daily/load", "#!/bin/sh\n/opt/load\n")
    (root / "etc/cron.daily/load").chmod(0o755)
    lines = (
        "12:00:00 web07 anacron[5]: Job `cron.daily' started", "12:00:01 web07 run-parts[6]: (/etc/cron.daily) starting load",
        "12:00:41 web07 run-parts[7]: (/etc/cron.daily) finished load", "12:00:43 web07 anacron[5]: Job `cron.daily' terminated",
    )  # fmt: skip
    put(root, "var/log/cron", "".join(f"Nov 23 {line}\n" for line in lines))
    document = runs(root)
    assert {job["command"]: job["max_s"] for job in document["jobs"] if job["observed_runs"]} == {
        "/etc/cron.daily/load": 40.0, "nice run-parts /etc/cron.daily": 43.0,
    }  # fmt: skip


def test_a_unit_is_known_by_its_description_as_older_systemd_says_it_in_syslog(tmp_path: Path) -> None:
    root = server(tmp_path, "")
    for unit, calls in (("stock", "Stock sync"), ("twin1", "Twins"), ("twin2", "Twins")):
        put(root, f"etc/systemd/system/{unit}.timer", "[Timer]\nOnCalendar=12:00\n[Install]\nWantedBy=timers.target\n")
        put(
            root,
            f"etc/systemd/system/{unit}.service",
            f"[Unit]\nDescription={calls}\n[Service]\nType=oneshot\nExecStart=/opt/{unit}\n",
        )
    lines = (
        "12:00:01 web07 systemd[1]: Starting Stock sync...", "12:00:01 web07 systemd[1]: Starting Twins...",
        "12:00:31 web07 systemd[1]: stock.service: Succeeded.", "12:00:31 web07 systemd[1]: Finished Stock sync.",
        "12:00:41 web07 systemd[1]: Finished Twins.",
    )  # fmt: skip
    put(root, "var/log/syslog", "".join(f"Nov 23 {line}\n" for line in lines))
    assert {job["command"]: job["max_s"] for job in runs(root)["jobs"]} == {
        "/opt/stock": 30.0,
        "/opt/twin1": None,
        "/opt/twin2": None,
    }
