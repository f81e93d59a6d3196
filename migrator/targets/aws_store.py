"""The bucket of the files that outlive a run on AWS, and what a job's role may do there."""

from migrator.model.finding import Dossier
from migrator.model.option import Resource
from migrator.targets import aws_parts, stores


def bucket(dossier: Dossier, runs: float | None) -> tuple[Resource, ...]:
    """The bucket of all jobs, with the requests of this one; () where nothing is carried."""
    if stores.state(dossier) is None:
        return ()
    usage = stores.usage(dossier, runs, None)
    return (aws_parts.resource("aws_s3_bucket", stores.NAME, bucket_name="migrated-files", shared=True, usage=usage),)


def grants(dossier: Dossier) -> tuple[dict[str, object], ...]:
    """To list, read, write and delete the objects of the job's own paths, and no others."""
    prefixes = stores.prefixes(dossier, locked=False)
    if not prefixes:
        return ()
    store = aws_parts.reference("aws_s3_bucket", stores.NAME)
    objects = [{**store, "suffix": f"/{prefix}*"} for prefix in prefixes]
    actions = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    return (
        aws_parts.statement("CarryFiles", actions, objects),
        aws_parts.statement("ListFiles", ["s3:ListBucket"], [store], prefixes=[f"{prefix}*" for prefix in prefixes]),
    )


def environment(dossier: Dossier) -> tuple[dict[str, object], ...]:
    """The variable in which the runner finds the bucket."""
    if stores.state(dossier) is None:
        return ()
    named = aws_parts.reference("aws_s3_bucket", stores.NAME, attribute="bucket_regional_domain_name")
    return ({"variable": stores.VARIABLE, **named, "get_att": "RegionalDomainName"},)
