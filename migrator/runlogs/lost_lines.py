"""What rsyslog and journald say of lines that they dropped: where cron's may be among them, nothing of that time is complete.

Line: `rsyslogd: imjournal: 100 messages lost due to rate-limiting (20000 allowed within 600 seconds)`
Line: `rsyslogd: imjournal from <web01:CROND>: begin to drop messages due to rate-limiting`
Line: `systemd-journald[123]: Suppressed 1234 messages from cron.service`; of another unit it is no line of cron's
Line: `systemd-journald[123]: Forwarding to syslog missed 12 messages.`
`imuxsock lost 12 messages from pid 99` is about one process, whose end is missing then; `Missed 5 kernel messages` is about the
kernel's. Source: the texts of the programs of rsyslog 8.2302 and systemd 252 (Debian 12)
"""

import re
from collections.abc import Iterator

from migrator.model.usage import Event, Line
from migrator.runlogs.wording import event

NEEDLES: tuple[bytes, ...] = (b"rsyslogd", b"systemd-journald[")
TAGS: tuple[str, ...] = ("rsyslogd", "systemd-journald")
WINDOW_S = 600.0  # in which they were lost, where it is not said: the longest of the defaults (imjournal's)
RSYSLOG = re.compile(
    r"(?!imuxsock\[|imuxsock lost )(?:.{1,200}: (?:\d{1,10} messages lost due to rate-limiting"
    r"(?: \(\d{1,10} allowed within (?P<seconds>\d{1,5}) seconds\))?|(?P<begin>begin to drop messages due to rate-limiting))"
    r"|action '.{1,200} message lost, could not be processed)"
)
JOURNALD = re.compile(
    r"Suppressed \d{1,10} messages from (?:\S*/)?(?:crond?|cronie|anacron|systemd-cron)\.service"
    r"|Forwarding to syslog missed \d{1,10} messages"
)


def read(line: Line) -> Iterator[Event]:
    """That lines were lost: `duration_s` is for how long before at most, 0 where it begins."""
    found = (RSYSLOG if line.tag == "rsyslogd" else JOURNALD).match(line.text)
    if found is None:
        return
    said = found.groupdict()
    seconds = 0.0 if said.get("begin") else float(said.get("seconds") or WINDOW_S)
    yield event("lost", line, "lost_lines", command=f"{line.tag}: {line.text}")._replace(duration_s=seconds)
