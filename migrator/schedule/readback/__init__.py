"""Reads each platform's expressions by the rules that the platform documents, in code that the writers never see."""

from migrator.errors import ScheduleError


class UndocumentedError(ScheduleError):
    """The expression may be fine, but the platform does not say how it reads it."""
