"""Small files of a host as text."""

from migrator.model.source import HostFiles


def lines(files: HostFiles, path: str) -> list[str]:
    """The file's lines without their ends; none if it is not there. Bytes that are not UTF-8 become `\\xNN`."""
    raw = files.content(path) if files.exists(path) else None
    return [] if raw is None else raw.decode("utf-8", "backslashreplace").splitlines()


def first_line(files: HostFiles, path: str) -> str | None:
    """The first line that is neither blank nor a comment, stripped; None if there is none."""
    for line in lines(files, path):
        if line.strip() and not line.lstrip().startswith("#"):
            return line.strip()
    return None
