"""Options that several commands share, and how their values are read."""

from datetime import UTC, datetime

import click


class Instant(click.ParamType[datetime]):
    """An ISO 8601 instant; without an offset it is UTC."""

    name = "instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The aware UTC datetime; a usage error says what would be right."""
        if isinstance(value, datetime):
            return value
        try:
            at = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no instant; 2026-11-24T00:00:00+00:00 would be right", param, ctx)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


INSTANT = Instant()
