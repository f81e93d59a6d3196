"""Finds variables that a job uses and that its crontab does not set.

Finds: variables without a default that are set neither in the crontab nor in the scripts.
Why: they come from a profile, from PAM or from nowhere; in a container they come from nowhere.
Do: set them in the emitted job, after looking into ~/.profile, /etc/environment and the script's own settings.
Not: for variables that a sourced file sets which was not collected.
Source: crontab(5): cron sets SHELL, HOME, LOGNAME and PATH; environment(7).
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding
from migrator.rules.dossier_reading import first_of_each, listed, of, told

NAME = "profile-environment"
ALWAYS_SET = frozenset(
    "HOME LOGNAME USER SHELL PATH PWD OLDPWD IFS RANDOM SECONDS LINENO UID EUID HOSTNAME PPID BASH "
    "BASH_SOURCE FUNCNAME LANG LC_ALL "
    "PIPESTATUS REPLY OPTARG OPTIND MAILTO TZ TERM TMPDIR".split()
)


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A warning."""
    known = ALWAYS_SET | {setting.name for setting in dossier.job.environment} | {fact.value for fact in of(dossier, "secret")}
    facts = first_of_each(tuple(fact for fact in of(dossier, "environment-variable") if fact.value not in known))
    if not facts:
        return ()
    names = listed([fact.value for fact in facts], 5)
    body = f"uses {names}, which its crontab does not set; in a container nothing sets it; set it in the emitted job"
    return told(dossier, NAME, "warning", body, facts=facts, effort="minutes")
