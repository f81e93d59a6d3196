"""Finds the tick of an application's own scheduler.

Finds: Laravel's schedule:run, WordPress' wp-cron, Drupal's and Magento's cron, Nextcloud's and Moodle's cron.php, and the like.
Why: the crontab has one line, the application has the schedules. What runs at 2 a.m. inside the tick is seen only as its longest
run; and a start each minute is paid for each minute.
Do: list the application's tasks (`artisan schedule:list`) and give the long ones a schedule of their own.
Not: when the application has no tasks: then the tick can be deleted.
Source: laravel.com/docs scheduling; developer.wordpress.org cron; docs of Magento, Drupal, Nextcloud, Moodle.
"""

import re

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import runs, told

NAME = "framework-tick"
TICK = re.compile(
    r"artisan\s+schedule:run|wp-cron\.php|\bwp\s+cron\b|\bdrush\b.*\bcron\b|magento\s+cron:run|admin/cli/cron\.php|"
    r"(?:nextcloud|owncloud)\S*/cron\.php|\bocc\b.*\bcron\b|manage\.py\s+(?:runcrons|crontab\s+run)|console\s+\S*(?:cron:run|scheduler:\S*run)"
)


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A warning."""
    found = TICK.search(dossier.job.command)
    if found is None:
        return ()
    body = (
        f"is an application's tick ({found.group(0)[:40]}); the schedules inside it are not in the crontab; "
        "list them and look for long ones"
    )
    return told(dossier, NAME, "warning", body, evidence=runs(dossier), effort="hours")
