"""Finds every job in the files of one scheduling daemon and accounts for every line of them."""

from typing import Protocol

from migrator.model.job import Host, Schedules
from migrator.model.source import HostFiles
from migrator.schedulers import (
    anacrontab,
    at_spool,
    celery_beat,
    fcron,
    kubernetes_cron_job,
    launchd,
    run_parts,
    sidekiq_cron,
    supercronic,
    system_crontab,
    systemd_timer,
    user_crontab,
)


class Scheduler(Protocol):
    """A reader of one daemon's schedule files."""

    READS: tuple[str, ...]

    def read(self, files: HostFiles, host: Host) -> Schedules:
        """Jobs, Problems and the Accounting of each file. A bad line is a Problem and the rest goes on, as the daemon would."""


ALL: tuple[Scheduler, ...] = (
    system_crontab,
    run_parts,
    anacrontab,
    user_crontab,
    systemd_timer,
    at_spool,
    fcron,
    supercronic,
    kubernetes_cron_job,
    launchd,
    celery_beat,
    sidekiq_cron,
)
