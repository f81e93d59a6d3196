"""Monthly quantities of AWS resources, as their target wrote them into `values["usage"]`."""

from migrator.model.option import Resource


def quantity(resource: Resource, name: str) -> float | None:
    """One quantity; None where it is unknown. A quantity that the target forgot is a wrong program."""
    usage = resource.values["usage"]
    assert isinstance(usage, dict)
    amount = usage[name]
    assert amount is None or isinstance(amount, int | float)
    return amount
