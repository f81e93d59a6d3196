"""`pytest --update` rewrites expectations; a person reads that diff."""

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# a property is not a timed test: where others use the machine an example of 5 ms has taken longer than hypothesis allows
settings.register_profile("untimed", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

collect_ignore_glob = ["golden/*"]  # emitted trees have tests of their own

sys.path.insert(0, str(Path(__file__).parent))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite the expectations of cases and goldens")


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update"))
