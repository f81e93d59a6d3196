"""What rsyslog and journald say of lines that they dropped: where cron's may be among them, nothing of that time is complete.

Line: `rsyslogd: imjournal: 100 messages lost due to rate-limiting (20000 allowed within 600 seconds)`
Line: `rsyslogd-2177: imuxsock[pid: 4258, name: /usr/sbin/cron] from <web01:CRON>: begin to drop messages due to rate-limiting`
Line: `systemd-journald[123]: Suppressed 1234 messages from cron.service`; of another unit it is no line of cron's
Line: `systemd-journald[123]: Forwarding to syslog missed 12 messages.`
Line: `journal: Suppressed 7124 messages from /system.slice/crond.service`, journald's own words as RHEL 7's rsyslog writes them
Where a process is named that is not cron's, none of cron's lines are meant, and `Missed 5 kernel messages` are the kernel's.
Source: https://michu-it.com/wiki/_export/xhtml/linux/journald (the line with `journal: `),
rsyslog 8.2302 of Debian 12 that was made to drop lines (tests/fixtures/tools), the texts in systemd 252's program
"""

import re
from collections.abc import Iterator

from migrator.model.usage import Event, Line
from migrator.runlogs.wording import event

NEEDLES: tuple[bytes, ...] = (b"rsyslogd", b"systemd-journald[", b": Suppressed ")
TAGS: tuple[str, ...] = ("rsyslogd", "rsyslogd-2177", "systemd-journald", "journal")  # 2177: the number of that message
WINDOW_S = 600.0  # in which they were lost, where it is not said: the longest of the defaults (imjournal's)
RSYSLOG = re.compile(
    r"(?!imuxsock\[(?!pid: \d{1,10}, name: (?:\S*/)?(?i:crond?)\])|imuxsock lost )"  # of a process that is not cron's
    r"(?:.{1,200}: (?:\d{1,10} messages lost due to rate-limiting(?: \(\d{1,10} allowed within (?P<seconds>\d{1,5}) seconds\))?"
    r"|(?P<begin>begin to drop messages due to rate-limiting))"
    r"|action '.{1,200} message lost, could not be processed)"
)
JOURNALD = re.compile(
    r"Suppressed \d{1,10} messages from (?:\S*/)?(?:crond?|cronie|anacron|systemd-cron)\.service"
    r"|Forwarding to syslog missed \d{1,10} messages"
)


COUNTED = re.compile(r"(?:Suppressed|missed|: )\s?(\d{1,10}) messages")


def count(said: str) -> int:
    """How many lines the words of an event say are lost: 0 where they are only beginning to be.

    >>> [count(said) for said in ("rsyslogd: imjournal: 9 messages lost due to", "journal: Suppressed 7 messages from x")]
    [9, 7]
    """
    found = COUNTED.search(said)
    return int(found[1]) if found else int("message lost" in said)


def read(line: Line) -> Iterator[Event]:
    """That lines were lost: `duration_s` is for how long before at most, 0 where it begins."""
    said_so = JOURNALD if line.tag in {"systemd-journald", "journal"} else RSYSLOG if line.tag.startswith("rsyslogd") else None
    found = said_so and said_so.match(line.text)
    if not found:
        return
    said = found.groupdict()
    seconds = 0.0 if said.get("begin") else float(said.get("seconds") or WINDOW_S)
    yield event("lost", line, "lost_lines", command=f"{line.tag}: {line.text}")._replace(duration_s=seconds)
