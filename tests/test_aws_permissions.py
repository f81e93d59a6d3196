"""What a cloud call needs: hand-written expectations from AWS's own pages, and the statements of emitted roles."""

import re

import hcl2
import pytest
from aws_jobs import DOSSIER, changed, fact
from botocore import xform_name
from botocore.session import get_session
from samtranslator.yaml_helper import yaml_parse

from migrator import render
from migrator.targets import aws_grants, aws_parts
from migrator.targets.aws_permissions import by_hand, permissions, services

P, RA = "arn:${Partition}", "${Region}:${Account}"
# Call, parameters -> what https://docs.aws.amazon.com/service-authorization/latest/reference/ says, written down by hand.
KNOWN = {
    "s3:put-object bucket=b key=db/shop-$(...).gz": {
        "s3:PutObject": [f"{P}:s3:::b/db/shop-*.gz"],
        "s3:AbortMultipartUpload": [f"{P}:s3:::b/db/shop-*.gz"],
    },
    "s3:head-object bucket=b key=k": {"s3:GetObject": [f"{P}:s3:::b/k"]},
    "s3:list-objects-v2 bucket=b": {"s3:ListBucket": [f"{P}:s3:::b"]},
    "s3:list-buckets": {"s3:ListAllMyBuckets": []},
    "sqs:receive-message queue-url=https://sqs.eu-west-1.amazonaws.com/123456789012/orders": {
        "sqs:ReceiveMessage": [f"{P}:sqs:eu-west-1:123456789012:orders"]
    },
    "sqs:send-message-batch queue-url=https://sqs.eu-west-1.amazonaws.com/123456789012/orders": {
        "sqs:SendMessage": [f"{P}:sqs:eu-west-1:123456789012:orders"]
    },
    "sns:publish topic-arn=arn:aws:sns:eu-central-1:123456789012:done": {
        "sns:Publish": ["arn:aws:sns:eu-central-1:123456789012:done"]
    },
    "dynamodb:put-item table-name=runs region=eu-central-1": {
        "dynamodb:PutItem": [f"{P}:dynamodb:eu-central-1:${{Account}}:table/runs"]
    },
    "rds:create-db-snapshot db-instance-identifier=shop db-snapshot-identifier=shop-$(...)": {
        "rds:CreateDBSnapshot": [f"{P}:rds:{RA}:db:shop", f"{P}:rds:{RA}:snapshot:shop-*"]
    },
    "ec2:create-image instance-id=i-0abc": {
        "ec2:CreateImage": [f"{P}:ec2:{RA}:instance/i-0abc", f"{P}:ec2:${{Region}}::image/*", f"{P}:ec2:${{Region}}::snapshot/*"]
    },
    "ec2:create-tags resources=vol-0abc": {"ec2:CreateTags": [f"{P}:ec2:{RA}:volume/vol-0abc"]},
    "ec2:describe-images": {"ec2:DescribeImages": []},
    "cloudwatch:put-metric-data": {"cloudwatch:PutMetricData": []},
    "ssm:get-parameter name=/shop/prod/x": {"ssm:GetParameter": [f"{P}:ssm:{RA}:parameter/shop/prod/x"]},
    "secretsmanager:get-secret-value secret-id=shop/api": {
        "secretsmanager:GetSecretValue": [f"{P}:secretsmanager:{RA}:secret:shop/api-??????"]
    },
    "lambda:invoke function-name=report": {"lambda:InvokeFunction": [f"{P}:lambda:{RA}:function:report"]},
    "logs:put-log-events log-group-name=/shop/cron log-stream-name=web01": {
        "logs:PutLogEvents": [f"{P}:logs:{RA}:log-group:/shop/cron:log-stream:web01"]
    },
    "autoscaling:set-desired-capacity auto-scaling-group-name=batch": {
        "autoscaling:SetDesiredCapacity": [f"{P}:autoscaling:{RA}:autoScalingGroup:*:autoScalingGroupName/batch"]
    },
    "cloudfront:create-invalidation distribution-id=E2": {
        "cloudfront:CreateInvalidation": [f"{P}:cloudfront::${{Account}}:distribution/E2"]
    },
    "ecs:update-service cluster=c service=s": {"ecs:UpdateService": [f"{P}:ecs:{RA}:service/c/s"]},
    "ecs:run-task cluster=c task-definition=td": {"ecs:RunTask": [f"{P}:ecs:{RA}:task-definition/td:*"]},
    "cloudformation:update-stack stack-name=web": {"cloudformation:UpdateStack": [f"{P}:cloudformation:{RA}:stack/web/*"]},
    "route53:change-resource-record-sets hosted-zone-id=Z1": {
        "route53:ChangeResourceRecordSets": [f"{P}:route53:::hostedzone/Z1"]
    },
    "kms:decrypt key-id=arn:aws:kms:eu-west-1:123456789012:key/k": {"kms:Decrypt": ["arn:aws:kms:eu-west-1:123456789012:key/k"]},
    "sts:get-caller-identity": {},
}


@pytest.mark.parametrize("call", KNOWN)
def test_a_call_needs_what_the_service_authorization_reference_says(call: str) -> None:
    operation, *named = call.split(" ")
    found = permissions(operation, dict(pair.split("=", 1) for pair in named))
    assert found is not None
    assert {permission.action: sorted(permission.arns) for permission in found} == {
        action: sorted(arns) for action, arns in KNOWN[call].items()
    }


def test_an_operation_that_the_table_does_not_know_gets_nothing() -> None:
    assert permissions("s3:teleport-object", {"bucket": "b"}) is None
    assert permissions("nowhere:put", {}) is None


def test_every_operation_of_the_table_is_one_of_the_api_and_every_parameter_is_one_of_the_service() -> None:
    """The models of botocore are AWS's own description of its API; they have no part in the ARNs."""
    session = get_session()
    for name, model in by_hand()["models"].items():
        service = session.get_service_model(model)
        operations = {xform_name(operation, "-") for operation in service.operation_names}
        known = services()[name].operations.keys() | by_hand()["exceptions"].get(name, {}).keys()
        assert known <= operations, f"{name}: {sorted(known - operations)}"
    for name in ("s3", "sqs", "dynamodb", "rds", "logs"):
        service = session.get_service_model(by_hand()["models"][name])
        shapes = [service.operation_model(operation).input_shape for operation in service.operation_names]
        members = {xform_name(member, "-") for shape in shapes if shape is not None for member in shape.members}
        assert by_hand()["parameters"][name].keys() <= members


def statements(*calls: str, **answers: str) -> list[dict]:
    facts = tuple(fact("cloud-call", *text.split(" | ")) for text in calls)
    keyed = {f"{DOSSIER.job.id}/{topic.replace('_', '-')}": said for topic, said in answers.items() if topic != "identity"}
    if "identity" in answers:
        keyed["web01/cloud-identity"] = answers["identity"]
    return aws_grants.statements(changed(DOSSIER, facts=facts, answers=keyed))


def test_a_bucket_in_a_variable_gets_no_statement_until_the_user_says_which() -> None:
    call = "aws s3:put-object | bucket=$BUCKET key=a.gz"
    assert statements(call) == []
    (one,) = statements(call, cloud_bucket_bucket="example-out")
    assert one["arns"] == ["arn:${Partition}:s3:::example-out/a.gz"]
    assert statements(call, cloud_bucket_bucket="example-out", identity="keys") == []


def test_only_calls_that_the_service_does_not_narrow_get_everything() -> None:
    exact, free = statements("aws cloudwatch:put-metric-data", "aws s3:get-object | bucket=b key=in/$f", "gcp x.y | bucket=c")
    assert exact["arns"] == ["arn:${Partition}:s3:::b/in/*"]
    assert not exact["everything"]
    assert free["actions"] == ["cloudwatch:PutMetricData"]
    assert free["everything"]


@pytest.mark.parametrize("name", ['b"}', "${x}", "%{ if }", "a b", "b\n", "'; DROP", "{{ v }}", "!Sub"])
def test_a_hostile_name_reaches_no_policy(name: str) -> None:
    for one in statements(f"aws s3:put-object | bucket={name} key=a"):
        assert all(re.fullmatch(r"arn:\$\{Partition\}:s3:::[\w.*/-]+", arn) for arn in one["arns"]), one


def test_the_emitted_role_holds_the_statements_in_both_languages() -> None:
    granted = statements(
        "aws cloudwatch:put-metric-data",
        "aws sqs:send-message | queue-url=https://sqs.eu-west-1.amazonaws.com/123456789012/orders",
        "aws dynamodb:put-item | table-name=runs",
    )
    role = aws_parts.role(DOSSIER.job, "role", "lambda.amazonaws.com", "x", granted)
    texts = {
        language: render.text(f"resources/aws_iam_role/{file}", language, v=role.values, name=role.name, job=DOSSIER.job)
        for language, file in (("terraform", "terraform.tf.j2"), ("sam", "sam.yaml.j2"))
    }
    hcl2.loads(texts["terraform"])
    policy = yaml_parse(texts["sam"])[role.values["logical_id"]]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    assert [one["Resource"] for one in policy] == [
        [{"Fn::Sub": "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/runs"}],
        [{"Fn::Sub": "arn:${AWS::Partition}:sqs:eu-west-1:123456789012:orders"}],
        ["*"],
    ]
    account = "${data.aws_caller_identity.current.account_id}"
    assert f'"arn:${{data.aws_partition.current.partition}}:dynamodb:${{var.region}}:{account}:table/runs",' in texts["terraform"]
    assert all('"*" # the service knows no narrower' in text.replace('"*", #', '"*" #') for text in texts.values())
