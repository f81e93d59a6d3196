"""Roles at Google and Azure for the calls of a job: written by hand what each call needs, then what the emitted files hold."""

import hcl2
import pytest
from aws_jobs import DOSSIER, JOB, SHAPE, changed, fact
from pycep import BicepParser

from migrator import render, topics
from migrator.assumptions import DEFAULT
from migrator.model.option import Resource
from migrator.model.plan import Decisions
from migrator.rules import cloud_credentials
from migrator.targets import Target, azure_container_apps_job, gcp_cloud_run_job

CALLS = (
    fact("cloud-call", "gcp storage.objects.create", "bucket=example-exports object=daily/$(...).csv"),
    fact("cloud-call", "gcp storage.objects.delete", "bucket=example-exports object=daily/$(...).csv"),
    fact("cloud-call", "gcp storage.objects.list", "bucket=example-exports"),
    fact("cloud-call", "gcp pubsub.topics.publish", "project=example-shop topic=exports-done"),
    fact("cloud-call", "gcp bigquery.jobs.create"),
    fact("cloud-call", "gcp storage.objects.get", "bucket=$BUCKET object=a"),
    fact("cloud-call", "gcp (gcloud run services list)"),
    fact("cloud-call", "azure blob:write", "account=examplestore container=backups"),
    fact("cloud-call", "azure blob:read", "account=examplestore container=backups"),
    fact("cloud-call", "azure queue:add", "account=examplestore queue=events"),
    fact("cloud-call", "azure blob:read", "account=$ACCOUNT container=backups"),
    fact("cloud-call", "azure secret:read", "vault=example-vault secret=crm-token"),
    fact("cloud-call", "azure secret:write", "vault=example-vault secret=$NAME"),
    fact("cloud-call", "azure vm start", "resource-group=jobs name=db1"),
    fact("cloud-call", "aws s3:get-object", "bucket=b key=k"),
)


def identity(target: Target, kind: str, **answers: str) -> Resource:
    dossier = changed(DOSSIER, facts=CALLS, answers={f"{JOB.id}/{topic}": said for topic, said in answers.items()})
    size = target.sizes()[0]
    made = target.resources(dossier, SHAPE, size, None, 600, "us-central1")
    return next(one for one in made if one.kind == kind and not one.values.get("shared"))


def text(resource: Resource, file: str, language: str) -> str:
    return render.text(f"resources/{resource.kind}/{file}", language, v=resource.values, name=resource.name, job=JOB)


def test_a_google_account_has_these_permissions_on_these_places() -> None:
    account = identity(gcp_cloud_run_job, "gcp_service_account")
    assert [(one["bind"], one["name"], one["prefix"], one["permissions"]) for one in account.values["grants"]] == [
        (None, "", None, ["bigquery.jobs.create"]),
        ("google_storage_bucket_iam_member", "example-exports", None, ["storage.objects.list"]),
        ("google_storage_bucket_iam_member", "example-exports", "daily/", ["storage.objects.create", "storage.objects.delete"]),
        ("google_pubsub_topic_iam_member", "exports-done", None, ["pubsub.topics.publish"]),
    ]
    parsed = hcl2.loads(text(account, "terraform.tf.j2", "terraform"))
    assert len([block for block in parsed["resource"] if '"google_project_iam_custom_role"' in block]) == 4


def test_a_bucket_in_a_variable_is_bound_once_it_is_answered() -> None:
    account = identity(gcp_cloud_run_job, "gcp_service_account", **{"cloud-bucket-bucket": "example-in"})
    assert ("example-in", ["storage.objects.get"]) in [(one["name"], one["permissions"]) for one in account.values["grants"]]


def test_an_azure_identity_has_the_narrowest_roles_on_the_container_and_the_queue() -> None:
    identity_ = identity(azure_container_apps_job, "azure_user_assigned_identity")
    assert [(one["account"], one["inner"], one["role"]) for one in identity_.values["grants"]] == [
        ("example-vault", "crm-token", "Key Vault Secrets User"),
        ("examplestore", "backups", "Storage Blob Data Contributor"),
        ("examplestore", "backups", "Storage Blob Data Reader"),
        ("examplestore", "events", "Storage Queue Data Message Sender"),
    ]
    hcl = text(identity_, "terraform.tf.j2", "terraform")
    hcl2.loads(hcl)
    assert "resources[0].id}/queueServices/default/queues/events" in hcl
    bicep = text(identity_, "main.bicep.j2", "bicep")
    assert "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a" in bicep
    assert 'type = "Microsoft.KeyVault/vaults"\n  name = "example-vault"' in hcl
    assert "resources[0].id}/secrets/crm-token" in hcl
    assert "'Microsoft.KeyVault/vaults/secrets@2023-07-01' existing = {\n  name: 'example-vault/crm-token'" in bicep
    BicepParser().parse(text="param location string\nparam namePrefix string\nparam tags object\n" + bicep)


@pytest.mark.parametrize(
    ("operation", "detail", "asks"),
    [
        ("azure vm start", "resource-group=jobs name=db1", True),
        ("azure storage blob copy", "account=examplestore", True),
        ("azure blob:write", "container=backups", True),  # an account that only the environment names
        ("azure blob:write", "account=examplestore container=backups", False),
        ("azure secret:read", "vault=v secret=s", False),
        ("azure (ServiceBusClient.get_queue_sender)", "", True),
        ("gcp (gcloud compute instances start)", "project=shop", True),
        ("gcp (google.cloud.firestore Client.collection)", "", True),
        ("gcp storage.objects.get", "bucket=b object=o", False),
        ("aws ec2:start-instances", "instance-ids=i-1", False),
    ],
)
def test_what_nothing_emitted_allows_is_asked_until_somebody_gives_a_role(operation: str, detail: str, asks: bool) -> None:
    def questions(**answers: str) -> list[str]:
        dossier = changed(DOSSIER, facts=(fact("cloud-call", operation, detail),), answers=answers)
        return [found.question.id for found in cloud_credentials.check(dossier, DEFAULT) if found.question]

    asked = questions()
    assert [key.startswith(f"{JOB.id}/cloud-role-{operation.partition(' ')[0]}-") for key in asked] == ([True] if asks else [])
    for key in asked:
        assert questions(**{key: "by-hand"}) == []
        assert topics.meaningless(Decisions(answers={key: "by-hand"}), {}) == {}
        assert topics.meaningless(Decisions(answers={key: "Contributor"}), {}) != {}
        assert questions(**{f"{JOB.host}/cloud-identity": "keys"}) == []
