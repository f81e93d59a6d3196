"""Finds doubts about the zone of a schedule.

Finds: a server whose zone is not stated in what was read; a CRON_TZ that Debian's cron does not obey; a TZ setting, which moves
the job's clock but not its schedule.
Why: `0 2 * * *` is another instant in each zone, and the emitted schedule names one.
Do: state the zone in decisions.yaml (`<host>/timezone`, or `<job id>/timezone` for one job), or collect
/etc/timezone and /etc/localtime.
Not: -
Source: crontab(5) of Debian ("does not support per-user timezones"), crontab(5) of cronie (CRON_TZ).
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import answer, told

NAME = "time-zone"
OBEYS_CRON_TZ = ("cronie", "systemd-cron", "supercronic")


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A warning for an ignored CRON_TZ, or an unstated zone, a note for a TZ."""
    job = dossier.job
    if job.schedule.trigger != "calendar":
        return ()
    settings = {setting.name: setting.value for setting in job.environment}
    zone = settings.get("CRON_TZ")
    if zone and job.schedule.grammar not in OBEYS_CRON_TZ and zone != job.schedule.timezone:
        body = (
            f"CRON_TZ={zone} stands above it, but the {job.schedule.grammar} daemon does not obey it: it runs by "
            f"{job.schedule.timezone}; "
            "the emitted schedule does what the daemon did; answer timezone if you meant the other"
        )
        return told(dossier, NAME, "warning", body, effort="minutes")
    if not job.schedule.timezone_stated and answer(dossier, "timezone") is None:
        body = (
            f"the server's zone is not stated in what was read; its schedule is taken as {job.schedule.timezone}; "
            f"answer {job.host}/timezone"
        )
        return told(dossier, NAME, "warning", body, effort="minutes")
    if settings.get("TZ") and settings["TZ"] != job.schedule.timezone:
        body = (
            f"TZ={settings['TZ']} is the job's own clock, its schedule runs by {job.schedule.timezone}; "
            "both are kept; nothing to do"
        )
        return told(dossier, NAME, "note", body)
    return ()
