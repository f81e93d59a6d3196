"""Options that several commands share, and how their values are read."""

from datetime import UTC, datetime
from pathlib import Path

import click

from migrator.model.option import PriceBook
from migrator.prices import bundled, user_book


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

USER_PRICES = Path(click.get_app_dir("migrator")) / "prices.toml"


def price_book(own: Path | None) -> tuple[PriceBook, PriceBook | None]:
    """The prices that hold, and the user's own among them: those of `own`, else of the usual place, else none. Raises
    `PriceError` for a file that is named and cannot be read."""
    path = own or (USER_PRICES if USER_PRICES.is_file() else None)
    if path is None:
        return bundled.read(), None
    said = user_book.read(path)
    return user_book.over(bundled.read(), said), said
