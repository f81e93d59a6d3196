"""Finds jobs that use a database or another daemon of the same machine.

Finds: a database client without a host, with localhost, or through a socket; a port of the loopback address.
Why: `localhost` is another machine elsewhere. The service keeps the server alive anyway, until it has moved itself.
Do: move the service first (a managed database), then give the job its address; or leave the job beside the service.
Not: when the client's own settings file names another host: answer `<host>/service-<name>` with remote
(`<job id>/service` for one job).
Source: mysql(1), psql(1): without a host the local socket is used.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Fact, Finding, Need, Question
from migrator.rules.dossier_reading import answer, first_of_each, listed, of, told

NAME = "local-service"
LOCAL = ("localhost", "127.0.0.1", "::1", "[::1]", "unix", "socket")


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A need for the service: hard where it is certain that it is local, else soft; with a question."""
    facts = first_of_each((*(fact for fact in of(dossier, "database") if _is_local(fact)), *of(dossier, "local-socket")))
    if not facts:
        return ()
    name = facts[0].value.split(":")[0]
    whole_server = f"{dossier.job.host}/service-{name}"
    if (answer(dossier, "service") or dossier.answers.get(whole_server)) in {"remote", "moves"}:
        return ()
    names = listed([fact.value for fact in facts])
    certain = any(fact.certain for fact in facts)
    question = Question(
        id=whole_server,
        text=f"Where will {name} be when the jobs that use it on {dossier.job.host} move?",
        hint="stays: here, and its jobs with it; moves: to a managed service first; remote: it already is elsewhere; "
        "its jobs can leave with the last two",
        default="stays",
        choices=("stays", "moves", "remote"),
    )
    body = (
        f"uses {names} on this machine; elsewhere localhost is another machine; move the service first, or keep the job beside it"
    )
    need = Need(kind="local_service", choice=name, soft=not certain, rule=NAME)
    return told(dossier, NAME, "warning", body, facts=facts, effort="days", needs=(need,), question=question)


def _is_local(fact: Fact) -> bool:
    if fact.value.split(":")[0].startswith("sqlite"):
        return False  # a file, not a service: local-state and local-files speak of it
    host = fact.value.split("://", 1)[1] if "://" in fact.value else ""
    return host == "" or host.startswith(LOCAL) or host.startswith("/")
