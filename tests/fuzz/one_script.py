"""One script in memory, read by the reader of its language: it ends, and every fact stands on a line of the text."""

from migrator import scripts
from migrator.model.source import Location
from migrator.redact import escape_bytes
from migrator.scripts.reading import Context

LANGUAGES: tuple[str, ...] = tuple(plugin.LANGUAGE for plugin in scripts.ALL)


def check(language: int, raw: bytes) -> None:
    """Read the bytes as a script of one language."""
    reader = scripts.ALL[language % len(LANGUAGES)]
    text, _ = escape_bytes(raw)
    reading = reader.read(text, Location(host="box", path="/srv/app/job", line=1), Context())
    rows = text.count("\n") + 1
    for fact in reading.facts:
        location = fact.evidence.location
        assert location is not None, fact
        assert 1 <= (location.line or 1) <= rows, (fact, rows)
