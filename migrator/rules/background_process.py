"""Finds programs that a job starts and leaves running.

Finds: `&` at the end without wait, nohup, setsid, disown, systemd-run, start-stop-daemon --background, daemonize, screen -dm, a
process in a new session.
Why: on the server it goes on when the line has ended, and the run time that was measured is the line's, not the work's. Elsewhere
a run ends when all of it has ended: it is waited for, and ended at the time limit. A daemon never ends by itself.
Do: state how long it may take (`<job id>/timeout`, seconds), or run it in the foreground and plan again with the logs of that.
Move a daemon as a service and take it out of the line; where it ends by itself, answer `<job id>/background: ends`.
Not: when it only has to start something that outlives it on purpose, and that has moved already.
Source: setsid(2), systemd-run(1); the providers' pages on the life of a container: it ends with its main process.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding, Need
from migrator.rules.dossier_reading import answer, ask, ends, first_of_each, listed, number, of, seconds, told
from migrator.unmet import BACKGROUND, ENDS, STAYS, is_daemon

NAME = "background-process"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A soft need for the machine that keeps it running; with a question, until it is known how long that is."""
    facts = first_of_each(of(dossier, "background"))
    if not facts or ends(dossier):
        return ()
    names, job = listed([fact.value for fact in facts]), dossier.job
    daemons = listed([fact.value for fact in facts if is_daemon(fact)])
    said, stated = answer(dossier, BACKGROUND), number(answer(dossier, "timeout"))
    need = Need(kind="host_access", soft=True, rule=NAME)
    if said == STAYS:
        body = f"starts {names}, which stays, as you say; it would end with the run elsewhere; nothing to do"
        return told(dossier, NAME, "warning", body, facts=facts, needs=(need,), verdict="stay")
    if daemons and said != ENDS:
        body = (
            f"starts {daemons}, which goes on until somebody ends it; elsewhere a run would wait for it up to its time limit and "
            "end it then; move it as a service and take it out of the line"
        )
        question = ask(
            dossier,
            BACKGROUND,
            f"Does {daemons}, which {job.name} starts, end by itself?",
            "ends: a run waits for it; stays: it keeps its server; or move it as a service, take it out and plan again",
            STAYS,
            (ENDS, STAYS),
        )
        return told(dossier, NAME, "warning", body, facts=facts, effort="hours", needs=(need,), question=question)
    if stated is not None:
        body = f"starts {names} and does not wait; elsewhere a run waits, {seconds(stated)} at most, as you say; nothing to do"
        return told(dossier, NAME, "note", body, facts=facts)
    body = (
        f"starts {names} and does not wait, so no log says how long that takes; elsewhere a run waits for it, up to a time limit "
        "that has to be stated; state it, or run it in the foreground and plan again with the logs of that"
    )
    question = ask(
        dossier,
        "timeout",
        f"How long may what {job.name} leaves running ({names}) take at most, in seconds?",
        "the server's log knows when the line ended, not when that did; a run waits for it, and what takes longer is ended",
        "unknown",
    )
    return told(dossier, NAME, "warning", body, facts=facts, effort="hours", needs=(need,), question=question)
