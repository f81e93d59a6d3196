"""Finds the tick of an application's own scheduler.

Finds: Laravel's schedule:run, WordPress' wp-cron, Drupal's and Magento's cron, Nextcloud's and Moodle's cron.php, and the like;
programs that go on running with Spring's, Quartz', APScheduler's or Node's schedules inside.
Why: the crontab has one line, the application has the schedules. What runs at 2 a.m. inside the tick is seen only as its longest
run; and a start each minute is paid for each minute.
Do: list the application's tasks (`artisan schedule:list`) and give the long ones a schedule of their own.
Not: when the application has no tasks: then the tick can be deleted.
Source: laravel.com/docs scheduling; developer.wordpress.org cron; docs of Magento, Drupal, Nextcloud, Moodle.
"""

import re

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import ends, listed, of, runs, told

NAME = "framework-tick"
MOST_LISTED = 12
PROGRAMS = frozenset(
    {"Spring", "Quartz", "node-cron", "node-schedule", "cron", "croner", "bree", "agenda", "APScheduler", "schedule"}
)
NAMES = {
    "rails": "Rails",
    "django": "Django",
    "laravel": "Laravel",
    "symfony": "Symfony",
    "magento": "Magento",
    "drupal": "Drupal",
}
APPLICATION = re.compile(
    r"(?P<rails>\brails\s+runner\b|\bscript/rails\s+runner\b|\bbundle\s+exec\s+rake\s+\S+)|(?P<django>\bmanage\.py\s+[\w-]+|\bdjango-admin\s+[\w-]+)|"
    r"(?P<laravel>\bartisan\s+[\w:-]+)|(?P<symfony>\bbin/console\s+[\w:-]+)|(?P<magento>\bbin/magento\s+[\w:-]+)|(?P<drupal>\bdrush\s+[\w:@-]+)"
)
TICK = re.compile(
    r"artisan\s+schedule:run|wp-cron\.php|\bwp\s+cron\b|\bdrush\b.*\bcron\b|magento\s+cron:run|admin/cli/cron\.php|"
    r"(?:nextcloud|owncloud)\S*/cron\.php|\bocc\b.*\bcron\b|manage\.py\s+(?:runcrons|crontab\s+run)|console\s+\S*(?:cron:run|scheduler:\S*run)"
)

# Ticks whose schedules only a database holds, and the application's own command that lists them
STORED = (
    (r"wp-cron\.php|\bwp\s+cron\b", "`wp cron event list`"),
    (r"\bdrush\b.*\bcron\b", "/admin/config/system/cron"),
    (r"(?:nextcloud|owncloud)\S*/cron\.php|\bocc\b.*\bcron\b", "`occ background-job:list`"),
    (r"admin/cli/cron\.php", "Moodle's page Scheduled tasks"),
)


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A warning."""
    found = TICK.search(dossier.job.command)
    if found is None:
        return _program(dossier) or _application(dossier)
    inner = of(dossier, "inner-job")
    if inner:
        listed_jobs = "; ".join(fact.value for fact in inner[:MOST_LISTED])
        more = f" and {len(inner) - MOST_LISTED} more" if len(inner) > MOST_LISTED else ""
        body = (
            f"is an application's tick ({found.group(0)[:40]}) for {len(inner)} schedules of its own: {listed_jobs}{more}; "
            "give the long ones a schedule of their own"
        )
        return told(dossier, NAME, "warning", body, facts=inner[:MOST_LISTED], evidence=runs(dossier), effort="hours")
    how = next((how for sign, how in STORED if re.search(sign, dossier.job.command)), None)
    where = f"are in its database ({how} lists them)" if how else "are not in the crontab"
    body = f"is an application's tick ({found.group(0)[:40]}); the schedules inside it {where}; list them and look for long ones"
    return told(dossier, NAME, "warning", body, evidence=runs(dossier), effort="hours")


def _program(dossier: Dossier) -> tuple[Finding, ...]:
    """A program that goes on running and starts its own jobs: a daemon, whatever starts it."""
    inner = tuple(fact for fact in of(dossier, "inner-job") if fact.detail in PROGRAMS)
    if not inner:
        return ()
    names = listed(sorted({str(fact.detail) for fact in inner}))
    listed_jobs = "; ".join(fact.value for fact in inner[:MOST_LISTED])
    body = (
        f"starts a program with a scheduler of its own ({names}): {listed_jobs}; it has to keep running, "
        "so it is a service, or each of these gets a schedule of its own"
    )
    return told(dossier, NAME, "warning", body, facts=inner[:MOST_LISTED], effort="hours")


def _application(dossier: Dossier) -> tuple[Finding, ...]:
    """A note for a command of an application: its program alone is not enough."""
    found = None if ends(dossier) else APPLICATION.search(dossier.job.command)
    if found is None:
        return ()
    name = next(name for name, text in found.groupdict().items() if text)
    body = (
        f"is a command of a {NAMES[name]} application ({found[0][:60]}): it needs its whole tree, its libraries and "
        "its settings; take the image that the application is deployed with"
    )
    return told(dossier, NAME, "note", body, effort="hours")
