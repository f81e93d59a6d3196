"""One attempt per event: Lambda would try a failed one twice more; what failed goes to the notices.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from migrator.model.option import CostItem, PriceBook, Resource

KIND = "aws_lambda_function_event_invoke_config"
PROVIDER = "aws"
LANGUAGES: tuple[str, ...] = ("terraform", "sam")


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:  # noqa: ARG001
    """Nothing: it is free of charge."""
    return ()
