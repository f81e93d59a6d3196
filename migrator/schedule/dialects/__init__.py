"""The schedule languages of all platforms: each one's writer, and the reader of `readback/` that checks what it wrote.

Only here do the two meet: neither imports the other, however far (tests/test_house.py).
"""

from migrator.schedule.dialect import Dialect, Written
from migrator.schedule.dialects import (
    cloud_scheduler,
    container_apps,
    eventbridge,
    functions_ncrontab,
    kubernetes,
    logic_apps,
    systemd_timer,
)
from migrator.schedule.readback.cloud_scheduler import read as read_cloud_scheduler
from migrator.schedule.readback.container_apps import read as read_container_apps
from migrator.schedule.readback.eventbridge import read as read_eventbridge
from migrator.schedule.readback.functions_ncrontab import read as read_functions_ncrontab
from migrator.schedule.readback.kubernetes import read as read_kubernetes
from migrator.schedule.readback.logic_apps import read as read_logic_apps
from migrator.schedule.readback.systemd_timer import read as read_systemd_timer

ALL: tuple[Dialect, ...] = (
    Dialect(eventbridge.NAME, eventbridge.SOURCE, eventbridge.write, read_eventbridge),
    Dialect(cloud_scheduler.NAME, cloud_scheduler.SOURCE, cloud_scheduler.write, read_cloud_scheduler),
    Dialect(container_apps.NAME, container_apps.SOURCE, container_apps.write, read_container_apps),
    Dialect(functions_ncrontab.NAME, functions_ncrontab.SOURCE, functions_ncrontab.write, read_functions_ncrontab),
    Dialect(kubernetes.NAME, kubernetes.SOURCE, kubernetes.write, read_kubernetes),
    Dialect(logic_apps.NAME, logic_apps.SOURCE, logic_apps.write, read_logic_apps),
    Dialect(systemd_timer.NAME, systemd_timer.SOURCE, systemd_timer.write, read_systemd_timer),
)

__all__ = ["ALL", "Dialect", "Written"]
