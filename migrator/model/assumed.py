"""A number that is our guess, as it stood when a plan was made."""

from migrator.model.value import Value


class Assumed(Value, frozen=True, kw_only=True):
    """One of them, with its reason; `stated` where the user put a number of their own in its place."""

    name: str
    value: float
    reason: str
    if_wrong: str
    stated: bool = False
