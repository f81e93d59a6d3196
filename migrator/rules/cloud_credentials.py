"""Finds jobs that call a cloud's API with this server's rights.

Finds: aws, gcloud, gsutil, az, bq, rclone and the like, and calls of their libraries; whose rights they use: the instance's own
profile, or a file of keys.
Why: elsewhere the job has its own role, which has no rights yet; a file of keys moves with no image.
Do: answer which resources the calls mean where a variable hides them; its emitted role is then allowed exactly the calls that
were found, on these. For a call that no emitted role allows (`az vm start`) give it a role by hand, and answer so. Delete the
file of keys; or answer `<host>/cloud-identity` with keys: then they are secrets, and the role gets no rights for the calls.
Not: when it only asks the instance's metadata.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html, the providers' pages on roles for jobs.
"""

from migrator.assumptions import Assumptions
from migrator.cloud_calls import BY_HAND, cloud_calls, is_not_allowed, question, role_question, role_topic
from migrator.model.finding import Dossier, Finding, Question
from migrator.rules.dossier_reading import first_of_each, listed, of, told

NAME = "cloud-credentials"


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A warning about what it may do, and a question for each name that a variable hides."""
    tools = first_of_each(of(dossier, "cloud-cli"))
    calls = cloud_calls(dossier.facts)
    if not tools and not calls:
        return ()
    names = listed([fact.value for fact in tools] or sorted({call.provider for call in calls}))
    if calls:
        body = (
            f"calls {listed([f'{call.provider} {call.operation}' for call in calls])} with this server's rights; its own role "
            "elsewhere is allowed exactly the calls that were found, with the resources that they name; grant what is not there"
        )
    else:
        body = f"uses {names} with this server's rights; its own role elsewhere has none; grant what it needs in the emitted role"
    facts = tools or tuple(call.fact for call in calls)
    found = told(dossier, NAME, "warning", body, facts=facts, effort="minutes", question=_identity(dossier))
    asked: set[str] = set()
    if dossier.answers.get(f"{dossier.job.host}/cloud-identity") != "keys":
        for call in calls:
            key = f"{dossier.job.id}/{role_topic(call)}"
            if is_not_allowed(call) and key not in asked and dossier.answers.get(key) != BY_HAND:
                asked.add(key)
                body = f"calls {call.provider} {call.operation}, which nothing emitted allows; give it a role for this by hand"
                who = role_question(call, dossier.job)
                found += told(dossier, NAME, "warning", body, facts=(call.fact,), effort="minutes", question=who)
    for call in calls:
        hidden = question(call, dossier.job, dossier.answers)
        if hidden is not None and hidden.id not in asked:
            asked.add(hidden.id)
            what = f"calls {call.provider} {call.operation} on a name that a variable hides ({call.fact.detail})"
            body = f"{what}; its role is not allowed more than what is known; say which resource that is"
            found += told(dossier, NAME, "note", body, facts=(call.fact,), effort="minutes", question=hidden)
    return found


def _identity(dossier: Dossier) -> Question | None:
    """Whose rights the calls of this server's jobs use now, and whether they should go on with them."""
    key = f"{dossier.job.host}/cloud-identity"
    facts = first_of_each(of(dossier, "cloud-identity"))
    if not facts or key in dossier.answers:
        return None
    return Question(
        id=key,
        text=f"Jobs of {dossier.job.host} call their cloud as {listed([fact.value for fact in facts])}: whose rights elsewhere?",
        hint="own-role: each job gets a role that is allowed the calls that were found; keys: they go on, as secrets of the jobs",
        default="own-role",
        choices=("own-role", "keys"),
    )
