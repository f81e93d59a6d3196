"""What a report says of the services that can keep a workflow: what is offered, what of it is unproved, and Temporal's server."""

from decimal import Decimal

import emit_samples as samples
import every_combination as every
import pytest

from migrator import targets, workflow_services
from migrator.errors import PriceError
from migrator.model.option import UNFIT, PriceBook, Rejected
from migrator.prices import bundled
from migrator.reports.workflow_places import workflow_places

BOOK = bundled.read()


def test_what_is_said_to_be_offered_is_what_some_target_takes() -> None:
    taken = {place.PROVIDER for place in targets.ALL if "workflow" in place.SHAPES}
    assert set(workflow_services.SERVICES) == taken


@pytest.mark.parametrize(
    ("provider", "region", "monthly"),
    # 730.485 hours and 8 GiB: 0.0208 and 0.08; 0.0416 and 0.075
    [("aws", "us-east-1", "15.834088"), ("azure", "eastus", "30.988176")],
)
def test_temporal_s_worker_is_a_server_of_all_month(provider: str, region: str, monthly: str) -> None:
    lines = workflow_services.worker_bill(BOOK, provider, region)
    assert sum(line.monthly_cost or 0 for line in lines) == Decimal(monthly)


def test_each_provider_s_worker_has_a_price() -> None:
    for place in targets.ALL:
        if place.PROVIDER in workflow_services.WORKERS:
            assert workflow_services.worker_bill(BOOK, place.PROVIDER, place.DEFAULT_REGION or "")


def test_a_job_with_the_shape_is_told_and_another_is_not() -> None:
    entry = samples.entry("aws_lambda", "night-1a2b")
    assert workflow_places(entry, BOOK) == ()
    linked = every.changed(entry, shapes=(*entry.shapes, every.shape_of("workflow")))
    amazon, google, azure, temporal = workflow_places(linked, BOOK)
    assert amazon == "AWS Step Functions: offered: answer night-1a2b/shape: workflow"
    assert google.startswith("Google Workflows: offered: answer night-1a2b/shape: workflow (unproved: ")
    assert azure.startswith("Azure Durable Functions: offered: answer night-1a2b/shape: workflow (unproved: ")
    assert "t3.small with its disk, at least $15.83 a month in us-east-1; what the Temporal service behind it costs" in temporal


def test_a_price_that_is_missing_is_unknown_and_not_zero() -> None:
    entry = samples.entry("aws_lambda", "night-1a2b")
    linked = every.changed(entry, shapes=(*entry.shapes, every.shape_of("workflow")))
    assert "at a price that is unknown" in workflow_places(linked, PriceBook())[-1]
    with pytest.raises(PriceError, match=r"t3\.small"):
        workflow_services.worker_bill(PriceBook(), "aws", "us-east-1")


def test_a_place_that_cannot_hold_the_job_as_a_workflow_is_not_called_an_offer() -> None:
    entry = samples.entry("aws_lambda", "night-1a2b")
    linked = every.changed(entry, shapes=(*entry.shapes, every.shape_of("workflow")))
    lost = Rejected(shape="workflow", target="azure_functions", size=None, reason=f"{UNFIT}code only", monthly_cost=None)
    unfit = every.changed(linked, placement=every.changed(linked.placement, rejected=(lost,)))
    azure = workflow_places(unfit, BOOK)[2]
    assert azure == (
        "Azure Durable Functions: offered, but not for this job: azure_functions cannot hold it, as stands among what lost"
    )
    dearer = every.changed(lost, reason="$1.00 a month more")
    fits = every.changed(linked, placement=every.changed(linked.placement, rejected=(lost, dearer)))
    assert "offered: answer" in workflow_places(fits, BOOK)[2]
