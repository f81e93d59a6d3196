"""Finds jobs that use a database or another daemon of the same machine.

Finds: a database client without a host, with localhost, or through a socket; a port of the loopback address.
Why: `localhost` is another machine elsewhere. The service keeps the server alive anyway, until it has moved itself.
Do: move the service first (a managed database), then give the job its address; or leave the job beside the service.
Not: when the client's own settings file names another host: answer `<job id>/service` with remote.
Source: mysql(1), psql(1): without a host the local socket is used.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Fact, Finding, Need
from migrator.rules.dossier_reading import answer, ask, first_of_each, listed, of, told

NAME = "local-service"
LOCAL = ("localhost", "127.0.0.1", "::1", "[::1]", "unix", "socket")


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A need for the service: hard where it is certain that it is local, else soft; with a question."""
    facts = first_of_each((*(fact for fact in of(dossier, "database") if _is_local(fact)), *of(dossier, "local-socket")))
    if not facts or answer(dossier, "service") in {"remote", "moves"}:
        return ()
    names = listed([fact.value for fact in facts])
    certain = any(fact.certain for fact in facts)
    question = ask(
        dossier,
        "service",
        f"Where will {names} be when {dossier.job.name} moves?",
        "stays: on this server, and the job with it; moves: to a managed service first; remote: it already is elsewhere",
        "stays",
        ("stays", "moves", "remote"),
    )
    body = (
        f"uses {names} on this machine; elsewhere localhost is another machine; move the service first, or keep the job beside it"
    )
    need = Need(kind="local_service", choice=facts[0].value.split(":")[0], soft=not certain, rule=NAME)
    return told(dossier, NAME, "warning", body, facts=facts, effort="days", needs=(need,), question=question)


def _is_local(fact: Fact) -> bool:
    if fact.value.split(":")[0].startswith("sqlite"):
        return False  # a file, not a service: local-state and local-files speak of it
    host = fact.value.split("://", 1)[1] if "://" in fact.value else ""
    return host == "" or host.startswith(LOCAL) or host.startswith("/")
