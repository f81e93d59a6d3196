"""Asks whether somebody lets this server in by its address.

Finds: transfers by ssh, sftp, scp, rsync or ftp to another host, which are the ones that partners protect by address lists.
Why: elsewhere the address changes with each run; a fixed one needs a NAT gateway, which costs more than most jobs.
Do: ask the other side; answer `<job id>/address` with yes only if the address is on a list. It is priced with a gateway then, and
emitted once the answer is `nat`: the network whose subnets you give to the templates goes out through a reserved address.
Not: for hosts of one's own network.
Source: list prices of NAT gateways in the price book.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding, Need
from migrator.rules.dossier_reading import answer, ask, first_of_each, listed, of, told
from migrator.rules.private_network import host_of, is_private
from migrator.unmet import THROUGH_NAT

NAME = "fixed-address"
SAID = ("yes", THROUGH_NAT)  # the answers by which it has to have one
TRANSFERS = frozenset({"ssh", "scp", "sftp", "rsync", "ftp", "lftp", "ncftp", "ncftpput", "ncftpget", "sshfs", "autossh"})


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A question; a need once the answer is yes."""
    said = answer(dossier, "address")
    transfers = tuple(fact for fact in of(dossier, "command") if fact.value.rsplit("/", 1)[-1] in TRANSFERS)
    hosts = first_of_each(
        tuple(
            fact
            for fact in of(dossier, "network-host")
            if not is_private(host_of(fact.value)) and host_of(fact.value) not in {"localhost", "127.0.0.1", "::1"}
        )
    )
    if said in SAID:
        body = "you say that its address is on somebody's list; a run elsewhere has a new one each time; it needs one that stays"
        if said == THROUGH_NAT:
            body += "; it gets that of the NAT gateway of the network that you give it; tell it to the other side first"
        needs = (Need(kind="fixed_address", soft=True, rule=NAME), Need(kind="private_network", rule=NAME))
        return told(dossier, NAME, "warning", body, facts=hosts, effort="hours", needs=needs)
    if said == "no" or not transfers or not hosts:
        return ()
    names = listed([host_of(fact.value) for fact in hosts])
    question = ask(
        dossier,
        "address",
        f"Does {names} let {dossier.job.name} in by this server's address?",
        "yes: a fixed address is needed, which costs as much as a small server; nat: the same, and the network that it is given "
        "has a NAT gateway with a reserved address; no: any address will do",
        "no",
        ("yes", THROUGH_NAT, "no"),
    )
    body = f"transfers files with {names}; if that host has a list of addresses, a run elsewhere is refused; ask before it moves"
    return told(dossier, NAME, "note", body, facts=(*transfers[:1], *hosts), effort="minutes", question=question)
