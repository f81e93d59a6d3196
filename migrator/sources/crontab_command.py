"""The `crontab` command: lists a user's crontab and installs one, byte for byte.

python-crontab gives the access (list, install); its parser and renderer are passed by, because they change files. It loads
asyncio, so this file is loaded where a live crontab is read.
"""

from crontab import CronTab, Process, current_user

from migrator.errors import SourceError

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


def text_of(user: str | None) -> tuple[str, str]:
    """A user, by default the one who runs this, and their crontab; empty if there is none. Raises `SourceError`."""
    name: str = user or current_user()
    return name, Verbatim(user=name).text


def install(user: str, text: str) -> None:
    """Replace a user's crontab by `text`. Raises `SourceError`."""
    tab = Verbatim(user=user)
    tab.text = text
    try:
        tab.write()
    except OSError as error:
        raise SourceError(f"crontab of {user}: cannot be installed ({error}); the old one is still there") from error
