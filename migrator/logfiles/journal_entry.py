"""One entry of the systemd journal as a line, whatever form it was exported in.

Source: systemd.journal-fields(7), JOURNAL_EXPORT_FORMATS: a value that is not text is an array of bytes, one that was too long
is null.
"""

from collections.abc import Mapping

from migrator.model.usage import Line

TAGS = (
    "CRON", "CROND", "cron", "crond", "anacron", "run-parts", "/USR/SBIN/CRON", "CRONIE-CROND", "busybox",
)  # fmt: skip


def text_of(value: object) -> str | None:
    """A field's text; None for a value that is missing, too long or repeated."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(isinstance(item, int) and 0 <= item < 256 for item in value):
        return bytes(value).decode("utf-8", "backslashreplace")
    if isinstance(value, list) and value:
        return text_of(value[-1])
    return None


def line_of(entry: Mapping[str, object], source: str, order: int) -> Line | None:
    """The line; None for an entry without time or text."""
    stamp = text_of(entry.get("_SOURCE_REALTIME_TIMESTAMP")) or text_of(entry.get("__REALTIME_TIMESTAMP")) or ""
    message = text_of(entry.get("MESSAGE"))
    if message is None or not stamp.isdigit() or len(stamp) > 18:
        return None
    pid = text_of(entry.get("_PID")) or text_of(entry.get("SYSLOG_PID")) or ""
    tag = text_of(entry.get("SYSLOG_IDENTIFIER")) or text_of(entry.get("_COMM")) or ""
    invocation = text_of(entry.get("INVOCATION_ID"))
    audit = text_of(entry.get("_AUDIT_SESSION"))
    boot = (text_of(entry.get("_BOOT_ID")) or "")[:8]  # audit sessions count from 1 again after each boot
    session = f"i:{invocation}" if invocation else f"a:{boot}:{audit}" if audit and audit != "4294967295" else None
    return Line(
        at_us=int(stamp), host=text_of(entry.get("_HOSTNAME")) or "", tag=tag,
        pid=int(pid) if pid.isdigit() and len(pid) < 11 else None, text=message, session=session, resolution_us=1, source=source,
        order=order,
    )  # fmt: skip
