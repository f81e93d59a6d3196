"""Places and ways of running that no plan proposes, each with the reason: what they lack, or what offers the same for less."""

from typing import NamedTuple


class NotOffered(NamedTuple):
    """`provider` as targets name it; `instead`: what a plan proposes in its place."""

    provider: str
    name: str
    why: str
    instead: str
    source: str


ALL: tuple[NotOffered, ...] = (
    NotOffered(
        "aws",
        "AWS Batch array jobs",
        "an array wants the number of its items when it is submitted, starts as many as its compute environment holds (which "
        "caps the whole queue, not one job, and today's parallelism is what the database bears), and a failed child is a "
        "status, not a message that can be sent again",
        "a fan-out: dispatcher, queue, workers as many as run side by side today, dead letters",
        "https://docs.aws.amazon.com/batch/latest/userguide/array_jobs.html",
    ),
    NotOffered(
        "aws",
        "AWS Batch on EC2",
        "it rents a machine for the time of a run: an image, instance types and their patching are the care that a server costs "
        "today; a run waits for its machine to boot; what needs more than 16 vCPUs or 120 GB, or a GPU, stays and says so",
        "AWS Batch on Fargate; for work that goes on most of the time the report compares a rented server",
        "https://docs.aws.amazon.com/batch/latest/userguide/compute_environments.html",
    ),
    NotOffered(
        "aws",
        "Fargate Spot, EC2 Spot",
        "a run may be ended after two minutes' notice, and a cron line is tried once; its price changes and stands in no price "
        "list, so nothing of it could be banked",
        "Fargate at its list price",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html",
    ),
    NotOffered(
        "aws",
        "Lambda Managed Instances",
        "90 minutes and 32 GB are there, on instances that stand all the time; no source at hand tells their price, and a bill "
        "with an unknown in its middle is none",
        "Lambda up to 15 minutes and 10 GB, Fargate beyond",
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html",
    ),
    NotOffered(
        "aws",
        "Step Functions distributed map",
        "an item costs a transition ($0.000025) beside its function, three requests of a queue $0.0000012; it reads its items "
        "from a file in S3, which the job's loop would have to write first",
        "a fan-out with a queue",
        "https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html",
    ),
    NotOffered(
        "aws",
        "API Gateway in front of a job",
        "nobody calls a cron line from outside: a door to the internet would be new, with its own costs, quotas and attackers",
        "./jobs.sh run, by who may invoke the function; where requests are the work, its price stands beside the job's URL",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api.html",
    ),
    NotOffered(
        "gcp",
        "Cloud Run job with many tasks",
        "the number of tasks stands in the job or in the call that starts it, before anybody has looked which items there are; a "
        "failed task is tried again as a task, not as its item",
        "a fan-out: dispatcher, topic, a pool as wide as today's, dead letters",
        "https://docs.cloud.google.com/run/docs/create-jobs",
    ),
    NotOffered(
        "gcp",
        "Google Cloud Batch, Spot VMs",
        "it rents machines for the time of a run, which boot first and want an image; a Spot VM may be taken away in the middle "
        "of a run that is tried once",
        "Cloud Run jobs up to seven days, 8 vCPUs and 32 GiB",
        "https://docs.cloud.google.com/batch/docs/get-started",
    ),
    NotOffered(
        "gcp",
        "Cloud Run functions",
        "they are Cloud Run services with a build of their own: nine minutes for an event, and no image of the user's",
        "a Cloud Run service or job with the same image",
        "https://docs.cloud.google.com/functions/quotas",
    ),
    NotOffered(
        "azure",
        "Azure Functions Premium and Dedicated, dedicated workload profiles",
        "an instance stands all the time, as the server does today; what keeping one ready costs is shown beside slow starters",
        "Functions on Flex Consumption, Container Apps jobs on the Consumption profile",
        "https://learn.microsoft.com/azure/azure-functions/functions-scale",
    ),
    NotOffered(
        "azure",
        "Azure Batch, Spot VMs",
        "it rents machines for the time of a run, which boot first and want an image; a Spot VM may be taken away in the middle "
        "of a run that is tried once",
        "Container Apps jobs up to 4 vCPUs and 8 GiB",
        "https://learn.microsoft.com/azure/batch/batch-technical-overview",
    ),
    NotOffered(
        "azure",
        "Durable Task Scheduler",
        "a service beside the app that keeps its orchestrations; no source at hand tells its price, and the app's own storage "
        "account keeps those of a few jobs a day",
        "Durable Functions over the storage account of each app",
        "https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-storage-providers",
    ),
    NotOffered(
        "azure",
        "one Durable Functions app for a whole chain",
        "an app has one size, one identity and one set of secrets: each job would run with the largest and with those of all",
        "an app for each job; the end of one is said into the queue of the next",
        "https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan",
    ),
)


def of(provider: str) -> tuple[NotOffered, ...]:
    """What is not offered by one provider; by each, where the user asked for all."""
    return tuple(one for one in ALL if provider in {"all", one.provider})
