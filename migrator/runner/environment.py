"""The environment that the command gets: what cron gave it, and what the platform needs to know who it is.

The variables of the job file are complete: cron's own (SHELL, HOME, PATH, LOGNAME ...) and the settings above the line. TZ is
added where the job has none, because the server's zone came from /etc/localtime, which a container does not have.
"""

from __future__ import annotations

from collections.abc import Mapping

from .job_file import JobFile
from .secret import fill

# who we are, for programs that call the platform: nothing else of the container's environment reaches the command
PASSED_ON = (
    "AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_REGION AWS_DEFAULT_REGION "
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_AUTHORIZATION_TOKEN "
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE AWS_ROLE_ARN AWS_WEB_IDENTITY_TOKEN_FILE ECS_CONTAINER_METADATA_URI_V4 "
    "GOOGLE_APPLICATION_CREDENTIALS GOOGLE_CLOUD_PROJECT CLOUD_RUN_JOB CLOUD_RUN_EXECUTION "
    "AZURE_CLIENT_ID AZURE_TENANT_ID IDENTITY_ENDPOINT IDENTITY_HEADER MSI_ENDPOINT MSI_SECRET "
    "KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT"
).split()


def build(job: JobFile, outer: Mapping[str, str]) -> dict[bytes, bytes]:
    """Variables of the command. Raises `MissingSecretError`."""
    names = {name: outer[name].encode("utf-8", "surrogateescape") for name in PASSED_ON if name in outer}
    names["TZ"] = job.timezone.encode()
    names.update((name, fill(value, outer)) for name, value in job.environment)
    return {name.encode("utf-8", "surrogateescape"): value for name, value in names.items()}
