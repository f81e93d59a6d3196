"""Finds jobs that send mail through the server.

Finds: mail, sendmail, mutt, msmtp or a mail library that hands the message to the mail server of the same machine.
Why: a function or container has no mail server, and most clouds block port 25; the address that the mail comes from changes.
Do: send through the provider's mail service or an authenticated relay; put its credentials into the secret store.
Not: when it already speaks to a relay by name with a password.
Source: sendmail(8); the providers' pages on outbound port 25.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding, Need
from migrator.rules.dossier_reading import first_of_each, listed, of, told

NAME = "sends-mail"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A soft need for the mail server of this machine."""
    facts = first_of_each(of(dossier, "mail"))
    if not facts:
        return ()
    names = listed([fact.value for fact in facts])
    body = (
        f"sends mail ({names}) through this server; elsewhere there is no mail server and port 25 is closed; "
        "use a mail service or a relay"
    )
    need = Need(kind="local_service", choice="mail", soft=True, rule=NAME)
    return told(dossier, NAME, "warning", body, facts=facts, effort="hours", needs=(need,))
