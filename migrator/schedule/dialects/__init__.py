"""Writes a calendar in a platform's own schedule language, and reads it back by that platform's documented rules."""

from migrator.schedule.dialect import Dialect, Written
from migrator.schedule.dialects import (
    cloud_scheduler,
    container_apps,
    eventbridge,
    functions_ncrontab,
    kubernetes,
    systemd_timer,
)

ALL: tuple[Dialect, ...] = (eventbridge, cloud_scheduler, container_apps, functions_ncrontab, kubernetes, systemd_timer)

__all__ = ["ALL", "Dialect", "Written"]
