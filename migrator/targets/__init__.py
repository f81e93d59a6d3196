"""Places where work can run: what they offer, at which sizes, and what has to be created there."""

from collections.abc import Mapping
from typing import Protocol

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Translation
from migrator.model.option import Limit, Resource, Shape, ShapeKind, Size
from migrator.one_request import HttpRequest
from migrator.targets import (
    aws_api_destination,
    aws_batch,
    aws_fargate,
    aws_lambda,
    azure_container_apps_job,
    azure_functions,
    azure_logic_app,
    gcp_cloud_run_job,
    gcp_cloud_run_service,
    gcp_pubsub_push,
    gcp_scheduler_http_target,
    host,
    kubernetes_cron_job,
)


class Target(Protocol):
    """One place to run."""

    NAME: str  # "aws_lambda"
    TITLE: str  # "AWS Lambda"
    PROVIDER: str  # "aws" | "gcp" | "azure" | "kubernetes" | "host"
    DIALECT: str | None  # the schedule dialect that starts it; None: it keeps the server's own schedule
    LANGUAGES: tuple[str, ...]  # folder names of templates/languages, the default first
    SHAPES: tuple[ShapeKind, ...]
    SOURCE: str
    DEFAULT_REGION: str | None

    def limits(self, assumptions: Assumptions) -> tuple[Limit, ...]:
        """Exactly one Limit for every NeedKind."""

    def sizes(self) -> tuple[Size, ...]:
        """What can be bought, smallest first."""

    def timeout_s(self, p_max_s: float | None, assumptions: Assumptions) -> float:
        """The timeout to configure for a job whose upper bound is `p_max_s` seconds (None: not measured)."""

    def resources(
        self, dossier: Dossier, shape: Shape, size: Size, translation: Translation | None, timeout_s: float, region: str
    ) -> tuple[Resource, ...]:
        """Everything to create, with values for its templates and, under the key `usage` of a value, monthly quantities.

        `shape` has the seconds that its parts take on `size`, and in `adds` all that the job needs. What runs the job may carry
        `lock`, which becomes the job file's."""


class Caller(Protocol):
    """A target whose scheduler sends a job's request itself."""

    NAME: str

    def cannot_send(self, request: HttpRequest) -> str | None:
        """Why it cannot send this request as the job's program did; None if it can."""


# The order breaks ties of cost; the server itself is always last.
ALL: tuple[Target, ...] = (
    gcp_scheduler_http_target,
    aws_api_destination,
    azure_logic_app,
    aws_lambda,
    gcp_cloud_run_job,
    gcp_cloud_run_service,
    gcp_pubsub_push,
    azure_functions,
    azure_container_apps_job,
    aws_fargate,
    aws_batch,
    kubernetes_cron_job,
    host,
)
CALLERS: Mapping[str, Caller] = {
    caller.NAME: caller for caller in (gcp_scheduler_http_target, aws_api_destination, azure_logic_app)
}
