"""Finds programs that a job starts and leaves running.

Finds: `&` at the end without wait, nohup, setsid, disown, systemd-run, start-stop-daemon --background, daemonize, screen -dm, a
process in a new session.
Why: on the server it goes on when the run has ended; elsewhere everything ends with the run, and the run time that was measured
is not that of the work.
Do: run it in the foreground where it is the work itself; move it as a service where it is one.
Not: when it only has to start something that outlives it on purpose, and that has moved already.
Source: setsid(2), systemd-run(1); the providers' pages on the life of a container: it ends with its main process.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding, Need
from migrator.rules.dossier_reading import ends, first_of_each, listed, of, told

NAME = "background-process"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A soft need for the machine that keeps it running."""
    facts = first_of_each(of(dossier, "background"))
    if not facts or ends(dossier):
        return ()
    body = (
        f"starts {listed([fact.value for fact in facts])} and does not wait; elsewhere it ends with the run; "
        "run it in the foreground, or move it as a service"
    )
    need = Need(kind="host_access", soft=True, rule=NAME)
    return told(dossier, NAME, "warning", body, facts=facts, effort="hours", needs=(need,))
