"""Turns the bytes of a log into lines with time, host, tag and pid: the wrapper, whatever a line says."""

from collections.abc import Iterator
from typing import Protocol

from migrator.columns import Lines, Meanings
from migrator.logfiles import (
    audit_log,
    binary_journal,
    cronitor,
    healthchecks,
    journal_export,
    journal_json,
    json_records,
    kubernetes_jobs,
    lambda_reports,
    metalog,
    process_accounting,
    runs_csv,
    socklog,
    supercronic_log,
    syslog,
)
from migrator.model.source import HostFile, HostFiles, Problem
from migrator.model.usage import Line, Search


class LogFile(Protocol):
    """A reader of one wrapper."""

    READS: tuple[str, ...]

    def matches(self, path: str, head: bytes) -> bool:
        """True if a file that starts with `head` (decompressed, up to 64 KiB) is of this form."""

    def read(self, files: HostFiles, file: HostFile, search: Search) -> Iterator[Line | Problem]:
        """Lines that are searched for, in file order, and what could not be read."""


class ColumnLogFile(LogFile, Protocol):
    """A reader of a wrapper that large logs come in: it gives columns, without an object for each line."""

    def columns(self, files: HostFiles, file: HostFile, search: Search, meanings: Meanings) -> Iterator[Lines | Problem]:
        """What `read` gives, for each block of the file one `Lines`."""


ALL: tuple[LogFile, ...] = (
    binary_journal,
    process_accounting,
    journal_json,
    journal_export,
    json_records,
    kubernetes_jobs,
    healthchecks,
    lambda_reports,
    cronitor,
    runs_csv,
    audit_log,
    socklog,
    metalog,
    supercronic_log,
    syslog,
)
FAST: tuple[ColumnLogFile, ...] = (binary_journal, journal_json, journal_export, syslog)  # those of ALL that give columns
