"""A calendar: the exact set of instants at which something fires."""

from migrator.model.value import Value


class Calendar(Value, frozen=True, kw_only=True):
    """Placeholder of the contract; the schedule room fills it."""
