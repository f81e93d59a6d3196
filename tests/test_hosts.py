"""Hosts: what a machine's own files say about it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import small_plan
from msgspec.structs import replace

from migrator.hosts import reading
from migrator.hosts.services import is_standard
from migrator.model.job import Host, Load
from migrator.model.source import Problem
from migrator.reports import markdown
from migrator.sources.opening import open_source

SAMPLES = Path(__file__).parent.parent / "samples"


def read(root: Path) -> tuple[Host, tuple[Problem, ...]]:
    (files,) = open_source(str(root))
    return reading.read(files)


def tree(root: Path, **texts: str) -> Path:
    for name, text in texts.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_web01_is_what_was_built() -> None:
    host, problems = read(SAMPLES / "web01")
    assert (host.name, host.timezone, host.cron, host.os_id, host.os_version) == (
        "web01",
        "Europe/Berlin",
        "debian",
        "debian",
        "12",
    )
    assert (host.provider, host.instance_type, host.region, host.public_ipv4_count) == ("aws", "t3.medium", "eu-central-1", 1)
    assert (host.vcpu, host.memory_mib) == (2, 3834)
    assert host.services == (), "ssh and cron keep no server alive"
    assert problems == ()


def test_etl02_keeps_its_database() -> None:
    host, _ = read(SAMPLES / "etl02")
    assert host.cron == "cronie"
    assert [service.name for service in host.services or ()] == ["postgresql"]
    assert host.instance_type is None


def test_what_is_not_stated_stays_unknown(tmp_path: Path) -> None:
    host, problems = read(tree(tmp_path / "bare", etc__crontab=""))
    assert host.name == "bare"
    unknown = (
        "timezone",
        "release",
        "cron",
        "vcpu",
        "memory_mib",
        "instance_type",
        "region",
        "services",
        "users",
        "public_ipv4_count",
    )
    assert {name: getattr(host, name) for name in unknown} == dict.fromkeys(unknown)
    assert ["time zone" in problem.message for problem in problems] == [True], "that schedules are read as UTC is said"


@pytest.mark.parametrize(
    ("text", "cron"),
    [
        ("ID=debian\nVERSION_ID=12\n", "debian"),
        ('ID=pop\nID_LIKE="ubuntu debian"\n', "debian"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\n', "cronie"),
        ("ID=opensuse-leap\n", "cronie"),
        ("ID=alpine\n", "busybox"),
        ("ID=plan9\n", None),
        ('ID="unclosed\n', None),
    ],
)
def test_the_distribution_brings_its_daemon(tmp_path: Path, text: str, cron: str | None) -> None:
    assert read(_with(tmp_path, "etc/os-release", text))[0].cron == cron


def _with(root: Path, name: str, text: str | bytes) -> Path:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return root


def test_localtime_wins_over_timezone_and_the_difference_is_said(tmp_path: Path) -> None:
    _with(tmp_path, "etc/timezone", "Europe/Paris\n")
    (tmp_path / "etc/localtime").symlink_to("../usr/share/zoneinfo/America/Chicago")
    host, problems = read(tmp_path)
    assert host.timezone == "America/Chicago"
    assert any("Europe/Paris" in problem.message for problem in problems)


def test_a_copied_localtime_is_recognised_by_its_bytes(tmp_path: Path) -> None:
    import importlib.resources

    raw = importlib.resources.files("tzdata").joinpath("zoneinfo", "Asia", "Kathmandu").read_bytes()
    host, _ = read(_with(tmp_path, "etc/localtime", raw))
    assert host.timezone == "Asia/Kathmandu"
    assert ZoneInfo(host.timezone)


@pytest.mark.parametrize("name", ["Mars/Olympus", "../../etc/passwd", "Europe/Berlin\x1b[0m", "x" * 500])
def test_an_unknown_zone_is_a_problem(tmp_path: Path, name: str) -> None:
    host, problems = read(_with(tmp_path, "etc/timezone", name + "\n"))
    assert host.timezone is None
    assert any("unknown" in problem.message for problem in problems)


def test_a_wrong_line_of_passwd_is_a_problem_and_the_rest_goes_on(tmp_path: Path) -> None:
    host, problems = read(_with(tmp_path, "etc/passwd", "root:x:0:0:root:/root:/bin/sh\nbroken:x\nweb:x:33:33::/srv:/bin/sh\n"))
    assert [user.name for user in host.users or ()] == ["root", "web"]
    assert [problem.location.line for problem in problems if problem.location.path == "/etc/passwd"] == [2]


@pytest.mark.parametrize(
    ("passwd", "nsswitch", "elsewhere"),
    [
        ("", None, None),
        ("", "# passwd: ldap\npasswd:         files systemd\ngroup: files sss\n", None),
        ("", "passwd: sss files systemd\n", "sss"),
        ("", "passwd:files [NOTFOUND=return] ldap winbind # two\n", "ldap winbind"),
        ("+::::::\n", "passwd: compat\n", "nis"),
    ],
)
def test_a_user_whom_a_directory_may_know_is_not_said_to_be_gone(
    tmp_path: Path, passwd: str, nsswitch: str | None, elsewhere: str | None
) -> None:
    if nsswitch is not None:
        _with(tmp_path, "etc/nsswitch.conf", nsswitch)
    host, _ = read(_with(tmp_path, "etc/passwd", "root:x:0:0:root:/root:/bin/sh\n" + passwd))
    assert host.users_elsewhere == elsewhere
    assert (host.lacks_user("anna"), host.lacks_user("root")) == (elsewhere is None, False)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b'{"v1": 7, "ds": []}', b"[" * 100_000, b"\xff\xfe"])
def test_damaged_cloud_data_never_stops_the_reading(tmp_path: Path, raw: bytes) -> None:
    host, _ = read(_with(tmp_path, "run/cloud-init/instance-data.json", raw))
    assert host.instance_type is None


def test_azure_and_google_names_are_read(tmp_path: Path) -> None:
    azure = (
        '{"v1": {"cloud_name": "azure", "region": "westeurope"}, '
        '"ds": {"meta_data": {"imds": {"compute": {"vmSize": "Standard_B2s"}}}}}'
    )
    host, _ = read(_with(tmp_path / "a", "run/cloud-init/instance-data.json", azure))
    assert (host.provider, host.region, host.instance_type) == ("azure", "westeurope", "Standard_B2s")
    google = (
        '{"v1": {"cloud_name": "gce", "availability_zone": "europe-west1-b"}, '
        '"ds": {"meta_data": {"machine-type": "projects/1/machineTypes/e2-small"}}}'
    )
    host, _ = read(_with(tmp_path / "g", "run/cloud-init/instance-data.json", google))
    assert (host.provider, host.region, host.instance_type) == ("gcp", "europe-west1", "e2-small")


def test_firmware_tells_the_instance_type_on_amazon(tmp_path: Path) -> None:
    _with(tmp_path, "sys/class/dmi/id/sys_vendor", "Amazon EC2\n")
    host, _ = read(_with(tmp_path, "sys/class/dmi/id/product_name", "m5.large\n"))
    assert (host.provider, host.instance_type) == ("aws", "m5.large")


@pytest.mark.parametrize("name", ["ssh", "cron", "getty@tty1", "systemd-timesyncd", "cloud-init-local", "unattended-upgrades"])
def test_parts_of_the_system_keep_no_server_alive(name: str) -> None:
    assert is_standard(name)


@pytest.mark.parametrize("name", ["nginx", "mysql", "postgresql@15-main", "php8.2-fpm", "docker", "redis-server", "shop-worker"])
def test_what_others_use_keeps_the_server_alive(name: str) -> None:
    assert not is_standard(name)


def test_open_ports_are_services_and_the_loopback_is_not(tmp_path: Path) -> None:
    """Addresses as the kernel writes them on x86: 0.0.0.0:8123, 127.0.0.1:5432, [::]:443, [::1]:6379, an outgoing connection."""
    head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    rest = "00000000:00000000 00:00000000 00000000     0        0 1 1\n"
    (tmp_path / "proc/net").mkdir(parents=True)
    (tmp_path / "proc/net/tcp").write_text(
        head
        + f"   0: 00000000:1FBB 00000000:0000 0A {rest}"
        + f"   1: 0100007F:1538 00000000:0000 0A {rest}"
        + f"   2: 0100A8C0:D431 0200A8C0:01BB 01 {rest}"
        + f"   3: 00000000:0016 00000000:0000 0A {rest}"
    )
    (tmp_path / "proc/net/tcp6").write_text(
        head + f"   0: {'0' * 32}:01BB {'0' * 32}:0000 0A {rest}" + f"   1: {'0' * 24}01000000:18EB {'0' * 32}:0000 0A {rest}"
    )
    (files,) = open_source(str(tmp_path))
    host, _ = reading.read(files)
    assert [(service.name, service.port) for service in host.services or ()] == [("https", 443), ("port 8123", 8123)]


def test_a_port_joins_the_enabled_service_of_its_program(tmp_path: Path) -> None:
    wants = tmp_path / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True)
    (wants / "nginx.service").symlink_to("/lib/systemd/system/nginx.service")
    (tmp_path / "migrator").mkdir()
    (tmp_path / "migrator/ss.txt").write_text(
        'tcp LISTEN 0 511 0.0.0.0:80 0.0.0.0:* users:(("nginx",pid=741,fd=6))\n'
        'tcp LISTEN 0 128 0.0.0.0:2222 0.0.0.0:* users:(("sshd",pid=7,fd=3))\n'
    )
    (tmp_path / "migrator/unread.txt").write_text("/var/spool/cron/crontabs\tmay not be listed; run as root\n")
    (files,) = open_source(str(tmp_path))
    host, problems = reading.read(files)
    assert [(service.name, service.port) for service in host.services or ()] == [("nginx", 80)]
    assert [problem.location.path for problem in problems if problem.kind == "unreadable"] == ["/var/spool/cron/crontabs"]


def sadf(*samples: tuple[str, float, float], name: str = "web01", utc: int = 1) -> str:
    """What `sadf -j -- -u` of sysstat 12.6 prints, with these times of a day, idle and iowait."""
    statistics = [
        {
            "timestamp": {"date": "2026-11-26", "time": time, "utc": utc, "interval": 600},
            "cpu-load": [
                {"cpu": "all", "user": round(100 - idle - wait, 2), "nice": 0.0, "system": 0.0, "iowait": wait, "idle": idle}
            ],
        }
        for time, idle, wait in samples
    ]  # fmt: skip
    host = {"nodename": name, "sysname": "Linux", "number-of-cpus": 2, "file-date": "2026-11-26", "statistics": statistics}
    return json.dumps({"sysstat": {"hosts": [{**host, "restarts": []}]}})


def test_sysstat_says_how_idle_the_server_is(tmp_path: Path) -> None:
    root = tree(tmp_path, **{
        "etc/hostname": "web01.example.com\n",
        "migrator/sadf.json": sadf(("00:10:00", 90, 0), ("00:20:00", 70, 20), ("00:30:00", 100, 0)) + "\n"
        + sadf(("01:10:00", 40, 0), ("01:20:00", 0, 0), ("00:10:00", 90, 0)),
    })  # fmt: skip
    host, problems = read(root)
    assert host.load is not None
    assert (host.load.samples, round(host.load.hours, 3)) == (5, round(50 / 60, 3))
    assert host.load.mean_share == pytest.approx((0.1 + 0.1 + 0.0 + 0.6 + 1.0) / 5)
    assert host.load.busiest_hour_share == pytest.approx(0.8)
    assert host.load.first_at.isoformat() == "2026-11-26T00:00:00+00:00"
    assert any("busy 36.0%" in evidence.snippet for evidence in host.evidence)
    assert not [problem for problem in problems if "sadf" in problem.location.path]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (sadf(("00:10:00", 90, 0), name="other"), "the load of other"),
        ("Linux 6.1 (web01) 11/26/26\n", "not what `sadf -j` prints"),
        ('{"sysstat": {"hosts": [{"statistics": [{"timestamp": {}, "cpu-load": [{"cpu": "all", "idle": 3}]}]}]}}', "KeyError"),
        ("[" * 100_000, "RecursionError"),
    ],
)
def test_what_is_no_load_of_this_server_stays_unknown(tmp_path: Path, content: str, said: str) -> None:
    root = tree(tmp_path, **{"etc/hostname": "web01\n", "migrator/sadf.json": content})
    host, problems = read(root)
    assert host.load is None
    assert any(said in problem.message for problem in problems)


def test_binary_sysstat_files_alone_say_what_to_run(tmp_path: Path) -> None:
    root = tree(tmp_path, **{"etc/hostname": "web01\n", "var/log/sysstat/sa26": "\x96\xd5u!"})
    host, problems = read(root)
    assert host.load is None
    assert any("sadf -j" in problem.message and problem.location.path == "/var/log/sysstat/sa26" for problem in problems)


def test_the_report_says_how_idle_sysstat_found_the_server() -> None:
    load = Load(
        samples=1008, hours=168.0, mean_share=0.04, p95_share=0.2, busiest_hour_share=0.55,
        first_at=datetime(2026, 11, 17, tzinfo=UTC), last_at=datetime(2026, 11, 24, tzinfo=UTC),
    )  # fmt: skip
    small = small_plan.plan()
    host = replace(small.hosts[0], host=replace(small.hosts[0].host, load=load))
    assert "busiest hour" not in markdown.write(small)[0].content.decode()
    text = markdown.write(replace(small, hosts=(host, *small.hosts[1:])))[0].content.decode()
    assert "of its processors idle |" in text
    assert "**96\\.0 %** busiest hour 55.0 % busy" in text
