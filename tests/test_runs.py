"""Pairing: histories whose truth is known before their log."""

import io
from datetime import UTC, datetime
from decimal import Decimal, localcontext

import pytest

from migrator import blocks
from migrator.logfiles.stamps import YearlessClock
from migrator.model.usage import Event
from migrator.runs.order import Placed, merged
from migrator.runs.pairings import pair
from migrator.usage.quantiles import upper_bound


def event(kind, at_s, pid, user="root", command=None, role="child", source="debian_cron", session=None, status=None) -> Event:
    return Event(
        kind, int(at_s * 1e6), "h", source, user, command, pid, role, session, status, None, None, None, 1_000_000, 0
    )  # fmt: skip


def test_an_end_belongs_to_the_nearest_start_of_the_same_text() -> None:
    runs = pair([
        event("start", 0, 11, command="a", source="cronie"), event("start", 60, 21, command="a", source="cronie"),
        event("end", 70, 10, command="a", role="parent", source="cronie"),
        event("end", 75, 20, command="a", role="parent", source="cronie"),
    ])  # fmt: skip
    assert [run.duration_s for run in runs] == [70, 15]


def test_a_reused_pid_does_not_close_the_session_of_another_user() -> None:
    runs = pair([
        event("session-open", 0, 10, role="parent"), event("start", 0, 11, command="a"),
        event("session-close", 5, 10, user="alice", role="parent"),
    ])  # fmt: skip
    assert [run.duration_s for run in runs] == [None]


def test_a_session_without_a_start_makes_no_run() -> None:
    assert pair([event("session-open", 0, 10, role="parent"), event("session-close", 9, 10, role="parent")]) == []


def test_a_run_without_an_end_has_no_duration() -> None:
    (run,) = pair([event("session-open", 0, 10, role="parent"), event("start", 0, 11, command="a")])
    assert (run.ended_at_us, run.duration_low_s, run.quality) == (None, None, "starts-only")


def test_a_second_copy_of_a_log_adds_no_run() -> None:
    one = event("start", 0, 11, command="a")
    copies = [Placed((one.at_us, 0, one.at_us, 0), family, one) for family in ("/var/log/syslog", "/var/log/cron.log")]
    assert merged(copies) == [one]


def test_new_year_lies_between_december_and_january() -> None:
    clock = YearlessClock(UTC, 2025, 12)
    stamps = (b"Dec 31 23:59:01", b"Jan  1 00:00:01")
    assert [datetime.fromtimestamp(clock.read(stamp) / 1e6, UTC).year for stamp in stamps] == [2025, 2026]


def test_a_cut_off_gzip_file_is_named() -> None:
    cut = io.BytesIO(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03")
    with pytest.raises(blocks.DAMAGED, match="cut off"):
        list(blocks.lines(cut, (b"CRON",)))


def test_the_upper_bound_is_that_of_exact_arithmetic_however_many_runs_there_are() -> None:
    for n in (299, 5_000, 73_000, 75_000, 142_230, 400_000):
        with localcontext() as context:
            context.prec = 60
            below, j, share = Decimal(1), 0, Decimal("0.99")
            term = share**n  # P(all of n are under the quantile); then all but one, all but two ...
            while below - term >= Decimal("0.95"):
                below -= term
                term *= Decimal(n - j) / (j + 1) * (1 - share) / share
                j += 1
        assert upper_bound([float(value) for value in range(1, n + 1)], 0.99, 0.95) == n - j + 1


def test_the_upper_bound_needs_299_runs_for_p99_at_95_percent() -> None:
    assert upper_bound([1.0] * 298, 0.99, 0.95) is None
    assert upper_bound([*map(float, range(299))], 0.99, 0.95) == 298.0
