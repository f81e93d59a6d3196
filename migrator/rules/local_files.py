"""Finds data that lies on this server's disk and that the job reads.

Finds: reads and listings below folders of data (not programs, settings, logs or scratch).
Why: the files are not where the job would run. If another job of this plan writes them, both can move together; if a service of
this server writes them, they stay with the service.
Do: put the files where both can reach them (object storage, a shared disk), or say that they are part of the program
(`<job id>/data`: copy) or must stay (`stay`).
Not: for files that come with the program, such as templates and tables of its own.
Source: hier(7).
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Fact, Finding, Need
from migrator.path_kind import path_kind
from migrator.rules.dossier_reading import answer, ask, ends, first_of_each, listed, of, size_mib, told
from migrator.rules.local_state import remembered
from migrator.unmet import is_static

NAME = "local-files"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A need for the server's files: hard beside a service that may write them, else soft; none once they are copied."""
    facts = _read_data(dossier)
    said = answer(dossier, "data")
    if not facts or said == "copy" or ends(dossier):
        return ()
    size_of = {fact.value: size_mib(fact) for fact in of(dossier, "data-size")}
    names = listed([fact.value + (f" ({size_of[fact.value]:,.0f} MiB)" if fact.value in size_of else "") for fact in facts])
    question = ask(
        dossier,
        "data",
        f"Where should the files be that {dossier.job.name} reads ({names})?",
        "copy: they belong to the program; share: object storage or a shared disk; stay: they and the job stay on the server",
        "share",
        ("copy", "share", "stay"),
    )
    if said == "stay":
        body = f"reads {names}, which you say must stay on this server; so the job stays too"
        return told(dossier, NAME, "note", body, facts=facts, verdict="stay")
    soft = said == "share" or not service_owns(dossier, facts)
    fed = {link.via for link in dossier.links if link.kind == "feeds" and link.to_job == dossier.job.id}
    who = "another job of this plan writes them" if fed else "who writes them is not known"
    if not soft:
        who = "a service of this server owns them"
    body = f"reads {names} on this server's disk; {who}; put them where the job can reach them, or leave the job here"
    needs = [Need(kind="local_files", soft=soft, rule=NAME)]
    volume = sum(size_of.get(fact.value, 0.0) for fact in facts)
    if volume >= 1:  # brought to the run, they need its disk; read from a shared one, they do not
        needs.append(Need(kind="scratch_mib", amount=round(volume, 1), soft=True, rule=NAME))
    return told(dossier, NAME, "warning", body, facts=facts, effort="hours", needs=tuple(needs), question=question)


def _read_data(dossier: Dossier) -> tuple[Fact, ...]:
    state = {fact.value for fact in remembered(dossier)}
    scripts = {script.path for script in dossier.scripts}
    fed = {link.via for link in dossier.links if link.kind == "feeds"}
    read = tuple(
        fact
        for fact in first_of_each(of(dossier, "reads-path", "lists-path", "deletes-path"))
        if path_kind(fact.value) == "data" and fact.value not in state | scripts
    )
    return tuple(fact for fact in read if fact.value in fed or not is_static(fact.value))


# A service's usual folders: what its files are called on the distributions that we read.
SERVICE_FOLDERS = {
    "nginx": ("/var/www", "/srv/www", "/usr/share/nginx"),
    "apache2": ("/var/www", "/srv/www"),
    "httpd": ("/var/www", "/srv/www"),
    "php": ("/var/www", "/srv/www"),
    "mysql": ("/var/lib/mysql",),
    "mariadb": ("/var/lib/mysql",),
    "postgresql": ("/var/lib/postgresql", "/var/lib/pgsql"),
    "redis": ("/var/lib/redis",),
    "mongod": ("/var/lib/mongo",),
    "postfix": ("/var/mail", "/var/spool/postfix"),
    "dovecot": ("/var/mail", "/var/vmail"),
    "vsftpd": ("/srv/ftp", "/home"),
    "proftpd": ("/srv/ftp", "/home"),
    "smbd": ("/srv",),
    "jenkins": ("/var/lib/jenkins",),
    "gitlab": ("/var/opt/gitlab",),
    "docker": ("/var/lib/docker",),
}


def service_owns(dossier: Dossier, facts: tuple[Fact, ...]) -> bool:
    """True where one of the files lies in a folder of a service that this server runs."""
    for service in dossier.host.services or ():
        for name, folders in SERVICE_FOLDERS.items():
            if service.name.startswith(name) and any(fact.value.startswith(folders) for fact in facts):
                return True
    return False
