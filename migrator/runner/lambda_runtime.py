"""AWS Lambda's loop for images, which have no runtime of their own: ask for an invocation, answer it, ask again.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import importlib
import json
import os
import time
import urllib.request
from collections.abc import Callable

from .aws_lambda import handler

Handler = Callable[..., dict[str, object]]  # of an event, a context, and the seconds that are left


def named(name: str) -> Handler:
    """The handler `module.function`, as an image's command names it."""
    module, _, function = name.rpartition(".")
    found: Handler = getattr(importlib.import_module(module), function)
    return found


def serve(answer_to: Handler = handler) -> None:
    """Answer invocations for as long as Lambda keeps us."""
    api = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation/"
    while True:
        with urllib.request.urlopen(api + "next") as answer:  # noqa: S310 - our own address
            event, headers = json.load(answer), answer.headers
        way, left_s = "response", int(headers["Lambda-Runtime-Deadline-Ms"]) / 1000 - time.time()
        try:
            body: dict[str, object] = answer_to(event, None, left_s)
        except Exception as error:  # noqa: BLE001 - the runtime's duty: every failure is reported, and the next invocation is asked for
            way, body = "error", {"errorType": type(error).__name__, "errorMessage": str(error)}
        address = f"{api}{headers['Lambda-Runtime-Aws-Request-Id']}/{way}"
        urllib.request.urlopen(address, json.dumps(body).encode()).close()  # noqa: S310 - our own address
