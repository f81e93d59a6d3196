"""Sessions and ends are logged, and the opening of one session was lost: whose end the end of such a process is.

The numbers are those of a made-up log on which the length was wrong: four jobs of one second, 6817 to 6820 are cron's processes,
6825 to 6831 the jobs'. The line that says that 6818 was opened is missing.
"""

import pytest

from migrator.columns import Run
from migrator.model.usage import Event, EventKind
from migrator.runs.pairings import pair

LONG, OTHER = "/opt/long", "/opt/other"


def said(at_s: int, kind: EventKind, pid: int, command: str | None = None) -> Event:
    source, role = ("cronie" if command else "pam_session"), ("child" if kind == "start" else "parent")
    return Event(kind, at_s * 1_000_000, "h", source, "root", command, pid, role, None, None, None, None, None, 1_000_000, 0)  # type: ignore[arg-type]


def run(pid: int, child: int, command: str, begin: int, end: int, *, opening: bool = True, ending: bool = True) -> list[Event]:
    """The lines of a run."""
    return [
        *([said(begin, "session-open", pid)] if opening else []),
        said(begin, "start", child, command),
        *([said(end, "end", pid, command)] if ending else []),
        said(end, "session-close", pid),
    ]


def found(*runs: list[Event]) -> dict[tuple[int, str | None], Run]:
    events = sorted((event for lines in runs for event in lines), key=lambda event: event.at_us)
    return {(one.started_at_us // 1_000_000, one.command): one for one in pair(events)}


BEFORE = run(6700, 6702, OTHER, 2160, 2165)
MINUTE = run(6817, 6825, OTHER, 2221, 2230)


@pytest.mark.parametrize("end", [2_300, 20_510])
def test_its_end_is_the_one_whose_process_is_close(end: int) -> None:
    one = found(BEFORE, MINUTE, run(6818, 6829, LONG, 2221, end, opening=False))[2221, LONG]
    assert (one.quality, one.duration_low_s, one.duration_high_s) == ("paired", end - 2222, end - 2220)


def test_an_end_of_a_run_from_before_the_log_that_is_closer_by_chance_makes_bounds() -> None:
    older = [said(2270, "end", 6822, LONG), said(2270, "session-close", 6822)]
    one = found(BEFORE, MINUTE, run(6818, 6829, LONG, 2221, 20_510, opening=False), older)[2221, LONG]
    assert one.quality == "inferred"
    assert one.duration_low_s is not None
    assert one.duration_high_s is not None
    assert one.duration_low_s <= 18_289 <= one.duration_high_s
    assert one.duration_low_s <= 50


def test_a_run_whose_session_is_there_waits_for_that_one() -> None:
    older = [said(6_458, "end", 6821, OTHER), said(6_458, "session-close", 6821)]
    runs = found(BEFORE, run(6817, 6825, OTHER, 2221, 9_232), run(6818, 6829, LONG, 2221, 2_300, opening=False), older)
    assert runs[2221, OTHER].duration_low_s == 7_010
    assert runs[2221, LONG].duration_low_s == 78


def test_a_closing_whose_end_is_lost_too_is_nobody_s() -> None:
    one = found(BEFORE, MINUTE, run(6818, 6829, LONG, 2221, 2_300, opening=False, ending=False))[2221, LONG]
    assert one.quality == "starts-only"


def test_where_sessions_are_no_longer_logged_ends_are_joined_as_where_none_ever_were() -> None:
    day = 86_400
    later = [
        [said(day + 60 * n, "start", 8_001 + 10 * n, LONG), said(day + 60 * n + 30, "end", 8_000 + 10 * n, LONG)]
        for n in range(5)
    ]
    runs = found(BEFORE, MINUTE, *later)
    assert [runs[day + 60 * n, LONG].quality for n in range(5)] == ["paired"] * 5
    assert {runs[day + 60 * n, LONG].duration_low_s for n in range(5)} == {29}


def test_a_run_that_goes_on_in_its_session_when_the_log_ends_has_no_other_s_end() -> None:
    going = run(6817, 6825, LONG, 2221, 0)[:2]
    older = [said(6_458, "end", 6821, LONG), said(6_458, "session-close", 6821)]
    runs = found(BEFORE, going, run(6818, 6829, OTHER, 2221, 2_300), older)
    assert runs[2221, LONG].duration_low_s is None
    assert runs[2221, OTHER].duration_low_s == 78


def test_a_session_whose_start_and_end_line_are_lost_is_not_that_of_a_start_whose_own_end_is_told() -> None:
    third = [said(2221, "session-open", 6819), said(2260, "session-close", 6819)]
    one = found(BEFORE, MINUTE, run(6818, 6829, LONG, 2221, 2240, opening=False), third)[2221, LONG]
    assert (one.quality, one.duration_low_s, one.duration_high_s) == ("paired", 18, 20)
