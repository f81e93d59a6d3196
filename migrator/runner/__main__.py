"""`python3 -m runner`: the entry point of images; under Lambda its runtime, anywhere else one run."""

from __future__ import annotations

import os
import sys

from .aws_lambda import serve
from .container import main

if __name__ == "__main__":
    if "AWS_LAMBDA_RUNTIME_API" in os.environ:
        serve()
    else:
        sys.exit(main())
