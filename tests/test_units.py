"""systemd: generators' units, limits, and what runs around ExecStart."""

from pathlib import Path

from test_schedulers_more import everything, put

SERVICE = """[Service]
ExecCondition=/bin/is-leader
ExecStartPre=-/bin/mkdir -p /srv/x
ExecStart=/srv/run
ExecStartPost=/bin/ping-monitor
MemoryMax=1.5G
CPUQuota=50%
"""


def test_what_runs_around_the_start_is_part_of_the_job(tmp_path: Path) -> None:
    put(tmp_path, "etc/systemd/system/a.timer", "[Timer]\nOnCalendar=daily\n")
    put(tmp_path, "etc/systemd/system/a.service", SERVICE)
    (job,) = everything(tmp_path)[0]
    assert job.command == ("{ /bin/is-leader || exit 0; } && { /bin/mkdir -p /srv/x || true; } && /srv/run && /bin/ping-monitor")
    assert (job.memory_max_mib, job.cpu_quota) == (1536.0, 0.5)


def test_limits_that_are_no_number_of_mib_are_not_known(tmp_path: Path) -> None:
    for name, limit in (("a", "infinity"), ("b", "30%"), ("c", "512M"), ("d", "2147483648")):
        put(tmp_path, f"etc/systemd/system/{name}.timer", "[Timer]\nOnCalendar=daily\n")
        put(tmp_path, f"etc/systemd/system/{name}.service", f"[Service]\nExecStart=/srv/{name}\nMemoryMax={limit}\n")
    assert [job.memory_max_mib for job in everything(tmp_path)[0]] == [None, None, 512.0, 2048.0]


def test_units_of_generators_are_read_in_systemds_order(tmp_path: Path) -> None:
    put(tmp_path, "run/systemd/generator/cron-a.timer", "[Timer]\nOnCalendar=*-*-* 01:00:00\n")
    put(tmp_path, "run/systemd/generator/cron-a.service", "[Service]\nExecStart=/srv/from-generator\n")
    put(tmp_path, "run/systemd/generator.early/b.timer", "[Timer]\nOnCalendar=hourly\n")
    put(tmp_path, "etc/systemd/system/b.timer", "[Timer]\nOnCalendar=weekly\n")
    put(tmp_path, "usr/lib/systemd/system/b.service", "[Service]\nExecStart=/srv/b\n")
    put(tmp_path, "run/systemd/generator.late/b.service", "[Service]\nExecStart=/srv/late\n")
    jobs = {job.command: job.schedule.expressions for job in everything(tmp_path)[0]}
    assert jobs == {"/srv/from-generator": ("*-*-* 01:00:00",), "/srv/b": ("hourly",)}
