"""The one base of every type in the model: immutable, strict, keyword-only."""

import msgspec


class Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A value that crosses a room's threshold.

    Tuples not lists, aware UTC datetimes, `Decimal` for money, the unit last in a field's name.
    `None` always means "not measured or not stated", never zero.
    """
