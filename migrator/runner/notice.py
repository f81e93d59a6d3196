"""What cron mailed: a notice with the last lines of output, written to the log and, where there is a topic, sent.

`output`: on any output or failure, as cron mails; `failure`: only then; `none`: never.
"""

from __future__ import annotations

import urllib.error
from collections import deque
from collections.abc import Mapping

from . import sns
from .job_file import JobFile
from .log import Log
from .process import Ended

LAST_LINES = 50
LINE_LIMIT = 500


def last_lines() -> deque[bytes]:
    """Where the last lines are kept."""
    return deque(maxlen=LAST_LINES)


def due(job: JobFile, outcome: str, ended: Ended | None) -> bool:
    """True if this run has something to tell. A skipped run never has."""
    if job.notify == "none" or outcome == "skipped":
        return False
    return outcome != "ok" or (job.notify == "output" and ended is not None and ended.output_bytes > 0)


def send(job: JobFile, headline: str, lines: deque[bytes], log: Log, outer: Mapping[str, str]) -> None:
    """Write the notice, and publish it where MIGRATOR_NOTICE_TOPIC says. A notice that fails is logged; the run's end stands."""
    body = "\n".join([headline, "", *(line[:LINE_LIMIT].decode("utf-8", "backslashreplace") for line in lines)])
    publish(headline, body, log, outer, f"{job.name} on {job.host}")


def publish(headline: str, body: str, log: Log, outer: Mapping[str, str], subject: str | None = None) -> None:
    """Any notice: to the log, from which some platforms send it, and to the topic where there is one."""
    log.write("NOTICE", headline, migrator_notice=1, last_lines=body)
    topic = outer.get("MIGRATOR_NOTICE_TOPIC")
    if topic:
        try:
            sns.publish(topic, subject or headline, body, outer)
        except (OSError, ValueError, KeyError, urllib.error.URLError) as error:
            log.write("ERROR", f"the notice was not sent to {topic}: {error}")
