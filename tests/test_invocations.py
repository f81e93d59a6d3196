"""systemd's units by the number of each invocation, and what rsyslog folds and rate limits leave out: lines in the forms of the
real programs (systemd 252's journal as JSON, rsyslog 8 with RepeatedMsgReduction)."""

import json
from pathlib import Path

import pytest

from migrator import measuring
from migrator.columns import Run
from migrator.hosts import reading as hosts
from migrator.sources.opening import open_source

AT = 1_795_403_880
STARTS, ENDED, FINISHED = (
    "7d4958e842da4a758f6c1cdc7b36dcc5",
    "7ad2d189f7e94e70a38c781354912448",
    "39f53479d3a045ac8e11786248231fbf",
)
SAID = {
    "starting": (STARTS, "Starting sync.service - Sync of the shop..."),
    "ended": (ENDED, "sync.service: Deactivated successfully."),
    "finished": (FINISHED, "Finished sync.service - Sync of the shop."),
}


def entry(at_s: float, what: str, invocation: str | None) -> str:
    message_id, text = SAID[what]
    fields = {
        "_BOOT_ID": "419e5133dcf3445d977b0ad5488e718a", "_HOSTNAME": "web01", "_PID": "1", "_UID": "0", "_COMM": "systemd",
        "SYSLOG_IDENTIFIER": "systemd", "SYSLOG_FACILITY": "3", "PRIORITY": "6", "_TRANSPORT": "journal", "UNIT": "sync.service",
        "JOB_TYPE": "start", "CODE_FILE": "src/core/job.c", "MESSAGE_ID": message_id, "MESSAGE": text,
        "_SOURCE_REALTIME_TIMESTAMP": str(int((AT + at_s) * 1e6)), "__REALTIME_TIMESTAMP": str(int((AT + at_s) * 1e6) + 40),
    }  # fmt: skip
    return json.dumps(fields | ({} if invocation is None else {"INVOCATION_ID": invocation * 32}))


def runs(root: Path, logs: dict[str, list[str]], told: tuple[str, ...] = ()) -> list[Run]:
    for name, lines in ({"etc/hostname": ["web01"], "etc/timezone": ["Etc/UTC"]} | logs).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("\n".join(lines) + "\n")
    (files,) = open_source(str(root))
    host, _ = hosts.read(files)
    logged = measuring.read(files, host, None)
    assert [problem.message.partition(",")[0] for problem in logged.problems] == list(told)
    return logged.runs.objects()


def lengths(found: list[Run]) -> list[tuple[float, float | None]]:
    return [(run.started_at_us / 1e6 - AT, run.duration_s) for run in found]


A, B, NONE = "a", "b", None
Words = list[tuple[float, str, str | None]]
FIRST: Words = [(0, "starting", A), (2, "ended", A), (2, "finished", A)]
BEGUN: Words = [(0, "starting", A), (60, "starting", B)]
LAST: Words = [(65, "ended", B)]
JOURNALS: dict[str, tuple[Words, list[tuple[float, float | None]]]] = {
    "two runs": ([*FIRST, (60, "starting", B), *LAST], [(0, 2), (60, 5)]),
    "the end of the first is lost": ([*BEGUN, *LAST], [(0, None), (60, 5)]),
    "the end of the first and the start of the second are lost": ([(0, "starting", A), *LAST], [(0, None)]),
    "the start of the first is lost": ([(2, "ended", A), (60, "starting", B), *LAST], [(60, 5)]),
    "a late word of the first": ([*BEGUN, (61, "finished", A), *LAST], [(0, None), (60, 5)]),
    "no numbers": ([(at, what, NONE) for at, what, _ in [*FIRST, (60, "starting", B), *LAST]], [(0, 2), (60, 5)]),
    "the number comes with the end": ([(0, "starting", NONE), (2, "ended", A)], [(0, 2)]),
}


@pytest.mark.parametrize("name", JOURNALS)
def test_a_unit_s_words_are_joined_by_the_number_of_their_invocation(name: str, tmp_path: Path) -> None:
    said, expected = JOURNALS[name]
    found = runs(tmp_path, {"var/log/journal.json": [entry(*one) for one in said]})
    assert lengths(found) == expected


def test_a_run_that_begins_in_syslog_ends_in_the_journal(tmp_path: Path) -> None:
    """Syslog's line has no number."""
    begun = "2026-11-23T03:18:00.000000+00:00 web01 systemd[1]: Starting sync.service - Sync of the shop..."
    assert lengths(runs(tmp_path, {"var/log/syslog": [begun], "var/log/journal.json": [entry(2, "ended", A)]})) == [(0, 2)]


def test_what_rsyslog_folds_is_unfolded_and_what_only_looks_like_it_is_not(tmp_path: Path) -> None:
    """A folded line has the process of its first. What a user says (logger) in these words is nobody's run."""
    lines = [
        "Nov 23 04:31:01 web01 CROND[66]: (root) CMD (/opt/a)",
        "Nov 23 04:31:09 web01 CROND[66]: message repeated 3 times: [ (root) CMD (/opt/a)]",
        "Nov 23 04:32:01 web01 CROND[80]: (root) CMD (logger 'message repeated 3 times: [ (root) CMD (/opt/b)]')",
        "Nov 23 04:32:02 web01 bob[81]: message repeated 9 times: [ CROND[82]: (root) CMD (/opt/c)]",
        "Nov 23 04:33:01 web01 CROND[90]: message repeated 99999999 times: [ (root) CMD (/opt/d)]",
        "Nov 23 04:33:05 web01 rsyslogd: imjournal: 512 messages lost due to rate-limiting (20000 allowed within 600 seconds)",
        "Nov 23 04:33:06 web01 systemd-journald[65]: Suppressed 31 messages from cron.service",
        "Nov 23 04:34:01 web01 CROND[95]: (root) CMD (/opt/a)",
        "Nov 23 04:34:04 web01 CROND[94]: (root) CMDEND (/opt/a)",
    ]
    found = runs(tmp_path, {"var/log/cron": lines}, told=("the log itself says 2 times",))
    of_a = [run for run in found if run.command == "/opt/a"]
    assert [run.duration_s for run in of_a] == [None, None, None, None, 3]
    assert [run.command for run in found if run not in of_a] == ["logger 'message repeated 3 times: [ (root) CMD (/opt/b)]'"]
