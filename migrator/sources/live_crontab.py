"""A live user's crontab through the `crontab` command: `crontab:` is your own, `crontab:alice` is Alice's (as root).

python-crontab gives the access (list, install); its parser and renderer are passed by, because they change files.
"""

from crontab import CronTab, Process, current_user

from migrator.errors import SourceError
from migrator.model.source import HostFiles
from migrator.sources.standard_input import OneCrontab

PREFIX = "crontab:"
SPOOL = "/var/spool/cron/crontabs/"
NONE_YET = "no crontab for"


class Verbatim(CronTab):  # type: ignore[misc]  # the package has no types
    """A user's crontab as its bytes say it."""

    text: str = ""

    def read(self, filename: str | None = None) -> None:  # noqa: ARG002
        """List the crontab; one that does not exist is empty. Raises `SourceError`."""
        try:
            process = Process(self.cron_command, l="", **self.user_opt).run()
        except (FileNotFoundError, UnicodeDecodeError) as error:
            raise SourceError(f"crontab -l: {error}; is cron installed here?") from error
        if process.returncode and NONE_YET not in process.stderr:
            raise SourceError(f"crontab -l: {process.stderr.strip()}; run as that user or as root")
        self.text = process.stdout

    def render(self, errors: bool = False) -> str:  # noqa: ARG002
        """What is installed: the text as it is."""
        return self.text


def accepts(source: str) -> bool:
    """True for `crontab:` and `crontab:USER`."""
    return source.startswith(PREFIX)


def open(source: str) -> tuple[HostFiles, ...]:  # noqa: A001
    """The user's crontab as the only file of a server. Raises `SourceError`."""
    user = source.removeprefix(PREFIX) or current_user()
    return (OneCrontab(text_of(user).encode(), f"{SPOOL}{user}"),)


def text_of(user: str) -> str:
    """A user's crontab; empty if there is none. Raises `SourceError`."""
    return Verbatim(user=user).text


def install(user: str, text: str) -> None:
    """Replace a user's crontab by `text`, byte for byte, as `crontab FILE` does. Raises `SourceError`."""
    tab = Verbatim(user=user)
    tab.text = text
    try:
        tab.write()
    except OSError as error:
        raise SourceError(f"crontab of {user}: cannot be installed ({error}); the old one is still there") from error
