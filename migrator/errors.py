"""Errors that end a command with a message and no traceback (exit 3). Wrong input lines are Problems, not errors."""


class MigratorError(Exception):
    """Something in the environment is wrong: the message says what was found, what would be right, and what to do."""


class SourceError(MigratorError):
    """A source cannot be opened: no such file, an unknown kind of bundle, an unreachable host."""


class ScheduleError(MigratorError):
    """An expression that the named grammar rejects; the message names the field and the value."""


class PriceError(MigratorError):
    """A price that is needed is not in the price book."""


class PlanError(MigratorError):
    """A plan folder or a decisions file cannot be read: missing, damaged, or of another version."""


class EmitError(MigratorError):
    """Files cannot be emitted as asked."""


class CloudError(MigratorError):
    """A cloud cannot be asked, or does not know the thing: no credentials, no such region or instance, no right."""


class StoreError(MigratorError):
    """The store of earlier runs cannot be read or written: damaged, of another version, or of another host."""
