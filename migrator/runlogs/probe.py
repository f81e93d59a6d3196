"""The probe's records: exact starts and ends of every job below `SHELL=` of a crontab, with status, CPU and peak memory.

Line: `{"migrator_probe":1,"event":"end","id":"1790299801-77","at":1790299811,"status":0,"used":"0.01:0.00:3456"}`
Source: templates/server/probe.sh; `used` is user:system:KiB of GNU time or what the shell's `times` says
"""

import re
from collections.abc import Iterator

import msgspec

from migrator.model.usage import Event, Line
from migrator.runlogs.wording import command_text

NEEDLES: tuple[bytes, ...] = (b'"migrator_probe":',)
TAGS: tuple[str, ...] = ("migrator-probe",)
CUT_BYTES = 1_500
MEASURED = re.compile(r"(\d{1,9}\.\d\d):(\d{1,9}\.\d\d):(\d{1,12})")
TIMES = re.compile(r"(\d{1,7})m([\d.]{1,9})s:(\d{1,7})m([\d.]{1,9})s")


class Record(msgspec.Struct):
    """One record."""

    migrator_probe: int
    event: str
    id: str
    at: int
    uptime_s: str = ""
    began_s: str = ""
    user: str | None = None
    command_hex: str = ""
    status: int | None = None
    used: str = ""


DECODER = msgspec.json.Decoder(Record)


def read(line: Line) -> Iterator[Event]:
    """A start or an end; nothing for a record that is damaged."""
    try:
        record = DECODER.decode(line.text)
        command = _whole_characters(bytes.fromhex(record.command_hex)).decode("utf-8", "backslashreplace")
    except (msgspec.DecodeError, ValueError, RecursionError):
        return
    cpu_s, memory_mib = _used(record.used)
    if record.event in {"start", "end"} and 0 <= record.at < 10**11:
        begun = record.event == "start"
        lasted_s = None if begun else _lasted_s(record)
        text = command_text(command) if begun else None
        yield Event(
            "start" if begun else "end", record.at * 1_000_000, "", "probe", record.user, text, None, "unknown", record.id,
            record.status, cpu_s, memory_mib, lasted_s, 1_000_000, line.order,
        )  # fmt: skip


def _whole_characters(raw: bytes) -> bytes:
    """Without what is left of a character where the probe cut a long command."""
    if len(raw) < CUT_BYTES:
        return raw
    for lost in range(4):
        try:
            return raw[: len(raw) - lost].decode("utf-8").encode()
        except UnicodeDecodeError:
            continue
    return raw


def _lasted_s(record: Record) -> float | None:
    """By the machine's own clock, which nobody sets; None where it was not to be read."""
    try:
        return max(0.0, round(float(record.uptime_s) - float(record.began_s), 2))
    except ValueError:
        return None


def _used(text: str) -> tuple[float | None, float | None]:
    if found := MEASURED.fullmatch(text):
        return round(float(found[1]) + float(found[2]), 6), round(int(found[3]) / 1024, 3)
    if found := TIMES.fullmatch(text):
        try:
            return round(60 * int(found[1]) + float(found[2]) + 60 * int(found[3]) + float(found[4]), 6), None
        except ValueError:
            return None, None
    return None, None
