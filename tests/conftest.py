"""`pytest --update` rewrites expectations; a person reads that diff."""

import sys
from pathlib import Path

import pytest

collect_ignore_glob = ["golden/*"]  # emitted trees have tests of their own

sys.path.insert(0, str(Path(__file__).parent))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite the expectations of cases and goldens")


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update"))
