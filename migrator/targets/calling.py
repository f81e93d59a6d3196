"""What every scheduler that sends a request itself answers to a job's needs: nothing of the job runs anywhere."""

from collections.abc import Mapping

from migrator.model.finding import Dossier, NeedKind
from migrator.model.option import AtMost, Limit, Offered, OneOf, Size
from migrator.one_request import HttpRequest, http_request

NO_PROGRAM = "no program runs: the scheduler sends one request"


def limits(
    source: str, as_of: str, longest_s: int, longest_source: str, more: Mapping[NeedKind, tuple[str, str]]
) -> tuple[Limit, ...]:
    """Exactly one Limit for every need. `more`: what this scheduler says of two calls at once, of calls of one instant, of a
    finer step and of its addresses, each with its page."""
    nothing, public = Offered(offered=False, how=NO_PROGRAM), "the URL has to be reachable from the public internet"
    answers: dict[NeedKind, AtMost | OneOf | Offered] = {
        "duration_s": AtMost(amount=longest_s),
        "memory_mib": Offered(offered=True, how=NO_PROGRAM),
        "vcpu": Offered(offered=True, how=NO_PROGRAM),
        "scratch_mib": nothing,
        "architecture": OneOf(choices=("x86_64", "arm64")),
        "persistent_files": nothing,
        "local_files": nothing,
        "private_network": Offered(offered=False, how="the request comes from the public internet"),
        "host_access": Offered(offered=False, how="there is no machine to look at or to change"),
        "root": Offered(offered=True, how=NO_PROGRAM),
        "container_engine": nothing,
        "runtime": Offered(offered=True, how=NO_PROGRAM),
        "stdin": nothing,
        "local_service": Offered(offered=False, how=public),
        **{need: Offered(offered=False, how=how) for need, (how, _) in more.items()},
    }
    sources = {"duration_s": longest_source, **{need: page for need, (_, page) in more.items()}}
    conditions = {"duration_s": "until the URL has answered"}
    return tuple(
        Limit(need=need, answer=answer, source=sources.get(need, source), as_of=as_of, condition=conditions.get(need))
        for need, answer in answers.items()
    )


def sizes(longest_s: int) -> tuple[Size, ...]:
    """One: a request, whatever the job's program took."""
    return (Size(name="one request", memory_mib=0, vcpu=1.0, timeout_s=float(longest_s)),)


def request_of(dossier: Dossier) -> HttpRequest | None:
    """The request of a job, its agent's name left out: each of these schedulers has its own."""
    request = http_request(dossier.facts)
    if request is None:
        return None
    kept = {name: value for name, value in request.headers.items() if name.lower() != "user-agent"}
    return HttpRequest(method=request.method, url=request.url, headers=kept, body=request.body, timeout_s=request.timeout_s)
