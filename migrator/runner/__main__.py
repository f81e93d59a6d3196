"""`python3 -m runner [HANDLER]`: the entry point of images; under Lambda its runtime, elsewhere one run or a service."""

from __future__ import annotations

import os
import sys

from .aws_lambda import handler
from .container import main
from .lambda_runtime import named, serve

if __name__ == "__main__":
    if "AWS_LAMBDA_RUNTIME_API" in os.environ:
        serve(named(sys.argv[1]) if len(sys.argv) > 1 else handler)
    else:
        sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else None))
