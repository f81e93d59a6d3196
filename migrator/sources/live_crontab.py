"""A live user's crontab through the `crontab` command: `crontab:` is your own, `crontab:alice` is Alice's (as root)."""

import importlib
from typing import Any

from migrator.model.source import HostFiles
from migrator.sources.standard_input import OneCrontab

PREFIX = "crontab:"
SPOOL = "/var/spool/cron/crontabs/"


def accepts(source: str) -> bool:
    """True for `crontab:` and `crontab:USER`."""
    return source.startswith(PREFIX)


def open(source: str) -> tuple[HostFiles, ...]:  # noqa: A001
    """The user's crontab as the only file of a server. Raises `SourceError`."""
    user, text = _command().text_of(source.removeprefix(PREFIX))
    return (OneCrontab(text.encode(), f"{SPOOL}{user}"),)


def text_of(user: str) -> str:
    """A user's crontab; empty if there is none. Raises `SourceError`."""
    text: str = _command().text_of(user)[1]
    return text


def install(user: str, text: str) -> None:
    """Replace a user's crontab by `text`, byte for byte, as `crontab FILE` does. Raises `SourceError`."""
    _command().install(user, text)


def _command() -> Any:
    return importlib.import_module("migrator.sources.crontab_command")  # only here: asyncio comes with it
