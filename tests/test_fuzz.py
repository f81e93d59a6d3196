"""No line of any schedule file is lost, whatever its bytes: hypothesis over every reader, and what the fuzzer found before."""

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent / "fuzz"))
import one_file

FOUND = sorted((Path(__file__).parent / "fuzz" / "found").glob("*"))
WORDS = (
    b"*/5 * * * * root /bin/x", b"@daily root x%y", b"MAILTO=", b"A='b", b"# 0 1 * * * /x", b"\\", b"\t", b" ", b"\r", b"%",
    b"CRON_TZ=No/Where", b"1\t5\tcron.daily\trun-parts /etc/cron.daily", b"@ 2h x", b"&bootrun 0 3 * * * x", b"!dayor",
    b"#!/bin/sh", b"# atrun uid=0 gid=0", b"${SHELL:-/bin/sh} << 'm'", b"m", b"[Timer]", b"OnCalendar=daily", b"OnCalendar=",
    b"[Service]", b"ExecStart=-/x", b";c", b"kind: CronJob", b"spec:", b"  schedule: '0 1 * * *'", b"---", b"- {a: [", b"\0",
    b"<plist><dict>",
    b"<key>StartInterval</key><integer>60</integer>", b"</dict></plist>", b"bplist00", b"beat_schedule = {", b"CRONDARGS='-c -p",
    b"\xff\xfe", b"~ ~ * * * x", b"0 0 31 2 * -n x",
)  # fmt: skip
LINES = st.lists(st.one_of(st.sampled_from(WORDS), st.binary(max_size=12)), max_size=4).map(b"".join)
FILES = st.tuples(st.lists(LINES, max_size=14), st.booleans()).map(lambda parts: b"\n".join(parts[0]) + b"\n" * parts[1])


@settings(max_examples=600, deadline=None)
@given(place=st.integers(0, len(one_file.PLACES) - 1), raw=FILES)
def test_every_reader_accounts_for_every_line(place: int, raw: bytes) -> None:
    one_file.check(place, raw)


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_what_the_fuzzer_found_is_read(path: Path) -> None:
    data = path.read_bytes()
    one_file.check(data[0], data[1:])
